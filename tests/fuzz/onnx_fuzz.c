/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes load and run, or give an error. Build with clang and
 * -DLAMPWICK_FUZZ=ON; run: build-fuzz/tests/onnx_fuzz CORPUS_FOLDER */
#include "../robust/any_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_model *model = NULL;
    if (lw_model_load_memory(data, size, NULL, &model) != LW_OK) return 0;
    const lw_status status = run_on_anything(model, NULL);
    (void)status; /* either is fine: what counts is that it comes back */
    lw_model_free(model);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are a tokenizer that works, or give an error. Build with clang and
 * -DLAMPWICK_FUZZ=ON; run: build-fuzz/tests/tokenizer_fuzz CORPUS_FOLDER */
#include "../text/any_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_tokenizer *tokenizer = NULL;
    if (lw_tokenizer_load_memory(data, size, &tokenizer) != LW_OK) return 0;
    const lw_status status = use_tokenizer(tokenizer);
    (void)status; /* either is fine: what counts is that it comes back */
    lw_tokenizer_free(tokenizer);
    return 0;
}

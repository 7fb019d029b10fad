/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes as the program of an archive of torch.export load and run, or give
 * an error. Corpus: models/NAME.json of archives. The weight "w" is there. */
#include "../robust/any_input.h"
#include "../robust/stored_zip.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char weights[] =
    "{\"config\":{\"w\":{\"path_name\":\"weight_0\",\"is_param\":true,\"use_pickle\":false,"
    "\"tensor_meta\":{\"dtype\":7,\"sizes\":[{\"as_int\":4},{\"as_int\":4}],\"strides\":"
    "[{\"as_int\":4},{\"as_int\":1}],\"storage_offset\":{\"as_int\":0},\"layout\":7}}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const float numbers[16] = {1, -1, 2, 0.5f};
    const stored_file files[] = {
        {"m/models/model.json", data, size},
        {"m/data/weights/model_weights_config.json", weights, sizeof weights - 1},
        {"m/data/weights/weight_0", numbers, sizeof numbers}};
    size_t bytes = 0;
    lw_model *model = NULL;
    unsigned char *archive = write_zip(files, sizeof files / sizeof *files, &bytes);
    if (archive && lw_model_load_memory(archive, bytes, NULL, &model) == LW_OK) {
        const lw_status status = run_on_anything(model, NULL);
        (void)status; /* either is fine: what counts is that it comes back */
        lw_model_free(model);
    }
    free(archive);
    return 0;
}

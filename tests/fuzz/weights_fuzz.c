/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are a file of weights, or an error is said. */
#include <lampwick/weights.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const lw_weights_options options = {.size = sizeof options, .any_class = size % 2};
    lw_weights_entry e = {.size = sizeof e};
    lw_weights *weights = NULL;
    if (lw_weights_parse(data, size, &options, &weights) != LW_OK) return 0;
    for (size_t i = 0; lw_weights_get(weights, i, &e) == LW_OK; i++) {
        lw_value *value = NULL;
        if (e.bytes <= MOST_BYTES && lw_weights_tensor(weights, e.name, &value) == LW_OK)
            lw_value_free(value);
    }
    lw_weights_free(weights);
    return 0;
}

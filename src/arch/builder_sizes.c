/* SPDX-License-Identifier: MIT
 * Hyperparameters, checked. */
#include "arch/builder.h"

#include <math.h>
#include <string.h>

double lwi_build_layer_number(lwi_graph_builder *b, const char *key, int layer, double absent) {
    double value = absent;
    if (!b->from->number(b->from->state, key, (size_t)layer, &value)) return absent;
    if (!isfinite(value)) lwi_build_fail(b, LW_CORRUPT, "%s is not finite", key);
    return isfinite(value) ? value : absent;
}

double lwi_build_number(lwi_graph_builder *b, const char *key, double absent) {
    return lwi_build_layer_number(b, key, 0, absent);
}

int64_t lwi_build_layer_size(lwi_graph_builder *b, const char *key, int layer, int64_t absent,
                             int64_t least, int64_t most) {
    double value = 0;
    if (!b->from->number(b->from->state, key, (size_t)layer, &value)) {
        if (absent < least) lwi_build_fail(b, LW_CORRUPT, "%s is missing", key);
        return absent < least ? least : absent;
    }
    if (!(value >= (double)least && value <= (double)most) || value != floor(value)) {
        lwi_build_fail(b, LW_CORRUPT, "%s is %g, not between %lld and %lld", key, value,
                       (long long)least, (long long)most);
        return least;
    }
    return (int64_t)value;
}

int64_t lwi_build_size(lwi_graph_builder *b, const char *key, int64_t absent, int64_t least,
                       int64_t most) {
    return lwi_build_layer_size(b, key, 0, absent, least, most);
}

bool lwi_build_text_is(lwi_graph_builder *b, const char *key, const char *text) {
    const lw_string value = b->from->text(b->from->state, key);
    return value.size == strlen(text) && memcmp(value.data, text, value.size) == 0;
}

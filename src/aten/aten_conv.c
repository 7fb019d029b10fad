/* SPDX-License-Identifier: MIT
 * Convolutions. */
#include "aten/lower.h"

#include <string.h>

/* A number for each spatial axis, as PyTorch gives them. */
static void set_list(lwi_aten *a, const char *name, const lwi_aten_value *v, size_t n) {
    int64_t values[LW_MAX_RANK];
    const size_t given = lwi_aten_get_ints(a, v, n, values);
    for (size_t i = given; i < n && given == 1; i++)
        values[i] = values[0];
    lwi_build_list(&a->b, name, n, values);
}

static void set_padding(lwi_aten *a, const lwi_aten_value *v, size_t n) {
    int64_t pads[2 * LW_MAX_RANK];
    if (v->kind == LWI_ATEN_STRING) {
        lwi_build_text(&a->b, "auto_pad", lwi_aten_is(v, "same") ? "SAME_UPPER" : "VALID");
        return;
    }
    const size_t given = lwi_aten_get_ints(a, v, n, pads);
    for (size_t i = 0; i < n; i++) {
        if (i >= given) pads[i] = pads[0];
        pads[n + i] = pads[i];
    }
    lwi_build_list(&a->b, "pads", 2 * n, pads);
}

/* input, weight, bias, stride, padding, dilation, groups; the input may have no batch. */
void lwi_aten_conv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int w = lwi_aten_id(a, &in[1]), rank = lwi_aten_rank(a, w);
    const bool batch = lwi_aten_rank(a, x) == rank;
    const size_t n = rank > 2 ? (size_t)rank - 2 : 0;
    if (!batch) x = lwi_aten_unsqueeze(a, x, 0);
    const int y = NODE(a, "Conv", x, w, lwi_aten_id(a, &in[2]));
    set_list(a, "strides", &in[3], n);
    set_padding(a, &in[4], n);
    set_list(a, "dilations", &in[5], n);
    lwi_build_int(&a->b, "group", lwi_aten_get_int(a, &in[6]));
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

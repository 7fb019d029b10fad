/* SPDX-License-Identifier: MIT
 * Pooling. */
#include "aten/lower.h"

static void set_list(lwi_aten *a, const char *name, const lwi_aten_value *v, size_t n) {
    int64_t values[LW_MAX_RANK];
    lwi_build_list(&a->b, name, lwi_aten_get_ints(a, v, n, values), values);
}

/* self, kernel_size, stride, padding, dilation, ceil_mode */
void lwi_aten_max_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    int64_t pads[2 * LW_MAX_RANK];
    const size_t n = lwi_aten_get_ints(a, &in[3], LW_MAX_RANK, pads);
    for (size_t i = 0; i < n; i++)
        pads[n + i] = pads[i];
    const int y = NODE(a, "MaxPool", x);
    set_list(a, "kernel_shape", &in[1], n);
    set_list(a, "strides", in[2].list.n ? &in[2] : &in[1], n);
    lwi_build_list(&a->b, "pads", 2 * n, pads);
    set_list(a, "dilations", &in[4], n);
    lwi_build_int(&a->b, "ceil_mode", lwi_aten_get_bool(a, &in[5]));
    lwi_aten_return(a, out, y);
}

void lwi_aten_adaptive_avg_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int64_t size[LW_MAX_RANK], kernel[LW_MAX_RANK];
    const size_t n = lwi_aten_get_ints(a, &in[1], LW_MAX_RANK, size);
    bool one = true;
    for (size_t i = 0; i < n; i++) {
        const int64_t dim = lwi_aten_dim(a, x, rank - (int)(n - i));
        one &= size[i] == 1;
        kernel[i] = dim / (size[i] ? size[i] : 1);
        if (size[i] != 1 && (dim < 0 || dim % size[i]))
            lwi_aten_fail(a, LW_UNSUPPORTED, "%lld elements do not divide into %lld",
                          (long long)dim, (long long)size[i]);
    }
    const int y = NODE(a, one ? "GlobalAveragePool" : "AveragePool", x);
    if (!one) {
        lwi_build_list(&a->b, "kernel_shape", n, kernel);
        lwi_build_list(&a->b, "strides", n, kernel);
    }
    lwi_aten_return(a, out, y);
}

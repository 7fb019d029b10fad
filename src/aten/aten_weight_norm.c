/* SPDX-License-Identifier: MIT
 * Weights scaled by their norms. */
#include "aten/lower.h"

#include <math.h>

/* The norm over all dimensions but one, or over all for -1. */
static int norm_except(lwi_aten *a, int v, const lwi_aten_value *power, const lwi_aten_value *dim) {
    const int rank = lwi_aten_rank(a, v);
    const int64_t given = lwi_aten_get_int(a, dim);
    const int kept = given == -1 ? -1 : lwi_aten_axis(a, dim, rank);
    int64_t axes[LW_MAX_RANK];
    size_t n = 0;
    for (int d = 0; d < rank; d++)
        if (d != kept) axes[n++] = d;
    return lwi_aten_norm(a, v, power ? lwi_aten_get_float(a, power) : 2, n, axes, true);
}

/* v, g, dim */
void lwi_aten_weight_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int v = lwi_aten_id(a, &in[0]), norm = norm_except(a, v, NULL, &in[2]);
    const int factor = NODE(a, "Div", lwi_aten_id(a, &in[1]), norm);
    lwi_aten_return(a, out, NODE(a, "Mul", v, factor));
    if (a->row->name[12] == '_') lwi_aten_return(a, &out[1], norm); /* "_weight_norm_interface" */
}

/* v, pow, dim */
void lwi_aten_norm_except_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, norm_except(a, lwi_aten_id(a, &in[0]), &in[1], &in[2]));
}

/* self, p, dim, maxnorm: parts along dim whose norm is larger are scaled down to it */
void lwi_aten_renorm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), norm = norm_except(a, x, &in[1], &in[2]);
    const int most = lwi_aten_scalar(a, &in[3], lwi_aten_dtype(a, x));
    const int down = NODE(a, "Div", most, NODE(a, "Add", norm, lwi_aten_like(a, x, 1e-7)));
    const int factor =
        NODE(a, "Where", NODE(a, "Greater", norm, most), down, lwi_aten_like(a, x, 1));
    lwi_aten_return(a, out, NODE(a, "Mul", x, factor));
}

/* SPDX-License-Identifier: MIT
 * Products of matrices. */
#include "aten/lower.h"

/* beta self + alpha mat1 mat2 */
void lwi_aten_addmm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y =
        NODE(a, "Gemm", lwi_aten_id(a, &in[1]), lwi_aten_id(a, &in[2]), lwi_aten_id(a, &in[0]));
    lwi_build_float(&a->b, "beta", lwi_aten_get_float(a, &in[3]));
    lwi_build_float(&a->b, "alpha", lwi_aten_get_float(a, &in[4]));
    lwi_aten_return(a, out, y);
}

/* input weight^T + bias */
void lwi_aten_linear(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), w = lwi_aten_id(a, &in[1]), b = lwi_aten_id(a, &in[2]);
    if (lwi_aten_rank(a, x) == 2 && lwi_aten_rank(a, w) == 2) {
        const int y = NODE(a, "Gemm", x, w, b);
        lwi_build_int(&a->b, "transB", 1);
        lwi_aten_return(a, out, y);
        return;
    }
    const bool matrix = lwi_aten_rank(a, w) == 2;
    const int wt = matrix ? lwi_aten_transpose(a, w, 2, (int64_t[]){1, 0}) : w;
    const int y = NODE(a, "MatMul", x, wt);
    lwi_aten_return(a, out, b < 0 ? y : NODE(a, "Add", y, b));
}

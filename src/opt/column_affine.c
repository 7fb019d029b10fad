/* SPDX-License-Identifier: MIT */
#include "opt/column_affine.h"

#include <string.h>

const lw_value *lwi_column_constant(const lwi_rewrite *r, int value, int rank, int64_t columns) {
    const lw_value *v = lwi_constant(r, value);
    if (!v || v->dtype != LW_FLOAT32 || !v->data || v->rank > rank) return NULL;
    if (v->count == 1) return v;
    const bool last = v->rank > 0 && v->dims[v->rank - 1] == columns;
    return last && v->count == (size_t)columns ? v : NULL;
}

double lwi_column_at(const lw_value *v, size_t i) {
    float f;
    memcpy(&f, (const char *)v->data + (v->count == 1 ? 0 : i) * sizeof f, sizeof f);
    return (double)f;
}

double lwi_affine_factor(const lwi_affine *a, size_t i) {
    if (!a->factor) return 1;
    return a->divide ? 1 / lwi_column_at(a->factor, i) : lwi_column_at(a->factor, i);
}

double lwi_affine_term(const lwi_affine *a, size_t i) {
    return a->term ? a->sign * lwi_column_at(a->term, i) : 0;
}

bool lwi_read_affine(const lwi_rewrite *r, const lwi_node *node, int x, int rank, int64_t columns,
                     lwi_affine *a) {
    const bool add = lwi_node_is(node, "", "Add"), sub = lwi_node_is(node, "", "Sub");
    const bool mul = lwi_node_is(node, "", "Mul"), div = lwi_node_is(node, "", "Div");
    if (!add && !sub && !mul && !div) return false;
    const bool first = lwi_input(r, node, 0) == x;
    if (!first && (sub || div)) return false;
    const int other = lwi_input(r, node, first ? 1 : 0);
    const lw_value *constant = lwi_column_constant(r, other, rank, columns);
    if (!constant) return false;
    *a = (lwi_affine){.divide = div, .sign = add ? 1 : -1};
    if (add || sub) a->term = constant;
    else a->factor = constant;
    for (size_t i = 0; div && i < constant->count; i++)
        if (lwi_column_at(constant, i) == 0) return false;
    return true;
}

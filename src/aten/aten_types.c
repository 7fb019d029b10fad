/* SPDX-License-Identifier: MIT
 * Element types: PyTorch's numbers for them, and type promotion (torch.result_type; PyTorch's
 * documentation, "Tensor Attributes", torch.dtype). */
#include "aten/rows.h"

static const struct {
    int c10;
    lw_dtype dtype;
} types[] = {
    {0, LW_UINT8},       {1, LW_INT8},          {2, LW_INT16},           {3, LW_INT32},
    {4, LW_INT64},       {5, LW_FLOAT16},       {6, LW_FLOAT32},         {7, LW_FLOAT64},
    {9, LW_COMPLEX64},   {10, LW_COMPLEX128},   {11, LW_BOOL},           {15, LW_BFLOAT16},
    {23, LW_FLOAT8E5M2}, {24, LW_FLOAT8E4M3FN}, {25, LW_FLOAT8E5M2FNUZ}, {26, LW_FLOAT8E4M3FNUZ},
    {27, LW_UINT16},     {28, LW_UINT32},       {29, LW_UINT64}};

lw_dtype lwi_aten_dtype_from_c10(int64_t scalar_type) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].c10 == scalar_type) return types[i].dtype;
    return LW_DTYPE_NONE;
}

int lwi_aten_dtype_to_c10(lw_dtype dtype) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].dtype == dtype) return types[i].c10;
    return -1;
}

int lwi_aten_cast(lwi_aten *a, int id, lw_dtype dtype) {
    if (a->b.status != LW_OK || lwi_aten_dtype(a, id) == dtype) return id;
    const int cast = NODE(a, "Cast", id);
    lwi_build_int(&a->b, "to", dtype);
    return cast;
}

/* --------------------------------------------------------------- promotion */

static int category(lw_dtype dtype) {
    if (dtype == LW_BOOL) return 1;
    if (lwi_dtype_is_integer(dtype)) return 2;
    return lwi_dtype_is_float(dtype) ? 3 : 4;
}

static lw_dtype wider(lw_dtype x, lw_dtype y) {
    static const lw_dtype signed_types[] = {LW_INT8, LW_INT16, LW_INT32, LW_INT64};
    if (x == y || y == LW_DTYPE_NONE) return x;
    if (x == LW_DTYPE_NONE || category(y) > category(x)) return y;
    if (category(x) > category(y)) return x;
    const size_t size_x = lwi_dtype_size(x), size_y = lwi_dtype_size(y);
    if (category(x) == 3 && size_x == size_y) return LW_FLOAT32; /* float16 and bfloat16 */
    const bool mixed = category(x) == 2 && lwi_dtype_is_signed(x) != lwi_dtype_is_signed(y);
    if (!mixed) return size_x > size_y ? x : y;
    const size_t unsigned_size = lwi_dtype_is_signed(x) ? size_y : size_x;
    const size_t signed_size = lwi_dtype_is_signed(x) ? size_x : size_y;
    if (signed_size > unsigned_size) return lwi_dtype_is_signed(x) ? x : y;
    for (size_t i = 0; i < 4; i++)
        if (lwi_dtype_size(signed_types[i]) > unsigned_size) return signed_types[i];
    return LW_INT64;
}

static lw_dtype number_type(const lwi_aten_value *v) {
    if (v->kind == LWI_ATEN_BOOL) return LW_BOOL;
    return v->kind == LWI_ATEN_INT ? LW_INT64 : LW_FLOAT32;
}

/* What a tensor of such a type counts as that stands for a number. */
static lw_dtype as_number(lw_dtype dtype) {
    static const lw_dtype numbers[] = {LW_BOOL, LW_INT64, LW_FLOAT32, LW_COMPLEX64};
    return numbers[category(dtype) - 1];
}

static lw_dtype type_of(lwi_aten *a, const lwi_aten_value *v) {
    if (v->kind != LWI_ATEN_TENSOR) return number_type(v);
    const lw_dtype dtype = lwi_aten_dtype(a, lwi_aten_id(a, v));
    return v->as_number ? as_number(dtype) : dtype;
}

lw_dtype lwi_aten_promoted(lwi_aten *a, size_t n, const lwi_aten_value *const *args) {
    lw_dtype by_rank[3] = {LW_DTYPE_NONE, LW_DTYPE_NONE, LW_DTYPE_NONE};
    for (size_t i = 0; i < n; i++) {
        const lwi_aten_value *v = args[i];
        if (!lwi_aten_given(v)) continue;
        const bool tensor = v->kind == LWI_ATEN_TENSOR && !v->as_number;
        const int place = !tensor ? 2 : lwi_aten_rank(a, lwi_aten_id(a, v)) == 0;
        by_rank[place] = wider(by_rank[place], type_of(a, v));
    }
    lw_dtype all = by_rank[0];
    for (int i = 1; i < 3; i++)
        if (by_rank[i] && (!all || category(by_rank[i]) > category(all))) all = by_rank[i];
    return all ? all : LW_FLOAT32;
}

int lwi_aten_as(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype) {
    return v->kind == LWI_ATEN_TENSOR ? lwi_aten_cast(a, lwi_aten_id(a, v), dtype)
                                      : lwi_aten_scalar(a, v, dtype);
}

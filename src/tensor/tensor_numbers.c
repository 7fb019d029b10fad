/* SPDX-License-Identifier: MIT
 * lw_tensor_get, lw_tensor_set, lw_tensor_convert. */
#include "tensor/convert.h"

#include <math.h>

static bool is_numeric(const lw_value *v) {
    return v && v->kind == LW_KIND_TENSOR && v->dtype != LW_STRING && v->dtype != LW_DTYPE_NONE;
}

double lw_tensor_get(const lw_value *value, size_t index) {
    if (!is_numeric(value) || index >= value->count || !value->data) return NAN;
    return lwi_get_double(value, index);
}

/* The element's bits among those of its neighbours in a byte. */
static void set_packed(lw_value *v, size_t index, unsigned code) {
    const unsigned bits = (unsigned)lw_dtype_bits(v->dtype), per = 8 / bits;
    const unsigned shift = (unsigned)(index % per) * bits, mask = ((1u << bits) - 1) << shift;
    uint8_t *byte = (uint8_t *)v->data + index / per;
    *byte = (uint8_t)((*byte & ~mask) | (code << shift & mask));
}

lw_status lw_tensor_set(lw_value *value, size_t index, double number) {
    if (!is_numeric(value))
        return lwi_fail(LW_TYPE, "lw_tensor_set: the value is not a tensor of numbers");
    if (index >= value->count || !value->data)
        return lwi_fail(LW_RANGE, "lw_tensor_set: index %zu, but there are %zu elements", index,
                        value->count);
    unsigned char element[16] = {0};
    lwi_convert(&lwi_convert_nearest, LW_FLOAT64, &number, value->dtype, element, 1);
    if (lwi_dtype_is_packed(value->dtype)) {
        set_packed(value, index, element[0]);
    } else {
        const size_t size = lwi_dtype_size(value->dtype);
        memcpy((char *)value->data + index * size, element, size);
    }
    return LW_OK;
}

lw_status lw_tensor_convert(const lw_value *value, lw_dtype dtype, lw_value **converted) {
    if (!is_numeric(value) || dtype == LW_STRING || !lw_dtype_bits(dtype))
        return lwi_fail(LW_TYPE, "lw_tensor_convert: numbers can only become numbers");
    if (value->count && !value->data)
        return lwi_fail(LW_INVALID, "lw_tensor_convert: the tensor has no data");
    lw_value *v = NULL;
    LW_TRY(lwi_tensor_make(&lwi_malloc_allocator, dtype, value->rank, value->dims, &v));
    lwi_convert(&lwi_convert_nearest, value->dtype, value->data, dtype, v->data, value->count);
    *converted = v;
    return LW_OK;
}

/* SPDX-License-Identifier: MIT */
#include "compare_values.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shape_text.h"

static bool say(lwi_difference *difference, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keeps the first sentence only. Returns false. */
static bool say(lwi_difference *difference, const char *format, ...) {
    if (difference->sentence[0]) return false;
    va_list values;
    va_start(values, format);
    vsnprintf(difference->sentence, sizeof difference->sentence, format, values);
    va_end(values);
    return false;
}

static bool is_exact(lw_dtype dtype) {
    switch (dtype) {
    case LW_FLOAT32:
    case LW_FLOAT64:
    case LW_FLOAT16:
    case LW_BFLOAT16:
    case LW_FLOAT8E4M3FN:
    case LW_FLOAT8E4M3FNUZ:
    case LW_FLOAT8E5M2:
    case LW_FLOAT8E5M2FNUZ:
    case LW_FLOAT8E8M0:
    case LW_FLOAT4E2M1:
    case LW_COMPLEX64:
    case LW_COMPLEX128:
        return false;
    default:
        return true;
    }
}

/* One number; a complex element is two of them. */
static double number_at(const lw_value *value, size_t i) {
    const lw_dtype dtype = lw_tensor_dtype(value);
    if (dtype == LW_COMPLEX64) return (double)((const float *)lw_tensor_data(value))[i];
    if (dtype == LW_COMPLEX128) return ((const double *)lw_tensor_data(value))[i];
    return lw_tensor_get(value, i);
}

static bool compare_numbers(const lw_value *got, const lw_value *expected, lwi_tolerance tolerance,
                            lwi_difference *difference) {
    const lw_dtype dtype = lw_tensor_dtype(expected);
    const bool complex = dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128;
    const size_t n = lw_tensor_count(expected) * (complex ? 2 : 1);
    /* ONNX's runner allows two units in the last place of bfloat16. */
    if (dtype == LW_BFLOAT16 && tolerance.relative < 0x1p-6) tolerance.relative = 0x1p-6;
    bool equal = true;
    difference->total += n;
    for (size_t i = 0; i < n; i++) {
        const double a = number_at(got, i), b = number_at(expected, i);
        if (a == b || (isnan(a) && isnan(b))) continue;
        const double gap = fabs(a - b), relative = b != 0 ? gap / fabs(b) : INFINITY;
        if (!(gap <= difference->absolute)) difference->absolute = gap;
        if (!(relative <= difference->relative)) difference->relative = relative;
        if (gap <= tolerance.absolute + tolerance.relative * fabs(b) && isfinite(b)) continue;
        difference->wrong++;
        equal = say(difference, "element %zu of %zu is %.9g, expected %.9g", i, n, a, b);
    }
    return equal;
}

/* 64-bit integers do not fit in a double: bytes are compared, for packed types the elements. */
static bool compare_integers(const lw_value *got, const lw_value *expected,
                             lwi_difference *difference) {
    const size_t n = lw_tensor_count(expected);
    const int bits = lw_dtype_bits(lw_tensor_dtype(expected));
    const size_t size = bits < 8 ? 0 : (size_t)bits / 8;
    const char *a = lw_tensor_data(got), *b = lw_tensor_data(expected);
    bool equal = true;
    difference->total += n;
    for (size_t i = 0; i < n; i++) {
        const double x = lw_tensor_get(got, i), y = lw_tensor_get(expected, i);
        if (size ? !memcmp(a + i * size, b + i * size, size) : x == y) continue;
        const double gap = fabs(x - y), relative = y != 0 ? gap / fabs(y) : INFINITY;
        if (gap > difference->absolute) difference->absolute = gap;
        if (relative > difference->relative) difference->relative = relative;
        difference->wrong++;
        equal = say(difference, "element %zu of %zu is %.17g, expected %.17g", i, n, x, y);
    }
    return equal;
}

static bool compare_strings(const lw_value *got, const lw_value *expected,
                            lwi_difference *difference) {
    const lw_string *a = lw_tensor_data(got), *b = lw_tensor_data(expected);
    const size_t n = lw_tensor_count(expected);
    bool equal = true;
    difference->total += n;
    for (size_t i = 0; i < n; i++) {
        if (a[i].size == b[i].size && (!a[i].size || !memcmp(a[i].data, b[i].data, a[i].size)))
            continue;
        difference->wrong++;
        equal = say(difference, "element %zu of %zu is '%.*s', expected '%.*s'", i, n,
                    (int)(a[i].size > 60 ? 60 : a[i].size), a[i].data ? a[i].data : "",
                    (int)(b[i].size > 60 ? 60 : b[i].size), b[i].data ? b[i].data : "");
    }
    return equal;
}

static bool compare_tensors(const lw_value *got, const lw_value *expected, lwi_tolerance tolerance,
                            lwi_difference *difference) {
    const lw_dtype dtype = lw_tensor_dtype(expected);
    const int rank = lw_tensor_rank(expected);
    if (lw_tensor_dtype(got) != dtype)
        return say(difference, "type %s, expected %s", lw_dtype_name(lw_tensor_dtype(got)),
                   lw_dtype_name(dtype));
    if (lw_tensor_rank(got) != rank ||
        (rank &&
         memcmp(lw_tensor_dims(got), lw_tensor_dims(expected), (size_t)rank * sizeof(int64_t)))) {
        lwi_shape_text a, b;
        return say(difference, "shape %s, expected %s", lwi_shape_of(got, &a),
                   lwi_shape_of(expected, &b));
    }
    if (dtype == LW_STRING) return compare_strings(got, expected, difference);
    if (is_exact(dtype)) return compare_integers(got, expected, difference);
    return compare_numbers(got, expected, tolerance, difference);
}

static const char *kind_name(lw_kind kind) {
    static const char *const names[] = {"tensor", "sequence", "map", "optional"};
    return (unsigned)kind < 4 ? names[kind] : "unknown kind";
}

static bool compare(const lw_value *got, const lw_value *expected, lwi_tolerance tolerance,
                    lwi_difference *difference) {
    /* A stored optional may be compared with what it holds, and the other way round. */
    const lw_kind a = lw_value_kind(got), b = lw_value_kind(expected);
    if (a == LW_KIND_OPTIONAL && b != a && lw_value_item_count(got))
        return compare(lw_value_item(got, 0), expected, tolerance, difference);
    if (b == LW_KIND_OPTIONAL && a != b && lw_value_item_count(expected))
        return compare(got, lw_value_item(expected, 0), tolerance, difference);
    if (a != b) return say(difference, "%s, expected %s", kind_name(a), kind_name(b));
    if (a == LW_KIND_TENSOR) return compare_tensors(got, expected, tolerance, difference);
    if (a == LW_KIND_MAP)
        return compare(lw_map_keys(got), lw_map_keys(expected), tolerance, difference) &&
               compare(lw_map_values(got), lw_map_values(expected), tolerance, difference);
    const size_t n = lw_value_item_count(expected);
    if (lw_value_item_count(got) != n)
        return say(difference, "%zu items, expected %zu", lw_value_item_count(got), n);
    bool equal = true;
    for (size_t i = 0; i < n; i++)
        equal &= compare(lw_value_item(got, i), lw_value_item(expected, i), tolerance, difference);
    return equal;
}

bool lwi_compare_values(const lw_value *got, const lw_value *expected, lwi_tolerance tolerance,
                        lwi_difference *difference) {
    *difference = (lwi_difference){0};
    return compare(got, expected, tolerance, difference);
}

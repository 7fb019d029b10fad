/* SPDX-License-Identifier: MIT
 * Conversions between number types: where they saturate, wrap and round, and lw_tensor_get, set
 * and convert. */
#include "cmocka_test.h"

#include "lampwick.h"
#include "tensor/convert.h"

#include <math.h>

static const lwi_conversion AS_CAST = {.saturate = true};

static int64_t integer(const lwi_conversion *how, double x, lw_dtype to) {
    int64_t out = 0;
    lw_value v;
    assert_int_equal(lwi_tensor_init(&v, to, 0, NULL, &out), LW_OK);
    lwi_convert(how, LW_FLOAT64, &x, to, &out, 1);
    return lwi_get_int(&v, 0);
}

static void cast_cuts_and_wraps(void **state) {
    (void)state;
    assert_int_equal(integer(&AS_CAST, 2.9, LW_INT8), 2);
    assert_int_equal(integer(&AS_CAST, -2.9, LW_INT8), -2);
    assert_int_equal(integer(&AS_CAST, 200, LW_INT8), -56);
    assert_int_equal(integer(&AS_CAST, -1, LW_UINT8), 255);
    assert_int_equal(integer(&AS_CAST, NAN, LW_INT32), 0);
    assert_int_equal(integer(&AS_CAST, INFINITY, LW_INT32), INT32_MAX);
    assert_int_equal(integer(&AS_CAST, -1e300, LW_INT64), INT64_MIN);
}

static void convert_rounds_and_saturates(void **state) {
    (void)state;
    assert_int_equal(integer(&lwi_convert_nearest, 2.5, LW_INT8), 2);
    assert_int_equal(integer(&lwi_convert_nearest, -3.5, LW_INT8), -4);
    assert_int_equal(integer(&lwi_convert_nearest, 200, LW_INT8), 127);
    assert_int_equal(integer(&lwi_convert_nearest, -1, LW_UINT8), 0);
    assert_int_equal(integer(&lwi_convert_nearest, 1e300, LW_INT64), INT64_MAX);
}

static uint16_t half(lw_dtype from, const void *x, lw_dtype to) {
    uint16_t h = 0;
    lwi_convert(&AS_CAST, from, x, to, &h, 1);
    return h;
}

/* Through float, these would be rounded twice and come out even. */
static void doubles_round_once(void **state) {
    (void)state;
    const double above = 1 + 0x1p-11 + 0x1p-40, below = 1 + 3 * 0x1p-11 - 0x1p-40;
    assert_int_equal(half(LW_FLOAT64, &above, LW_FLOAT16), 0x3c01);
    assert_int_equal(half(LW_FLOAT64, &below, LW_FLOAT16), 0x3c01);
    const int64_t big = ((int64_t)0x101 << 50) + 1; /* just above the middle of two bfloat16 */
    assert_int_equal(half(LW_INT64, &big, LW_BFLOAT16), 0x5c81);
    const double tiny = 1e-300, huge = 1e300;
    assert_int_equal(half(LW_FLOAT64, &tiny, LW_FLOAT16), 0);
    assert_int_equal(half(LW_FLOAT64, &huge, LW_FLOAT16), 0x7c00);
}

/* More than a block of elements, packed, to all types and back. */
static void packed_elements_survive(void **state) {
    (void)state;
    uint8_t in[301], out[301] = {0};
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 37);
    for (int d = 1; d < LW_DTYPE_COUNT; d++) {
        if (d == LW_STRING || d == LW_BOOL || d == LW_UINT2 || d == LW_INT2 || d == LW_UINT4 ||
            d == LW_FLOAT4E2M1 || d == LW_FLOAT8E8M0 || d == LW_FLOAT8E5M2 ||
            d == LW_FLOAT8E5M2FNUZ || (lwi_dtype_is_integer(d) && !lwi_dtype_is_signed(d)))
            continue; /* does not hold all of -8 to 7 */
        char between[602 * 16];
        lwi_convert(&AS_CAST, LW_INT4, in, d, between, 602);
        lwi_convert(&AS_CAST, d, between, LW_INT4, out, 602);
        assert_memory_equal(in, out, sizeof in);
    }
}

static void public_functions(void **state) {
    (void)state;
    lw_value *v = NULL, *w = NULL;
    assert_int_equal(lw_tensor_new(LW_INT4, 1, (const int64_t[]){3}, &v), LW_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(lw_tensor_set(v, i, (double)i * 5 - 4), LW_OK);
    assert_true(lw_tensor_get(v, 0) == -4 && lw_tensor_get(v, 1) == 1 && lw_tensor_get(v, 2) == 6);
    assert_int_equal(lw_tensor_set(v, 3, 0), LW_RANGE);
    assert_true(isnan(lw_tensor_get(v, 3)));
    assert_int_equal(lw_tensor_convert(v, LW_FLOAT16, &w), LW_OK);
    assert_true(lw_tensor_get(w, 2) == 6);
    lw_value_free(w);
    assert_int_equal(lw_tensor_convert(v, LW_STRING, &w), LW_TYPE);
    lw_value_free(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cast_cuts_and_wraps), cmocka_unit_test(convert_rounds_and_saturates),
        cmocka_unit_test(doubles_round_once),  cmocka_unit_test(packed_elements_survive),
        cmocka_unit_test(public_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

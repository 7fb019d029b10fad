/* SPDX-License-Identifier: MIT
 * Small floats: every code survives the way to float and back, and known values from the formats'
 * tables come out. */
#include "cmocka_test.h"

#include "base/half.h"
#include "lampwick.h"

#include <math.h>

static void half_codes_survive(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float x = lwi_f16_to_f32((uint16_t)h), y = lwi_bf16_to_f32((uint16_t)h);
        if (!isnan(x)) assert_int_equal(lwi_f32_to_f16(x), h);
        if (!isnan(y)) assert_int_equal(lwi_f32_to_bf16(y), h);
    }
}

static void half_rounds_to_even(void **state) {
    (void)state;
    assert_int_equal(lwi_f32_to_f16(1.0f + 0x1p-11f), 0x3c00);
    assert_int_equal(lwi_f32_to_f16(1.0f + 3 * 0x1p-11f), 0x3c02);
    assert_int_equal(lwi_f32_to_f16(65504.0f), 0x7bff);
    assert_int_equal(lwi_f32_to_f16(65519.0f), 0x7bff);
    assert_int_equal(lwi_f32_to_f16(65520.0f), 0x7c00);
    assert_int_equal(lwi_f32_to_f16(0x1p-25f), 0);
    assert_int_equal(lwi_f32_to_f16(0x1.8p-25f), 1);
    assert_true(isnan(lwi_f16_to_f32(lwi_f32_to_f16(NAN))));
    assert_true(isnan(lwi_bf16_to_f32(lwi_f32_to_bf16(NAN))));
}

#define SURVIVES(format)                                                                           \
    for (int c = 0; c < 256; c++) {                                                                \
        const float x = lwi_##format##_to_f32((uint8_t)c);                                         \
        if (!isnan(x) && !isinf(x)) assert_int_equal(lwi_f32_to_##format(x, true), c);             \
    }

static void float8_codes_survive(void **state) {
    (void)state;
    SURVIVES(f8e4m3fn)
    SURVIVES(f8e4m3fnuz)
    SURVIVES(f8e5m2)
    SURVIVES(f8e5m2fnuz)
    for (int c = 0; c < 255; c++)
        assert_int_equal(lwi_f32_to_f8e8m0(lwi_f8e8m0_to_f32((uint8_t)c), true, LWI_E8M0_DOWN), c);
}

static void float8_has_the_published_limits(void **state) {
    (void)state;
    assert_true(lwi_f8e4m3fn_to_f32(0x7e) == 448.0f);
    assert_true(lwi_f8e4m3fnuz_to_f32(0x7f) == 240.0f);
    assert_true(lwi_f8e5m2_to_f32(0x7b) == 57344.0f);
    assert_true(lwi_f8e5m2fnuz_to_f32(0x7f) == 57344.0f);
    assert_int_equal(lwi_f32_to_f8e4m3fn(1e9f, true), 0x7e);
    assert_int_equal(lwi_f32_to_f8e4m3fn(1e9f, false), 0x7f);
    assert_int_equal(lwi_f32_to_f8e5m2(INFINITY, false), 0x7c);
    assert_int_equal(lwi_f32_to_f8e5m2fnuz(INFINITY, false), 0x80);
}

static void float4_rounds_to_even(void **state) {
    (void)state;
    for (uint8_t c = 0; c < 16; c++)
        assert_int_equal(lwi_f32_to_f4e2m1(lwi_f4e2m1_to_f32(c)), c);
    assert_int_equal(lwi_f32_to_f4e2m1(0.25f), 0);
    assert_int_equal(lwi_f32_to_f4e2m1(0.75f), 2);
    assert_int_equal(lwi_f32_to_f4e2m1(5.0f), 6);
    assert_int_equal(lwi_f32_to_f4e2m1(100.0f), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_codes_survive),    cmocka_unit_test(half_rounds_to_even),
        cmocka_unit_test(float8_codes_survive),  cmocka_unit_test(float8_has_the_published_limits),
        cmocka_unit_test(float4_rounds_to_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

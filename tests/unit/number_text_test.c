/* SPDX-License-Identifier: MIT
 * Numbers to text and back; expected texts are those of Numpy. */
#include "cmocka_test.h"

#include "tensor/number_text.h"

#include "base/text_number.h"

#include <math.h>
#include <string.h>

static void expect_text(lw_dtype dtype, void *element, const char *expected) {
    lw_value v;
    char text[LWI_NUMBER_TEXT];
    assert_int_equal(lwi_tensor_init(&v, dtype, 0, NULL, element), LW_OK);
    const size_t size = lwi_number_text(&v, 0, text);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
}

static void floats_are_short(void **state) {
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0.1, "0.1"},          {-1200, "-1200.0"}, {1e16, "1e+16"},
                 {12.5e-5, "0.000125"}, {1e-5, "1e-05"},    {5e-324, "5e-324"},
                 {-0.0, "-0.0"},        {INFINITY, "inf"},  {1e15, "1000000000000000.0"},
                 {1.5e300, "1.5e+300"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_text(LW_FLOAT64, &(double){cases[i].x}, cases[i].text);
    expect_text(LW_FLOAT32, &(float){0.1f}, "0.1");
    expect_text(LW_FLOAT16, &(uint16_t){0x2e66}, "0.1");
    expect_text(LW_INT64, &(int64_t){INT64_MIN}, "-9223372036854775808");
    expect_text(LW_UINT64, &(uint64_t){UINT64_MAX}, "18446744073709551615");
    expect_text(LW_BOOL, &(uint8_t){1}, "True");
}

static void expect_number(const char *text, double expected) {
    double x = 0;
    assert_true(lwi_text_double(text, strlen(text), &x));
    assert_true(x == expected || (isnan(x) && isnan(expected)));
}

static void texts_are_read(void **state) {
    (void)state;
    expect_number(" -1.5e3\n", -1500);
    expect_number(".5", 0.5);
    expect_number("3.", 3);
    expect_number("+INF", INFINITY);
    expect_number("-infinity", -INFINITY);
    expect_number("NaN", NAN);
    expect_number("0000000.1", 0.1);
    expect_number("1e999999999999999999999", INFINITY);
    expect_number("1e-999999999999999999999", 0);
    static const char *const wrong[] = {"",    " ",     "-",    ".",   "1e",
                                        "1e+", "1.2.3", "0x10", "1 2", "i"};
    double x;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(lwi_text_double(wrong[i], strlen(wrong[i]), &x));
}

static void long_texts_are_read(void **state) {
    (void)state;
    char text[3000];
    memset(text, '1', sizeof text);
    text[1] = '.';
    double x = 0;
    assert_true(lwi_text_double(text, sizeof text, &x));
    assert_true(x == 10.0 / 9);
    int64_t i;
    assert_false(lwi_text_integer(text + 2, 100, true, &i));
    assert_true(lwi_text_integer("18446744073709551615", 20, true, &i) && i == -1);
    assert_false(lwi_text_integer("9223372036854775808", 19, false, &i));
    assert_true(lwi_text_integer("-9223372036854775808", 20, false, &i) && i == INT64_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(floats_are_short),
                                       cmocka_unit_test(texts_are_read),
                                       cmocka_unit_test(long_texts_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

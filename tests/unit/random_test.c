/* SPDX-License-Identifier: MIT
 * Philox against the known answers that its authors publish (Random123, kat_vectors). */
#include "cmocka_test.h"

#include "base/random.h"

#include <math.h>

static void known_answer(void **state) {
    (void)state;
    const uint32_t expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    uint32_t bits[4];
    lwi_philox(0, 0, bits);
    for (int i = 0; i < 4; i++)
        assert_int_equal(bits[i], expected[i]);
}

static void moments(void **state) {
    (void)state;
    enum { N = 100000 };
    double mean = 0, square = 0, uniform = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double x = lwi_random_normal(3, i), u = lwi_random_uniform(4, i);
        assert_true(u >= 0 && u < 1);
        mean += x / N;
        square += x * x / N;
        uniform += u / N;
    }
    assert_true(fabs(mean) < 0.02);
    assert_true(fabs(square - 1) < 0.02);
    assert_true(fabs(uniform - 0.5) < 0.01);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answer), cmocka_unit_test(moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

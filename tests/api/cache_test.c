/* SPDX-License-Identifier: MIT
 * The file of packed weights, with the network in demo/: argv[1] is its path. Whatever becomes of
 * the file, results stay the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lampwick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLASSES = 10, MOST = 1 << 20 };
static const char *model_path;
static char folder[] = "/tmp/lampwick-cache-XXXXXX", cache_path[64];

static void classify(float *probabilities) {
    const lw_model_options options = {.size = sizeof options, .cache_path = cache_path};
    lw_io_info info = {.size = sizeof info};
    lw_model *model = NULL;
    lw_context *c = NULL;
    lw_value *x = NULL;
    lw_io out = {"probabilities", NULL};
    assert_int_equal(lw_model_load(model_path, &options, &model), LW_OK);
    assert_int_equal(lw_model_input(model, 0, &info), LW_OK);
    const int64_t dims[] = {1, 1, info.dims[2], info.dims[3]};
    assert_int_equal(lw_tensor_new(LW_FLOAT32, 4, dims, &x), LW_OK);
    for (size_t i = 0; i < lw_tensor_count(x); i++)
        assert_int_equal(lw_tensor_set(x, i, (double)(i % 17) / 17), LW_OK);
    assert_int_equal(lw_context_new(model, NULL, &c), LW_OK);
    assert_int_equal(lw_context_run(c, &(lw_io){info.name, x}, 1, &out, 1), LW_OK);
    memcpy(probabilities, lw_tensor_data(out.value), CLASSES * sizeof *probabilities);
    lw_value_free(out.value);
    lw_value_free(x);
    lw_context_free(c);
    lw_model_free(model);
}

static size_t read_cache(unsigned char *bytes) {
    FILE *f = fopen(cache_path, "rb");
    if (!f) return 0;
    const size_t n = fread(bytes, 1, MOST, f);
    fclose(f);
    return n;
}

static void write_cache(const unsigned char *bytes, size_t n) {
    FILE *f = fopen(cache_path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(cache_path, sizeof cache_path, "%s/weights", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(cache_path);
    return rmdir(folder); /* nothing else may be left there */
}

static void the_second_load_finds_what_the_first_packed(void **state) {
    (void)state;
    static unsigned char first[MOST], second[MOST];
    float expected[CLASSES], found[CLASSES];
    unlink(cache_path);
    classify(expected);
    const size_t n = read_cache(first);
    assert_true(n > 64);
    classify(found);
    assert_memory_equal(found, expected, sizeof found);
    assert_int_equal(read_cache(second), n);
    assert_memory_equal(first, second, n);
}

static void damage_is_noticed(void **state) {
    (void)state;
    static unsigned char whole[MOST], hurt[MOST];
    float expected[CLASSES], found[CLASSES];
    classify(expected);
    const size_t n = read_cache(whole), step = n / 200 + 1;
    for (size_t at = 0; at < n; at += at < 600 ? 7 : step) {
        memcpy(hurt, whole, n);
        hurt[at] ^= 0x41;
        write_cache(hurt, n);
        classify(found);
        assert_memory_equal(found, expected, sizeof found);
        write_cache(whole, at); /* cut off */
        classify(found);
        assert_memory_equal(found, expected, sizeof found);
    }
}

static void a_file_that_cannot_be_written_does_not_matter(void **state) {
    (void)state;
    float expected[CLASSES], found[CLASSES];
    classify(expected);
    unlink(cache_path);
    assert_int_equal(mkdir(cache_path, 0700), 0);
    classify(found);
    assert_memory_equal(found, expected, sizeof found);
    assert_int_equal(rmdir(cache_path), 0);
}

int main(int argc, char **argv) {
    if (argc != 2) return 1;
    model_path = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_load_finds_what_the_first_packed),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(a_file_that_cannot_be_written_does_not_matter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

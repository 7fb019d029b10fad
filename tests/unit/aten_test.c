/* SPDX-License-Identifier: MIT
 * ATen's calls: matching of arguments, type promotion, sizes that are not fixed, writes to views.
 * What is expected is what PyTorch's documentation says, worked out by hand. */
#include "aten/lower.h"
#include "run/model.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

typedef struct program {
    void (*write)(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y);
    lw_dtype dtype;
    int64_t rows; /* -1: free */
} program;

static lw_status make(void *arg, lwi_network *network) {
    const program *p = arg;
    lwi_aten a;
    lwi_aten_value y = lwi_aten_none();
    LW_TRY(lwi_aten_open(&a, network, "test"));
    const lwi_aten_value x = lwi_aten_input(&a, "x", p->dtype, 2, (int64_t[]){p->rows, 4},
                                            (const char *[]){"n", NULL}, NULL);
    p->write(&a, &x, &y);
    lwi_aten_output(&a, &y, "y");
    return lwi_aten_close(&a);
}

/* Runs the program on a [2, 4] tensor. */
static lw_value *run(const program *p, const void *data) {
    lw_model *model = NULL;
    lw_context *context = NULL;
    lw_value *x = NULL;
    lw_io out = {"y", NULL};
    const lw_status made = lwi_model_make(make, (void *)p, NULL, &model);
    if (made != LW_OK) fail_msg("%s", lw_last_error());
    assert_int_equal(lw_context_new(model, NULL, &context), LW_OK);
    assert_int_equal(lw_tensor_new(p->dtype, 2, (int64_t[]){2, 4}, &x), LW_OK);
    memcpy(lw_tensor_data(x), data, 8 * lwi_dtype_size(p->dtype));
    if (lw_context_run(context, &(lw_io){"x", x}, 1, &out, 1) != LW_OK)
        fail_msg("%s", lw_last_error());
    lw_value *copy = NULL;
    assert_int_equal(lwi_value_clone(&lwi_malloc_allocator, out.value, &copy), LW_OK);
    lw_value_free(out.value);
    lw_value_free(x);
    lw_context_free(context);
    lw_model_free(model);
    return copy;
}

static const float numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};

static void expect(const program *p, int rank, const int64_t *dims, const float *values) {
    lw_value *y = run(p, numbers);
    assert_int_equal(y->dtype, LW_FLOAT32);
    assert_int_equal(y->rank, rank);
    for (int d = 0; d < rank; d++)
        assert_int_equal(y->dims[d], dims[d]);
    for (size_t i = 0; i < y->count; i++)
        assert_true(((const float *)y->data)[i] == values[i]);
    lw_value_free(y);
}

static lwi_aten_value call(lwi_aten *a, const char *name, size_t n, const lwi_aten_value *args) {
    return lwi_aten_apply(a, name, n, args);
}
#define CALL(name, ...)                                                                            \
    call(a, name, sizeof((lwi_aten_value[]){__VA_ARGS__}) / sizeof(lwi_aten_value),                \
         (lwi_aten_value[]){__VA_ARGS__})

/* x[:, 1].add_(10): the write goes through to x */
static void write_column(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y) {
    const lwi_aten_value z = CALL("mul", *x, lwi_aten_int(1));
    const lwi_aten_value column = CALL("select", z, lwi_aten_int(-1), lwi_aten_int(1));
    CALL("add_", column, lwi_aten_int(10));
    *y = z;
}

/* rows = x.view(-1)[2:4]; x.mul_(2): the view shows what was written to its base */
static void read_view(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y) {
    const lwi_aten_value z = CALL("mul", *x, lwi_aten_int(1));
    const lwi_aten_value all = CALL("view", z, lwi_aten_int_list(a, 1, (int64_t[]){-1}));
    *y = CALL("slice", all, lwi_aten_int(0), lwi_aten_int(2), lwi_aten_int(4));
    CALL("mul_", z, lwi_aten_float(2));
}

/* y = x.t(); y[1] = x.t()[0] through the transposed view */
static void write_turned(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y) {
    const lwi_aten_value z = CALL("mul", *x, lwi_aten_int(1));
    const lwi_aten_value turned = CALL("t", z);
    const lwi_aten_value row = CALL("select", turned, lwi_aten_int(0), lwi_aten_int(1));
    CALL("mul_", row, lwi_aten_int(0));
    *y = z;
}

static void flatten(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y) {
    *y = CALL("flatten", *x);
}

/* The size of a free dimension as a number: x.view(4, x.size(0)) + x.size(0) * 2 */
static void use_size(lwi_aten *a, const lwi_aten_value *x, lwi_aten_value *y) {
    const lwi_aten_value n = lwi_aten_size(a, lwi_aten_id(a, x), 0), two = lwi_aten_int(2);
    const lwi_aten_value sizes[2] = {lwi_aten_int(4), n};
    assert_true(n.id >= 0);
    *y = CALL("add", CALL("view", *x, lwi_aten_list(a, 2, sizes)),
              lwi_aten_number(a, "mul", &n, &two));
}

static void test_writes(void **state) {
    (void)state;
    for (int64_t rows = -1; rows < 3; rows += 3) {
        const program column = {write_column, LW_FLOAT32, rows};
        expect(&column, 2, (int64_t[]){2, 4}, (float[]){0, 11, 2, 3, 4, 15, 6, 7});
        const program view = {read_view, LW_FLOAT32, rows};
        expect(&view, 1, (int64_t[]){2}, (float[]){4, 6});
        const program turned = {write_turned, LW_FLOAT32, rows};
        expect(&turned, 2, (int64_t[]){2, 4}, (float[]){0, 0, 2, 3, 4, 0, 6, 7});
    }
}

static void test_sizes(void **state) {
    (void)state;
    const program flat = {flatten, LW_FLOAT32, -1}, size = {use_size, LW_FLOAT32, -1};
    expect(&flat, 1, (int64_t[]){8}, numbers);
    expect(&size, 2, (int64_t[]){4, 2}, (float[]){4, 5, 6, 7, 8, 9, 10, 11});
}

/* ----------------------------------------------------------------- promotion */

static lw_dtype promoted(lw_dtype x, lwi_aten_value other) {
    lwi_network network;
    lwi_aten a;
    lwi_network_init(&network, &lwi_malloc_allocator, false);
    assert_int_equal(lwi_aten_open(&a, &network, "test"), LW_OK);
    const lwi_aten_value v = lwi_aten_input(&a, "x", x, 1, (int64_t[]){3}, NULL, NULL);
    const lwi_aten_value args[2] = {v, other}, y = lwi_aten_apply(&a, "add", 2, args);
    const lw_dtype dtype = lwi_aten_tensor_dtype(&a, &y);
    assert_int_equal(lwi_aten_close(&a), LW_OK);
    lwi_graph_seal(network.graph);
    lwi_network_free(&network);
    return dtype;
}

static void test_promotion(void **state) {
    (void)state;
    assert_int_equal(promoted(LW_INT32, lwi_aten_int(1)), LW_INT32);
    assert_int_equal(promoted(LW_INT32, lwi_aten_float(1)), LW_FLOAT32);
    assert_int_equal(promoted(LW_FLOAT16, lwi_aten_float(1)), LW_FLOAT16);
    assert_int_equal(promoted(LW_BOOL, lwi_aten_int(1)), LW_INT64);
    assert_int_equal(promoted(LW_UINT8, lwi_aten_bool(true)), LW_UINT8);
}

/* -------------------------------------------------------------------- errors */

static void fails_with(const char *name, size_t n, const lwi_aten_value *args,
                       const char *sentence) {
    lwi_network network;
    lwi_aten a;
    lwi_network_init(&network, &lwi_malloc_allocator, false);
    assert_int_equal(lwi_aten_open(&a, &network, "test"), LW_OK);
    lwi_aten_apply(&a, name, n, args);
    assert_int_not_equal(lwi_aten_close(&a), LW_OK);
    if (!strstr(lw_last_error(), sentence)) fail_msg("%s", lw_last_error());
    lwi_graph_seal(network.graph);
    lwi_network_free(&network);
}

static void test_errors(void **state) {
    (void)state;
    const lwi_aten_value one = lwi_aten_int(1);
    fails_with("no_such_thing", 1, &one, "aten::no_such_thing is not supported");
    fails_with("conv2d", 1, &one, "aten::conv2d does not take (int)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_writes), cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_promotion),
                                       cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

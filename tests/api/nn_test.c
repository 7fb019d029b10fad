/* SPDX-License-Identifier: MIT
 * lampwick/nn.h: a network's life, parameters and their names, sizes that are free, errors. The
 * functions themselves are compared with PyTorch in tests/nn. */
#include <lampwick/nn.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static lw_nn *open_nn(void) {
    lw_nn *nn = NULL;
    assert_int_equal(lw_nn_open(NULL, &nn), LW_OK);
    return nn;
}

static lw_value *tensor(int rank, const int64_t *dims, const float *numbers) {
    lw_value *v = NULL;
    assert_int_equal(lw_tensor_new(LW_FLOAT32, rank, dims, &v), LW_OK);
    memcpy(lw_tensor_data(v), numbers, lw_tensor_bytes(v));
    return v;
}

static lw_value *run(const lw_model *model, const char *in, lw_value *x, const char *out) {
    lw_context *context = NULL;
    lw_io y = {out, NULL};
    lw_value *copy = NULL;
    assert_int_equal(lw_context_new(model, NULL, &context), LW_OK);
    if (lw_context_run(context, &(lw_io){in, x}, 1, &y, 1) != LW_OK)
        fail_msg("%s", lw_last_error());
    assert_int_equal(lw_value_copy(y.value, &copy), LW_OK);
    lw_value_free(y.value);
    lw_context_free(context);
    return copy;
}

static const float numbers[6] = {1, 2, 3, 4, 5, 6};

/* y = x W^T + b, compiled twice; the models outlive the network. */
static void test_layer(void **state) {
    (void)state;
    lw_nn *nn = open_nn();
    lw_model *first = NULL, *second = NULL;
    lw_value *w = tensor(2, (int64_t[]){2, 3}, numbers), *b = tensor(1, (int64_t[]){2}, numbers);
    lw_nn_set(nn, "a.0.fc.weight", w);
    lw_nn_set(nn, "a.0.fc.bias", b);
    lw_nn_set(nn, "other", b);
    lw_nn_enter(nn, "a.%d", 0);
    lw_array *x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 3), NULL);
    lw_array *y = lw_nn_linear(nn, x, "fc");
    lw_nn_leave(nn);
    assert_string_equal(lw_nn_unused(nn, 0), "other");
    assert_null(lw_nn_unused(nn, 1));
    lw_nn_output(nn, y, "y");
    assert_int_equal(lw_nn_compile(nn, NULL, &first), LW_OK);
    lw_nn_output(nn, lw_relu(lw_neg(y)), "z");
    assert_int_equal(lw_nn_compile(nn, NULL, &second), LW_OK);
    lw_nn_free(nn);
    lw_value *in = tensor(2, (int64_t[]){2, 3}, numbers);
    const float expected[4] = {15, 34, 33, 79};
    lw_value *out = run(first, "x", in, "y");
    assert_memory_equal(lw_tensor_data(out), expected, sizeof expected);
    assert_int_equal(lw_model_output_count(first), 1);
    lw_model_free(first);
    lw_value_free(out);
    out = run(second, "x", in, "z");
    assert_true(lw_tensor_get(out, 0) == 0);
    lw_value_free(out), lw_model_free(second);
    lw_value_free(in), lw_value_free(w), lw_value_free(b);
}

/* The size that is free stands in lists, and can be counted with. */
static void test_free_sizes(void **state) {
    (void)state;
    lw_nn *nn = open_nn();
    lw_model *model = NULL;
    lw_array *x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 3), NULL);
    const int64_t n = lw_size(x, 0);
    assert_true(n < 0);
    assert_int_equal(lw_size(x, -1), 3);
    assert_int_equal(lw_dim(x), 2);
    assert_int_equal(lw_array_dtype(x), LW_FLOAT32);
    lw_array *y = lw_reshape(x, LW_INTS(lw_nn_size(nn, n, '*', 3)));
    lw_nn_output(nn, lw_expand(lw_unsqueeze(y, 0), LW_INTS(n, -1)), "y");
    assert_int_equal(lw_nn_compile(nn, NULL, &model), LW_OK);
    lw_nn_free(nn);
    for (int64_t rows = 1; rows < 3; rows++) {
        lw_value *in = tensor(2, (int64_t[]){rows, 3}, numbers);
        lw_value *out = run(model, "x", in, "y");
        assert_int_equal(lw_tensor_dims(out)[0], rows);
        assert_int_equal(lw_tensor_dims(out)[1], 3 * rows);
        lw_value_free(in), lw_value_free(out);
    }
    lw_model_free(model);
}

static void test_immediate(void **state) {
    (void)state;
    lw_nn *nn = open_nn();
    lw_value *v = tensor(2, (int64_t[]){2, 3}, numbers), *y = NULL;
    lw_array *x = lw_nn_constant(nn, v);
    lw_value_free(v);
    lw_array *whole = lw_add_scalar(lw_to(x, LW_INT64), 1), *half = lw_add_scalar(x, 0.5);
    assert_int_equal(lw_array_dtype(whole), LW_INT64);
    assert_int_equal(lw_nn_evaluate(nn, lw_sum(half, LW_NO_INTS, false, LW_DTYPE_NONE), &y), LW_OK);
    assert_true(lw_tensor_get(y, 0) == 24);
    lw_value_free(y);
    assert_int_equal(lw_nn_evaluate(nn, lw_mul(x, lw_nn_int(nn, 2)), &y), LW_OK);
    assert_true(lw_tensor_get(y, 5) == 12);
    lw_value_free(y);
    lw_array *in = lw_nn_input(nn, "picture", LW_FLOAT32, LW_INTS(3), NULL);
    assert_int_equal(lw_nn_evaluate(nn, lw_add(x, in), &y), LW_INVALID);
    assert_non_null(strstr(lw_last_error(), "picture"));
    lw_nn_free(nn);
}

static void expect_failure(lw_nn *nn, lw_status status, const char *sentence) {
    lw_model *model = NULL;
    assert_int_equal(lw_nn_status(nn), status);
    assert_int_equal(lw_nn_compile(nn, NULL, &model), status);
    if (!strstr(lw_last_error(), sentence)) fail_msg("%s", lw_last_error());
    assert_string_equal(lw_nn_error(nn), lw_last_error());
    assert_null(model);
    lw_nn_free(nn);
}

static void test_errors(void **state) {
    (void)state;
    lw_nn *nn = open_nn();
    lw_array *x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(2, 3), NULL), *parts[2] = {x, x};
    assert_null(lw_nn_linear(nn, x, "fc"));
    assert_null(lw_relu(NULL));
    assert_null(lw_relu(x));
    assert_null(lw_chunk(x, 3, 1, parts, 2));
    assert_null(parts[0]);
    lw_nn_output(nn, NULL, "y");
    expect_failure(nn, LW_NOT_FOUND, "there is no parameter 'fc.weight'");

    nn = open_nn();
    x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(2, 3), NULL);
    assert_null(lw_chunk(x, 3, 1, parts, 2));
    expect_failure(nn, LW_SHAPE, "lw_chunk: there are 3 parts, not 2");

    nn = open_nn();
    x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 3), NULL);
    lw_reshape(x, LW_INTS(lw_size(x, 0) + 1, -1));
    expect_failure(nn, LW_INVALID, "a size that is free was counted with");

    nn = open_nn();
    x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 3), NULL);
    lw_reshape(x, LW_INTS(lw_size(x, 0) / 12, -1));
    expect_failure(nn, LW_INVALID, "a size that is free was counted with");

    nn = open_nn();
    lw_nn *other = open_nn();
    x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(2), NULL);
    lw_array *y = lw_nn_input(other, "y", LW_FLOAT32, LW_INTS(2), NULL);
    assert_null(lw_add(x, y));
    expect_failure(nn, LW_INVALID, "lw_add: other is of another network");
    lw_nn_free(other);

    nn = open_nn();
    lw_nn_load(nn, "no/such/file.safetensors");
    expect_failure(nn, LW_NOT_FOUND, "no/such/file.safetensors");

    nn = open_nn();
    lw_nn_leave(nn);
    expect_failure(nn, LW_INVALID, "lw_nn_leave");

    nn = open_nn();
    lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-2), NULL);
    expect_failure(nn, LW_INVALID, "dimension 0 of 'x' is -2");
}

/* ------------------------------------------------------ failing allocations */

typedef struct counter {
    long left, live;
} counter;

static void *take(void *user, size_t bytes, size_t align) {
    counter *c = user;
    if (c->left-- <= 0) return NULL;
    void *block = test_malloc(bytes + align + sizeof(void *));
    c->live++;
    char *at = (char *)block + sizeof(void *);
    at += (align - (uintptr_t)at % align) % align;
    memcpy(at - sizeof(void *), &block, sizeof block);
    return at;
}

static void give(void *user, void *at) {
    void *block = NULL;
    memcpy(&block, (char *)at - sizeof(void *), sizeof block);
    ((counter *)user)->live--;
    test_free(block);
}

static lw_status write_network(const lw_allocator *memory) {
    lw_nn *nn = NULL;
    lw_model *model = NULL;
    lw_status status = lw_nn_open(memory, &nn);
    if (status != LW_OK) return status;
    lw_array *x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 3), NULL), *parts[3];
    lw_chunk(x, 3, 1, parts, 3);
    lw_nn_output(nn, lw_mul(lw_relu(parts[1]), lw_nn_float(nn, 0.5)), "y");
    const lw_model_options options = {.size = sizeof options, .allocator = memory};
    status = lw_nn_compile(nn, &options, &model);
    lw_nn_free(nn);
    lw_model_free(model);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    lw_status status = LW_NO_MEMORY;
    for (long n = 0; status == LW_NO_MEMORY && n < 10000; n++) {
        counter c = {n, 0};
        const lw_allocator memory = {sizeof memory, take, give, &c};
        status = write_network(&memory);
        assert_int_equal(c.live, 0);
    }
    assert_int_equal(status, LW_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer), cmocka_unit_test(test_free_sizes),
        cmocka_unit_test(test_immediate), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

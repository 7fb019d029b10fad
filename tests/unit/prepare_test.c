/* SPDX-License-Identifier: MIT
 * A kernel that adds a packed constant, called as the executor does. */
#include "cmocka_test.h"

#include "ops/call.h"
#include "run/packed_weights.h"

enum { COUNT = 4 };

typedef struct fake {
    lwi_arena memory;
    lwi_weights weights;
} fake;

static lw_status memory(void *state, size_t bytes, void **block) {
    return lwi_arena_alloc(&((fake *)state)->memory, bytes, 1, block);
}

static lw_status packed(void *state, const lw_value *value, const lwi_packing *packing,
                        const void **made) {
    bool is_new = false;
    return lwi_weights_get(&((fake *)state)->weights, value, packing, made, &is_new);
}

static const lwi_host HOST = {.memory = memory, .keep = memory, .packed = packed};

static lw_status negate(void *arg, const lw_value *from, void *to) {
    (void)arg;
    for (size_t i = 0; i < from->count; i++)
        ((float *)to)[i] = -((const float *)from->data)[i];
    return LW_OK;
}

typedef struct prepared {
    const float *packed;
} prepared;

static lw_status prepare(lwi_call *c) {
    prepared *p = NULL;
    const void *made = NULL;
    assert_int_equal(c->in[0]->dtype, LW_FLOAT32);
    assert_int_equal(c->in[1]->dtype, LW_FLOAT32);
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    LW_TRY(lwi_packed(c, 1, "negated", 0, COUNT * sizeof(float), negate, NULL, &made));
    p->packed = made;
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const prepared *p = c->prepared;
    const float *x = c->in[0]->data, *w = p->packed ? p->packed : c->in[1]->data;
    for (size_t i = 0; i < COUNT; i++)
        ((float *)c->out[0]->data)[i] = x[i] + w[i];
    return LW_OK;
}

static const lwi_kernel KERNEL = {prepare, run};
static const lwi_op OP = {.infer = lwi_infer_same, .flags = LWI_WIDEN};
static const lwi_op_entry ENTRY = {.op = &OP};
static const lwi_node NODE = {.name = "n", .domain = "", .op_type = "Test", .op = &ENTRY};

static lw_value tensor(lw_dtype dtype, void *data, lwi_fixed fixed) {
    lw_value v;
    assert_ok(lwi_tensor_init(&v, dtype, 1, (const int64_t[]){COUNT}, data));
    v.fixed = (uint8_t)fixed;
    return v;
}

/* Prepares and runs twice; y gets the result. */
static void compute(lw_dtype dtype, void *x, void *w, void *y, lwi_fixed fixed, bool is_packed) {
    fake f;
    lwi_arena_init(&f.memory, &lwi_malloc_allocator);
    lwi_weights_init(&f.weights, &lwi_malloc_allocator);
    lw_value a = tensor(dtype, x, LWI_VARIES), b = tensor(dtype, w, fixed);
    lw_value out = tensor(dtype, y, LWI_VARIES);
    bool declared = true;
    lwi_call c = {.node = &NODE,
                  .in = (const lw_value *[]){&a, &b},
                  .out = (lw_value *[]){&out},
                  .n_in = 2,
                  .n_out = 1,
                  .declared = &declared,
                  .host = &HOST,
                  .state = &f};
    assert_ok(lwi_call_prepare(&c, &KERNEL));
    assert_non_null(c.prepared);
    assert_int_equal(c.packed, is_packed ? 2 : 0);
    for (int i = 0; i < 2; i++)
        assert_ok(lwi_call_run(&c, &KERNEL));
    lwi_weights_free(&f.weights);
    lwi_arena_free(&f.memory);
}

static void constants_are_packed(void **state) {
    (void)state;
    float x[COUNT] = {1, 2, 3, 4}, w[COUNT] = {1, 1, 2, 2}, y[COUNT];
    compute(LW_FLOAT32, x, w, y, LWI_FIXED_MODEL, true);
    assert_memory_equal(y, ((const float[]){0, 1, 1, 2}), sizeof y);
}

static void other_inputs_are_not(void **state) {
    (void)state;
    float x[COUNT] = {1, 2, 3, 4}, w[COUNT] = {1, 1, 2, 2}, y[COUNT];
    compute(LW_FLOAT32, x, w, y, LWI_VARIES, false);
    assert_memory_equal(y, ((const float[]){2, 3, 5, 6}), sizeof y);
}

static void converted_calls_are_prepared_as_they_run(void **state) {
    (void)state;
    uint16_t x[COUNT] = {0x3f80, 0x4000, 0x4040, 0x4080};
    uint16_t w[COUNT] = {0x3f80, 0x3f80, 0x4000, 0x4000}, y[COUNT];
    compute(LW_BFLOAT16, x, w, y, LWI_FIXED_MODEL, true);
    assert_memory_equal(y, ((const uint16_t[]){0, 0x3f80, 0x3f80, 0x4000}), sizeof y);
    compute(LW_BFLOAT16, x, w, y, LWI_VARIES, false);
    assert_memory_equal(y, ((const uint16_t[]){0x4000, 0x4040, 0x40a0, 0x40c0}), sizeof y);
}

static lw_status prepare_number(lwi_call *c) {
    int *number = NULL;
    LW_TRY(lwi_prepare(c, sizeof *number, &number));
    *number = 7;
    return LW_OK;
}

static lw_status run_number(lwi_call *c) {
    for (size_t i = 0; i < COUNT; i++)
        ((float *)c->out[0]->data)[i] = (float)*(const int *)c->prepared;
    return LW_OK;
}

/* Constant folding runs operators without preparing them first. */
static void operators_prepare_when_they_have_to(void **state) {
    (void)state;
    const lwi_op op = {.infer = lwi_infer_same, .prepare = prepare_number, .run = run_number};
    const lwi_op_entry entry = {.op = &op};
    const lwi_node node = {.name = "n", .domain = "", .op_type = "Test", .op = &entry};
    const lwi_host host = {.memory = memory};
    float y[COUNT];
    fake f;
    lwi_arena_init(&f.memory, &lwi_malloc_allocator);
    lw_value out = tensor(LW_FLOAT32, y, LWI_VARIES);
    bool declared = true;
    lwi_call c = {.node = &node,
                  .out = (lw_value *[]){&out},
                  .n_out = 1,
                  .declared = &declared,
                  .host = &host,
                  .state = &f};
    assert_ok(lwi_call_run(&c, NULL));
    assert_memory_equal(y, ((const float[]){7, 7, 7, 7}), sizeof y);
    lwi_arena_free(&f.memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_packed),
        cmocka_unit_test(other_inputs_are_not),
        cmocka_unit_test(converted_calls_are_prepared_as_they_run),
        cmocka_unit_test(operators_prepare_when_they_have_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

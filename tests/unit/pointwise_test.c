/* SPDX-License-Identifier: MIT
 * lampwick.Pointwise: what programs are refused, and random programs over random broadcast shapes,
 * the block kernels against the operator's reference, which evaluates element by element. */
#include "cmocka_test.h"

#include "backend/cpu/cpu_backend.h"
#include "ops/call.h"
#include "ops/pointwise_program.h"

#include <float.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ a call */

enum { LARGEST = 1 << 16 };

typedef struct fixture {
    int64_t numbers[4 * LWI_PROGRAM_STEPS];
    float constants[LWI_PROGRAM_CONSTANTS];
    lwi_attr attrs[2];
    lwi_node node;
    lw_value values[LWI_PROGRAM_INPUTS], output;
    const lw_value *in[LWI_PROGRAM_INPUTS];
    lw_value *out[1];
    bool declared[1];
    lwi_call call;
} fixture;

static void run_parts(void *state, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    (void)state;
    for (size_t i = 0; i < n; i++)
        task(arg, i);
}
static int three_threads(void *state) { return state ? 1 : 3; }
static lw_status keep(void *state, size_t bytes, void **block) {
    (void)state;
    *block = calloc(1, bytes);
    return *block ? LW_OK : LW_NO_MEMORY;
}
static const lwi_host HOST = {.parallel = run_parts, .threads = three_threads, .keep = keep};

static void open_call(fixture *f, size_t n_inputs, size_t n_numbers, size_t n_constants) {
    static const lwi_op_entry *entry;
    if (!entry) entry = lwi_op_find("lampwick", "Pointwise");
    f->attrs[0] =
        (lwi_attr){.name = "program", .kind = LWI_ATTR_INTS, .n = n_numbers, .ints = f->numbers};
    f->attrs[1] = (lwi_attr){
        .name = "constants", .kind = LWI_ATTR_FLOATS, .n = n_constants, .floats = f->constants};
    f->node = (lwi_node){.name = "test",
                         .domain = "lampwick",
                         .op_type = "Pointwise",
                         .op = entry,
                         .n_inputs = n_inputs,
                         .n_outputs = 1,
                         .attrs = f->attrs,
                         .n_attrs = 2};
    for (size_t k = 0; k < n_inputs; k++)
        f->in[k] = &f->values[k];
    f->out[0] = &f->output;
    f->declared[0] = false;
    memset(&f->output, 0, sizeof f->output);
    f->call = (lwi_call){.node = &f->node,
                         .in = f->in,
                         .out = f->out,
                         .n_in = n_inputs,
                         .n_out = 1,
                         .declared = f->declared,
                         .host = &HOST};
}

/* ---------------------------------------------------------------- refusals */

static void bad_programs_are_refused(void **state) {
    (void)state;
    static const struct {
        int64_t numbers[8];
        size_t n;
    } bad[] = {
        {{0}, 0},                                                       /* empty */
        {{0, 0, 0}, 3},                                                 /* cut off */
        {{LWI_POINTWISE_CODES, 0, 0, 0}, 4},                            /* no such code */
        {{-1, 0, 0, 0}, 4},                                             /* no such code */
        {{LWI_POINTWISE_add, 0, 2, 0}, 4},                              /* a later result */
        {{LWI_POINTWISE_add, 0, -2, 0}, 4},                             /* no such constant */
        {{LWI_POINTWISE_add, 0, 1, 0, LWI_POINTWISE_clip, 0, 2, 3}, 8}, /* its own result */
        {{LWI_POINTWISE_add, 0, INT64_MAX, 0}, 4},                      /* far off */
        {{LWI_POINTWISE_add, INT64_MIN, 0, 0}, 4},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fixture f;
        memcpy(f.numbers, bad[i].numbers, sizeof bad[i].numbers);
        open_call(&f, 2, bad[i].n, 1);
        f.node.n_inputs = 2;
        assert_int_not_equal(f.node.op->op->check(&f.node), LW_OK);
    }
}

/* --------------------------------------------------------- random programs */

static uint64_t seed = 1;
static size_t pick(size_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % n;
}

static float number(void) {
    static const float special[] = {0, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 100, -100, FLT_MIN};
    if (pick(50) == 0) return special[pick(sizeof special / sizeof *special)];
    return ((float)pick(20001) - 10000) / 2500;
}

/* Up to 4 dimensions, short and long; inputs have each dimension or 1, or start later. */
static void random_shapes(fixture *f, size_t n_inputs) {
    static const int64_t sizes[] = {1, 2, 3, 5, 16, 17, 33, 64, 100, 257, 2500};
    int64_t dims[4];
    const int rank = (int)pick(5);
    size_t count = 1;
    for (int d = 0; d < rank; d++) {
        dims[d] = sizes[pick(sizeof sizes / sizeof *sizes)];
        if (count * (size_t)dims[d] > LARGEST) dims[d] = 1;
        count *= (size_t)dims[d];
    }
    for (size_t k = 0; k < n_inputs; k++) {
        const int skip = k == 0 || pick(2) ? 0 : (int)pick((size_t)rank + 1);
        int64_t own[4];
        for (int d = skip; d < rank; d++)
            own[d - skip] = k == 0 || pick(3) ? dims[d] : 1;
        const lw_dtype dtype = pick(8) ? LW_FLOAT32 : LW_BOOL;
        assert_int_equal(lwi_tensor_init(&f->values[k], dtype, rank - skip, own, NULL), LW_OK);
        void *data = malloc(f->values[k].bytes + 1);
        assert_non_null(data);
        for (size_t i = 0; i < f->values[k].count; i++)
            if (dtype == LW_BOOL) ((uint8_t *)data)[i] = (uint8_t)pick(2);
            else ((float *)data)[i] = number();
        f->values[k].data = data;
    }
}

static size_t random_program(fixture *f, size_t n_inputs, size_t n_constants) {
    const size_t steps = 1 + pick(pick(4) ? 4 : LWI_PROGRAM_STEPS);
    for (size_t i = 0; i < steps; i++) {
        int64_t *to = &f->numbers[4 * i];
        to[0] = (int64_t)pick(LWI_POINTWISE_CODES);
        for (size_t k = 1; k < 4; k++) {
            const bool last = i > 0 && k == 1; /* most results are used */
            to[k] = last ? (int64_t)(n_inputs + i - 1)
                         : (int64_t)pick(n_inputs + i + n_constants) - (int64_t)n_constants;
        }
    }
    return 4 * steps;
}

static bool near(float a, float b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (a == b) return true;
    return fabsf(a - b) <= 2e-5f * fmaxf(fabsf(a), fabsf(b)) + 2e-5f;
}

/* Comparisons and steps make rounding errors large: such programs are compared one by one only. */
static bool is_continuous(const fixture *f, size_t n) {
    for (size_t i = 0; i < n; i += 4)
        switch (f->numbers[i]) {
        case LWI_POINTWISE_floor:
        case LWI_POINTWISE_ceil:
        case LWI_POINTWISE_round:
        case LWI_POINTWISE_sign:
        case LWI_POINTWISE_not:
        case LWI_POINTWISE_equal:
        case LWI_POINTWISE_less:
        case LWI_POINTWISE_less_or_equal:
        case LWI_POINTWISE_and:
        case LWI_POINTWISE_or:
        case LWI_POINTWISE_xor:
        case LWI_POINTWISE_where:
        case LWI_POINTWISE_thresholded_relu:
        case LWI_POINTWISE_power:
        case LWI_POINTWISE_div:
        case LWI_POINTWISE_reciprocal:
        case LWI_POINTWISE_sub:
        case LWI_POINTWISE_exp:
        case LWI_POINTWISE_log:
            return n == 4;
        default:
            break;
        }
    return true;
}

static float *compute(fixture *f, const lwi_kernel *kernel) {
    float *y = malloc(f->output.bytes + 1);
    assert_non_null(y);
    f->output.data = y;
    assert_int_equal(lwi_call_run(&f->call, kernel), LW_OK);
    return y;
}

static void blocks_agree_with_reference(void **state) {
    (void)state;
    for (int round = 0; round < 1500; round++) {
        fixture f;
        const size_t n_inputs = 1 + pick(pick(3) ? 3 : LWI_PROGRAM_INPUTS), n_constants = pick(4);
        for (size_t i = 0; i < n_constants; i++)
            f.constants[i] = number();
        const size_t n = random_program(&f, n_inputs, n_constants);
        open_call(&f, n_inputs, n, n_constants);
        random_shapes(&f, n_inputs);
        assert_int_equal(lwi_call_infer(&f.call), LW_OK);
        const lwi_kernel *kernel = lwi_cpu_claim(&f.call);
        assert_non_null(kernel);
        assert_int_equal(lwi_call_prepare(&f.call, kernel), LW_OK);
        float *expected = compute(&f, NULL), *y = compute(&f, kernel);
        for (size_t i = 0; i < f.output.count && is_continuous(&f, n); i++)
            if (!near(y[i], expected[i]))
                fail_msg("round %d, element %zu: %a, expected %a", round, i, (double)y[i],
                         (double)expected[i]);
        free(expected);
        free(y);
        free(f.call.prepared);
        for (size_t k = 0; k < n_inputs; k++)
            free(f.values[k].data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bad_programs_are_refused),
                                       cmocka_unit_test(blocks_agree_with_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

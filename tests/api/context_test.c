/* SPDX-License-Identifier: MIT
 * The public interface, on the network in demo/: argv[1] is its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lampwick.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define assert_ok(call) assert_int_equal((call), LW_OK)

enum { CLASSES = 10, MOST_PIXELS = 64 * 64, MOST_BATCH = 8 };
static const char *model_path;

typedef struct fixture {
    lw_model *model;
    int64_t height, width;
    float pixels[MOST_BATCH * MOST_PIXELS];
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    lw_io_info info = {.size = sizeof info};
    if (!f || lw_model_load(model_path, NULL, &f->model) != LW_OK) return -1;
    if (lw_model_input(f->model, 0, &info) != LW_OK || info.rank != 4) return -1;
    f->height = info.dims[2];
    f->width = info.dims[3];
    for (int i = 0; i < MOST_BATCH * MOST_PIXELS; i++)
        f->pixels[i] = (float)(i * 37 % 101) / 101;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    lw_model_free(f->model);
    free(f);
    return 0;
}

static lw_value *image(fixture *f, int64_t batch) {
    const int64_t dims[4] = {batch, 1, f->height, f->width};
    lw_value *x = NULL;
    assert_ok(lw_tensor_wrap(LW_FLOAT32, 4, dims, f->pixels, &x));
    return x;
}

static lw_context *context(fixture *f, lw_context_options options) {
    lw_context *c = NULL;
    options.size = sizeof options;
    assert_ok(lw_context_new(f->model, &options, &c));
    return c;
}

/* Runs and copies the probabilities out. */
static lw_status classify(lw_context *c, lw_value *x, float *probabilities) {
    lw_io out = {"probabilities", NULL};
    const lw_status status = lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1);
    if (status == LW_OK && probabilities)
        memcpy(probabilities, lw_tensor_data(out.value), lw_tensor_bytes(out.value));
    lw_value_free(out.value);
    return status;
}

static void six_calls_run_a_model(void **state) {
    fixture *f = *state;
    lw_model *model = NULL;
    lw_context *c = NULL;
    lw_value *x = NULL;
    lw_io out = {"probabilities", NULL};
    const int64_t dims[4] = {1, 1, f->height, f->width};
    assert_ok(lw_model_load(model_path, NULL, &model));
    assert_ok(lw_context_new(model, NULL, &c));
    assert_ok(lw_tensor_wrap(LW_FLOAT32, 4, dims, f->pixels, &x));
    assert_ok(lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1));
    const float *p = lw_tensor_data(out.value);
    float sum = 0;
    for (int i = 0; i < CLASSES; i++)
        sum += p[i];
    assert_true(sum > 0.999f && sum < 1.001f);
    lw_value_free(out.value);
    out.value = NULL;
    lw_model_free(model); /* the context keeps it alive */
    assert_ok(lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1));
    lw_value_free(out.value);
    lw_value_free(x);
    lw_context_free(c);
}

static void outputs_go_to_the_callers_memory(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){0});
    lw_value *x = image(f, 2), *y = NULL, *wrong = NULL;
    float mine[2 * CLASSES], other[2 * CLASSES];
    const int64_t dims[2] = {2, CLASSES}, bad[2] = {3, CLASSES};
    assert_ok(lw_tensor_wrap(LW_FLOAT32, 2, dims, mine, &y));
    lw_io out = {"probabilities", y};
    assert_ok(lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1));
    assert_ptr_equal(out.value, y);
    assert_ok(classify(c, x, other));
    assert_memory_equal(mine, other, sizeof mine);
    assert_ok(lw_tensor_new(LW_FLOAT32, 2, bad, &wrong));
    out.value = wrong;
    assert_int_equal(lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1), LW_SHAPE);
    assert_non_null(strstr(lw_last_error(), "probabilities"));
    lw_value_free(wrong);
    lw_value_free(y);
    lw_value_free(x);
    lw_context_free(c);
}

static void mistakes_get_sentences(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){0});
    lw_value *x = image(f, 1), *flat = NULL, *whole = NULL;
    lw_io out = {"probabilities", NULL};
    const int64_t dims[1] = {7}, dims4[4] = {1, 1, f->height, f->width};
    assert_ok(lw_tensor_new(LW_FLOAT32, 1, dims, &flat));
    assert_ok(lw_tensor_new(LW_INT32, 4, dims4, &whole));
    assert_int_equal(lw_context_run(c, &(lw_io){"picture", x}, 1, &out, 1), LW_NOT_FOUND);
    assert_non_null(strstr(lw_last_error(), "'image'"));
    assert_int_equal(lw_context_run(c, &(lw_io){"image", flat}, 1, &out, 1), LW_SHAPE);
    assert_non_null(strstr(lw_last_error(), "[7]"));
    assert_int_equal(lw_context_run(c, &(lw_io){"image", whole}, 1, &out, 1), LW_TYPE);
    assert_non_null(strstr(lw_last_error(), "int32"));
    assert_int_equal(lw_context_run(c, NULL, 0, &out, 1), LW_INVALID);
    out.name = "classes";
    assert_int_equal(lw_context_run(c, &(lw_io){"image", x}, 1, &out, 1), LW_NOT_FOUND);
    assert_null(out.value);
    lw_model *none = NULL;
    assert_int_equal(lw_model_load("/no/such/file.onnx", NULL, &none), LW_NOT_FOUND);
    assert_non_null(strstr(lw_last_error(), "/no/such/file.onnx"));
    assert_null(none);
    lw_value_free(flat);
    lw_value_free(whole);
    lw_value_free(x);
    lw_context_free(c);
}

static void seen_shapes_allocate_nothing(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){0});
    lw_memory_info before = {.size = sizeof before}, after = {.size = sizeof after};
    for (int round = 0; round < 3; round++) {
        if (round == 2) assert_ok(lw_context_memory(c, &before));
        for (int64_t batch = 1; batch <= 4; batch++) {
            lw_value *x = image(f, batch);
            assert_ok(classify(c, x, NULL));
            lw_value_free(x);
        }
    }
    assert_ok(lw_context_memory(c, &after));
    assert_int_equal(before.allocations, after.allocations);
    assert_int_equal(after.plans, 4);
    lw_context_trim(c);
    assert_ok(lw_context_memory(c, &after));
    assert_int_equal(after.plans + after.arena + after.blocks, 0);
    lw_value *x = image(f, 1);
    assert_ok(classify(c, x, NULL));
    lw_value_free(x);
    lw_context_free(c);
}

static void prepared_runs_allocate_nothing(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){0}),
               *other = context(f, (lw_context_options){0});
    lw_memory_info before = {.size = sizeof before}, after = {.size = sizeof after};
    float p[5 * CLASSES], expected[5 * CLASSES];
    lw_value *x = image(f, 5);
    lw_io in = {"image", x}, out = {"probabilities", NULL};
    assert_ok(lw_context_prepare(c, &in, 1, &out, 1));
    assert_null(out.value);
    assert_ok(lw_context_memory(c, &before));
    assert_ok(classify(c, x, p));
    assert_ok(lw_context_memory(c, &after));
    assert_int_equal(before.allocations, after.allocations);
    assert_ok(classify(other, x, expected));
    assert_memory_equal(p, expected, sizeof p);
    in.name = "picture";
    assert_int_equal(lw_context_prepare(c, &in, 1, &out, 1), LW_NOT_FOUND);
    assert_int_equal(lw_context_prepare(c, NULL, 0, &out, 1), LW_INVALID);
    lw_value_free(x);
    lw_context_free(c);
    lw_context_free(other);
}

static void plans_are_bounded(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){.max_plans = 2});
    lw_memory_info info = {.size = sizeof info};
    for (int64_t batch = 1; batch <= MOST_BATCH; batch++) {
        lw_value *x = image(f, batch);
        assert_ok(classify(c, x, NULL));
        lw_value_free(x);
    }
    assert_ok(lw_context_memory(c, &info));
    assert_int_equal(info.plans, 2);
    lw_context_free(c);
}

static void threads_do_not_change_bits(void **state) {
    fixture *f = *state;
    float first[MOST_BATCH * CLASSES], p[MOST_BATCH * CLASSES];
    lw_value *x = image(f, MOST_BATCH);
    for (int threads = 1; threads <= 4; threads++) {
        lw_context *c = context(f, (lw_context_options){.threads = threads});
        assert_ok(classify(c, x, threads == 1 ? first : p));
        if (threads > 1) assert_memory_equal(first, p, sizeof p);
        lw_context_free(c);
    }
    lw_value_free(x);
}

static void a_memory_limit_is_kept(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){.memory_limit = 2048});
    lw_value *x = image(f, MOST_BATCH);
    assert_int_equal(classify(c, x, NULL), LW_LIMIT);
    assert_non_null(strstr(lw_last_error(), "2048"));
    lw_value_free(x);
    lw_context_free(c);
}

static void backwards(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    (void)user;
    while (n-- > 0)
        task(arg, n);
}

static void the_callers_executor_gives_the_same(void **state) {
    fixture *f = *state;
    const lw_executor executor = {sizeof executor, 3, backwards, NULL};
    lw_context *mine = context(f, (lw_context_options){.executor = &executor});
    lw_context *plain = context(f, (lw_context_options){.threads = 1});
    lw_value *x = image(f, MOST_BATCH);
    float a[MOST_BATCH * CLASSES], b[MOST_BATCH * CLASSES];
    assert_ok(classify(mine, x, a));
    assert_ok(classify(plain, x, b));
    assert_memory_equal(a, b, sizeof a);
    lw_value_free(x);
    lw_context_free(mine);
    lw_context_free(plain);
}

typedef struct sharer {
    fixture *f;
    float expected[CLASSES];
    int failures;
} sharer;

static void *share(void *arg) {
    sharer *s = arg;
    const int64_t dims[4] = {1, 1, s->f->height, s->f->width};
    for (int i = 0; i < 20; i++) {
        lw_context *c = NULL;
        lw_value *x = NULL;
        float p[CLASSES];
        s->failures += lw_context_new(s->f->model, NULL, &c) != LW_OK;
        s->failures += lw_tensor_wrap(LW_FLOAT32, 4, dims, s->f->pixels, &x) != LW_OK;
        for (int k = 0; k < 5 && !s->failures; k++)
            s->failures += classify(c, x, p) != LW_OK || memcmp(p, s->expected, sizeof p) != 0;
        lw_value_free(x);
        lw_context_free(c);
    }
    return NULL;
}

static void threads_share_a_model(void **state) {
    fixture *f = *state;
    sharer sharers[4];
    pthread_t threads[4];
    lw_context *c = context(f, (lw_context_options){0});
    lw_value *x = image(f, 1);
    for (int i = 0; i < 4; i++) {
        sharers[i] = (sharer){.f = f};
        assert_ok(classify(c, x, sharers[i].expected));
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, share, &sharers[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(sharers[i].failures, 0);
    lw_value_free(x);
    lw_context_free(c);
}

static void count_node(void *user, size_t node, uint64_t start, uint64_t end) {
    (void)node;
    if (end >= start) ++*(int *)user;
}

static void nodes_are_profiled(void **state) {
    fixture *f = *state;
    lw_context *c = context(f, (lw_context_options){0});
    lw_value *x = image(f, 1);
    int calls = 0;
    lw_context_profile(c, count_node, &calls);
    assert_ok(classify(c, x, NULL));
    assert_true(calls >= 3);
    const int before = calls;
    lw_context_profile(c, NULL, NULL);
    assert_ok(classify(c, x, NULL));
    assert_int_equal(calls, before);
    lw_value_free(x);
    lw_context_free(c);
}

static void levels_live_side_by_side(void **state) {
    static const char *const names[] = {"base",       "avx2",       "avxvnni",
                                        "avx512",     "avx512vnni", "avx512bf16",
                                        "avx512fp16", "neon",       "neon_dot"};
    enum { LEVELS = sizeof names / sizeof *names };
    fixture *f = *state;
    float expected[CLASSES], found[CLASSES];
    lw_context *usual = context(f, (lw_context_options){0}), *levels[LEVELS] = {0};
    lw_value *x = image(f, 1);
    assert_ok(classify(usual, x, expected));
    for (int i = 0; i < LEVELS; i++) {
        const lw_context_options o = {.size = sizeof o, .threads = 2, .isa = names[i]};
        const lw_status status = lw_context_new(f->model, &o, &levels[i]);
        assert_true(status == LW_OK || status == LW_UNSUPPORTED);
    }
    assert_non_null(levels[0]);
    for (int i = 0; i < 2 * LEVELS; i++) {
        if (!levels[i % LEVELS]) continue;
        assert_ok(classify(levels[i % LEVELS], x, found));
        for (int k = 0; k < CLASSES; k++)
            assert_true(found[k] - expected[k] < 1e-4f && expected[k] - found[k] < 1e-4f);
    }
    const lw_context_options wrong = {.size = sizeof wrong, .isa = "sse9"};
    assert_int_equal(lw_context_new(f->model, &wrong, &levels[0]), LW_INVALID);
    for (int i = 0; i < LEVELS; i++)
        lw_context_free(levels[i]);
    lw_context_free(usual);
    lw_value_free(x);
}

/* A level that cannot be had is an error from the environment too. */
static void the_environment_names_a_level(void **state) {
    fixture *f = *state;
    const char *usual = getenv("LAMPWICK_ISA");
    char *kept = usual ? strdup(usual) : NULL;
    lw_cpu_info cpu = {.size = sizeof cpu};
    lw_context *c = NULL;
    assert_int_equal(setenv("LAMPWICK_ISA", "sse9", 1), 0);
    assert_int_equal(lw_context_new(f->model, NULL, &c), LW_INVALID);
    assert_non_null(strstr(lw_last_error(), "LAMPWICK_ISA: isa 'sse9' is not known"));
    assert_int_equal(lw_cpu(&cpu), LW_INVALID);
#if defined(__x86_64__)
    assert_int_equal(setenv("LAMPWICK_ISA", "neon", 1), 0);
#else
    assert_int_equal(setenv("LAMPWICK_ISA", "avx2", 1), 0);
#endif
    assert_int_equal(lw_context_new(f->model, NULL, &c), LW_UNSUPPORTED);
    c = context(f, (lw_context_options){.isa = "base"}); /* which comes first */
    lw_context_free(c);
    assert_int_equal(setenv("LAMPWICK_ISA", "base", 1), 0);
    lw_context_free(context(f, (lw_context_options){0}));
    assert_ok(lw_cpu(&cpu));
    assert_string_equal(cpu.isa, "base");
    if (kept) setenv("LAMPWICK_ISA", kept, 1);
    else unsetenv("LAMPWICK_ISA");
    free(kept);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    model_path = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_calls_run_a_model),
        cmocka_unit_test(outputs_go_to_the_callers_memory),
        cmocka_unit_test(mistakes_get_sentences),
        cmocka_unit_test(seen_shapes_allocate_nothing),
        cmocka_unit_test(prepared_runs_allocate_nothing),
        cmocka_unit_test(plans_are_bounded),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(a_memory_limit_is_kept),
        cmocka_unit_test(the_callers_executor_gives_the_same),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(levels_live_side_by_side),
        cmocka_unit_test(the_environment_names_a_level),
        cmocka_unit_test(nodes_are_profiled),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

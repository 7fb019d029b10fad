/* SPDX-License-Identifier: MIT */
#include "cmocka_test.h"

#include "run/packed_weights.h"

#include <stdlib.h>

enum { COUNT = 8, USERS = 8 };

typedef struct failing {
    long calls, fail_at, live;
} failing;

static void *fail_alloc(void *user, size_t bytes, size_t align) {
    failing *f = user;
    if (++f->calls == f->fail_at) return NULL;
    f->live++;
    return aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void fail_free(void *user, void *block) {
    ((failing *)user)->live--;
    free(block);
}

static atomic_int packs;

static lw_status pack_double(void *arg, const lw_value *from, void *to) {
    atomic_fetch_add(&packs, 1);
    if (arg && atomic_fetch_sub((atomic_int *)arg, 1) > 0)
        return lwi_fail(LW_UNSUPPORTED, "not this time");
    assert_int_equal(from->dtype, LW_FLOAT32);
    assert_int_equal((uintptr_t)to % LWI_ALIGN, 0);
    for (size_t i = 0; i < from->count; i++)
        ((float *)to)[i] = 2 * ((const float *)from->data)[i];
    return LW_OK;
}

static lwi_packing doubling(uint64_t variant, void *arg) {
    return (lwi_packing){.form = "double",
                         .variant = variant,
                         .bytes = COUNT * sizeof(float),
                         .shown = LW_FLOAT32,
                         .pack = pack_double,
                         .arg = arg};
}

static lw_value constant(lw_dtype dtype, void *data) {
    lw_value v;
    assert_ok(lwi_tensor_init(&v, dtype, 1, (const int64_t[]){COUNT}, data));
    v.fixed = LWI_FIXED_MODEL;
    return v;
}

static void expect_doubled(const void *packed) {
    for (size_t i = 0; i < COUNT; i++)
        assert_true(((const float *)packed)[i] == (float)(2 * i));
}

static void is_made_once(void **state) {
    (void)state;
    float data[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7};
    const lw_value v = constant(LW_FLOAT32, data);
    const lwi_packing first = doubling(1, NULL), other = doubling(2, NULL);
    lwi_weights w;
    const void *a = NULL, *b = NULL, *c = NULL;
    bool made = false;
    lwi_weights_init(&w, &lwi_malloc_allocator);
    assert_ok(lwi_weights_get(&w, &v, &first, &a, &made));
    assert_true(made);
    assert_ok(lwi_weights_get(&w, &v, &first, &b, &made));
    assert_false(made);
    assert_ok(lwi_weights_get(&w, &v, &other, &c, &made));
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    expect_doubled(a);
    expect_doubled(c);
    lwi_weights_free(&w);
}

static void small_floats_and_odd_addresses_are_shown_as_wanted(void **state) {
    (void)state;
    const uint16_t halves[COUNT] = {0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700};
    const float floats[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7};
    char odd[sizeof floats + 1];
    memcpy(odd + 1, floats, sizeof floats);
    const lw_value half = constant(LW_FLOAT16, (void *)halves), v = constant(LW_FLOAT32, odd + 1);
    const lwi_packing p = doubling(0, NULL);
    lwi_weights w;
    const void *packed = NULL;
    bool made = false;
    lwi_weights_init(&w, &lwi_malloc_allocator);
    assert_ok(lwi_weights_get(&w, &half, &p, &packed, &made));
    expect_doubled(packed);
    assert_ok(lwi_weights_get(&w, &v, &p, &packed, &made));
    expect_doubled(packed);
    lwi_weights_free(&w);
}

static void failures_leave_nothing_behind(void **state) {
    (void)state;
    const uint16_t halves[COUNT] = {0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700};
    const lw_value v = constant(LW_FLOAT16, (void *)halves);
    const void *packed = NULL;
    bool made = false;
    for (long n = 1; n <= 3; n++) {
        failing f = {0, n, 0};
        const lw_allocator allocator = {sizeof allocator, fail_alloc, fail_free, &f};
        atomic_int failures = 1;
        const lwi_packing p = doubling(0, &failures);
        lwi_weights w;
        lwi_weights_init(&w, &allocator);
        assert_int_equal(lwi_weights_get(&w, &v, &p, &packed, &made), LW_NO_MEMORY);
        assert_int_equal(f.live, 0);
        assert_int_equal(lwi_weights_get(&w, &v, &p, &packed, &made), LW_UNSUPPORTED);
        assert_int_equal(f.live, 0);
        assert_ok(lwi_weights_get(&w, &v, &p, &packed, &made));
        expect_doubled(packed);
        lwi_weights_free(&w);
        assert_int_equal(f.live, 0);
    }
}

typedef struct user {
    pthread_t thread;
    lwi_weights *weights;
    const lw_value *value;
    atomic_int *failures;
    const void *packed;
} user;

static void *ask(void *arg) {
    user *u = arg;
    const lwi_packing p = doubling(0, u->failures);
    bool made = false;
    while (lwi_weights_get(u->weights, u->value, &p, &u->packed, &made) != LW_OK)
        ;
    return NULL;
}

static void threads_share_one(void **state) {
    (void)state;
    float data[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7};
    const lw_value v = constant(LW_FLOAT32, data);
    for (int round = 0; round < 50; round++) {
        lwi_weights w;
        user users[USERS];
        atomic_int failures = round % 3;
        lwi_weights_init(&w, &lwi_malloc_allocator);
        atomic_store(&packs, 0);
        for (size_t i = 0; i < USERS; i++) {
            users[i] = (user){.weights = &w, .value = &v, .failures = &failures};
            assert_int_equal(pthread_create(&users[i].thread, NULL, ask, &users[i]), 0);
        }
        for (size_t i = 0; i < USERS; i++)
            pthread_join(users[i].thread, NULL);
        for (size_t i = 0; i < USERS; i++)
            assert_ptr_equal(users[i].packed, users[0].packed);
        assert_int_equal(atomic_load(&packs), 1 + round % 3);
        expect_doubled(users[0].packed);
        lwi_weights_free(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_once),
        cmocka_unit_test(small_floats_and_odd_addresses_are_shown_as_wanted),
        cmocka_unit_test(failures_leave_nothing_behind),
        cmocka_unit_test(threads_share_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

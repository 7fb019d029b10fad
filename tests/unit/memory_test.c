/* SPDX-License-Identifier: MIT */
#include "cmocka_test.h"

#include "base/checked.h"
#include "base/memory.h"
#include "base/strmap.h"

/* An allocator that counts live blocks and fails on request. */
typedef struct counting {
    int live, calls, fail_at; /* fail_at: the call that fails, 0: none */
} counting;

static void *count_alloc(void *user, size_t bytes, size_t align) {
    counting *c = user;
    if (++c->calls == c->fail_at) return NULL;
    void *p = lwi_malloc_allocator.alloc(NULL, bytes, align);
    c->live += p != NULL;
    return p;
}

static void count_free(void *user, void *block) {
    counting *c = user;
    c->live--;
    lwi_malloc_allocator.free(NULL, block);
}

static lw_allocator counting_allocator(counting *c) {
    return (lw_allocator){sizeof(lw_allocator), count_alloc, count_free, c};
}

static void checked_arithmetic_refuses_overflow(void **state) {
    (void)state;
    size_t r = 7;
    assert_true(lwi_mul_size(3, 5, &r));
    assert_int_equal(r, 15);
    assert_false(lwi_mul_size(SIZE_MAX, 2, &r));
    assert_false(lwi_add_size(SIZE_MAX, 1, &r));
    assert_int_equal(r, 15);
    assert_true(lwi_within(4, 6, 10));
    assert_false(lwi_within(4, 7, 10));
    assert_false(lwi_within(SIZE_MAX, 2, 10));
}

static void alloc_array_refuses_overflow(void **state) {
    (void)state;
    void *p = NULL;
    assert_int_equal(lwi_alloc_array(&lwi_malloc_allocator, SIZE_MAX / 2, 4, &p), LW_NO_MEMORY);
    assert_null(p);
    assert_true(strlen(lw_last_error()) > 0);
}

static void arena_gives_zeroed_aligned_memory(void **state) {
    (void)state;
    counting c = {0};
    const lw_allocator a = counting_allocator(&c);
    lwi_arena arena;
    lwi_arena_init(&arena, &a);
    for (size_t n = 0; n < 5000; n += 37) {
        unsigned char *p = NULL;
        assert_ok(lwi_arena_alloc(&arena, n, 3, &p));
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n * 3; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xee, n * 3);
    }
    lwi_arena_reset(&arena);
    assert_int_equal(c.live, 1);
    lwi_arena_free(&arena);
    assert_int_equal(c.live, 0);
}

static void pool_reuses_blocks(void **state) {
    (void)state;
    counting c = {0};
    const lw_allocator a = counting_allocator(&c);
    lwi_pool pool;
    lwi_pool_init(&pool, &a, 0);
    for (int round = 0; round < 3; round++) {
        void *p[3];
        const size_t sizes[3] = {1, 1000, 100000};
        for (int i = 0; i < 3; i++) {
            assert_ok(lwi_pool_get(&pool, sizes[i], &p[i]));
            assert_int_equal((uintptr_t)p[i] % LWI_ALIGN, 0);
            memset(p[i], 1, sizes[i]);
        }
        for (int i = 0; i < 3; i++)
            lwi_pool_put(&pool, p[i]);
    }
    assert_int_equal(c.calls, 3);
    lwi_pool_trim(&pool);
    assert_int_equal(c.live, 0);
    assert_int_equal(pool.held, 0);
}

/* Pieces of all sizes one after another need the largest one only, two at a time one more. */
static void pool_shares_blocks(void **state) {
    (void)state;
    counting c = {0};
    const lw_allocator a = counting_allocator(&c);
    const size_t sizes[4] = {1000, 100000, 5000, 1};
    lwi_pool pool;
    void *p = NULL, *beside = NULL;
    lwi_pool_init(&pool, &a, 0);
    for (int i = 0; i < 8; i++) {
        assert_ok(lwi_pool_share(&pool, sizes[i % 4], &p));
        assert_int_equal((uintptr_t)p % LWI_ALIGN, 0);
        memset(p, 1, sizes[i % 4]);
        lwi_pool_put(&pool, p);
    }
    assert_int_equal(c.calls, 2);
    assert_int_equal(c.live, 1);
    assert_ok(lwi_pool_share(&pool, 3000, &p));
    assert_ok(lwi_pool_share(&pool, 50, &beside));
    lwi_pool_put(&pool, p);
    lwi_pool_put(&pool, beside);
    assert_ok(lwi_pool_share(&pool, 40, &beside));
    assert_ok(lwi_pool_share(&pool, 90000, &p));
    assert_int_equal(c.calls, 3);
    lwi_pool_put(&pool, beside);
    lwi_pool_put(&pool, p);
    lwi_pool_trim(&pool);
    assert_int_equal(c.live, 0);
    assert_int_equal(pool.held, 0);
}

static void zeros_are_zero(void **state) {
    (void)state;
    void *zeros = NULL;
    assert_ok(lwi_zeros_map(10000, &zeros));
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(((const char *)zeros)[i], 0);
    lwi_zeros_unmap(zeros, 10000);
    assert_ok(lwi_zeros_map(0, &zeros));
    assert_null(zeros);
    lwi_zeros_unmap(zeros, 0);
}

static void pool_keeps_its_limit(void **state) {
    (void)state;
    lwi_pool pool;
    void *p = NULL;
    lwi_pool_init(&pool, &lwi_malloc_allocator, 4096);
    assert_int_equal(lwi_pool_get(&pool, 10000, &p), LW_LIMIT);
    assert_true(pool.limit_hit);
    assert_ok(lwi_pool_get(&pool, 1000, &p));
    lwi_pool_put(&pool, p);
    lwi_pool_trim(&pool);
}

static void strmap_finds_what_was_set(void **state) {
    (void)state;
    lwi_strmap map;
    static char keys[1000][16];
    lwi_strmap_init(&map, &lwi_malloc_allocator);
    assert_int_equal(lwi_strmap_get(&map, "nothing"), -1);
    for (int i = 0; i < 1000; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        assert_ok(lwi_strmap_set(&map, keys[i], i));
    }
    assert_ok(lwi_strmap_set(&map, "k7", 70));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(lwi_strmap_get(&map, keys[i]), i == 7 ? 70 : i);
    assert_int_equal(map.count, 1000);
    lwi_strmap_free(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checked_arithmetic_refuses_overflow),
        cmocka_unit_test(alloc_array_refuses_overflow),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(pool_reuses_blocks),
        cmocka_unit_test(pool_shares_blocks),
        cmocka_unit_test(zeros_are_zero),
        cmocka_unit_test(pool_keeps_its_limit),
        cmocka_unit_test(strmap_finds_what_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

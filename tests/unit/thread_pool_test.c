/* SPDX-License-Identifier: MIT */
#include "cmocka_test.h"

#include "base/thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TASKS = 1000 };

typedef struct tally {
    atomic_int hits[TASKS];
} tally;

static void hit(void *arg, size_t i) { atomic_fetch_add(&((tally *)arg)->hits[i], 1); }

static void run_many(int rounds) {
    for (int round = 0; round < rounds; round++) {
        static _Thread_local tally t;
        memset(&t, 0, sizeof t);
        const size_t n = (size_t)round % TASKS;
        lwi_thread_pool_run(4, n, hit, &t);
        for (size_t i = 0; i < TASKS; i++)
            assert_int_equal(atomic_load(&t.hits[i]), i < n);
    }
}

static void each_task_runs_once(void **state) {
    (void)state;
    assert_ok(lwi_thread_pool_enter());
    run_many(3000);
    lwi_thread_pool_leave();
}

static void outer(void *arg, size_t i) {
    (void)i;
    static _Thread_local tally t;
    memset(&t, 0, sizeof t);
    lwi_thread_pool_run(4, TASKS, hit, &t);
    for (size_t k = 0; k < TASKS; k++)
        if (atomic_load(&t.hits[k]) != 1) atomic_store((atomic_bool *)arg, true);
}

static void nested_runs_work(void **state) {
    (void)state;
    atomic_bool bad = false;
    assert_ok(lwi_thread_pool_enter());
    lwi_thread_pool_run(4, 64, outer, &bad);
    lwi_thread_pool_leave();
    assert_false(atomic_load(&bad));
}

static void *user(void *bad) {
    for (int i = 0; i < 50; i++) {
        tally *t = calloc(1, sizeof *t);
        if (lwi_thread_pool_enter() != LW_OK) atomic_store((atomic_bool *)bad, true);
        lwi_thread_pool_run(2, TASKS, hit, t);
        lwi_thread_pool_leave();
        for (size_t k = 0; k < TASKS; k++)
            if (atomic_load(&t->hits[k]) != 1) atomic_store((atomic_bool *)bad, true);
        free(t);
    }
    return NULL;
}

static void many_users_come_and_go(void **state) {
    (void)state;
    pthread_t threads[4];
    atomic_bool bad = false;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, user, &bad), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_false(atomic_load(&bad));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once),
        cmocka_unit_test(nested_runs_work),
        cmocka_unit_test(many_users_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

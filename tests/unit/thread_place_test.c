/* SPDX-License-Identifier: MIT */
#include "cmocka_test.h"

#include "base/thread_place.h"

#include <semaphore.h>

enum { SLEEPERS = 3 };

typedef struct sleeper {
    lwi_thread_place place;
    sem_t wake, seen, leave;
} sleeper;

static void *sleep_once(void *arg) {
    sleeper *s = arg;
    sem_wait(&s->wake);
    lwi_thread_place_seen(&s->place);
    sem_post(&s->seen);
    sem_wait(&s->leave);
    return NULL;
}

static cpu_set_t allowed_of(pthread_t thread) {
    cpu_set_t set;
    assert_int_equal(pthread_getaffinity_np(thread, sizeof set, &set), 0);
    return set;
}

static void run_only_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof set, &set), 0);
}

/* As many of the sleepers as there are processors left get one each, and may run anywhere after
 * they have run there. */
static void threads_are_parted_and_free_again(void **state) {
    (void)state;
    const cpu_set_t all = allowed_of(pthread_self());
    const int mine = sched_getcpu(), others = CPU_COUNT(&all) - 1;
    sleeper sleepers[SLEEPERS];
    lwi_thread_place places[SLEEPERS];
    pthread_t threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++) {
        sleeper *s = &sleepers[i];
        sem_init(&s->wake, 0, 0), sem_init(&s->seen, 0, 0), sem_init(&s->leave, 0, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, sleep_once, s), 0);
        places[i] = (lwi_thread_place){.cpu = mine};
    }
    run_only_on(mine);
    lwi_thread_places_part(places, threads, SLEEPERS);
    cpu_set_t taken;
    CPU_ZERO(&taken);
    CPU_SET(mine, &taken);
    for (int i = 0; i < SLEEPERS; i++) {
        const cpu_set_t now = allowed_of(threads[i]);
        const int cpu = atomic_load(&places[i].cpu);
        if (i < others) {
            assert_int_equal(CPU_COUNT(&now), 1);
            assert_true(CPU_ISSET(cpu, &now) && CPU_ISSET(cpu, &all) && !CPU_ISSET(cpu, &taken));
            CPU_SET(cpu, &taken);
        } else {
            assert_true(CPU_EQUAL(&now, &all));
            assert_int_equal(cpu, mine);
        }
        sleepers[i].place = places[i];
        sem_post(&sleepers[i].wake);
        sem_wait(&sleepers[i].seen);
        const cpu_set_t later = allowed_of(threads[i]);
        assert_true(CPU_EQUAL(&later, &all));
    }
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof all, &all), 0);
    for (int i = 0; i < SLEEPERS; i++) {
        sem_post(&sleepers[i].leave);
        pthread_join(threads[i], NULL);
    }
}

static void threads_apart_stay(void **state) {
    (void)state;
    const cpu_set_t all = allowed_of(pthread_self());
    lwi_thread_place place = {.cpu = -1}; /* not seen yet: nothing is known of it */
    const pthread_t self = pthread_self();
    lwi_thread_places_part(&place, &self, 1);
    const cpu_set_t now = allowed_of(self);
    assert_true(CPU_EQUAL(&now, &all));
    assert_false(atomic_load(&place.moved));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_parted_and_free_again),
        cmocka_unit_test(threads_apart_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

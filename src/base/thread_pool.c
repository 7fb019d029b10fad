/* SPDX-License-Identifier: MIT
 * A job is a count of tasks; threads take the next index until there is none. Workers wait for a
 * new job number: first by looking at it, then on a condition variable. */
#include "base/thread_pool.h"

#include "base/cpu.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MAX_WORKERS = 255, SPINS = 2000 };

static struct {
    pthread_mutex_t users_lock; /* guards users, workers, threads */
    int users, workers;
    pthread_t threads[MAX_WORKERS];

    pthread_mutex_t job_lock; /* held by the one whose job runs */
    pthread_mutex_t lock;     /* guards what the conditions are about */
    pthread_cond_t wake, done;
    atomic_uint_fast64_t number; /* of the job */
    atomic_bool stop;
    int sleeping;

    void (*task)(void *arg, size_t i);
    void *arg;
    size_t n;
    atomic_size_t next;
    atomic_int seats;  /* workers that may still join this job */
    atomic_int inside; /* workers that are in it */
} pool = {.users_lock = PTHREAD_MUTEX_INITIALIZER,
          .job_lock = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static void take_tasks(void) {
    for (;;) {
        const size_t i = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
        if (i >= pool.n) return;
        pool.task(pool.arg, i);
    }
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Waits for a job number other than seen; returns it. */
static uint_fast64_t wait_for_job(uint_fast64_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool.number, memory_order_acquire) != seen ||
            atomic_load_explicit(&pool.stop, memory_order_relaxed))
            break;
        relax();
    }
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.number) == seen && !atomic_load(&pool.stop)) {
        pool.sleeping++;
        pthread_cond_wait(&pool.wake, &pool.lock);
        pool.sleeping--;
    }
    const uint_fast64_t number = atomic_load(&pool.number);
    /* Joining happens under the lock, so that a job cannot end between looking and joining. */
    if (atomic_load(&pool.seats) > 0) {
        atomic_fetch_sub(&pool.seats, 1);
        atomic_fetch_add(&pool.inside, 1);
        pthread_mutex_unlock(&pool.lock);
        take_tasks();
        pthread_mutex_lock(&pool.lock);
        if (atomic_fetch_sub(&pool.inside, 1) == 1) pthread_cond_signal(&pool.done);
    }
    pthread_mutex_unlock(&pool.lock);
    return number;
}

static void *worker(void *unused) {
    (void)unused;
    uint_fast64_t seen = 0;
    while (!atomic_load(&pool.stop))
        seen = wait_for_job(seen);
    return NULL;
}

static void stop_workers(void) {
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.stop, true);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < pool.workers; i++)
        pthread_join(pool.threads[i], NULL);
    pool.workers = 0;
    atomic_store(&pool.stop, false);
}

lw_status lwi_thread_pool_enter(void) {
    lw_status status = LW_OK;
    pthread_mutex_lock(&pool.users_lock);
    if (pool.users == 0) {
        int wanted = lwi_cpu_threads() - 1;
        if (wanted > MAX_WORKERS) wanted = MAX_WORKERS;
        atomic_store(&pool.number, 0);
        while (pool.workers < wanted && status == LW_OK) {
            if (pthread_create(&pool.threads[pool.workers], NULL, worker, NULL) != 0)
                status = lwi_fail(LW_NO_MEMORY, "could not start thread %d", pool.workers + 1);
            else pool.workers++;
        }
        if (status != LW_OK) stop_workers();
    }
    if (status == LW_OK) pool.users++;
    pthread_mutex_unlock(&pool.users_lock);
    return status;
}

void lwi_thread_pool_leave(void) {
    pthread_mutex_lock(&pool.users_lock);
    if (--pool.users == 0) stop_workers();
    pthread_mutex_unlock(&pool.users_lock);
}

void lwi_thread_pool_run(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    if (threads <= 1 || n <= 1 || pthread_mutex_trylock(&pool.job_lock) != 0) {
        for (size_t i = 0; i < n; i++)
            task(arg, i);
        return;
    }
    pthread_mutex_lock(&pool.lock);
    pool.task = task;
    pool.arg = arg;
    pool.n = n;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.seats, threads - 1);
    atomic_fetch_add(&pool.number, 1);
    if (pool.sleeping) pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    take_tasks();
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.seats, 0);
    while (atomic_load(&pool.inside) > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
    pthread_mutex_unlock(&pool.job_lock);
}

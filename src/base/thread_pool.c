/* SPDX-License-Identifier: MIT
 * A job is a count of tasks; threads take the next index until there is none. Nothing is locked
 * for a job while workers are awake: a worker that sees a new job number says that it is inside,
 * takes a seat if there is one left, and works; whoever gave the job closes it and waits until no
 * one is inside. A worker that has worked looks for another job for a while and then sleeps; a new
 * one sleeps at once, since it may be on the processor of the thread that made it. */
#include "base/thread_pool.h"

#include "base/cpu.h"
#include "base/thread_place.h"

enum {
    MAX_WORKERS = 255,
    LOOKS = 64,           /* between two looks at the clock */
    PATIENCE_NS = 100000, /* before a worker sleeps: waking one costs about as much */
    LEAVING_NS = 50000    /* before the job's owner sleeps until the last worker has left */
};

static struct {
    pthread_mutex_t users_lock; /* guards users, workers, threads */
    int users, workers;
    pthread_t threads[MAX_WORKERS];
    lwi_thread_place places[MAX_WORKERS];

    pthread_mutex_t job_lock; /* held by the one whose job runs */
    pthread_mutex_t lock;     /* guards going to sleep */
    pthread_cond_t wake, done;
    atomic_int sleeping; /* workers */
    atomic_bool waiting; /* the job's owner sleeps until inside is 0 */
    atomic_bool stop;

    void (*task)(void *arg, size_t i);
    void *arg;
    size_t n;
    _Alignas(64) atomic_uint_fast64_t number; /* of the job */
    atomic_int seats;                         /* workers that may still join this job */
    _Alignas(64) atomic_int inside;           /* workers that joined, or are about to look */
    _Alignas(64) atomic_size_t next;
} pool = {.users_lock = PTHREAD_MUTEX_INITIALIZER,
          .job_lock = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static void take_tasks(void) {
    for (;;) {
        const size_t i = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
        if (i >= pool.n) return;
        pool.task(pool.arg, i);
    }
}

/* ----------------------------------------------------------------- workers */

static bool take_seat(void) {
    int seats = atomic_load(&pool.seats);
    while (seats > 0)
        if (atomic_compare_exchange_weak(&pool.seats, &seats, seats - 1)) return true;
    return false;
}

/* Being inside comes before taking a seat, and closing the job before looking who is inside: one
 * of the two sees the other. */
static void join_job(void) {
    atomic_fetch_add(&pool.inside, 1);
    if (take_seat()) take_tasks();
    if (atomic_fetch_sub(&pool.inside, 1) != 1 || !atomic_load(&pool.waiting)) return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
}

static bool has_news(uint_fast64_t seen) {
    return atomic_load_explicit(&pool.number, memory_order_acquire) != seen ||
           atomic_load_explicit(&pool.stop, memory_order_relaxed);
}

static bool spin_for_news(uint_fast64_t seen) {
    const uint64_t end = lwi_clock() + PATIENCE_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (has_news(seen)) return true;
            relax();
        }
    } while (lwi_clock() < end);
    return false;
}

static void sleep_for_news(uint_fast64_t seen, lwi_thread_place *place) {
    lwi_thread_place_seen(place);
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleeping, 1);
    while (atomic_load(&pool.number) == seen && !atomic_load(&pool.stop))
        pthread_cond_wait(&pool.wake, &pool.lock);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.lock);
}

static void *worker(void *place) {
    uint_fast64_t seen = 0;
    while (!atomic_load(&pool.stop)) {
        if (seen == 0 || !spin_for_news(seen)) sleep_for_news(seen, place);
        seen = atomic_load(&pool.number);
        join_job();
        lwi_thread_place_seen(place);
    }
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
            lwi_thread_place *place = &pool.places[pool.workers];
            *place = (lwi_thread_place){.cpu = -1};
            if (pthread_create(&pool.threads[pool.workers], NULL, worker, place) != 0)
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

/* -------------------------------------------------------------------- jobs */

static void open_job(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    pool.task = task;
    pool.arg = arg;
    pool.n = n;
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_store(&pool.seats, threads - 1);
    lwi_thread_places_part(pool.places, pool.threads, pool.workers);
    atomic_fetch_add(&pool.number, 1);
    if (atomic_load(&pool.sleeping) == 0) return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
}

static bool spin_until_left(void) {
    const uint64_t end = lwi_clock() + LEAVING_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load(&pool.inside) == 0) return true;
            relax();
        }
    } while (lwi_clock() < end);
    return false;
}

static void close_job(void) {
    atomic_store(&pool.seats, 0);
    if (atomic_load(&pool.inside) == 0 || spin_until_left()) return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waiting, true);
    while (atomic_load(&pool.inside) > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    atomic_store(&pool.waiting, false);
    pthread_mutex_unlock(&pool.lock);
}

void lwi_thread_pool_run(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    if (threads <= 1 || n <= 1 || pthread_mutex_trylock(&pool.job_lock) != 0) {
        for (size_t i = 0; i < n; i++)
            task(arg, i);
        return;
    }
    open_job(threads, n, task, arg);
    take_tasks();
    close_job();
    pthread_mutex_unlock(&pool.job_lock);
}

/* SPDX-License-Identifier: MIT
 * A job is a count of tasks. Each seat has its share of them, one after another, so that what a
 * thread wrote in one job is near when it reads it in the next; a thread that has done its own
 * share takes from the ends of the others'. Nothing is locked for a job while workers are awake: a
 * worker that sees a new job number takes a seat, if there is one left, and works; whoever gave the
 * job takes the seats away that are left and waits until no one is inside. A worker that has worked
 * looks for another job for a while and then sleeps; a new one sleeps at once, since it may be on
 * the processor of the thread that made it. */
#include "base/thread_pool.h"

#include "base/cpu.h"
#include "base/thread_place.h"

enum {
    MAX_WORKERS = 255,
    LOOKS = 64,           /* between two looks at the clock */
    PATIENCE_NS = 100000, /* before a worker sleeps: waking one costs about as much */
    LEAVING_NS = 50000    /* before the job's owner sleeps until the last worker has left */
};

/* The state of the pool, in one number, so that a worker joins by one exchange: workers that are
 * inside, seats that may still be taken, and the job's number. */
enum { SEAT_BIT = 16, NUMBER_BIT = 32 };
static const uint_fast64_t INSIDE = 1, SEAT = 1 << SEAT_BIT,
                           NUMBER = (uint_fast64_t)1 << NUMBER_BIT;

static int inside_of(uint_fast64_t state) { return (int)(state & 0xffff); }
static int seats_of(uint_fast64_t state) { return (int)(state >> SEAT_BIT & 0xffff); }
static uint32_t number_of(uint_fast64_t state) { return (uint32_t)(state >> NUMBER_BIT); }

/* Tasks of a seat that nobody took yet: [begin, end), begin in the upper half. */
typedef struct share {
    _Alignas(64) atomic_uint_fast64_t left;
} share;

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

    _Alignas(64) atomic_uint_fast64_t state;
    void (*task)(void *arg, size_t i);
    void *arg;
    int sharers;                   /* threads that have shares of this job */
    share shares[MAX_WORKERS + 1]; /* the job's owner has the first */
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

/* The next task of a share, from its front or its end; false: there is none. */
static bool take_task(share *from, bool front, size_t *task) {
    uint_fast64_t left = atomic_load_explicit(&from->left, memory_order_relaxed), then;
    do {
        const uint32_t begin = (uint32_t)(left >> 32), end = (uint32_t)left;
        if (begin >= end) return false;
        *task = front ? begin : end - 1;
        then = front ? left + ((uint64_t)1 << 32) : left - 1;
    } while (!atomic_compare_exchange_weak(&from->left, &left, then));
    return true;
}

static void take_tasks(int seat) {
    size_t task = 0;
    for (int i = 0; i < pool.sharers; i++) {
        share *from = &pool.shares[(seat + i) % pool.sharers];
        while (take_task(from, i == 0, &task))
            pool.task(pool.arg, task);
    }
}

/* ----------------------------------------------------------------- workers */

/* The number of a free seat; 0: there is none. *seen is the job's number. */
static int take_seat(uint32_t *seen) {
    uint_fast64_t state = atomic_load(&pool.state);
    while (seats_of(state) > 0)
        if (atomic_compare_exchange_weak(&pool.state, &state, state - SEAT + INSIDE)) break;
    *seen = number_of(state);
    return seats_of(state);
}

static void join_job(uint32_t *seen) {
    const int seat = take_seat(seen);
    if (!seat) return;
    take_tasks(seat);
    if (inside_of(atomic_fetch_sub(&pool.state, INSIDE)) != 1 || !atomic_load(&pool.waiting))
        return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
}

static bool has_news(uint32_t seen) {
    return number_of(atomic_load_explicit(&pool.state, memory_order_acquire)) != seen ||
           atomic_load_explicit(&pool.stop, memory_order_relaxed);
}

static bool spin_for_news(uint32_t seen) {
    const uint64_t end = lwi_clock() + PATIENCE_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (has_news(seen)) return true;
            relax();
        }
    } while (lwi_clock() < end);
    return false;
}

static void sleep_for_news(uint32_t seen, lwi_thread_place *place) {
    lwi_thread_place_seen(place);
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleeping, 1);
    while (number_of(atomic_load(&pool.state)) == seen && !atomic_load(&pool.stop))
        pthread_cond_wait(&pool.wake, &pool.lock);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.lock);
}

static void *worker(void *place) {
    uint32_t seen = 0;
    while (!atomic_load(&pool.stop)) {
        if (seen == 0 || !spin_for_news(seen)) sleep_for_news(seen, place);
        join_job(&seen);
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
        atomic_store(&pool.state, 0);
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
    for (size_t t = 0, whole = (size_t)threads; t < whole; t++) {
        const uint64_t begin = n * t / whole, end = n * (t + 1) / whole;
        atomic_store_explicit(&pool.shares[t].left, begin << 32 | end, memory_order_relaxed);
    }
    lwi_thread_places_part(pool.places, pool.threads, pool.workers);
    /* Last, since workers look at their cache line; nobody changes the state of a closed job that
     * all have left. */
    const uint_fast64_t last = atomic_load_explicit(&pool.state, memory_order_relaxed);
    pool.task = task;
    pool.arg = arg;
    pool.sharers = threads;
    atomic_store(&pool.state, last + NUMBER + (uint_fast64_t)(threads - 1) * SEAT);
    if (atomic_load(&pool.sleeping) == 0) return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
}

static bool spin_until_left(void) {
    const uint64_t end = lwi_clock() + LEAVING_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (inside_of(atomic_load(&pool.state)) == 0) return true;
            relax();
        }
    } while (lwi_clock() < end);
    return false;
}

static void close_job(void) {
    uint_fast64_t state = atomic_load(&pool.state);
    if (seats_of(state)) state = atomic_fetch_and(&pool.state, ~(0xffff * SEAT));
    if (inside_of(state) == 0 || spin_until_left()) return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waiting, true);
    while (inside_of(atomic_load(&pool.state)) > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    atomic_store(&pool.waiting, false);
    pthread_mutex_unlock(&pool.lock);
}

void lwi_thread_pool_run(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    if (threads > MAX_WORKERS + 1) threads = MAX_WORKERS + 1;
    if (n < (size_t)threads) threads = (int)n;
    if (threads <= 1 || n <= 1 || n > UINT32_MAX || pthread_mutex_trylock(&pool.job_lock) != 0) {
        for (size_t i = 0; i < n; i++)
            task(arg, i);
        return;
    }
    open_job(threads, n, task, arg);
    take_tasks(0);
    close_job();
    pthread_mutex_unlock(&pool.job_lock);
}

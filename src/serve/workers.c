/* SPDX-License-Identifier: MIT */
#include "serve/workers.h"

#include <pthread.h>

enum { MOST_WORKERS = 64 };

typedef struct task {
    void (*run)(void *task);
    void *task;
} task;

struct lwi_workers {
    pthread_t threads[MOST_WORKERS];
    int n;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t some;
    task *ring;
    size_t capacity, first, waiting;
    bool stop;
};

static void *work(void *arg) {
    lwi_workers *w = arg;
    pthread_mutex_lock(&w->lock);
    while (w->waiting || !w->stop) {
        if (!w->waiting) {
            pthread_cond_wait(&w->some, &w->lock);
            continue;
        }
        const task next = w->ring[w->first];
        w->first = (w->first + 1) % w->capacity;
        w->waiting--;
        pthread_mutex_unlock(&w->lock);
        next.run(next.task);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

lw_status lwi_workers_start(int n, size_t waiting, lwi_workers **workers) {
    lwi_workers *w = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *w, &w));
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->some, NULL);
    w->capacity = waiting ? waiting : 1;
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, w->capacity, sizeof *w->ring, &w->ring);
    while (status == LW_OK && w->n < n && w->n < MOST_WORKERS) {
        if (pthread_create(&w->threads[w->n], NULL, work, w) == 0) w->n++;
        else status = lwi_fail(LW_NO_MEMORY, "%d threads cannot be started", n);
    }
    if (status == LW_OK) *workers = w;
    else lwi_workers_stop(w);
    return status;
}

void lwi_workers_stop(lwi_workers *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->some);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->some);
    pthread_mutex_destroy(&w->lock);
    lwi_free(&lwi_malloc_allocator, w->ring);
    lwi_free(&lwi_malloc_allocator, w);
}

lw_status lwi_workers_add(lwi_workers *w, void (*run)(void *task), void *arg) {
    pthread_mutex_lock(&w->lock);
    const bool room = w->waiting < w->capacity;
    if (room) w->ring[(w->first + w->waiting++) % w->capacity] = (task){run, arg};
    pthread_cond_signal(&w->some);
    pthread_mutex_unlock(&w->lock);
    return room ? LW_OK : lwi_fail(LW_LIMIT, "%zu requests are waiting already", w->capacity);
}

/* SPDX-License-Identifier: MIT
 * What this library uses of POSIX's threads, where there is one thread: wasi-libc before 2024 has
 * no such header. Nobody else holds a lock, and nothing is ever waited for. */
#ifndef LWI_WASI_PTHREAD_H
#define LWI_WASI_PTHREAD_H

typedef struct pthread_mutex_t {
    char unused;
} pthread_mutex_t;
typedef struct pthread_cond_t {
    char unused;
} pthread_cond_t;

static inline int pthread_mutex_init(pthread_mutex_t *m, const void *attributes) {
    (void)m, (void)attributes;
    return 0;
}
static inline int pthread_mutex_destroy(pthread_mutex_t *m) { return (void)m, 0; }
static inline int pthread_mutex_lock(pthread_mutex_t *m) { return (void)m, 0; }
static inline int pthread_mutex_unlock(pthread_mutex_t *m) { return (void)m, 0; }

static inline int pthread_cond_init(pthread_cond_t *c, const void *attributes) {
    (void)c, (void)attributes;
    return 0;
}
static inline int pthread_cond_destroy(pthread_cond_t *c) { return (void)c, 0; }
static inline int pthread_cond_broadcast(pthread_cond_t *c) { return (void)c, 0; }
static inline int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m) {
    (void)c, (void)m;
    return 0;
}

#endif

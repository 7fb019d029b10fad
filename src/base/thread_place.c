/* SPDX-License-Identifier: MIT */
#include "base/thread_place.h"

#if defined(__linux__)

void lwi_thread_place_seen(lwi_thread_place *place) {
    if (atomic_load_explicit(&place->moved, memory_order_acquire)) {
        pthread_setaffinity_np(pthread_self(), sizeof place->allowed, &place->allowed);
        atomic_store_explicit(&place->moved, false, memory_order_release);
    }
    const int cpu = sched_getcpu(); /* mostly the same, and others read it */
    if (cpu != atomic_load_explicit(&place->cpu, memory_order_relaxed))
        atomic_store_explicit(&place->cpu, cpu, memory_order_relaxed);
}

/* A processor that a thread may run on and nobody has; -1: there is none. */
static int free_cpu(const cpu_set_t *allowed, const cpu_set_t *taken) {
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, allowed) && !CPU_ISSET(cpu, taken)) return cpu;
    return -1;
}

static void move(lwi_thread_place *place, pthread_t thread, cpu_set_t *taken) {
    if (atomic_load_explicit(&place->moved, memory_order_acquire)) return; /* on its way */
    if (pthread_getaffinity_np(thread, sizeof place->allowed, &place->allowed) != 0) return;
    const int cpu = free_cpu(&place->allowed, taken);
    if (cpu < 0) return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    atomic_store_explicit(&place->moved, true, memory_order_release);
    pthread_setaffinity_np(thread, sizeof only, &only); /* as good without */
    atomic_store_explicit(&place->cpu, cpu, memory_order_relaxed);
    CPU_SET(cpu, taken);
}

static int cpu_of(lwi_thread_place *place) {
    return atomic_load_explicit(&place->cpu, memory_order_relaxed);
}

static bool apart(lwi_thread_place *places, int n, cpu_set_t *taken) {
    bool all = true;
    for (int i = 0; i < n; i++) {
        const int cpu = cpu_of(&places[i]);
        if (cpu < 0 || cpu >= CPU_SETSIZE) continue;
        if (CPU_ISSET(cpu, taken)) all = false;
        else CPU_SET(cpu, taken);
    }
    return all;
}

void lwi_thread_places_part(lwi_thread_place *places, const pthread_t *threads, int n) {
    const int mine = sched_getcpu();
    if (mine < 0 || mine >= CPU_SETSIZE || (n == 1 && cpu_of(places) != mine)) return;
    cpu_set_t taken, seen;
    CPU_ZERO(&taken);
    CPU_SET(mine, &taken);
    if (apart(places, n, &taken)) return;
    CPU_ZERO(&seen);
    CPU_SET(mine, &seen);
    for (int i = 0; i < n; i++) {
        const int cpu = cpu_of(&places[i]);
        if (cpu < 0 || cpu >= CPU_SETSIZE) continue;
        if (CPU_ISSET(cpu, &seen)) move(&places[i], threads[i], &taken);
        else CPU_SET(cpu, &seen);
    }
}

#else

void lwi_thread_place_seen(lwi_thread_place *place) { (void)place; }

void lwi_thread_places_part(lwi_thread_place *places, const pthread_t *threads, int n) {
    (void)places, (void)threads, (void)n;
}

#endif

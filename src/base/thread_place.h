/* SPDX-License-Identifier: MIT
 * Threads that are woken for a job run at once only if each finds a processor of its own. A kernel
 * may wake a thread where it last ran although another thread of the job works there and a second
 * processor is idle: Linux does so in virtual machines, whose idle processors it takes for stolen
 * ones, and corrects it some milliseconds later, which are several runs of a network. So whoever
 * gives a job moves threads that were last seen on a taken processor to a free one. They may run
 * anywhere again as soon as they are there: nothing is pinned. */
#ifndef LWI_THREAD_PLACE_H
#define LWI_THREAD_PLACE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct lwi_thread_place {
    atomic_int cpu; /* where the thread was last seen; -1: nowhere yet */
#if defined(__linux__)
    atomic_bool moved; /* it may run on one processor only, until it has seen that */
    cpu_set_t allowed; /* where it might before */
#endif
} lwi_thread_place;

/* This thread is at work, or about to sleep. */
void lwi_thread_place_seen(lwi_thread_place *place);
/* Parts threads from each other and from this one. One thread at a time may do that. */
void lwi_thread_places_part(lwi_thread_place *places, const pthread_t *threads, int n);

#endif

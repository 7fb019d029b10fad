/* SPDX-License-Identifier: MIT
 * Continuous batching: one thread steps a batch in which as many generations as there are slots
 * run together; a generation that ends makes room for the next one at once. */
#ifndef LWI_SCHEDULER_H
#define LWI_SCHEDULER_H

#include <lampwick/llm.h>
#include <stdatomic.h>

#include "base/memory.h"

typedef struct lwi_scheduler lwi_scheduler;
typedef struct lwi_job lwi_job;

/* A generation, or an embedding. The caller fills in the first part and keeps it all alive until
 * ended() is called, which is the last that happens to a job. */
struct lwi_job {
    const int32_t *tokens; /* the prompt, [n_tokens], at least one */
    size_t n_tokens;
    size_t second;      /* of an embedding: where the second of two texts begins; n_tokens: none */
    size_t most_tokens; /* to be generated; 0: an embedding is wanted */
    lw_sampling sampling;
    const lw_grammar *grammar; /* NULL: none */
    /* In the scheduler's thread: a token has been chosen; false: enough. The session is there for
     * lw_session_logprobs. */
    bool (*token)(lwi_job *job, lw_session *session, int32_t token);
    /* An embedding is there. */
    void (*embedded)(lwi_job *job, const float *embedding);
    /* It is over: LW_OK; LW_CANCELLED; or an error with this thread's sentence. */
    void (*ended)(lwi_job *job, lw_status status);
    void *user;
    /* The scheduler's: */
    atomic_bool cancelled;
    lw_session *session;
    lwi_job *next;
    size_t generated, reused;
    double queued, started, first; /* lwi_serve_clock(): handed in, given a slot, first token */
};

typedef struct lwi_scheduler_options {
    const lw_llm *llm;
    size_t slots;   /* generations at once */
    size_t waiting; /* jobs that may wait for a slot */
    size_t context; /* tokens of one generation, the prompt included */
    lw_cache_type cache;
    lw_context_options run;
    bool reads_source;      /* prompts are sources (lw_session_source) */
    lw_pooling embeddings;  /* of models that do */
    const lw_llm *draft;    /* guesses ahead; NULL: none does */
    size_t lookup, guesses; /* as in lw_speculation */
} lwi_scheduler_options;

lw_status lwi_scheduler_start(const lwi_scheduler_options *options, lwi_scheduler **scheduler);
/* Ends all jobs with LW_CANCELLED. */
void lwi_scheduler_stop(lwi_scheduler *scheduler);
/* All n jobs or none: LW_LIMIT if as many wait already as may. */
lw_status lwi_scheduler_add(lwi_scheduler *scheduler, lwi_job *const *jobs, size_t n);
/* The job ends soon; its slot is free within a few milliseconds. It may have ended already, but
 * must still be there. */
void lwi_scheduler_cancel(lwi_scheduler *scheduler, lwi_job *job);

typedef struct lwi_scheduler_state {
    size_t slots, busy, waiting;
} lwi_scheduler_state;
lwi_scheduler_state lwi_scheduler_look(lwi_scheduler *scheduler);

#endif

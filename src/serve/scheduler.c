/* SPDX-License-Identifier: MIT */
#include "serve/scheduler.h"

#include <pthread.h>

#include "serve/exchange.h"

struct lwi_scheduler {
    lwi_scheduler_options options;
    lw_batch *batch, *draft;
    lw_speculation speculation;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t some;
    lwi_job *waiting, *running;  /* the waiting ones in their order */
    size_t n_waiting, n_running; /* n_running counts the one that is being seated too */
    bool stop;
};

/* ------------------------------------------------------------- in its thread */

static void end(lwi_job *job, lw_status status) {
    lw_session_free(job->session);
    job->session = NULL;
    job->ended(job, status);
}

/* Takes a job out of the list that *at is in. */
static lwi_job *take(lwi_job **at, size_t *n) {
    lwi_job *job = *at;
    *at = job->next;
    job->next = NULL;
    --*n;
    return job;
}

static lw_status feed(const lwi_scheduler *s, lwi_job *job) {
    if (job->most_tokens > 0)
        return (s->options.reads_source ? lw_session_source : lw_session_feed)(
            job->session, job->tokens, job->n_tokens);
    LW_TRY(lw_session_feed(job->session, job->tokens, job->second));
    LW_TRY(lw_session_begin_second(job->session));
    return lw_session_feed(job->session, job->tokens + job->second, job->n_tokens - job->second);
}

static lw_status seat(lwi_scheduler *s, lwi_job *job) {
    const lw_pooling pooling = job->most_tokens ? LW_POOLING_MODEL : s->options.embeddings;
    const lw_session_options options = {.size = sizeof options,
                                        .batch = s->batch,
                                        .sampling = &job->sampling,
                                        .grammar = job->grammar,
                                        .most_tokens = s->options.context,
                                        .pooling = pooling,
                                        .speculation = job->most_tokens ? &s->speculation : NULL};
    job->started = lwi_serve_clock();
    LW_TRY(lw_session_new(s->options.llm, &options, &job->session));
    return feed(s, job);
}

/* A waiting job that there is a slot for, which it takes, or one that is not wanted any more; NULL:
 * none. */
static lwi_job *next_waiting(lwi_scheduler *s, bool *wanted) {
    lwi_job *job = NULL;
    pthread_mutex_lock(&s->lock);
    lwi_job **at = &s->waiting;
    while (*at && !s->stop && !atomic_load(&(*at)->cancelled))
        at = &(*at)->next;
    *wanted = !*at;
    if (*at) job = take(at, &s->n_waiting);
    else if (s->waiting && s->n_running < s->options.slots) {
        job = take(&s->waiting, &s->n_waiting);
        s->n_running++;
    }
    pthread_mutex_unlock(&s->lock);
    return job;
}

static void run_job(lwi_scheduler *s, lwi_job *job) {
    pthread_mutex_lock(&s->lock);
    job->next = s->running;
    s->running = job;
    pthread_mutex_unlock(&s->lock);
}

static void free_slot(lwi_scheduler *s) {
    pthread_mutex_lock(&s->lock);
    s->n_running--;
    pthread_mutex_unlock(&s->lock);
}

static void admit(lwi_scheduler *s) {
    bool wanted;
    for (lwi_job *job; (job = next_waiting(s, &wanted));) {
        const lw_status status = wanted ? seat(s, job) : LW_CANCELLED;
        if (status == LW_OK) {
            run_job(s, job);
            continue;
        }
        if (wanted) free_slot(s);
        end(job, status);
    }
}

/* The job has logits, or its embedding: false when that was all. */
static bool advance(lwi_job *job, lw_status *status) {
    int32_t token = -1;
    *status = lw_session_next(job->session, &token);
    if (*status != LW_OK) return false;
    if (!job->generated++) {
        job->first = lwi_serve_clock();
        job->reused = lw_session_reused(job->session);
    }
    return job->token(job, job->session, token) && job->generated < job->most_tokens;
}

static bool embed(lwi_job *job, lw_status *status) {
    const float *embedding = NULL;
    *status = lw_session_embedding(job->session, &embedding);
    if (*status == LW_OK) job->embedded(job, embedding);
    return false;
}

/* Lets every job go on that can; takes those out that have ended. */
static void serve(lwi_scheduler *s) {
    for (lwi_job **at = &s->running; *at;) {
        lwi_job *job = *at;
        lw_status status = LW_OK;
        bool more = true;
        if (atomic_load(&job->cancelled)) {
            status = LW_CANCELLED;
            more = false;
        } else if (lw_session_ready(job->session))
            more = job->most_tokens ? advance(job, &status) : embed(job, &status);
        if (more) {
            at = &job->next;
            continue;
        }
        pthread_mutex_lock(&s->lock);
        take(at, &s->n_running);
        pthread_mutex_unlock(&s->lock);
        end(job, status);
    }
}

/* What a failed step leaves: the newest job goes, since the others ran before it came. */
static void shed(lwi_scheduler *s, lw_status status) {
    pthread_mutex_lock(&s->lock);
    lwi_job *job = s->running ? take(&s->running, &s->n_running) : NULL;
    pthread_mutex_unlock(&s->lock);
    if (job) end(job, status);
}

/* Sleeps while there is nothing to do; false: stop. */
static bool await(lwi_scheduler *s) {
    pthread_mutex_lock(&s->lock);
    while (!s->stop && !s->waiting && !s->running)
        pthread_cond_wait(&s->some, &s->lock);
    const bool go = !s->stop;
    pthread_mutex_unlock(&s->lock);
    return go;
}

static void *run(void *arg) {
    lwi_scheduler *s = arg;
    while (await(s)) {
        size_t tokens = 0;
        admit(s);
        const lw_status status = lw_batch_step(s->batch, &tokens);
        if (status != LW_OK && status != LW_CANCELLED) shed(s, status);
        else serve(s);
    }
    for (lwi_job *job = s->running; job; job = job->next)
        atomic_store(&job->cancelled, true);
    serve(s);
    admit(s);
    return NULL;
}

/* ------------------------------------------------------------ in other threads */

/* A session that guesses ahead: whether the models are fit for that is told at the start. */
static lw_status try_guesses(const lwi_scheduler *s) {
    const lw_session_options options = {
        .size = sizeof options, .batch = s->batch, .speculation = &s->speculation};
    lw_session *session = NULL;
    const lw_status status = lw_session_new(s->options.llm, &options, &session);
    lw_session_free(session);
    return status;
}

static lw_status make_batches(lwi_scheduler *s) {
    const lwi_scheduler_options *o = &s->options;
    const lw_batch_options options = {.size = sizeof options,
                                      .context = &o->run,
                                      .cache = o->cache,
                                      .tokens = o->context * o->slots,
                                      .keep_prefixes = true};
    LW_TRY(lw_batch_new(o->llm, &options, &s->batch));
    if (o->draft) LW_TRY(lw_batch_new(o->draft, &options, &s->draft));
    s->speculation = (lw_speculation){.size = sizeof s->speculation,
                                      .draft = s->draft,
                                      .lookup = o->lookup,
                                      .tokens = o->guesses};
    return o->draft || o->lookup ? try_guesses(s) : LW_OK;
}

static void dismantle(lwi_scheduler *s) {
    lw_batch_free(s->batch);
    lw_batch_free(s->draft);
    pthread_cond_destroy(&s->some);
    pthread_mutex_destroy(&s->lock);
    lwi_free(&lwi_malloc_allocator, s);
}

lw_status lwi_scheduler_start(const lwi_scheduler_options *options, lwi_scheduler **scheduler) {
    lwi_scheduler *s = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->some, NULL);
    lw_status status = make_batches(s);
    if (status == LW_OK && pthread_create(&s->thread, NULL, run, s) != 0)
        status = lwi_fail(LW_NO_MEMORY, "the thread for generations cannot be started");
    if (status == LW_OK) *scheduler = s;
    else dismantle(s);
    return status;
}

void lwi_scheduler_stop(lwi_scheduler *s) {
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->some);
    lw_batch_cancel(s->batch);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    dismantle(s);
}

lw_status lwi_scheduler_add(lwi_scheduler *s, lwi_job *const *jobs, size_t n) {
    pthread_mutex_lock(&s->lock);
    const size_t ahead = s->n_running + s->n_waiting, most = s->options.slots + s->options.waiting;
    const bool room = !s->stop && ahead < most;
    lwi_job **last = &s->waiting;
    while (*last)
        last = &(*last)->next;
    for (size_t i = 0; room && i < n; i++) {
        jobs[i]->queued = lwi_serve_clock();
        *last = jobs[i];
        last = &jobs[i]->next;
        s->n_waiting++;
    }
    pthread_cond_signal(&s->some);
    pthread_mutex_unlock(&s->lock);
    return room ? LW_OK : lwi_fail(LW_LIMIT, "all slots are busy and %zu requests wait", ahead);
}

/* A step that runs for this job alone need not be finished. */
void lwi_scheduler_cancel(lwi_scheduler *s, lwi_job *job) {
    pthread_mutex_lock(&s->lock);
    atomic_store(&job->cancelled, true);
    bool others = false;
    for (const lwi_job *r = s->running; r; r = r->next)
        others |= !atomic_load(&r->cancelled);
    if (!others) lw_batch_cancel(s->batch);
    pthread_cond_signal(&s->some);
    pthread_mutex_unlock(&s->lock);
}

lwi_scheduler_state lwi_scheduler_look(lwi_scheduler *s) {
    pthread_mutex_lock(&s->lock);
    const lwi_scheduler_state state = {s->options.slots, s->n_running, s->n_waiting};
    pthread_mutex_unlock(&s->lock);
    return state;
}

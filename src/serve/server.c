/* SPDX-License-Identifier: MIT */
#include "serve/server.h"

#include <string.h>
#include <time.h>

#include "serve/exchange.h"

enum { MOST_TASKS = 1024 };

static lw_status open_models(lwi_server *s, char *const *models, size_t n) {
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *s->models, &s->models));
    for (size_t i = 0; i < n; i++) {
        lwi_served *model = NULL;
        LW_TRY(lwi_served_open(models[i], &s->options.model, &model));
        const lwi_served *other = lwi_server_find(s, model->name);
        s->models[s->n_models++] = model;
        if (i && other)
            return lwi_fail(LW_INVALID, "two models are called '%s': give NAME=PATH", model->name);
    }
    return LW_OK;
}

lw_status lwi_server_start(const lwi_server_options *options, char *const *models, size_t n,
                           lwi_server **server) {
    lwi_server *s = NULL;
    if (n == 0) return lwi_fail(LW_INVALID, "no model is given");
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    s->options = *options;
    lwi_counters_init(&s->counters);
    lw_status status = lwi_workers_start(options->workers, MOST_TASKS, &s->workers);
    if (status == LW_OK) status = open_models(s, models, n);
    if (status == LW_OK) status = lwi_door_open(s, &s->door);
    if (status == LW_OK) *server = s;
    else lwi_server_stop(s, 0);
    return status;
}

/* Until all clients have gone, or the time is over. */
static void drain(const lwi_server *s, double seconds) {
    const struct timespec nap = {.tv_nsec = 10000000};
    const double end = lwi_serve_clock() + seconds;
    lwi_door_shut(s->door);
    while (atomic_load(&s->clients) && lwi_serve_clock() < end)
        nanosleep(&nap, NULL);
}

void lwi_server_stop(lwi_server *s, double seconds) {
    if (!s) return;
    if (s->door) drain(s, seconds);
    lwi_door_remove(s->door);
    lwi_workers_stop(s->workers);
    for (size_t i = 0; i < s->n_models; i++)
        lwi_served_close(s->models[i]);
    lwi_free(&lwi_malloc_allocator, s->models);
    lwi_counters_destroy(&s->counters);
    lwi_free(&lwi_malloc_allocator, s);
}

int lwi_server_port(const lwi_server *s) { return lwi_door_port(s->door); }

lwi_served *lwi_server_find(const lwi_server *s, const char *name) {
    if (!name || !*name) return s->n_models ? s->models[0] : NULL;
    for (size_t i = 0; i < s->n_models; i++)
        if (!strcmp(s->models[i]->name, name)) return s->models[i];
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "stopwatch.h"
#include "text.h"

void lwi_times_add(lwi_times *times, double seconds) {
    if (times->n == times->capacity) {
        times->capacity = times->capacity ? times->capacity * 2 : 64;
        times->items = lwi_resize(times->items, times->capacity, sizeof *times->items);
    }
    times->items[times->n++] = seconds;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double lwi_times_quantile(lwi_times *times, double fraction) {
    if (!times->n) return 0;
    qsort(times->items, times->n, sizeof *times->items, by_size);
    const double place = fraction * (double)(times->n - 1);
    const size_t low = (size_t)place, high = low + 1 < times->n ? low + 1 : low;
    return times->items[low] + (times->items[high] - times->items[low]) * (place - (double)low);
}

void lwi_times_free(lwi_times *times) { free(times->items); }

typedef struct recorder {
    lwi_node_time *nodes;
    lwi_times *samples;
    size_t n;
} recorder;

static void record(void *user, size_t node, uint64_t start_ns, uint64_t end_ns) {
    recorder *r = user;
    if (node >= r->n) return;
    lwi_times_add(&r->samples[node], (double)(end_ns - start_ns) * 1e-9);
    r->nodes[node].start = start_ns;
    r->nodes[node].end = end_ns;
    r->nodes[node].ran = true;
}

static bool run_once(const lwi_session *session, const lw_io *inputs, size_t n_inputs) {
    lw_io *outputs;
    size_t n;
    if (lwi_session_run(session, inputs, n_inputs, &outputs, &n)) {
        lwi_complain("%s", lw_last_error());
        return false;
    }
    lwi_ios_free(outputs, n);
    return true;
}

bool lwi_measure_nodes(const lwi_session *session, const lw_io *inputs, size_t n_inputs, int runs,
                       lwi_node_time **nodes, size_t *n, double *run_seconds) {
    lw_model_info info = {.size = sizeof info};
    if (lw_model_describe(lw_context_model(session->context), &info)) info.nodes = 0;
    recorder r = {lwi_resize(NULL, info.nodes, sizeof *r.nodes),
                  lwi_resize(NULL, info.nodes, sizeof *r.samples), info.nodes};
    memset(r.nodes, 0, info.nodes * sizeof *r.nodes);
    memset(r.samples, 0, info.nodes * sizeof *r.samples);
    lwi_times whole = {0};
    /* The first run makes the plan and warms caches: it does not count. */
    bool good = run_once(session, inputs, n_inputs);
    lw_context_profile(session->context, record, &r);
    for (int i = 0; i < runs && good; i++) {
        const double start = lwi_seconds();
        good = run_once(session, inputs, n_inputs);
        lwi_times_add(&whole, lwi_seconds() - start);
    }
    lw_context_profile(session->context, NULL, NULL);
    for (size_t i = 0; i < info.nodes; i++) {
        r.nodes[i].seconds = lwi_times_quantile(&r.samples[i], 0.5);
        lwi_times_free(&r.samples[i]);
    }
    free(r.samples);
    *run_seconds = lwi_times_quantile(&whole, 0.5);
    lwi_times_free(&whole);
    *nodes = r.nodes;
    *n = info.nodes;
    if (!good) free(r.nodes);
    return good;
}

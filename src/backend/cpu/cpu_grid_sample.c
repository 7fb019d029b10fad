/* SPDX-License-Identifier: MIT
 * GridSample of float32: the images are turned so that the channels of an element lie side by side,
 * a point is the weighted mean of such rows, and the points are turned back. */
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/turn_f32.h"
#include "ops/grid_sample.h"

#include <string.h>

enum { FEW = 4 /* channels, for which turning does not pay */ };

typedef struct sample {
    lwi_grid grid;
    const float *x; /* [images, elements, channels] */
    float *y;       /* [images, points, channels] */
} sample;

static void sample_points(void *arg, size_t begin, size_t end) {
    const sample *s = arg;
    const lwi_grid *g = &s->grid;
    for (size_t i = begin; i < end; i++) {
        lwi_grid_axis axes[LW_MAX_RANK];
        size_t offsets[LWI_GRID_CHUNK], n = 0;
        double exact[LWI_GRID_CHUNK];
        float weights[LWI_GRID_CHUNK], *y = s->y + i * g->channels;
        lwi_grid_locate(g, i, axes);
        lwi_grid_combine(g, axes, 0, g->all_taps, offsets, exact);
        for (size_t t = 0; t < g->all_taps; t++) {
            if (exact[t] == 0) continue;
            offsets[n] = offsets[t] * g->channels;
            weights[n++] = (float)exact[t];
        }
        if (n == 0) memset(y, 0, g->channels * sizeof *y);
        else
            lwi_cpu_kernels()->blend_f32(s->x + i / g->points * g->in_size * g->channels, offsets,
                                         weights, n, g->channels, y);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0], *y = c->out[0];
    sample s;
    float *turned = NULL;
    LW_TRY(lwi_grid_read(c, &s.grid));
    const lwi_grid *g = &s.grid;
    if (y->count == 0) return LW_OK;
    const size_t images = (size_t)y->dims[0];
    LW_TRY(lwi_scratch(c, x->count, sizeof *turned, &turned));
    LW_TRY(lwi_scratch(c, y->count, sizeof *s.y, &s.y));
    lwi_turn_f32(c, x->data, turned, images, g->channels, g->in_size);
    s.x = turned;
    lwi_parallel(c, images * g->points, 1 + 4096 / (64 + g->channels), sample_points, &s);
    lwi_turn_f32(c, s.y, y->data, images, g->points, g->channels);
    return LW_OK;
}

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const lw_dtype dtype = c->in[0]->dtype;
    lwi_grid g;
    if (dtype != LW_FLOAT32 && !lwi_dtype_is_small_float(dtype)) return NULL;
    if (!c->out[0] || !c->declared[0] || lwi_grid_read(c, &g) != LW_OK) return NULL;
    return g.channels >= FEW && g.all_taps <= LWI_GRID_CHUNK ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_grid_sample_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_grid_sample_claim(const lwi_call *c) { return claim(c); }
const lwi_kernel *lwi_cpu_ms_grid_sample_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_ms_grid_sample_claim(const lwi_call *c) { return claim(c); }

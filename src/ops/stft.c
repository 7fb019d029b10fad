/* SPDX-License-Identifier: MIT
 * STFT (ONNX 17): Fourier transforms of overlapping frames of signals [batch, length] or [batch,
 * length, 1 or 2], each multiplied by a window first. */
#include "ops/fft_rows.h"
#include "ops/wide.h"

typedef struct job {
    const lw_value *x, *window; /* window: NULL for ones */
    lw_value *y;
    size_t length, parts; /* of the signal */
    size_t frames, step, n, bins;
} job;

static lw_status find_frames(const lwi_call *c, job *j) {
    LW_TRY(lwi_need_rank(c, 0, 2, 3));
    const lw_value *x = c->in[0], *window = lwi_has(c, 2) ? c->in[2] : NULL;
    const int64_t parts = x->rank == 3 ? x->dims[2] : 1;
    int64_t step = 0, n = x->dims[1];
    if (window) LW_TRY(lwi_need_rank(c, 2, 1, 1));
    if (window) n = window->dims[0];
    LW_TRY(lwi_in_int(c, 1, &step));
    if (lwi_has(c, 3)) LW_TRY(lwi_in_int(c, 3, &n));
    if (parts < 1 || parts > 2)
        return lwi_call_fail(c, LW_SHAPE, "the last dimension is %lld, expected 1 or 2",
                             (long long)parts);
    if (step < 1 || n < 1 || n > x->dims[1])
        return lwi_call_fail(c, LW_RANGE,
                             "frames of %lld elements, %lld apart, do not fit a "
                             "signal of %lld",
                             (long long)n, (long long)step, (long long)x->dims[1]);
    if (window && window->dims[0] != n)
        return lwi_call_fail(c, LW_SHAPE, "the window has %lld elements, a frame %lld",
                             (long long)window->dims[0], (long long)n);
    *j = (job){.x = x,
               .window = window,
               .length = (size_t)x->dims[1],
               .parts = (size_t)parts,
               .step = (size_t)step,
               .n = (size_t)n};
    j->frames = 1 + (j->length - j->n) / j->step;
    j->bins = lwi_attr_int(c->node, "onesided", 1) ? j->n / 2 + 1 : j->n;
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    job j;
    LW_TRY(find_frames(c, &j));
    const int64_t dims[] = {c->in[0]->dims[0], (int64_t)j.frames, (int64_t)j.bins, 2};
    return lwi_out(c, 0, c->in[0]->dtype, 4, dims);
}

static void load(const void *arg, size_t row, double *z) {
    const job *j = arg;
    const size_t from = row / j->frames * j->length + row % j->frames * j->step;
    for (size_t i = 0; i < j->n; i++) {
        const size_t at = (from + i) * j->parts;
        const double w = j->window ? lwi_wide(j->window, i) : 1;
        z[2 * i] = lwi_wide(j->x, at) * w;
        z[2 * i + 1] = j->parts > 1 ? lwi_wide(j->x, at + 1) * w : 0;
    }
}

static void store(const void *arg, size_t row, const double *z) {
    const job *j = arg;
    for (size_t i = 0; i < 2 * j->bins; i++)
        lwi_set_wide(j->y, row * 2 * j->bins + i, z[i]);
}

static lw_status run(lwi_call *c) {
    job j;
    LW_TRY(find_frames(c, &j));
    j.y = c->out[0];
    if (j.y->count == 0) return LW_OK;
    lwi_fft fft;
    LW_TRY(lwi_fft_plan(c, j.n, &fft));
    const lwi_fft_rows rows = {load, store, &j, (size_t)c->in[0]->dims[0] * j.frames, false};
    return lwi_fft_run(c, &fft, &rows);
}

const lwi_op lwi_op_stft = {.infer = infer, .run = run, .flags = LWI_WIDEN};

/* SPDX-License-Identifier: MIT
 * Sizes: outputs, taps, inputs. */
#include "kcheck.h"

/* Fills the tables for blocks of `width` outputs, of which output o takes from[o * taps + t]. */
static void fill(kc_case *c, lwi_blend_columns_f32_job *j, const size_t *from, const float *weights,
                 size_t in, size_t width) {
    const size_t blocks = (j->n + width - 1) / width, taps = j->taps;
    int32_t *index = kc_bytes(c, blocks * width * taps * sizeof *index);
    int32_t *starts = kc_bytes(c, blocks * sizeof *starts);
    float *table = kc_floats(c, blocks * width * taps);
    uint8_t *near = kc_bytes(c, blocks);
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = b * width, n = j->n - first < width ? j->n - first : width;
        size_t low = SIZE_MAX, high = 0;
        for (size_t i = first * taps; i < (first + n) * taps; i++) {
            low = from[i] < low ? from[i] : low;
            high = from[i] > high ? from[i] : high;
        }
        near[b] = high - low < 2 * width && in >= 2 * width;
        if (near[b] && low > in - 2 * width) low = in - 2 * width;
        starts[b] = (int32_t)low;
        for (size_t t = 0; t < taps; t++)
            for (size_t i = 0; i < width; i++) {
                const size_t to = (b * taps + t) * width + i, at = (first + i) * taps + t;
                index[to] = i < n ? (int32_t)(from[at] - low) : 0;
                table[to] = i < n ? weights[at] : 0;
            }
    }
    j->index = index;
    j->starts = starts;
    j->near = near;
    j->weights = table;
}

static void check(kc_case *c) {
    const size_t n = c->size[0], in = c->size[2] + 1;
    const size_t taps = c->size[1] ? c->size[1] : 1, spread = 1 + kc_below(c, in);
    lwi_blend_columns_f32_job job = {.n = n, .taps = taps}, base = job;
    size_t *from = kc_bytes(c, n * taps * sizeof *from);
    const float *x = kc_floats(c, in), *weights = kc_floats(c, n * taps);
    for (size_t i = 0; i < n * taps; i++)
        from[i] = (i / taps * in / n + kc_below(c, spread)) % in;
    fill(c, &job, from, weights, in, c->kernels->blend_columns_f32_block);
    fill(c, &base, from, weights, in, c->base->blend_columns_f32_block);
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    c->kernels->blend_columns_f32(&job, x, got);
    c->base->blend_columns_f32(&base, x, want);
    kc_same_floats(c, "means", got, want, n, 1e-6f * (float)(taps + 1));
    if (taps > 1) return;
    job.weights = base.weights = NULL;
    c->kernels->blend_columns_f32(&job, x, got);
    c->base->blend_columns_f32(&base, x, want);
    kc_same_floats(c, "copies", got, want, n, 0);
}

const kc_check kc_blend_columns_f32 = {"blend_columns_f32", {35, 3, 8}, {100, 9, 300}, check, NULL};

/* SPDX-License-Identifier: MIT
 * The second output of MaxPool: where the maxima are. */
#include "ops/pool.h"

#include <math.h>

typedef struct search {
    const lw_value *x;
    const lwi_window *window;
    bool column_major;
    size_t in_size, out_size;
    int64_t *reach; /* [kernel]: from where a window begins to each of its elements */
    int64_t *indices;
} search;

/* The number of a place in its plane, which is `offset` in row-major order. */
static int64_t number(const search *s, int64_t offset) {
    const lwi_window *w = s->window;
    int64_t n = 0, place[LW_MAX_RANK];
    if (!s->column_major) return offset;
    lwi_window_index(w->rank, w->in, (size_t)offset, place);
    for (int d = w->rank - 1; d >= 0; d--)
        n = n * w->in[d] + place[d];
    return n;
}

enum { TOGETHER = 64 }; /* outputs of a row */

/* Outputs [first, first + n) of a row: the number of the kernel's element that meets the maximum,
 * or -1. */
#define SEARCH(NAME, T, LOWEST)                                                                    \
    static void NAME(const search *s, size_t plane, const int64_t *start, int64_t first,           \
                     int64_t n, int32_t *found) {                                                  \
        const lwi_window *w = s->window;                                                           \
        const T *x = (const T *)s->x->data + plane * s->in_size;                                   \
        const int axis = w->rank - 1;                                                              \
        const int64_t stride = w->stride[axis];                                                    \
        int64_t begin, end, low, high;                                                             \
        T top[TOGETHER];                                                                           \
        for (int64_t o = 0; o < n; o++) {                                                          \
            top[o] = LOWEST;                                                                       \
            found[o] = -1;                                                                         \
        }                                                                                          \
        lwi_taps_of_row(w, &begin, &end);                                                          \
        for (lwi_taps t = lwi_taps_begin(w, start); t.more; lwi_taps_next(w, &t)) {                \
            int64_t row = 0;                                                                       \
            for (int d = 0; d < axis; d++)                                                         \
                row = row * w->kernel[d] + t.at[d];                                                \
            for (int64_t i = begin; i < end; i++) {                                                \
                const int64_t shift = first * stride + i * w->dilation[axis] - w->begin[axis];     \
                const T *from = x + lwi_window_row(w, start, t.at) + shift;                        \
                const int32_t k = (int32_t)(row * w->kernel[axis] + i);                            \
                lwi_window_inside(w, shift, n, &low, &high);                                       \
                for (int64_t o = low; o < high; o++) {                                             \
                    const T v = from[o * stride], best = top[o];                                   \
                    const bool take = (v > best) | ((v != v) & (best == best)) | (found[o] < 0);   \
                    top[o] = take ? v : best;                                                      \
                    found[o] = take ? k : found[o];                                                \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
SEARCH(search_f32, float, -INFINITY)
SEARCH(search_f64, double, -(double)INFINITY)
SEARCH(search_i8, int8_t, INT8_MIN)
SEARCH(search_u8, uint8_t, 0)

/* Where a window begins in its plane; negative where that is in the padding. */
static int64_t offset_of(const lwi_window *w, const int64_t *place) {
    int64_t n = 0;
    for (int d = 0; d < w->rank; d++)
        n = n * w->in[d] + place[d];
    return n;
}

static void search_planes(void *arg, size_t begin, size_t end) {
    const search *s = arg;
    const lwi_window *w = s->window;
    const lw_dtype dtype = s->x->dtype;
    const size_t length = (size_t)w->out[w->rank - 1];
    void (*fn)(const search *, size_t, const int64_t *, int64_t, int64_t, int32_t *) =
        dtype == LW_FLOAT32   ? search_f32
        : dtype == LW_FLOAT64 ? search_f64
        : dtype == LW_INT8    ? search_i8
                              : search_u8;
    for (size_t plane = begin; plane < end; plane++) {
        int64_t place[LW_MAX_RANK] = {0}, start[LW_MAX_RANK];
        int32_t found[TOGETHER];
        for (size_t row = plane * s->out_size; row < (plane + 1) * s->out_size; row += length) {
            lwi_window_start(w, place, start);
            lwi_window_next(w->rank - 1, w->out, place);
            const int64_t at = offset_of(w, start);
            for (size_t first = 0, n; first < length; first += n) {
                n = length - first < TOGETHER ? length - first : TOGETHER;
                fn(s, plane, start, (int64_t)first, (int64_t)n, found);
                for (size_t o = 0; o < n; o++) {
                    const int64_t to = at + (int64_t)(first + o) * w->stride[w->rank - 1];
                    s->indices[row + first + o] =
                        found[o] < 0
                            ? -1
                            : (int64_t)(plane * s->in_size) + number(s, to + s->reach[found[o]]);
                }
            }
        }
    }
}

lw_status lwi_pool_indices(lwi_call *c, const lw_value *x, const lwi_window *w, bool column_major,
                           int64_t *indices) {
    search s = {x,
                w,
                column_major,
                lwi_window_count(w->rank, w->in),
                lwi_window_count(w->rank, w->out),
                NULL,
                indices};
    const size_t kernel = lwi_window_count(w->rank, w->kernel);
    int64_t at[LW_MAX_RANK] = {0}, place[LW_MAX_RANK];
    if (kernel > INT32_MAX) return lwi_call_fail(c, LW_LIMIT, "a kernel of %zu elements", kernel);
    LW_TRY(lwi_scratch(c, kernel, sizeof *s.reach, &s.reach));
    for (size_t k = 0; k < kernel; k++, lwi_window_next(w->rank, w->kernel, at)) {
        for (int d = 0; d < w->rank; d++)
            place[d] = at[d] * w->dilation[d];
        s.reach[k] = offset_of(w, place);
    }
    lwi_parallel(c, (size_t)x->dims[0] * (size_t)x->dims[1], 1 + (1 << 12) / (s.out_size + 1),
                 search_planes, &s);
    return LW_OK;
}

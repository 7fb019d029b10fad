/* SPDX-License-Identifier: MIT
 * The second output of MaxPool: where the maxima are. */
#include "ops/pool.h"

typedef struct search {
    const lw_value *x;
    const lwi_window *window;
    bool column_major;
    size_t in_size, out_size;
    int64_t *indices;
} search;

/* The number of an input place in its plane. */
static int64_t number(const search *s, const int64_t *place) {
    const lwi_window *w = s->window;
    int64_t n = 0;
    if (s->column_major)
        for (int d = w->rank - 1; d >= 0; d--)
            n = n * w->in[d] + place[d];
    else
        for (int d = 0; d < w->rank; d++)
            n = n * w->in[d] + place[d];
    return n;
}

/* Looks along one row of the window for something larger than *top. */
#define SEARCH(NAME, T)                                                                            \
    static int64_t NAME(const search *s, size_t plane, const int64_t *start) {                     \
        const lwi_window *w = s->window;                                                           \
        const T *x = (const T *)s->x->data + plane * s->in_size;                                   \
        const int axis = w->rank - 1;                                                              \
        int64_t first, last, found = -1, place[LW_MAX_RANK];                                       \
        T top = 0;                                                                                 \
        lwi_window_clip(w, axis, start[axis], &first, &last);                                      \
        for (lwi_taps t = lwi_taps_begin(w, start); t.more; lwi_taps_next(w, &t)) {                \
            const T *row = x + lwi_window_row(w, start, t.at);                                     \
            for (int64_t i = first; i < last; i++) {                                               \
                const int64_t at = start[axis] + i * w->dilation[axis];                            \
                const T v = row[at];                                                               \
                if (found >= 0 && !(v > top) && (v == v || top != top)) continue;                  \
                for (int d = 0; d < axis; d++)                                                     \
                    place[d] = start[d] + t.at[d] * w->dilation[d];                                \
                place[axis] = at;                                                                  \
                top = v;                                                                           \
                found = number(s, place);                                                          \
            }                                                                                      \
        }                                                                                          \
        return found;                                                                              \
    }
SEARCH(search_f32, float)
SEARCH(search_f64, double)
SEARCH(search_i8, int8_t)
SEARCH(search_u8, uint8_t)

static int64_t find(const search *s, size_t plane, const int64_t *start) {
    switch (s->x->dtype) {
    case LW_FLOAT32:
        return search_f32(s, plane, start);
    case LW_FLOAT64:
        return search_f64(s, plane, start);
    case LW_INT8:
        return search_i8(s, plane, start);
    default:
        return search_u8(s, plane, start);
    }
}

static void search_planes(void *arg, size_t begin, size_t end) {
    const search *s = arg;
    for (size_t plane = begin; plane < end; plane++) {
        int64_t place[LW_MAX_RANK] = {0}, start[LW_MAX_RANK];
        for (size_t i = 0; i < s->out_size; i++) {
            lwi_window_start(s->window, place, start);
            const int64_t found = find(s, plane, start);
            s->indices[plane * s->out_size + i] =
                found < 0 ? -1 : (int64_t)(plane * s->in_size) + found;
            lwi_window_next(s->window->rank, s->window->out, place);
        }
    }
}

void lwi_pool_indices(const lwi_call *c, const lw_value *x, const lwi_window *w, bool column_major,
                      int64_t *indices) {
    search s = {x,
                w,
                column_major,
                lwi_window_count(w->rank, w->in),
                lwi_window_count(w->rank, w->out),
                indices};
    lwi_parallel(c, (size_t)x->dims[0] * (size_t)x->dims[1], 1 + (1 << 12) / (s.out_size + 1),
                 search_planes, &s);
}

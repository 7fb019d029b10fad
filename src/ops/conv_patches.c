/* SPDX-License-Identifier: MIT
 * How a convolution's input becomes panels of a matrix, and the order of its channels. */
#include "ops/conv.h"

#include <string.h>

/* Outputs that lie in one row of the output and in one panel. */
typedef struct run {
    const lwi_window *window;
    int64_t start[LW_MAX_RANK]; /* the input index that the first output's window begins with */
    size_t row, rows;           /* of the matrix */
    size_t kernel_size, in_size, width;
    int64_t count;
} run;

#define PATCHES(NAME, T)                                                                           \
    static void NAME##_row(const lwi_window *w, const T *x, int64_t first, int64_t count, T *to) { \
        const int64_t stride = w->stride[w->rank - 1];                                             \
        int64_t low, high;                                                                         \
        lwi_window_inside(w, first, count, &low, &high);                                           \
        for (int64_t i = 0; i < low; i++)                                                          \
            to[i] = 0;                                                                             \
        if (stride == 1 && low < high)                                                             \
            memcpy(to + low, x + first + low, (size_t)(high - low) * sizeof *to);                  \
        else                                                                                       \
            for (int64_t i = low; i < high; i++)                                                   \
                to[i] = x[first + i * stride];                                                     \
        for (int64_t i = high; i < count; i++)                                                     \
            to[i] = 0;                                                                             \
    }                                                                                              \
    static void NAME##_run(const run *r, const T *x, T *to) {                                      \
        const lwi_window *w = r->window;                                                           \
        const int last = w->rank - 1;                                                              \
        int64_t at[LW_MAX_RANK];                                                                   \
        size_t place = r->row % r->kernel_size;                                                    \
        lwi_window_index(w->rank, w->kernel, place, at);                                           \
        x += r->row / r->kernel_size * r->in_size;                                                 \
        for (size_t i = 0; i < r->rows; i++, to += r->width) {                                     \
            const int64_t offset = lwi_window_row(w, r->start, at);                                \
            const int64_t first = r->start[last] + at[last] * w->dilation[last];                   \
            if (offset < 0) memset(to, 0, (size_t)r->count * sizeof *to);                          \
            else NAME##_row(w, x + offset, first, r->count, to);                                   \
            lwi_window_next(w->rank, w->kernel, at);                                               \
            if (++place == r->kernel_size) {                                                       \
                place = 0;                                                                         \
                x += r->in_size;                                                                   \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    void NAME(const void *arg, const lwi_panels *p) {                                              \
        const lwi_conv *v = arg;                                                                   \
        const lwi_window *w = &v->window;                                                          \
        const T *x = (const T *)v->x + p->product * v->channels * v->in_size;                      \
        const size_t length = (size_t)w->out[w->rank - 1];                                         \
        run r = {w, {0}, p->row, p->rows, v->kernel_size, v->in_size, p->width, 0};                \
        for (size_t done = 0; done < p->columns; done += (size_t)r.count) {                        \
            const size_t column = p->column + done, lane = done % p->width;                        \
            size_t count = p->width - lane;                                                        \
            if (count > length - column % length) count = length - column % length;                \
            if (count > p->columns - done) count = p->columns - done;                              \
            int64_t place[LW_MAX_RANK];                                                            \
            lwi_window_index(w->rank, w->out, column, place);                                      \
            lwi_window_start(w, place, r.start);                                                   \
            r.count = (int64_t)count;                                                              \
            NAME##_run(&r, x, (T *)p->panels + (done - lane) * p->rows + lane);                    \
        }                                                                                          \
    }
PATCHES(lwi_conv_patches_32, uint32_t)
PATCHES(lwi_conv_patches_64, uint64_t)

/* ------------------------------------------------------- order of channels */

typedef struct turn {
    const void *x;
    void *y;
    size_t size, channels, element;
} turn;

#define TURN(T)                                                                                    \
    do {                                                                                           \
        const T *x = (const T *)t->x + image * t->size * t->channels + channel;                    \
        T *y = (T *)t->y + i * t->size;                                                            \
        for (size_t s = 0; s < t->size; s++)                                                       \
            y[s] = x[s * t->channels];                                                             \
    } while (0)

static void turn_planes(void *arg, size_t begin, size_t end) {
    const turn *t = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / t->channels, channel = i % t->channels;
        switch (t->element) {
        case 1:
            TURN(uint8_t);
            break;
        case 2:
            TURN(uint16_t);
            break;
        case 4:
            TURN(uint32_t);
            break;
        default:
            TURN(uint64_t);
            break;
        }
    }
}

void lwi_conv_turn(const lwi_call *c, const void *x, size_t batch, size_t size, size_t channels,
                   size_t element, void *y) {
    turn t = {x, y, size, channels, element};
    lwi_parallel(c, batch * channels, 1 + (1 << 15) / (size + 1), turn_planes, &t);
}

/* SPDX-License-Identifier: MIT
 * The input of an 8-bit convolution with its channels last, padded with its zero point. */
#include "backend/cpu/cpu_q_conv.h"

#include <string.h>

typedef struct padding {
    const lwi_q_conv *q;
    const uint8_t *x;
    uint8_t *to;
} padding;

/* Copies rows of the input into the padded one. */
static void pad_row(const padding *p, size_t row) {
    const lwi_q_conv *q = p->q;
    const lwi_window *w = &q->v.window;
    const int inner = w->rank - 1;
    const size_t n = (size_t)w->in[inner];
    size_t at = 0, stride = (size_t)q->size[inner], rest = row;
    for (int d = inner - 1; d >= 0; d--) {
        at += (rest % (size_t)w->in[d] + (size_t)w->begin[d]) * stride;
        rest /= (size_t)w->in[d];
        stride *= (size_t)q->size[d];
    }
    uint8_t *to = p->to + rest * q->padded_bytes + (at + (size_t)w->begin[inner]) * q->channels;
    const uint8_t *x = p->x + row * n * q->channels;
    memcpy(to, x, n * q->channels);
}

static void pad_rows(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        pad_row(arg, i);
}

lw_status lwi_q_conv_input(lwi_call *c, const lwi_q_conv *q, const uint8_t **x) {
    const lwi_conv *v = &q->v;
    padding p = {.q = q};
    *x = c->in[0]->data;
    if (!q->last && v->in_size != 1 && q->channels != 1) {
        void *turned = NULL;
        LW_TRY(lwi_scratch(c, c->in[0]->bytes, 1, &turned));
        lwi_q_turn(c, *x, v->batch, q->channels, v->in_size, turned);
        *x = turned;
    }
    if (!q->copied) return LW_OK;
    p.x = *x;
    const size_t bytes = v->batch * q->padded_bytes + q->length - q->real; /* runs are rounded up */
    LW_TRY(lwi_scratch(c, bytes, 1, &p.to));
    memset(p.to, q->fill, bytes);
    const size_t row = (size_t)v->window.in[v->window.rank - 1];
    if (c->in[0]->count)
        lwi_parallel(c, v->batch * v->in_size / row, 1 + (1 << 16) / (row * q->channels), pad_rows,
                     &p);
    *x = p.to;
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * nn.LSTM, nn.GRU and nn.RNN: their parameters are weight_ih_l0, weight_hh_l0, bias_ih_l0,
 * bias_hh_l0, weight_hr_l0 where states are projected, and the same with _reverse. */
#include "nn/nn_layers.h"

#include <stdio.h>

enum { MOST_LAYERS = 64 };

typedef struct stack {
    lw_array *params[MOST_LAYERS * 2 * 5];
    size_t n;
    int64_t layers;
    bool biases, bidirectional;
} stack;

static lw_array *part(lw_nn *nn, const char *name, const char *kind, int layer, bool reverse,
                      bool needed) {
    char full[64];
    snprintf(full, sizeof full, "%s_l%d%s", kind, layer, reverse ? "_reverse" : "");
    return lwi_nn_part(nn, name, full, needed);
}

static void add_direction(lw_nn *nn, const char *name, stack *s, int layer, bool reverse) {
    static const char *const kinds[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh",
                                        "weight_hr"};
    for (int k = 0; k < 5; k++) {
        lw_array *p = part(nn, name, kinds[k], layer, reverse, k < 2);
        if (p) s->params[s->n++] = p;
    }
}

static void read_stack(lw_nn *nn, const char *name, stack *s) {
    *s = (stack){.n = 0};
    if (!nn || !name) return;
    s->biases = part(nn, name, "bias_ih", 0, false, false) != NULL;
    s->bidirectional = part(nn, name, "weight_ih", 0, true, false) != NULL;
    do {
        add_direction(nn, name, s, (int)s->layers, false);
        if (s->bidirectional) add_direction(nn, name, s, (int)s->layers, true);
        s->layers++;
    } while (s->layers < MOST_LAYERS && part(nn, name, "weight_ih", (int)s->layers, false, false));
}

/* Zeros [layers * directions, batch, width]. */
static lw_array *zero_state(lw_array *x, const stack *s, int64_t width, bool batch_first) {
    if (!x) return NULL;
    const int64_t n = s->layers * (s->bidirectional ? 2 : 1);
    return lw_zeros(x->nn, (lw_ints){3, {n, lw_size(x, batch_first ? 0 : 1), width}},
                    lw_array_dtype(x));
}

/* Where there is no batch, there is one of one sequence. */
static lw_array *with_batch(lw_array *x, bool flat, int64_t axis) {
    return flat && x ? lw_unsqueeze(x, axis) : x;
}

static lw_array *without_batch(lw_array *x, bool flat, int64_t axis) {
    return flat && x ? lw_squeeze(x, (lw_ints){1, {axis}}) : x;
}

static void states_without_batch(lw_array **state, bool flat) {
    if (state) *state = without_batch(*state, flat, 1);
}

/* The width of states before they are projected, and of those that are put out. */
static int64_t cell_width(const stack *s) { return s->n > 1 ? lw_size(s->params[1], 0) : 0; }
static int64_t state_width(const stack *s) { return s->n > 1 ? lw_size(s->params[1], 1) : 0; }

lw_array *lw_nn_lstm(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *options,
                     lw_array **hn, lw_array **cn) {
    const lw_rnn_options o = options ? *options : (lw_rnn_options){.h0 = NULL};
    const bool flat = lw_dim(x) == 2;
    const int64_t axis = o.batch_first ? 0 : 1;
    stack s;
    read_stack(nn, name, &s);
    x = with_batch(x, flat, axis);
    lw_array *hx[2] = {with_batch(o.h0, flat, 1), with_batch(o.c0, flat, 1)};
    if (!hx[0]) hx[0] = zero_state(x, &s, state_width(&s), o.batch_first);
    if (!hx[1]) hx[1] = zero_state(x, &s, cell_width(&s) / 4, o.batch_first);
    lw_array *y = lw_lstm(x, hx, 2, s.params, s.n, s.biases, s.layers, 0, false, s.bidirectional,
                          o.batch_first, hn, cn);
    states_without_batch(hn, flat);
    states_without_batch(cn, flat);
    return without_batch(y, flat, axis);
}

typedef lw_array *layer(lw_array *, lw_array *, lw_array *const *, size_t, bool, int64_t, double,
                        bool, bool, bool, lw_array **);

static lw_array *run(layer *f, lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                     lw_array **hn) {
    const bool batch_first = o && o->batch_first, flat = lw_dim(x) == 2;
    const int64_t axis = batch_first ? 0 : 1;
    stack s;
    read_stack(nn, name, &s);
    x = with_batch(x, flat, axis);
    lw_array *hx = with_batch(o ? o->h0 : NULL, flat, 1);
    if (!hx) hx = zero_state(x, &s, state_width(&s), batch_first);
    lw_array *y =
        f(x, hx, s.params, s.n, s.biases, s.layers, 0, false, s.bidirectional, batch_first, hn);
    states_without_batch(hn, flat);
    return without_batch(y, flat, axis);
}

lw_array *lw_nn_gru(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                    lw_array **hn) {
    return run(lw_gru, nn, x, name, o, hn);
}

lw_array *lw_nn_rnn(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                    lw_array **hn) {
    return run(o && o->relu ? lw_rnn_relu : lw_rnn_tanh, nn, x, name, o, hn);
}

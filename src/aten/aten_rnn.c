/* SPDX-License-Identifier: MIT
 * Recurrent networks: PyTorch's layers become ONNX's LSTM, GRU and RNN, which have the gates in
 * another order. Weights that are constants are put in order here, once. */
#include "aten/lower.h"

#include <string.h>

enum { MOST_GATES = 4, MOST_PIECES = 4 };

/* Gate k of ONNX is PyTorch's gate order[k]. */
typedef struct cell {
    const char *op, *activation;
    int gates, order[MOST_GATES];
} cell;

static const cell lstm = {"LSTM", NULL, 4, {0, 3, 1, 2}}; /* i f g o becomes i o f c */
static const cell gru = {"GRU", NULL, 3, {1, 0, 2}};      /* r z n becomes z r h */
static const cell rnn_tanh = {"RNN", "Tanh", 1, {0}};
static const cell rnn_relu = {"RNN", "Relu", 1, {0}};

/* ------------------------------------------------------------------- weights */

static int in_order(lwi_aten *a, const cell *c, int w) {
    int parts[MOST_GATES], turned[MOST_GATES];
    if (c->gates == 1) return w;
    lwi_build_outputs(&a->b, "", "Split", 1, &w, (size_t)c->gates, parts);
    lwi_build_int(&a->b, "axis", 0);
    lwi_build_int(&a->b, "num_outputs", c->gates);
    for (int k = 0; k < c->gates; k++)
        turned[k] = parts[c->order[k]];
    const int all = lwi_build(&a->b, "Concat", (size_t)c->gates, turned);
    lwi_build_int(&a->b, "axis", 0);
    return all;
}

/* NULL: it is no constant, or has no rows for each gate. */
static const lw_value *constant(lwi_aten *a, const cell *c, int id) {
    const lw_value *v = a->b.status == LW_OK && id >= 0 ? a->b.graph->slots[id].constant : NULL;
    return v && v->kind == LW_KIND_TENSOR && v->rank > 0 && v->dims[0] % c->gates == 0 ? v : NULL;
}

/* The pieces below each other as one constant; -1: they are none. */
static int constant_stack(lwi_aten *a, const cell *c, size_t n, const int *pieces, int rank,
                          const int64_t *dims) {
    size_t bytes = 0, at = 0;
    uint8_t *data = NULL;
    for (size_t i = 0; i < n; i++) {
        const lw_value *v = constant(a, c, pieces[i]);
        if (!v || v->dtype != constant(a, c, pieces[0])->dtype) return -1;
        bytes += v->bytes;
    }
    const lw_status status = lwi_arena_alloc(&a->b.network->arena, bytes, 1, &data);
    if (a->b.status == LW_OK) a->b.status = status;
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const lw_value *v = constant(a, c, pieces[i]);
        const size_t gate = v->bytes / (size_t)c->gates;
        for (int k = 0; k < c->gates; k++, at += gate)
            memcpy(data + at, (const uint8_t *)v->data + (size_t)c->order[k] * gate, gate);
    }
    if (a->b.status != LW_OK) return -1;
    const lwi_aten_value all =
        lwi_aten_constant(a, constant(a, c, pieces[0])->dtype, rank, dims, data);
    return lwi_aten_id(a, &all);
}

/* Pieces [gates * hidden, ...] below each other, as a tensor of those sizes. */
static int stack(lwi_aten *a, const cell *c, size_t n, const int *pieces, int rank,
                 const int64_t *dims) {
    int turned[MOST_PIECES];
    const int known = constant_stack(a, c, n, pieces, rank, dims);
    if (known >= 0 || a->b.status != LW_OK) return known;
    for (size_t i = 0; i < n; i++)
        turned[i] = in_order(a, c, pieces[i]);
    const int all = lwi_build(&a->b, "Concat", n, turned);
    lwi_build_int(&a->b, "axis", 0);
    return lwi_aten_reshape(a, all, (size_t)rank, dims);
}

/* -------------------------------------------------------------------- layers */

typedef struct layer {
    const cell *c;
    size_t directions, step; /* step: parameters of a direction */
    bool biases;
    int lengths;                  /* [batch] int32; -1: all are as long as the input */
    const lwi_aten_value *params; /* of this layer: w_ih, w_hh, b_ih, b_hh of each direction */
} layer;

static void gather(lwi_aten *a, const layer *l, size_t first, size_t n, int *pieces) {
    for (size_t d = 0; d < l->directions; d++)
        for (size_t i = 0; i < n; i++)
            pieces[d * n + i] = lwi_aten_id(a, &l->params[d * l->step + first + i]);
}

/* x [length, batch, in]; first: h and c before the first step, [directions, batch, hidden] or -1.
 * outputs: Y [length, directions, batch, hidden], and h and c behind the last step. */
static void run_layer(lwi_aten *a, const layer *l, int x, const int first[2], int outputs[3]) {
    int pieces[MOST_PIECES], in[7] = {x, -1, -1, -1, l->lengths, first[0], first[1]};
    const bool has_c = l->c == &lstm;
    const int64_t directions = (int64_t)l->directions;
    gather(a, l, 1, 1, pieces);
    const int64_t hidden = lwi_aten_dim(a, pieces[0], 1), rows = lwi_aten_dim(a, pieces[0], 0);
    if (a->b.status == LW_OK && (hidden < 0 || rows != hidden * l->c->gates))
        lwi_aten_fail(a, LW_UNSUPPORTED, "the sizes of weights are not known");
    if (a->b.status != LW_OK) return;
    in[2] = stack(a, l->c, l->directions, pieces, 3, (int64_t[]){directions, rows, hidden});
    gather(a, l, 0, 1, pieces);
    const int64_t width = lwi_aten_dim(a, pieces[0], 1);
    in[1] = stack(a, l->c, l->directions, pieces, 3, (int64_t[]){directions, rows, width});
    if (l->biases) {
        gather(a, l, 2, 2, pieces);
        in[3] = stack(a, l->c, 2 * l->directions, pieces, 2, (int64_t[]){directions, 2 * rows});
    }
    lwi_build_outputs(&a->b, "", l->c->op, has_c ? 7 : 6, in, has_c ? 3 : 2, outputs);
    lwi_build_int(&a->b, "hidden_size", hidden);
    lwi_build_text(&a->b, "direction", l->directions == 2 ? "bidirectional" : "forward");
    if (l->c == &gru) lwi_build_int(&a->b, "linear_before_reset", 1);
}

/* Sequences [length, batch, ...] from their last step to their first. */
static int backwards(lwi_aten *a, const layer *l, int x) {
    const int64_t time = 0;
    if (l->lengths < 0) return lwi_aten_flipped(a, x, 1, &time);
    const int y = NODE(a, "ReverseSequence", x, lwi_aten_cast(a, l->lengths, LW_INT64));
    lwi_build_int(&a->b, "time_axis", 0);
    lwi_build_int(&a->b, "batch_axis", 1);
    return y;
}

/* The same for an LSTM whose outputs are projected, one direction after the other. */
static void run_projected(lwi_aten *a, const layer *l, int x, const int first[2], int outputs[3]) {
    const int64_t axes[3] = {1, 0, 0}; /* where the directions lie in each output */
    int parts[3][2];
    for (size_t d = 0; d < l->directions && a->b.status == LW_OK; d++) {
        const int64_t at = (int64_t)d;
        int states[2];
        for (size_t s = 0; s < 2; s++)
            states[s] = lwi_aten_squeeze(a, lwi_aten_slice(a, first[s], 0, at, at + 1), 0);
        const int from = d ? backwards(a, l, x) : x;
        int y = lwi_aten_projected_lstm(a, from, l->params + d * l->step, l->biases, l->lengths,
                                        states);
        if (d) y = backwards(a, l, y);
        parts[0][d] = lwi_aten_unsqueeze(a, y, 1);
        for (size_t s = 0; s < 2; s++)
            parts[1 + s][d] = lwi_aten_unsqueeze(a, states[s], 0);
    }
    for (size_t i = 0; i < 3 && a->b.status == LW_OK; i++)
        outputs[i] = lwi_aten_concat(a, (int)axes[i], l->directions, parts[i]);
}

static void set_activations(lwi_aten *a, const layer *l) {
    lw_string *names = NULL;
    lwi_graph *g = a->b.graph;
    if (!l->c->activation || a->b.status != LW_OK) return;
    a->b.status = lwi_arena_alloc(g->arena, l->directions, sizeof *names, &names);
    for (size_t d = 0; d < l->directions && a->b.status == LW_OK; d++)
        names[d] = (lw_string){l->c->activation, strlen(l->c->activation)};
    if (a->b.status == LW_OK)
        a->b.status = lwi_node_set_attr(g->arena, &g->nodes[a->b.node],
                                        &(lwi_attr){.name = "activations",
                                                    .kind = LWI_ATTR_STRINGS,
                                                    .n = l->directions,
                                                    .strings = names});
}

static int swap_batch(lwi_aten *a, int x, bool batch_first) {
    return batch_first ? lwi_aten_transpose(a, x, 3, (int64_t[]){1, 0, 2}) : x;
}

/* [length, directions, batch, hidden] as [length, batch, directions * hidden] */
static int join_directions(lwi_aten *a, int y, size_t directions) {
    if (directions == 1) return lwi_aten_squeeze(a, y, 1);
    const int turned = lwi_aten_transpose(a, y, 4, (int64_t[]){0, 2, 1, 3});
    return lwi_aten_reshape(a, turned, 3, (int64_t[]){0, 0, -1});
}

static int stack_layers(lwi_aten *a, size_t n, const int *states) {
    if (n == 1) return states[0];
    const int all = lwi_build(&a->b, "Concat", n, states);
    lwi_build_int(&a->b, "axis", 0);
    return all;
}

/* Parameters of one direction of a layer. */
static size_t n_params(bool biases, bool projected) { return (biases ? 4 : 2) + projected; }

typedef struct network {
    const cell *c;
    bool biases, bidirectional, batch_first, projected;
    int lengths; /* as in layer */
    int64_t layers;
    const lwi_aten_value *params;
} network;

/* states: h, and c of an LSTM, [layers * directions, batch, hidden]: before, then behind. */
static int run_layers(lwi_aten *a, const network *n, int x, int states[2]) {
    enum { MOST_LAYERS = 256 };
    int last[2][MOST_LAYERS];
    const size_t directions = n->bidirectional ? 2 : 1, n_states = n->c == &lstm ? 2 : 1;
    const size_t step = n_params(n->biases, n->projected);
    if (a->b.status == LW_OK && (n->layers < 1 || n->layers > MOST_LAYERS))
        lwi_aten_fail(a, LW_LIMIT, "%lld layers", (long long)n->layers);
    x = swap_batch(a, x, n->batch_first);
    for (int64_t i = 0; i < n->layers && a->b.status == LW_OK; i++) {
        const layer l = {n->c,      directions, step,
                         n->biases, n->lengths, n->params + (size_t)i * directions * step};
        int first[2] = {-1, -1}, outputs[3] = {-1, -1, -1};
        const int64_t at = i * (int64_t)directions, end = at + (int64_t)directions;
        for (size_t s = 0; s < n_states; s++)
            first[s] = n->layers == 1 ? states[s] : lwi_aten_slice(a, states[s], 0, at, end);
        if (n->projected) run_projected(a, &l, x, first, outputs);
        else run_layer(a, &l, x, first, outputs);
        set_activations(a, &l);
        x = join_directions(a, outputs[0], directions);
        last[0][i] = outputs[1];
        last[1][i] = outputs[2];
    }
    if (a->b.status != LW_OK) return -1;
    for (size_t s = 0; s < n_states; s++)
        states[s] = stack_layers(a, (size_t)n->layers, last[s]);
    return swap_batch(a, x, n->batch_first);
}

/* hx, params, has_biases, num_layers, dropout, train, bidirectional: of in; x [length, batch, in]
 * if not batch_first. Returns the output; out: h, and c of an LSTM. */
static int lower(lwi_aten *a, network *n, int x, const lwi_aten_value *in, lwi_aten_value *out) {
    n->biases = lwi_aten_get_bool(a, &in[2]);
    n->layers = lwi_aten_get_int(a, &in[3]);
    n->bidirectional = lwi_aten_get_bool(a, &in[6]);
    n->params = in[1].list.items;
    const size_t parts = (n->bidirectional ? 2 : 1) * (size_t)n->layers, given = in[1].list.n;
    const size_t n_states = n->c == &lstm ? 2 : 1;
    const lwi_aten_value *first = n->c == &lstm ? in[0].list.items : &in[0];
    int states[2] = {-1, -1};
    if (a->b.status == LW_OK &&
        ((uint64_t)n->layers > given || given % parts != 0 || (n->c == &lstm && in[0].list.n != 2)))
        lwi_aten_fail(a, LW_INVALID, "%zu weights for %lld layers", given, (long long)n->layers);
    if (a->b.status != LW_OK) return -1;
    n->projected = n->c == &lstm && given == parts * n_params(n->biases, true);
    if (given != parts * n_params(n->biases, n->projected))
        lwi_aten_fail(a, LW_INVALID, "%zu weights for %lld layers", given, (long long)n->layers);
    for (size_t s = 0; s < n_states; s++)
        states[s] = lwi_aten_id(a, &first[s]);
    const int y = run_layers(a, n, x, states);
    for (size_t s = 0; s < n_states; s++)
        lwi_aten_return(a, &out[s], states[s]);
    return y;
}

/* data: the elements of a packed sequence, how many sequences there are in each step, then what
 * lower takes. What is made up of the number of sequences becomes that of h. */
static void lower_packed(lwi_aten *a, network *n, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool both = n->c == &lstm && in[2].list.n == 2;
    const int data = lwi_aten_id(a, &in[0]), sizes = lwi_aten_id(a, &in[1]);
    const int h = lwi_aten_id(a, both ? in[2].list.items : &in[2]);
    const int mask = lwi_aten_packed_mask(a, sizes);
    const lw_dtype dtype = lwi_aten_dtype(a, data);
    if (both) {
        const int c = lwi_aten_id(a, &in[2].list.items[1]);
        lwi_aten_declare_sizes(a, c, dtype, 3, (int[]){c, h, c}, (int[]){0, 1, 2});
    }
    n->lengths = lwi_aten_cast(a, lwi_aten_packed_lengths(a, mask), LW_INT32);
    lwi_aten_declare_sizes(a, n->lengths, LW_INT32, 1, &h, (int[]){1});
    int x = lwi_aten_unpacked(a, data, mask);
    lwi_aten_declare_sizes(a, x, dtype, 3, (int[]){sizes, h, data}, (int[]){0, 1, 1});
    x = lower(a, n, x, in + 2, out + 1);
    lwi_aten_return(a, &out[0], lwi_aten_packed(a, x, mask));
}

static void lower_row(lwi_aten *a, const cell *c, const lwi_aten_value *in, lwi_aten_value *out) {
    network n = {.c = c, .lengths = -1};
    if (!strcmp(a->row->overload, "data")) {
        lower_packed(a, &n, in, out);
        return;
    }
    n.batch_first = lwi_aten_get_bool(a, &in[8]);
    lwi_aten_return(a, &out[0], lower(a, &n, lwi_aten_id(a, &in[0]), in + 1, out + 1));
}

void lwi_aten_lstm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_row(a, &lstm, in, out);
}
void lwi_aten_gru(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_row(a, &gru, in, out);
}
void lwi_aten_rnn_tanh(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_row(a, &rnn_tanh, in, out);
}
void lwi_aten_rnn_relu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_row(a, &rnn_relu, in, out);
}

/* --------------------------------------------------------------------- cells */

/* input [batch, in] or [in], hx, w_ih, w_hh, b_ih, b_hh: a sequence of one. */
static void lower_cell(lwi_aten *a, const cell *c, const lwi_aten_value *in, lwi_aten_value *out) {
    const size_t n_states = c == &lstm ? 2 : 1;
    const lwi_aten_value *first = c == &lstm ? in[1].list.items : &in[1];
    const network n = {
        .c = c, .biases = lwi_aten_given(&in[4]), .layers = 1, .lengths = -1, .params = &in[2]};
    int x = lwi_aten_id(a, &in[0]), states[2] = {-1, -1};
    const bool batch = lwi_aten_rank(a, x) == 2;
    if (a->b.status == LW_OK && c == &lstm && in[1].list.n != 2)
        lwi_aten_fail(a, LW_INVALID, "hx has %zu tensors", in[1].list.n);
    for (int d = batch; d < 2; d++)
        x = lwi_aten_unsqueeze(a, x, 0);
    for (size_t s = 0; s < n_states && a->b.status == LW_OK; s++) {
        states[s] = lwi_aten_id(a, &first[s]);
        for (int d = batch; d < 2; d++)
            states[s] = lwi_aten_unsqueeze(a, states[s], 0);
    }
    run_layers(a, &n, x, states);
    for (size_t s = 0; s < n_states; s++) {
        for (int d = batch; d < 2; d++)
            states[s] = lwi_aten_squeeze(a, states[s], 0);
        lwi_aten_return(a, &out[s], states[s]);
    }
}

void lwi_aten_lstm_cell(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_cell(a, &lstm, in, out);
}
void lwi_aten_gru_cell(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_cell(a, &gru, in, out);
}
void lwi_aten_rnn_tanh_cell(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_cell(a, &rnn_tanh, in, out);
}
void lwi_aten_rnn_relu_cell(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lower_cell(a, &rnn_relu, in, out);
}

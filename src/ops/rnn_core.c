/* SPDX-License-Identifier: MIT */
#include "ops/rnn_core.h"

#include "base/checked.h"
#include "ops/matrix_product.h"

#include <string.h>

/* ------------------------------------------------------------------ shapes */

static lw_status read_direction(const lwi_call *c, lwi_rnn_shape *s) {
    const char *direction = lwi_attr_string(c->node, "direction", "forward");
    s->directions = strcmp(direction, "bidirectional") ? 1 : 2;
    s->reverse = !strcmp(direction, "reverse");
    if (s->directions == 1 && !s->reverse && strcmp(direction, "forward") != 0)
        return lwi_call_fail(c, LW_INVALID, "direction is '%.40s'", direction);
    return LW_OK;
}

static void state_dims(const lwi_rnn_shape *s, int64_t dims[3]) {
    dims[s->batch_first ? 1 : 0] = (int64_t)s->directions;
    dims[s->batch_first ? 0 : 1] = (int64_t)s->batch;
    dims[2] = (int64_t)s->hidden;
}

static lw_status check_inputs(const lwi_call *c, const lwi_rnn_cell *cell, bool transposed,
                              const lwi_rnn_shape *s) {
    const int64_t d = (int64_t)s->directions, h = (int64_t)s->hidden, i = (int64_t)s->input;
    int64_t gates = 0, state[3];
    if (!lwi_mul_i64((int64_t)cell->gates * 2, h, &gates))
        return lwi_call_fail(c, LW_SHAPE, "the hidden size %lld is too large", (long long)h);
    gates /= 2;
    state_dims(s, state);
    const int64_t w[2][3] = {{d, gates, i}, {d, i, gates}};
    const int64_t r[2][3] = {{d, gates, h}, {d, h, gates}};
    LW_TRY(lwi_need_shape(c, 1, 3, w[transposed]));
    LW_TRY(lwi_need_shape(c, 2, 3, r[transposed]));
    LW_TRY(lwi_need_shape(c, 3, 2, (int64_t[]){d, 2 * gates}));
    LW_TRY(lwi_need_shape(c, 4, 1, (int64_t[]){(int64_t)s->batch}));
    LW_TRY(lwi_need_shape(c, 5, 3, state));
    if (!cell->has_cell) return LW_OK;
    LW_TRY(lwi_need_shape(c, 6, 3, state));
    return lwi_need_shape(c, 7, 2, (int64_t[]){d, 3 * h});
}

lw_status lwi_rnn_shape_of(const lwi_call *c, const lwi_rnn_cell *cell, bool transposed,
                           lwi_rnn_shape *s) {
    for (size_t i = 0; i < 3; i++)
        LW_TRY(lwi_need_rank(c, i, 3, 3));
    LW_TRY(read_direction(c, s));
    const int64_t *x = c->in[0]->dims;
    s->batch_first = lwi_attr_int(c->node, "layout", 0) != 0;
    s->steps = (size_t)x[s->batch_first ? 1 : 0];
    s->batch = (size_t)x[s->batch_first ? 0 : 1];
    s->input = (size_t)x[2];
    s->hidden = (size_t)c->in[2]->dims[transposed ? 1 : 2];
    const int64_t hidden = lwi_attr_int(c->node, "hidden_size", (int64_t)s->hidden);
    if (hidden != (int64_t)s->hidden)
        return lwi_call_fail(c, LW_SHAPE, "hidden_size is %lld, but R is made for %zu",
                             (long long)hidden, s->hidden);
    return check_inputs(c, cell, transposed, s);
}

lw_status lwi_rnn_infer(lwi_call *c, const lwi_rnn_cell *cell, bool transposed) {
    lwi_rnn_shape s;
    LW_TRY(lwi_rnn_shape_of(c, cell, transposed, &s));
    const int64_t steps = (int64_t)s.steps, batch = (int64_t)s.batch;
    const int64_t directions = (int64_t)s.directions, hidden = (int64_t)s.hidden;
    const int64_t y[2][4] = {{steps, directions, batch, hidden},
                             {batch, steps, directions, hidden}};
    int64_t state[3];
    state_dims(&s, state);
    const lw_dtype dtype = c->in[0]->dtype;
    LW_TRY(lwi_out(c, 0, dtype, 4, y[s.batch_first]));
    LW_TRY(lwi_out(c, 1, dtype, 3, state));
    return cell->has_cell ? lwi_out(c, 2, dtype, 3, state) : LW_OK;
}

/* ----------------------------------------------------------------- running */

typedef struct job {
    lwi_call *c;
    const lwi_rnn_cell *cell;
    lwi_rnn_shape s;
    lwi_rnn_weights weights;
    lwi_rnn_function functions[LWI_RNN_MAX_FUNCTIONS];
    size_t size, gates; /* bytes of an element; gates * hidden */
    char *projected;    /* [directions, rows of x, gates] */
    char *bias;         /* [directions, gates], or NULL */
    char *states;       /* [directions * batch, 3, hidden]: h, c, spare */
    const int32_t *lengths;
    bool keep_rb; /* the last gate's recurrence bias is not in bias, but left to the step */
} job;

static void projection_operands(const void *arg, size_t product, lwi_operands *o) {
    const job *j = arg;
    o->a = (lwi_matrix){j->c->in[0]->data, j->s.input, 1};
    o->b = (lwi_matrix){(const char *)j->weights.w + product * j->gates * j->s.input * j->size, 1,
                        j->s.input};
    o->y = j->projected + product * j->s.steps * j->s.batch * j->gates * j->size;
    o->y_row = j->gates;
}

/* For every time at once, before the recurrence. */
static lw_status project_inputs(job *j) {
    size_t rows = 0, count = 0;
    if (!lwi_mul_size(j->s.steps, j->s.batch, &rows) || !lwi_mul_size(rows, j->gates, &count))
        return lwi_call_fail(j->c, LW_NO_MEMORY, "the gates of %zu steps do not fit memory",
                             j->s.steps);
    LW_TRY(lwi_scratch(j->c, count, j->size * j->s.directions, &j->projected));
    if (j->s.input == 0) {
        memset(j->projected, 0, count * j->size * j->s.directions);
        return LW_OK;
    }
    const lwi_product p = {.dtype = j->c->in[0]->dtype,
                           .m = rows,
                           .n = j->gates,
                           .k = j->s.input,
                           .batch = j->s.directions,
                           .arg = j,
                           .operands = projection_operands};
    return lwi_multiply(j->c, &p, NULL);
}

#define ADD_ROWS(NAME, T)                                                                          \
    static void NAME(T *y, const T *x, size_t n) {                                                 \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] += x[i];                                                                          \
    }
ADD_ROWS(add_f32, float)
ADD_ROWS(add_f64, double)

static void add(const job *j, void *y, const void *x, size_t n) {
    if (j->size == sizeof(float)) add_f32(y, x, n);
    else add_f64(y, x, n);
}

/* Input 3 is [Wb, Rb] for each direction. */
static lw_status add_biases(job *j) {
    if (!lwi_has(j->c, 3)) return LW_OK;
    LW_TRY(lwi_scratch(j->c, j->s.directions * j->gates, j->size, &j->bias));
    for (size_t d = 0; d < j->s.directions; d++) {
        const char *from = (const char *)j->c->in[3]->data + d * 2 * j->gates * j->size;
        char *to = j->bias + d * j->gates * j->size;
        memcpy(to, from, j->gates * j->size);
        add(j, to, from + j->gates * j->size, j->gates - (j->keep_rb ? j->s.hidden : 0));
    }
    return LW_OK;
}

static lwi_rnn_side side_of(const job *j, size_t direction) {
    const lwi_node *node = j->c->node;
    lwi_rnn_side side = {
        .dtype = j->c->in[0]->dtype,
        .hidden = j->s.hidden,
        .r = (const char *)j->weights.r + direction * j->gates * j->s.hidden * j->size,
        .functions = j->functions + direction * j->cell->n_functions,
        .clip = lwi_attr_float(node, "clip", 0),
        .linear_before_reset = j->keep_rb,
        .input_forget = lwi_attr_int(node, "input_forget", 0) != 0,
    };
    if (lwi_has(j->c, 3))
        side.rb = (const char *)j->c->in[3]->data + (direction * 2 + 1) * j->gates * j->size;
    if (j->cell->has_cell && lwi_has(j->c, 7))
        side.peephole = (const char *)j->c->in[7]->data + direction * 3 * j->s.hidden * j->size;
    return side;
}

static void load_state(const job *j, size_t input, size_t at, void *state) {
    const size_t bytes = j->s.hidden * j->size;
    if (lwi_has(j->c, input))
        memcpy(state, (const char *)j->c->in[input]->data + at * bytes, bytes);
    else memset(state, 0, bytes);
}

static void save(const job *j, size_t output, size_t at, const void *state) {
    const size_t bytes = j->s.hidden * j->size;
    if (output < j->c->n_out && j->c->out[output])
        memcpy((char *)j->c->out[output]->data + at * bytes, state, bytes);
}

/* One row of the batch through all its times in one direction. */
static void run_row(const job *j, size_t direction, size_t row) {
    const size_t bytes = j->s.hidden * j->size, index = direction * j->s.batch + row;
    char *h = j->states + index * 3 * bytes, *cell = h + bytes, *spare = cell + bytes;
    const lwi_rnn_side side = side_of(j, direction);
    const size_t length = j->lengths ? (size_t)j->lengths[row] : j->s.steps;
    const bool reverse = j->s.reverse || direction == 1;
    const size_t at = lwi_rnn_state_at(&j->s, direction, row);
    load_state(j, 5, at, h);
    if (j->cell->has_cell) load_state(j, 6, at, cell);
    for (size_t i = 0; i < length; i++) {
        const size_t t = reverse ? length - 1 - i : i;
        const size_t x = lwi_rnn_x_at(&j->s, row, t);
        char *gates = j->projected + (direction * j->s.steps * j->s.batch + x) * j->gates * j->size;
        if (j->bias) add(j, gates, j->bias + direction * j->gates * j->size, j->gates);
        (j->size == sizeof(float) ? j->cell->step_f32 : j->cell->step_f64)(&side, gates, h, cell,
                                                                           spare);
        save(j, 0, lwi_rnn_y_at(&j->s, direction, row, t), h);
    }
    if (j->c->n_out > 0 && j->c->out[0])
        for (size_t t = length; t < j->s.steps; t++)
            memset((char *)j->c->out[0]->data + lwi_rnn_y_at(&j->s, direction, row, t) * bytes, 0,
                   bytes);
    save(j, 1, at, h);
    if (j->cell->has_cell) save(j, 2, at, cell);
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin; i < end; i++)
        run_row(j, i / j->s.batch, i % j->s.batch);
}

lw_status lwi_rnn_lengths(const lwi_call *c, const lwi_rnn_shape *s, const int32_t **lengths) {
    *lengths = lwi_has(c, 4) ? c->in[4]->data : NULL;
    for (size_t i = 0; *lengths && i < s->batch; i++)
        if ((*lengths)[i] < 0 || (size_t)(*lengths)[i] > s->steps)
            return lwi_call_fail(c, LW_RANGE, "sequence %zu has length %d of %zu", i,
                                 (int)(*lengths)[i], s->steps);
    return LW_OK;
}

lw_status lwi_rnn_run(lwi_call *c, const lwi_rnn_cell *cell, const lwi_rnn_shape *shape,
                      const lwi_rnn_weights *weights) {
    job j = {.c = c, .cell = cell, .s = *shape, .weights = *weights};
    j.size = lwi_dtype_size(c->in[0]->dtype);
    j.gates = cell->gates * shape->hidden;
    j.keep_rb = lwi_attr_int(c->node, "linear_before_reset", 0) != 0;
    LW_TRY(lwi_rnn_functions(c->node, cell->functions, cell->n_functions,
                             cell->n_functions * shape->directions, j.functions));
    const size_t rows = shape->directions * shape->batch;
    if (rows == 0 || shape->hidden == 0) return LW_OK;
    LW_TRY(lwi_rnn_lengths(c, shape, &j.lengths));
    LW_TRY(project_inputs(&j));
    LW_TRY(add_biases(&j));
    LW_TRY(lwi_scratch(c, rows, 3 * shape->hidden * j.size, &j.states));
    lwi_parallel(c, rows, 1 + 65536 / j.gates / shape->hidden / (shape->steps + 1), run_rows, &j);
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM of float32: W and R are packed once for the model, the inputs of all times are
 * projected by one product, and then each direction and each part of the batch goes through the
 * times by itself. Weights that are 8-bit codes stay
 * so where their zero is the middle, or else are decoded when they are packed. Other activations
 * than the usual ones are left to the reference. */
#include "backend/cpu/cpu_rnn.h"

#include "backend/cpu/cpu_quant.h"
#include "backend/cpu/drop_denormals.h"

#include "base/checked.h"
#include "base/hash.h"

#include <math.h>
#include <string.h>

enum {
    ROWS = 84,     /* of the projection that one task does */
    PANELS = 4,    /* of its columns */
    FEW_ROWS = 24, /* where they are split into codes, and that many columns: */
    FEW_COLUMNS = 64,
    WORTH = 1 << 16, /* multiplications that a thread is worth waking for */
    LARGE = 1 << 18, /* multiplications of a step that threads share */
    DEEP = 1 << 16   /* products of codes whose sum fits 32 bits */
};

typedef struct running {
    const lwi_cpu_rnn *p;
    lwi_call *c;
    const void *w, *r;   /* packed */
    const float *biases; /* of the projection [directions, gates], or NULL */
    float *projected;    /* [directions, rows of X, gates] */
    float *states;       /* [4, directions * batch, hidden]: h twice, c, spare */
    const int32_t *lengths;
    size_t parts;               /* that the batch is cut into */
    size_t chunks;              /* of units, that threads compute in each step */
    lwi_rnn_split split;        /* X in codes */
    lwi_rnn_split states_split; /* h of [directions * batch] rows, likewise */
    int32_t *sums;              /* memory for the products of [directions * batch] rows */
} running;

/* ----------------------------------------------------------------- packing */

static size_t panels(const lwi_cpu_rnn *p, size_t columns) {
    return (columns + p->panel - 1) / p->panel;
}

static lw_status pack_matrix(const lwi_cpu_rnn *p, const float *from, size_t k, size_t first,
                             float *to) {
    lwi_pack_f32_fn *pack = lwi_cpu_kernels()->pack_f32;
    float *const start = to;
    for (size_t d = 0; d < p->s.directions; d++) {
        const size_t cut = first < p->gates ? first : p->gates;
        pack(from, 1, k, k, cut, to, k * p->panel);
        to += panels(p, cut) * p->panel * k;
        pack(from + cut * k, 1, k, k, p->gates - cut, to, k * p->panel);
        to += panels(p, p->gates - cut) * p->panel * k;
        from += p->gates * k;
    }
    lwi_drop_denormals(start, (size_t)(to - start));
    return LW_OK;
}

/* Codes less their middle; they are transposed: the columns of a k lie side by side. */
static lw_status pack_codes(const lwi_cpu_rnn *p, const lw_value *from, size_t k, uint8_t *to) {
    const uint8_t *codes = from->data, flip = from->dtype == LW_UINT8 ? 0x80 : 0;
    memset(to, 0, p->s.directions * panels(p, p->gates) * p->panel * k);
    for (size_t d = 0; d < p->s.directions; d++, codes += p->gates * k)
        for (size_t first = 0; first < p->gates; first += p->panel)
            for (size_t i = 0; i < k; i++, to += p->panel)
                for (size_t c = 0; c < p->panel && first + c < p->gates; c++)
                    to[c] = codes[i * p->gates + first + c] ^ flip;
    return LW_OK;
}

/* The same for products with split floats. */
static lw_status pack_dots(const lwi_cpu_rnn *p, const lw_value *from, size_t k, uint8_t *to) {
    int64_t *offsets = NULL;
    LW_TRY(lwi_scratch(p->coded, lwi_q_whole_steps(k), sizeof *offsets, &offsets));
    const uint8_t *codes = from->data;
    for (size_t d = 0; d < p->s.directions; d++, codes += p->gates * k)
        lwi_rnn_pack_codes(codes, from->dtype == LW_UINT8, k, p->gates, offsets,
                           to + d * lwi_rnn_codes_bytes(k, p->gates));
    return LW_OK;
}

static lw_status pack_w(void *arg, const lw_value *from, void *to) {
    const lwi_cpu_rnn *p = arg;
    const void *w = from->data;
    if (p->dots) return pack_dots(p, from, p->s.input, to);
    if (p->number == 1) return pack_codes(p, from, p->s.input, to);
    if (p->coded) LW_TRY(lwi_decode_lstm_codes(p->coded, 1, &w));
    return pack_matrix(p, w, p->s.input, p->gates, to);
}

static lw_status pack_r(void *arg, const lw_value *from, void *to) {
    const lwi_cpu_rnn *p = arg;
    const void *r = from->data;
    if (p->dots) return pack_dots(p, from, p->s.hidden, to);
    if (p->number == 1) return pack_codes(p, from, p->s.hidden, to);
    if (p->coded) LW_TRY(lwi_decode_lstm_codes(p->coded, 2, &r));
    return pack_matrix(p, r, p->s.hidden, p->first, to);
}

/* Sizes of the packed matrices, which are not much larger than the tensors. */
static lw_status measure(const lwi_call *c, lwi_cpu_rnn *p) {
    if (p->dots) {
        p->w_size = lwi_rnn_codes_bytes(p->s.input, p->gates);
        p->r_size = lwi_rnn_codes_bytes(p->s.hidden, p->gates);
        return LW_OK;
    }
    const size_t columns = (panels(p, p->first) + panels(p, p->gates - p->first)) * p->panel;
    const size_t w_columns = panels(p, p->gates) * p->panel;
    if (!lwi_mul_size(w_columns, p->s.input, &p->w_size) ||
        !lwi_mul_size(columns, p->s.hidden, &p->r_size) ||
        p->w_size > SIZE_MAX / 2 / sizeof(float) / p->s.directions ||
        p->r_size > SIZE_MAX / 2 / sizeof(float) / p->s.directions)
        return lwi_call_fail(c, LW_NO_MEMORY, "the packed weights do not fit memory");
    return LW_OK;
}

/* What packed codes depend on besides themselves: scales and zero points, from input `first` on. */
static uint64_t codes_variant(const lwi_cpu_rnn *p, size_t first, uint64_t variant) {
    for (size_t i = first; p->coded && i < first + 2; i++) {
        const lw_value *v = p->coded->in[i];
        variant = lwi_hash(variant, v->data, v->bytes);
    }
    return variant;
}

/* Whether codes have one scale and the middle of their type as zero, by direction; these are inputs
 * `first` and the one behind. */
static bool has_middle(const lwi_call *c, size_t first) {
    const lw_value *zero = c->in[first + 1];
    const uint8_t middle = zero->dtype == LW_UINT8 ? 128 : 0;
    bool all = zero->rank == 1;
    for (size_t i = 0; all && i < zero->count; i++)
        all = ((const uint8_t *)zero->data)[i] == middle;
    return all;
}

static lw_status plan(lwi_call *c, const lwi_rnn_cell *cell, bool coded, lwi_cpu_rnn *p) {
    LW_TRY(lwi_rnn_shape_of(c, cell, coded, &p->s));
    p->coded = coded ? c : NULL;
    p->cell = cell;
    p->step = cell == &lwi_lstm_cell  ? lwi_cpu_lstm_step
              : cell == &lwi_gru_cell ? lwi_cpu_gru_step
                                      : lwi_cpu_rnn_step;
    p->gates = cell->gates * p->s.hidden;
    p->first = cell == &lwi_gru_cell ? 2 * p->s.hidden : p->gates;
    p->panel = lwi_cpu_kernels()->gemm_f32_columns;
    const bool bytes = coded && has_middle(c, 8) && has_middle(c, 10);
    p->number = bytes ? 1 : sizeof(float);
    p->dots = bytes && lwi_cpu_kernels()->gemm_i8_dots && p->s.input <= DEEP && p->s.hidden <= DEEP;
    if (p->dots) p->panel = lwi_cpu_kernels()->gemm_i8_width;
    p->gemm = bytes ? lwi_cpu_kernels()->gemm_byte : lwi_cpu_kernels()->gemm_f32;
    p->w_scale = bytes ? c->in[8]->data : NULL;
    p->r_scale = bytes ? c->in[10]->data : NULL;
    const float clip = lwi_attr_float(c->node, "clip", 0);
    p->clip = clip > 0 ? clip : INFINITY;
    p->linear_before_reset = lwi_attr_int(c->node, "linear_before_reset", 0) != 0;
    p->input_forget = lwi_attr_int(c->node, "input_forget", 0) != 0;
    p->splits = p->s.hidden % p->panel == 0 && (cell != &lwi_gru_cell || p->linear_before_reset);
    return measure(c, p);
}

static lw_status prepare(lwi_call *c, const lwi_rnn_cell *cell, bool coded) {
    lwi_cpu_rnn *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    LW_TRY(plan(c, cell, coded, p));
    const size_t each = p->s.directions * p->number;
    const uint64_t forms = (p->panel * 8 + p->number) * 2 + p->dots;
    const void *w = NULL, *r = NULL;
    const uint64_t w_variant = codes_variant(p, 8, forms);
    LW_TRY(lwi_packed(c, 1, "rnn w", w_variant, p->w_size * each, pack_w, p, &w));
    const uint64_t r_variant = codes_variant(p, 10, forms * 4 + cell->gates);
    LW_TRY(lwi_packed(c, 2, "rnn r", r_variant, p->r_size * each, pack_r, p, &r));
    p->w = w, p->r = r;
    p->coded = NULL;
    return LW_OK;
}

/* The constants as they were packed, others now. */
static lw_status find_weights(running *a) {
    lwi_cpu_rnn *p = (lwi_cpu_rnn *)a->p;
    a->w = p->w, a->r = p->r;
    if (!a->w) {
        void *w = NULL;
        LW_TRY(lwi_scratch(a->c, p->s.directions * p->w_size, p->number, &w));
        LW_TRY(pack_w(p, a->c->in[1], w));
        a->w = w;
    }
    if (!a->r) {
        void *r = NULL;
        LW_TRY(lwi_scratch(a->c, p->s.directions * p->r_size, p->number, &r));
        LW_TRY(pack_r(p, a->c->in[2], r));
        a->r = r;
    }
    return LW_OK;
}

/* -------------------------------------------------------------- projection */

/* Input 3 is [Wb, Rb] for each direction; the step adds Rb of a GRU's hidden gate itself. */
static lw_status sum_biases(running *a) {
    const lwi_cpu_rnn *p = a->p;
    if (!lwi_has(a->c, 3)) return LW_OK;
    float *to = NULL;
    LW_TRY(lwi_scratch(a->c, p->s.directions * p->gates, sizeof *to, &to));
    a->biases = to;
    const float *from = a->c->in[3]->data;
    const size_t both = p->linear_before_reset ? p->first : p->gates;
    for (size_t d = 0; d < p->s.directions; d++, from += 2 * p->gates, to += p->gates) {
        memcpy(to, from, p->gates * sizeof *to);
        for (size_t i = 0; i < both; i++)
            to[i] += from[p->gates + i];
    }
    return LW_OK;
}

static size_t task_columns(const lwi_cpu_rnn *p) { return PANELS * p->panel; }
static size_t column_tasks(const lwi_cpu_rnn *p) {
    return (p->gates + task_columns(p) - 1) / task_columns(p);
}
static size_t row_tasks(const lwi_cpu_rnn *p) {
    const size_t rows = p->dots ? FEW_ROWS : ROWS;
    return (p->s.steps * p->s.batch + rows - 1) / rows;
}
static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static void project_task(const running *a, size_t task) {
    const lwi_cpu_rnn *p = a->p;
    const size_t column = task % column_tasks(p) * task_columns(p);
    task /= column_tasks(p);
    const size_t rows = p->s.steps * p->s.batch, row = task % row_tasks(p) * ROWS;
    const size_t direction = task / row_tasks(p);
    p->gemm(&(lwi_gemm_f32_job){
        .a = (const float *)a->c->in[0]->data + row * p->s.input,
        .a_row = p->s.input,
        .segments = 1,
        .length = p->s.input,
        .b = lwi_cpu_rnn_packed(p, a->w, direction * p->w_size + column * p->s.input),
        .b_panel = p->s.input * p->panel,
        .y = a->projected + (direction * rows + row) * p->gates + column,
        .y_row = p->gates,
        .rows = smaller(ROWS, rows - row),
        .columns = smaller(task_columns(p), p->gates - column),
        .bias = a->biases ? a->biases + direction * p->gates + column : NULL,
        .low = -INFINITY,
        .high = INFINITY,
        .scale = p->w_scale ? p->w_scale[direction] : 1});
}

/* Rows of X are few for such a task, so that their sums stay in the cache. */
static void project_codes(const running *a, size_t task) {
    const lwi_cpu_rnn *p = a->p;
    const size_t all = p->s.steps * p->s.batch, k = p->s.input, depth = lwi_q_whole_steps(k);
    const size_t direction = task / row_tasks(p), first = task % row_tasks(p) * FEW_ROWS;
    const size_t rows = smaller(FEW_ROWS, all - first);
    int32_t sums[FEW_ROWS * LWI_SPLIT_PLANES * FEW_COLUMNS];
    for (size_t c = 0; c < p->gates; c += FEW_COLUMNS)
        lwi_rnn_multiply(&(lwi_rnn_product){
            .x = {a->split.codes + first * LWI_SPLIT_PLANES * depth, a->split.scales + first},
            .k = k,
            .rows = rows,
            .b = lwi_cpu_rnn_packed(p, a->w, direction * p->w_size),
            .all = p->gates,
            .first = c,
            .columns = smaller(FEW_COLUMNS, p->gates - c),
            .factor = p->w_scale[direction],
            .bias = a->biases ? a->biases + direction * p->gates + c : NULL,
            .y = a->projected + (direction * all + first) * p->gates + c,
            .y_row = p->gates,
            .sums = sums});
}

static void project_code_tasks(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        project_codes(arg, i);
}

static void split_inputs(void *arg, size_t begin, size_t end) {
    const running *a = arg;
    const size_t k = a->p->s.input, step = LWI_SPLIT_PLANES * lwi_q_whole_steps(k);
    lwi_rnn_split_rows((const float *)a->c->in[0]->data + begin * k, k, end - begin,
                       &(lwi_rnn_split){a->split.codes + begin * step, a->split.scales + begin});
}

static lw_status allocate_split(lwi_call *c, size_t rows, size_t k, lwi_rnn_split *split) {
    const size_t row = LWI_SPLIT_PLANES * lwi_q_whole_steps(k);
    LW_TRY(lwi_scratch(c, rows, row, &split->codes));
    return lwi_scratch(c, rows, sizeof *split->scales, &split->scales);
}

static lw_status project_split(running *a) {
    const lwi_cpu_rnn *p = a->p;
    const size_t rows = p->s.steps * p->s.batch, k = p->s.input;
    LW_TRY(allocate_split(a->c, rows, k, &a->split));
    lwi_parallel(a->c, rows, WORTH / k + 1, split_inputs, a);
    lwi_parallel(a->c, p->s.directions * row_tasks(p), 1 + WORTH / (FEW_ROWS * p->gates * k),
                 project_code_tasks, a);
    return LW_OK;
}

static void project_tasks(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        project_task(arg, i);
}

static lw_status project_inputs(running *a) {
    const lwi_cpu_rnn *p = a->p;
    size_t count = 0;
    if (!lwi_mul_size(p->s.steps * p->s.batch, p->gates * p->s.directions, &count))
        return lwi_call_fail(a->c, LW_NO_MEMORY, "the gates of %zu steps do not fit memory",
                             p->s.steps);
    LW_TRY(sum_biases(a));
    LW_TRY(lwi_scratch(a->c, count, sizeof *a->projected, &a->projected));
    if (p->dots) return project_split(a);
    const size_t rows = smaller(ROWS, p->s.steps * p->s.batch);
    const size_t work = rows * smaller(task_columns(p), p->gates) * (p->s.input + 1) + 1;
    lwi_parallel(a->c, p->s.directions * row_tasks(p) * column_tasks(p), WORTH / work + 1,
                 project_tasks, a);
    return LW_OK;
}

/* -------------------------------------------------------------- recurrence */

static void load_states(const running *a, size_t input, size_t direction, size_t row, size_t rows,
                        float *to) {
    const lwi_rnn_shape *s = &a->p->s;
    for (size_t i = 0; i < rows; i++, to += s->hidden) {
        const size_t at = lwi_rnn_state_at(s, direction, row + i) * s->hidden;
        if (lwi_has(a->c, input))
            memcpy(to, (const float *)a->c->in[input]->data + at, s->hidden * sizeof *to);
        else memset(to, 0, s->hidden * sizeof *to);
    }
}

static void save_states(const running *a, size_t output, size_t direction, size_t row, size_t rows,
                        const float *from) {
    const lwi_rnn_shape *s = &a->p->s;
    if (output >= a->c->n_out || !a->c->out[output]) return;
    float *to = a->c->out[output]->data;
    for (size_t i = 0; i < rows; i++, from += s->hidden)
        memcpy(to + lwi_rnn_state_at(s, direction, row + i) * s->hidden, from,
               s->hidden * sizeof *to);
}

/* Y of one time; from NULL: zeros, after the end of a sequence. */
static void save_y(const running *a, size_t direction, size_t row, size_t rows, size_t t,
                   const float *from) {
    const lwi_rnn_shape *s = &a->p->s;
    const size_t bytes = s->hidden * sizeof *from;
    if (a->c->n_out == 0 || !a->c->out[0]) return;
    for (size_t i = 0; i < rows; i++) {
        float *to =
            (float *)a->c->out[0]->data + lwi_rnn_y_at(s, direction, row + i, t) * s->hidden;
        if (from) memcpy(to, from + i * s->hidden, bytes);
        else memset(to, 0, bytes);
    }
}

static size_t sums_of_row(const lwi_cpu_rnn *p) {
    return LWI_SPLIT_PLANES * panels(p, p->gates) * p->panel;
}

static lwi_cpu_rows rows_of(const running *a, size_t direction, size_t row, size_t rows) {
    const lwi_cpu_rnn *p = a->p;
    const size_t all = p->s.directions * p->s.batch * p->s.hidden;
    float *h = a->states + (direction * p->s.batch + row) * p->s.hidden;
    lwi_cpu_rows y = {.r = lwi_cpu_rnn_packed(p, a->r, direction * p->r_size),
                      .scale = p->r_scale ? p->r_scale[direction] : 1,
                      .gates_row = p->gates * (p->s.batch_first ? p->s.steps : 1),
                      .h = h,
                      .next = h + all,
                      .c = h + 2 * all,
                      .spare = h + 3 * all,
                      .rows = rows,
                      .units = p->s.hidden};
    if (p->dots) {
        const size_t at = direction * p->s.batch + row;
        const size_t step = LWI_SPLIT_PLANES * lwi_q_whole_steps(p->s.hidden);
        y.split = (lwi_rnn_split){a->states_split.codes + at * step, a->states_split.scales + at};
        y.sums = a->sums + at * sums_of_row(p);
    }
    if (lwi_has(a->c, 3)) y.rb = (const float *)a->c->in[3]->data + (direction * 2 + 1) * p->gates;
    if (p->cell->has_cell && lwi_has(a->c, 7))
        y.peephole = (const float *)a->c->in[7]->data + direction * 3 * p->s.hidden;
    return y;
}

/* A step by units apart: none of them changes what the others read. */
typedef struct shared_step {
    const running *a;
    const lwi_cpu_rows *rows;
} shared_step;

static void run_chunks(void *arg, size_t begin, size_t end) {
    const shared_step *s = arg;
    const lwi_cpu_rnn *p = s->a->p;
    const size_t n = p->s.hidden / p->panel, chunks = s->a->chunks;
    for (size_t i = begin; i < end; i++) {
        lwi_cpu_rows rows = *s->rows;
        rows.unit = i * n / chunks * p->panel;
        rows.units = (i + 1) * n / chunks * p->panel - rows.unit;
        p->step(p, &rows);
    }
}

static void run_step(const running *a, lwi_cpu_rows *rows) {
    shared_step s = {a, rows};
    if (a->p->dots) lwi_rnn_split_rows(rows->h, a->p->s.hidden, rows->rows, &rows->split);
    if (a->chunks > 1) lwi_parallel(a->c, a->chunks, 1, run_chunks, &s);
    else a->p->step(a->p, rows);
    float *h = (float *)rows->h;
    rows->h = rows->next;
    rows->next = h;
    rows->back = !rows->back;
}

/* Rows of the same length through all their times. */
static void run_rows(const running *a, size_t direction, size_t row, size_t rows, size_t length) {
    const lwi_cpu_rnn *p = a->p;
    const bool reverse = p->s.reverse || direction == 1;
    lwi_cpu_rows x = rows_of(a, direction, row, rows);
    load_states(a, 5, direction, row, rows, (float *)x.h);
    if (p->cell->has_cell) load_states(a, 6, direction, row, rows, x.c);
    for (size_t i = 0; i < length; i++) {
        const size_t t = reverse ? length - 1 - i : i;
        const size_t at = direction * p->s.steps * p->s.batch + lwi_rnn_x_at(&p->s, row, t);
        x.gates = a->projected + at * p->gates;
        run_step(a, &x);
        save_y(a, direction, row, rows, t, x.h);
    }
    for (size_t t = length; t < p->s.steps; t++)
        save_y(a, direction, row, rows, t, NULL);
    save_states(a, 1, direction, row, rows, x.h);
    if (p->cell->has_cell) save_states(a, 2, direction, row, rows, x.c);
}

static void run_parts(void *arg, size_t begin, size_t end) {
    const running *a = arg;
    const size_t batch = a->p->s.batch;
    for (size_t i = begin; i < end; i++) {
        const size_t direction = i / a->parts, part = i % a->parts;
        const size_t first = part * batch / a->parts, last = (part + 1) * batch / a->parts;
        if (!a->lengths) run_rows(a, direction, first, last - first, a->p->s.steps);
        for (size_t row = first; a->lengths && row < last; row++)
            run_rows(a, direction, row, 1, (size_t)a->lengths[row]);
    }
}

static lw_status run(lwi_call *c) {
    running a = {.p = c->prepared, .c = c};
    const lwi_rnn_shape *s = &a.p->s;
    const size_t rows = s->directions * s->batch;
    if (rows == 0 || s->hidden == 0) return LW_OK;
    LW_TRY(lwi_rnn_lengths(c, s, &a.lengths));
    LW_TRY(find_weights(&a));
    LW_TRY(project_inputs(&a));
    LW_TRY(lwi_scratch(c, rows * s->hidden, 4 * sizeof *a.states, &a.states));
    if (a.p->dots) {
        LW_TRY(allocate_split(c, rows, s->hidden, &a.states_split));
        LW_TRY(lwi_scratch(c, rows, sums_of_row(a.p) * sizeof *a.sums, &a.sums));
    }
    const size_t threads = c->host->threads ? (size_t)c->host->threads(c->state) : 1;
    a.parts = smaller(s->batch, (threads + s->directions - 1) / s->directions);
    /* Sharing each step means to wait in each, but R is read once. */
    if (a.p->splits && s->directions == 1 && threads > 1 && a.p->gates * s->hidden >= LARGE) {
        a.parts = 1;
        a.chunks = smaller(threads, s->hidden / a.p->panel);
    }
    const size_t work = (s->batch + a.parts - 1) / a.parts * s->steps * a.p->gates * s->hidden + 1;
    if (a.chunks > 1) run_parts(&a, 0, 1);
    else lwi_parallel(c, s->directions * a.parts, WORTH / work + 1, run_parts, &a);
    return LW_OK;
}

/* --------------------------------------------------------------- the claim */

#define CELL(ident, CELL_OF)                                                                       \
    static lw_status prepare_##ident(lwi_call *c) { return prepare(c, CELL_OF, false); }           \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {prepare_##ident, run};                                   \
        return claim(c, CELL_OF) ? &kernel : NULL;                                                 \
    }

static bool claim(const lwi_call *c, const lwi_rnn_cell *cell) {
    const lw_dtype dtype = c->in[0]->dtype;
    const size_t directions = (size_t)c->in[1]->dims[0];
    return (dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype)) && c->in[0]->dims[2] > 0 &&
           lwi_rnn_usual_functions(c->node, cell->functions, cell->n_functions,
                                   cell->n_functions * directions);
}

CELL(rnn, &lwi_rnn_cell_plain)
CELL(gru, &lwi_gru_cell)
CELL(lstm, &lwi_lstm_cell)

/* Weights that are given at run time are left to the reference. */
static lw_status prepare_codes(lwi_call *c) { return prepare(c, &lwi_lstm_cell, true); }

const lwi_kernel *lwi_cpu_dynamic_quantize_lstm_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_dynamic_quantize_lstm_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_codes, run};
    static const size_t constants[] = {1, 2, 8, 9, 10, 11};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (!lwi_is_constant(c, constants[i])) return NULL;
    return claim(c, &lwi_lstm_cell) ? &kernel : NULL;
}

/* SPDX-License-Identifier: MIT */
#include "backend/cpu/cpu_epilogue.h"

#include "ops/epilogue.h"

#include <math.h>
#include <string.h>

/* Dimension d + 1 continues dimension d of the rows in all operands. */
static bool mergeable(const lwi_epilogue *e, size_t strides[][LW_MAX_RANK], int d) {
    for (size_t k = 1; k < e->program.n_inputs; k++)
        if (strides[k][d] != e->strides[k][0] * e->dims[0]) return false;
    return true;
}

static void shift(lwi_epilogue *e) {
    memmove(e->dims + 1, e->dims, (size_t)e->rank * sizeof *e->dims);
    for (size_t k = 1; k < e->program.n_inputs; k++)
        memmove(e->strides[k] + 1, e->strides[k], (size_t)e->rank * sizeof *e->strides[k]);
}

static void merge(lwi_epilogue *e, const lw_value *y, size_t strides[][LW_MAX_RANK]) {
    e->rank = 0;
    for (int d = y->rank - 2; d >= 0; d--) {
        const size_t dim = (size_t)y->dims[d];
        if (dim == 1) continue;
        if (e->rank && mergeable(e, strides, d)) {
            e->dims[0] *= dim;
            continue;
        }
        shift(e);
        e->dims[0] = dim;
        for (size_t k = 1; k < e->program.n_inputs; k++)
            e->strides[k][0] = strides[k][d];
        e->rank++;
    }
    if (e->rank == 0) {
        e->rank = 1;
        e->dims[0] = 1;
        for (size_t k = 1; k < e->program.n_inputs; k++)
            e->strides[k][0] = 0;
    }
}

/* The constant that an operand of a step is, or `otherwise`. */
static float constant_of(const lwi_program *p, const lwi_program_step *s, size_t k,
                         float otherwise) {
    return s->operands[k] < 0 ? p->constants[-1 - s->operands[k]] : otherwise;
}

/* The step clamps the result of the first one to numbers. */
static bool is_clamp(const lwi_program *p, const lwi_program_step *s, float *low, float *high) {
    if (s->operands[0] != (int)p->n_inputs) return false;
    *low = -INFINITY;
    *high = INFINITY;
    switch (s->code) {
    case LWI_POINTWISE_relu:
        *low = 0;
        return true;
    case LWI_POINTWISE_at_least:
        *low = constant_of(p, s, 1, NAN);
        break;
    case LWI_POINTWISE_at_most:
        *high = constant_of(p, s, 1, NAN);
        break;
    case LWI_POINTWISE_clip:
        *low = constant_of(p, s, 1, NAN);
        *high = constant_of(p, s, 2, NAN);
        break;
    default:
        return false;
    }
    return *low <= *high;
}

/* The product itself clamps nothing, for that would come before the sum. */
static void find_sum(const lwi_call *c, const lwi_program *p, lwi_epilogue *e) {
    const lwi_program_step *s = p->steps;
    const bool plain = lwi_attr_float(c->node, "low", -INFINITY) == -INFINITY &&
                       lwi_attr_float(c->node, "high", INFINITY) == INFINITY;
    if (!plain || p->n_inputs != 2 || p->n_steps > 2 || e->rank != 1 || e->repeats) return;
    if (s->code != LWI_POINTWISE_add || s->operands[0] + s->operands[1] != 1) return;
    e->low = -INFINITY;
    e->high = INFINITY;
    e->sum = p->n_steps == 1 || is_clamp(p, &s[1], &e->low, &e->high);
}

lw_status lwi_epilogue_prepare(const lwi_call *c, size_t own_inputs, lwi_epilogue *e) {
    lwi_program program;
    size_t strides[LWI_PROGRAM_INPUTS][LW_MAX_RANK];
    const lw_value *y = c->out[0];
    *e = (lwi_epilogue){.own_inputs = own_inputs};
    LW_TRY(lwi_epilogue_read(c->node, own_inputs, &program));
    if (program.n_steps == 0 || y->count == 0) return LW_OK;
    e->active = true;
    for (size_t k = 1; k < program.n_inputs; k++) {
        const lw_value *operand = c->in[own_inputs + k - 1];
        if (y->rank == 0) { /* one row of one column */
            e->repeats |= 1u << k;
            continue;
        }
        lwi_broadcast_strides(operand, y->rank, strides[k]);
        const bool repeats = strides[k][y->rank - 1] == 0 && y->dims[y->rank - 1] != 1;
        e->repeats |= (uint32_t)repeats << k;
    }
    lwi_block_compile(&program, e->repeats, 0, &e->program);
    merge(e, y, strides);
    find_sum(c, &program, e);
    return LW_OK;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Rows that are one after the other in all operands, whose first elements are at lanes. */
static void apply_rows(const lwi_epilogue *e, lwi_lane *lanes, size_t rows, size_t columns,
                       float *work) {
    const lwi_block_program *p = &e->program;
    const size_t step_rows = columns < p->capacity ? p->capacity / columns : 1;
    for (size_t r = 0; r < rows; r += step_rows) {
        const size_t n = smaller(step_rows, rows - r);
        for (size_t i = 0; i < columns; i += p->capacity) {
            lwi_lane at[LWI_PROGRAM_INPUTS];
            for (size_t k = 0; k < p->n_inputs; k++) {
                const size_t column = e->repeats >> k & 1 ? 0 : i;
                at[k] = (lwi_lane){lanes[k].data + r * lanes[k].row + column, lanes[k].row};
            }
            lwi_block_run(p, at, (float *)at[0].data, at[0].row, n,
                          smaller(p->capacity, columns - i), work);
        }
    }
}

void lwi_epilogue_apply(const lwi_epilogue *e, const lwi_call *c, float *y, size_t y_row,
                        size_t row, size_t column, size_t rows, size_t columns) {
    if (!e->active || columns == 0) return;
    _Alignas(64) float work[LWI_BLOCK_WORK];
    const int last = e->rank - 1;
    for (size_t end = row + rows; row < end;) {
        lwi_lane lanes[LWI_PROGRAM_INPUTS] = {{y, y_row}};
        size_t rest = row / e->dims[last];
        const size_t inner = row % e->dims[last], n = smaller(end - row, e->dims[last] - inner);
        for (size_t k = 1; k < e->program.n_inputs; k++) {
            const float *data = c->in[e->own_inputs + k - 1]->data;
            data += inner * e->strides[k][last] + (e->repeats >> k & 1 ? 0 : column);
            lanes[k] = (lwi_lane){data, e->strides[k][last]};
        }
        for (int d = last - 1; d >= 0; rest /= e->dims[d--])
            for (size_t k = 1; k < e->program.n_inputs; k++)
                lanes[k].data += rest % e->dims[d] * e->strides[k][d];
        apply_rows(e, lanes, n, columns, work);
        row += n;
        y += n * y_row;
    }
}

bool lwi_epilogue_join(const lwi_epilogue *e, const lwi_call *c, size_t row, size_t column,
                       lwi_gemm_f32_job *j) {
    if (!e->sum) return false;
    const float *operand = c->in[e->own_inputs]->data;
    j->plus_row = e->strides[1][0];
    j->plus = operand + row * j->plus_row + column;
    j->low = e->low;
    j->high = e->high;
    return true;
}

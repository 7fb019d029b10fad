/* SPDX-License-Identifier: MIT
 * Runs a plan of gemm_plan.h. */
#include <math.h>
#include <string.h>

#include "backend/cpu/gemm_plan.h"
#include "ops/work_slots.h"

enum { FINISH = 1 << 12 }; /* floats that are finished together, soon after they were made */

typedef struct run {
    const lwi_gemm_plan *plan;
    const lwi_call *call;
    const lwi_kernels *kernels;
    const float *a, *b, *bias;
    float *y;
    lwi_work_slots slots;
} run;

/* A part of one product. */
typedef struct part {
    size_t product, row, rows, column, columns;
    const float *a, *b; /* of the product */
    float *y;
    float *copied, *packed; /* memory for blocks of A and B */
} part;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* ------------------------------------------------------------------ blocks */

/* Rows of A from `row` on, elements [k, k + depth). */
static void set_a(const run *r, const part *t, size_t row, size_t rows, size_t k, size_t depth,
                  lwi_gemm_f32_job *j) {
    const lwi_matmul_side *a = &r->plan->x.a;
    const float *from = t->a + row * a->row + k * a->column;
    j->a = from;
    j->a_row = a->row;
    if (!r->plan->copied) return;
    float *to = t->copied;
    j->a = to;
    j->a_row = r->plan->copy_row;
    if (r->plan->halves) {
        j->a_exponents = to + depth; /* behind each row */
        j->a_exponent = j->a_row;
        for (size_t i = 0; i < rows; i++, to += j->a_row, from += a->row) {
            to[depth] = r->kernels->exponent_f16(from, depth);
            r->kernels->double_f16(from, depth, to[depth], to);
        }
        return;
    }
    if (r->plan->pairs) {
        for (size_t i = 0; i < rows; i++, to += j->a_row, from += a->row) {
            if (depth % 2) to[depth / 2] = 0;
            r->kernels->narrow_bf16(from, (uint16_t *)to, depth);
        }
        return;
    }
    if (a->row == 1 && a->column != 1) {
        r->kernels->transpose_f32(from, a->column, to, j->a_row, depth, rows);
        return;
    }
    for (size_t i = 0; i < rows; i++, to += j->a_row, from += a->row)
        if (a->column == 1) memcpy(to, from, depth * sizeof *to);
        else
            for (size_t s = 0; s < depth; s++)
                to[s] = from[s * a->column];
}

/* Columns of B from `column` on, rows [k, k + depth). */
static void set_b(const run *r, const part *t, size_t column, size_t columns, size_t k,
                  size_t depth, lwi_gemm_f32_job *j) {
    const lwi_gemm_plan *p = r->plan;
    const lwi_matmul_side *b = &p->x.b;
    const size_t width = p->width;
    j->b_panel = width * lwi_gemm_column(p, depth);
    j->b_row = width;
    switch (p->form) {
    case LWI_GEMM_PANELS:
        j->b = t->b + lwi_gemm_before(p, k) * p->padded + column * lwi_gemm_column(p, depth);
        if (p->halves) j->b_exponents = j->b + lwi_f16_rows(depth);
        break;
    case LWI_GEMM_PLACE:
        j->b = t->b + k * b->row + column;
        j->b_panel = width;
        j->b_row = b->row;
        break;
    case LWI_GEMM_DOT:
        j->b = t->b + column * b->column;
        j->b_panel = b->column;
        break;
    case LWI_GEMM_PACK:
        j->b = t->packed;
        if (p->fill) {
            const size_t whole = depth + (size_t)-depth % 16;
            j->b_panel = width * whole;
            p->fill(p->arg, k, whole, column, columns, t->packed, j->b_panel);
            break;
        }
        r->kernels->pack_f32(t->b + k * b->row + column * b->column, b->row, b->column, depth,
                             columns, t->packed, j->b_panel);
    }
}

static lwi_gemm_f32_fn *kernel_of(const run *r) {
    return r->plan->form == LWI_GEMM_DOT ? r->kernels->dot_f32
           : r->plan->pairs              ? r->kernels->gemm_bf16
           : r->plan->halves             ? r->kernels->gemm_f16
                                         : r->kernels->gemm_f32;
}

/* Dot products know nothing of what is added (kern/dot_f32.h). */
static bool join(const run *r, size_t row, size_t column, lwi_gemm_f32_job *j) {
    const lwi_gemm_plan *p = r->plan;
    return p->join && p->form != LWI_GEMM_DOT && p->join(p->arg, r->call, row, column, j);
}

/* The job of a block is set up but for its columns; the last one of the sum also finishes it. */
static void multiply(const run *r, const part *t, lwi_gemm_f32_job *j, size_t row, size_t column,
                     bool last) {
    const lwi_gemm_plan *p = r->plan;
    const size_t width = p->width, columns = j->columns;
    j->bias = last && r->bias ? r->bias + column : NULL;
    j->low = last ? p->low : -INFINITY;
    j->high = last ? p->high : INFINITY;
    lwi_gemm_f32_fn *const kernel = kernel_of(r);
    if (!last || !p->finish || join(r, t->product * p->x.m + row, column, j)) {
        kernel(j);
        return;
    }
    const size_t few = FINISH / j->rows / width * width, least = p->halves ? 2 * width : width;
    const size_t step = few > least ? few : least;
    const float *const then = j->then;
    for (size_t i = 0; i < columns; i += step) {
        j->columns = smaller(step, columns - i);
        j->then = i + step < columns ? j->b + step / width * j->b_panel : then;
        kernel(j);
        p->finish(p->arg, r->call, j->y, j->y_row, t->product * p->x.m + row, column + i, j->rows,
                  j->columns);
        j->y += j->columns;
        j->b += step / width * j->b_panel;
        if (j->b_exponents) j->b_exponents += step / width * j->b_panel;
        if (j->bias) j->bias += step;
    }
}

static void multiply_rows(const run *r, const part *t, size_t row, size_t rows, size_t column,
                          size_t k, size_t depth, lwi_gemm_f32_job *j) {
    const lwi_gemm_plan *p = r->plan;
    const lwi_gemm_f32_job block = *j;
    set_a(r, t, row, rows, k, depth, j);
    j->y += row * j->y_row;
    j->rows = rows;
    multiply(r, t, j, row, column, k + p->depth >= p->x.k);
    *j = block;
}

/* Where the next depth of the same columns stands, which may be the first one again; NULL after the
 * last. */
static const float *panels_after(const lwi_gemm_plan *p, const part *t, size_t depth, size_t column,
                                 bool again) {
    if (depth + 1 == p->depths && !again) return NULL;
    const size_t k = depth + 1 == p->depths ? 0 : (depth + 1) * p->depth;
    const size_t steps = lwi_gemm_column(p, smaller(p->depth, p->x.k - k));
    return t->b + lwi_gemm_before(p, k) * p->padded + column * steps;
}

/* Columns that are done for all rows of the part before the next ones. A packed block of B serves
 * all rows; otherwise a block of A stays while the whole sum is made. */
static void multiply_columns(const run *r, const part *t, size_t column, size_t columns) {
    const lwi_gemm_plan *p = r->plan;
    lwi_gemm_f32_job j = {
        .segments = 1, .y = t->y + column, .y_row = p->x.n, .columns = columns, .scale = p->scale};
    const size_t end = t->row + t->rows;
    const size_t rows = p->form == LWI_GEMM_PACK ? t->rows : p->block;
    for (size_t first = t->row; first < end; first += rows)
        for (size_t i = 0; i < p->depths; i++) {
            const size_t k = i * p->depth, stop = smaller(end, first + rows);
            const size_t depth = smaller(p->depth, p->x.k - k);
            j.length = lwi_gemm_steps(p, depth);
            j.add = i > 0;
            set_b(r, t, column, columns, k, depth, &j);
            if (p->form == LWI_GEMM_PANELS) j.then = panels_after(p, t, i, column, stop < end);
            for (size_t row = first; row < stop; row += p->block)
                multiply_rows(r, t, row, smaller(p->block, stop - row), column, k, depth, &j);
        }
}

/* ------------------------------------------------------------------- tasks */

static const float *matrix_b(const run *r, size_t product) {
    const lwi_gemm_plan *p = r->plan;
    const size_t offset = lwi_matmul_offset(&p->x, &p->x.b, product);
    if (p->form != LWI_GEMM_PANELS) return r->b + offset;
    return p->panels + (offset ? offset / (p->x.k * p->x.n) * p->matrix : 0);
}

static void run_task(const run *r, size_t task, float *work) {
    const lwi_gemm_plan *p = r->plan;
    part t = {.product = task / (p->row_tasks * p->column_tasks),
              .row = task % p->row_tasks * p->row_step,
              .column = task / p->row_tasks % p->column_tasks * p->column_step};
    t.rows = smaller(p->row_step, p->x.m - t.row);
    t.columns = smaller(p->column_step, p->x.n - t.column);
    t.a = r->a + lwi_matmul_offset(&p->x, &p->x.a, t.product);
    t.b = matrix_b(r, t.product);
    t.y = r->y + t.product * p->x.m * p->x.n;
    t.copied = work;
    t.packed = work + (p->copied ? p->block * p->copy_row : 0);
    for (size_t i = 0; i < t.columns; i += p->columns)
        multiply_columns(r, &t, t.column + i, smaller(p->columns, t.columns - i));
}

static void run_tasks(void *arg, size_t begin, size_t end) {
    run *r = arg;
    unsigned slot = 0;
    float *work = lwi_work_slots_take(&r->slots, &slot);
    for (size_t i = begin; i < end; i++)
        run_task(r, i, work);
    lwi_work_slots_give(&r->slots, slot);
}

static void run_single(const run *r) {
    const lwi_gemm_plan *p = r->plan;
    const part t = {.rows = p->x.m, .columns = p->x.n, .a = r->a, .b = matrix_b(r, 0), .y = r->y};
    lwi_gemm_f32_job j = {.a = r->a,
                          .a_row = p->x.a.row,
                          .segments = 1,
                          .length = p->x.k,
                          .y = r->y,
                          .y_row = p->x.n,
                          .rows = p->x.m,
                          .columns = p->x.n,
                          .bias = r->bias,
                          .low = p->low,
                          .high = p->high,
                          .scale = p->scale};
    set_b(r, &t, 0, p->x.n, 0, p->x.k, &j);
    const bool joined = join(r, 0, 0, &j);
    kernel_of(r)(&j);
    if (p->finish && !joined) p->finish(p->arg, r->call, r->y, p->x.n, 0, 0, p->x.m, p->x.n);
}

lw_status lwi_gemm_plan_run(const lwi_gemm_plan *p, lwi_call *c, const float *bias) {
    if (c->out[0]->count == 0) return LW_OK;
    run r = {.plan = p,
             .call = c,
             .kernels = lwi_cpu_kernels(),
             .a = c->in[p->input_a]->data,
             .b = c->in[p->input_b]->data,
             .y = c->out[0]->data,
             .bias = bias};
    if (p->deep) return lwi_gemm_deep_run(p, c, bias);
    if (p->single) {
        run_single(&r);
        return LW_OK;
    }
    LW_TRY(lwi_work_slots_make(c, p->work, &r.slots));
    lwi_parallel(c, p->x.batch * p->row_tasks * p->column_tasks, 1, run_tasks, &r);
    return LW_OK;
}

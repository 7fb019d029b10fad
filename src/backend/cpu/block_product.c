/* SPDX-License-Identifier: MIT */
#include "backend/cpu/block_product.h"

#include <math.h>

enum { ROWS = LWI_BLOCK_ROWS, PART = LWI_BLOCK_PART, DENSE = 64 /* rows of x */ };

static lw_status pack(void *arg, const lw_value *from, void *to) {
    lwi_block_pack_all(arg, from->data, to);
    return LW_OK;
}

lw_status lwi_block_weights_prepare(lwi_call *c, size_t input, lwi_block_weights *w) {
    const void *packed = NULL;
    LW_TRY(lwi_block_rows_read(c, input, &w->rows));
    lwi_block_pack *k = &w->pack;
    *k = (lwi_block_pack){.type = w->rows.type,
                          .rows = w->rows.n,
                          .k = w->rows.k,
                          .row_bytes = w->rows.bytes,
                          .matrices = w->rows.experts};
    if (!lwi_block_form(w->rows.type->id, &k->form)) return LW_OK;
    LW_TRY(lwi_packed_anywhere(c, input, "blocks", k->form | (uint64_t)k->k << 8,
                               k->matrices * lwi_block_packed_bytes(k), pack, k, &packed));
    w->packed = packed;
    return LW_OK;
}

size_t lwi_block_panels(const lwi_block_weights *w) { return (w->rows.n + ROWS - 1) / ROWS; }

static void round_rows(void *arg, size_t begin, size_t end) {
    const lwi_block_product *p = arg;
    const size_t k = p->weights->rows.k, parts = k / PART;
    for (size_t i = begin; i < end; i++)
        p->kernels->block_round(p->x + i * k, parts, p->a + i * k, p->sums + i * parts);
}

lw_status lwi_block_product_begin(lwi_call *c, const lwi_block_weights *w, size_t input,
                                  const float *x, size_t m, lwi_block_product *p) {
    const size_t k = w->rows.k;
    *p = (lwi_block_product){
        .kernels = lwi_cpu_kernels(), .weights = w, .file = c->in[input]->data, .m = m, .x = x};
    p->dense = !w->packed && m >= DENSE && lwi_attr_int(c->node, "any_order", 0);
    const size_t widened = p->dense ? 2 * p->kernels->gemm_f32_columns : ROWS;
    if (!w->packed) return lwi_work_slots_make(c, widened * k * sizeof(float), &p->slots);
    LW_TRY(lwi_scratch(c, m * k, sizeof *p->a, &p->a));
    LW_TRY(lwi_scratch(c, m * (k / PART), sizeof *p->sums, &p->sums));
    lwi_parallel(c, m, 1 + LWI_BLOCK_PORTION / k, round_rows, p);
    return LW_OK;
}

static void multiply_integers(const lwi_block_product *p, const lwi_block_part *at) {
    const lwi_block_weights *w = p->weights;
    const size_t parts = w->rows.k / PART, last = at->last * ROWS;
    const size_t panel = lwi_block_panel_bytes(lwi_block_layouts + w->pack.form, parts);
    const lwi_block_dot_job job = {
        .panels = w->packed + at->matrix * lwi_block_packed_bytes(&w->pack) + at->first * panel,
        .panel = panel,
        .parts = parts,
        .rows = at->n,
        .columns = (last < w->rows.n ? last : w->rows.n) - at->first * ROWS,
        .a = p->a + at->row * w->rows.k,
        .sums = p->sums + at->row * parts,
        .y = at->y,
        .y_row = w->rows.n,
        .bias = at->bias ? at->bias + at->first * ROWS : NULL,
    };
    p->kernels->block_dot(w->pack.form, &job);
}

/* Rows of weights as float32; where they lie, if they are that already. */
static const float *widen(const lwi_block_product *p, const uint8_t *from, size_t n, float *to) {
    const lwi_block_rows *rows = &p->weights->rows;
    if (rows->type->id == LWI_BLOCK_F32 && (uintptr_t)from % sizeof(float) == 0)
        return (const float *)(const void *)from;
    if (rows->type->id == LWI_BLOCK_F16) p->kernels->widen_f16(from, n * rows->k, to);
    else if (rows->type->id == LWI_BLOCK_BF16) p->kernels->widen_bf16(from, n * rows->k, to);
    else lwi_blocks_decode(rows->type, from, n * rows->k, to);
    return to;
}

/* Rows of x times columns [row, row + columns) of the weights, which lie in b. */
static lwi_gemm_f32_job product_job(const lwi_block_product *p, const lwi_block_part *at,
                                    size_t row, size_t columns, const float *b, size_t b_panel) {
    const lwi_block_rows *rows = &p->weights->rows;
    return (lwi_gemm_f32_job){.a = p->x + at->row * rows->k,
                              .a_row = rows->k,
                              .segments = 1,
                              .length = rows->k,
                              .b = b,
                              .b_panel = b_panel,
                              .y = at->y + row - at->first * ROWS,
                              .y_row = rows->n,
                              .rows = at->n,
                              .columns = columns,
                              .bias = at->bias ? at->bias + row : NULL,
                              .low = -INFINITY,
                              .high = INFINITY};
}

static void multiply_floats(lwi_block_product *p, const lwi_block_part *at) {
    const lwi_block_rows *rows = &p->weights->rows;
    unsigned slot = 0;
    float *room = lwi_work_slots_take(&p->slots, &slot);
    /* A few rows of weights for a single one of x, so that they are read from the nearest cache. */
    const size_t end = at->last * ROWS < rows->n ? at->last * ROWS : rows->n;
    const size_t most = at->n == 1 ? ROWS / 2 : ROWS;
    for (size_t row = at->first * ROWS; row < end; row += most) {
        const size_t columns = end - row < most ? end - row : most;
        const uint8_t *from = p->file + (at->matrix * rows->n + row) * rows->bytes;
        const lwi_gemm_f32_job job =
            product_job(p, at, row, columns, widen(p, from, columns, room), rows->k);
        p->kernels->dot_f32(&job);
    }
    lwi_work_slots_give(&p->slots, slot);
}

/* Rows of weights become a panel, which all rows of x are multiplied with. */
static void multiply_dense(lwi_block_product *p, const lwi_block_part *at) {
    const lwi_block_rows *rows = &p->weights->rows;
    const size_t width = p->kernels->gemm_f32_columns, k = rows->k;
    const size_t end = at->last * ROWS < rows->n ? at->last * ROWS : rows->n;
    unsigned slot = 0;
    float *panel = lwi_work_slots_take(&p->slots, &slot), *room = panel + width * k;
    for (size_t row = at->first * ROWS; row < end; row += width) {
        const size_t columns = end - row < width ? end - row : width;
        const uint8_t *from = p->file + (at->matrix * rows->n + row) * rows->bytes;
        p->kernels->pack_f32(widen(p, from, columns, room), 1, k, k, columns, panel, k * width);
        const lwi_gemm_f32_job job = product_job(p, at, row, columns, panel, k * width);
        p->kernels->gemm_f32(&job);
    }
    lwi_work_slots_give(&p->slots, slot);
}

size_t lwi_block_least_panels(const lwi_block_product *p) {
    const size_t width = p->dense ? p->kernels->gemm_f32_columns : ROWS;
    const size_t worth = 1 + LWI_BLOCK_PORTION / (ROWS * p->weights->rows.k * p->m);
    const size_t least = (width + ROWS - 1) / ROWS;
    return worth > least ? worth : least;
}

void lwi_block_multiply(lwi_block_product *p, const lwi_block_part *at) {
    if (p->weights->packed) multiply_integers(p, at);
    else if (p->dense) multiply_dense(p, at);
    else multiply_floats(p, at);
}

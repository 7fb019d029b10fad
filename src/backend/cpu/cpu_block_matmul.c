/* SPDX-License-Identifier: MIT
 * BlockMatMul. Quantised weights are packed once for the model and multiplied as integers; rows of
 * A are rounded to 8 bits for that. float32, float16 and bfloat16 weights stay in the file and are
 * multiplied in float32. Either way a result depends on its own row of A only. */
#include <math.h>

#include "backend/cpu/block_pack.h"
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/work_slots.h"
#include "ops/block_matmul.h"

enum { A, B, BIAS, ROWS = LWI_BLOCK_ROWS, PART = LWI_BLOCK_PART };
enum { PORTION = 1 << 16 }; /* products that are worth a thread */

typedef struct plan {
    lwi_block_rows rows;
    lwi_block_pack pack;
    const uint8_t *packed; /* NULL: numbers that are no integers */
    size_t m;
} plan;

static lw_status pack(void *arg, const lw_value *from, void *to) {
    lwi_block_pack_all(arg, from->data, to);
    return LW_OK;
}

static lw_status prepare(lwi_call *c) {
    plan *p = NULL;
    const void *packed = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    LW_TRY(lwi_block_rows_read(c, B, &p->rows));
    p->m = c->in[A]->count / p->rows.k;
    lwi_block_pack *k = &p->pack;
    *k = (lwi_block_pack){.type = p->rows.type,
                          .rows = p->rows.n,
                          .k = p->rows.k,
                          .row_bytes = p->rows.bytes,
                          .matrices = 1};
    if (!lwi_block_form(p->rows.type->id, &k->form)) return LW_OK;
    LW_TRY(lwi_packed_anywhere(c, B, "blocks", k->form | (uint64_t)k->k << 8,
                               lwi_block_packed_bytes(k), pack, k, &packed));
    p->packed = packed;
    return LW_OK;
}

static size_t grain(const plan *p) { return 1 + PORTION / (ROWS * p->rows.k * p->m); }

/* ----------------------------------------------------------------- integers */

typedef struct rounding {
    const lwi_kernels *kernels;
    const float *x;
    int8_t *a;
    lwi_block_sums *sums;
    size_t parts;
} rounding;

static void round_rows(void *arg, size_t begin, size_t end) {
    const rounding *r = arg;
    for (size_t i = begin; i < end; i++)
        r->kernels->block_round(r->x + i * r->parts * PART, r->parts, r->a + i * r->parts * PART,
                                r->sums + i * r->parts);
}

typedef struct integers {
    const lwi_kernels *kernels;
    lwi_block_dot_form form;
    lwi_block_dot_job job;
} integers;

static void multiply_panels(void *arg, size_t begin, size_t end) {
    const integers *n = arg;
    lwi_block_dot_job j = n->job;
    const size_t first = begin * ROWS, last = end * ROWS;
    j.panels += begin * j.panel;
    j.y += first;
    if (j.bias) j.bias += first;
    j.columns = (last < n->job.columns ? last : n->job.columns) - first;
    n->kernels->block_dot(n->form, &j);
}

static lw_status run_integers(lwi_call *c, const plan *p, const uint8_t *packed) {
    rounding r = {.kernels = lwi_cpu_kernels(), .x = c->in[A]->data, .parts = p->rows.k / PART};
    LW_TRY(lwi_scratch(c, p->m * p->rows.k, sizeof *r.a, &r.a));
    LW_TRY(lwi_scratch(c, p->m * r.parts, sizeof *r.sums, &r.sums));
    lwi_parallel(c, p->m, 1 + PORTION / p->rows.k, round_rows, &r);
    integers n = {.kernels = r.kernels, .form = p->pack.form};
    n.job = (lwi_block_dot_job){
        .panels = packed,
        .panel = lwi_block_panel_bytes(lwi_block_layouts + p->pack.form, r.parts),
        .parts = r.parts,
        .rows = p->m,
        .columns = p->rows.n,
        .a = r.a,
        .sums = r.sums,
        .y = c->out[0]->data,
        .y_row = p->rows.n,
        .bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL,
    };
    lwi_parallel(c, (p->rows.n + ROWS - 1) / ROWS, grain(p), multiply_panels, &n);
    return LW_OK;
}

/* ------------------------------------------------------------------- floats */

typedef struct floats {
    const lwi_kernels *kernels;
    const plan *p;
    lwi_work_slots *slots;
    const uint8_t *b;
    lwi_gemm_f32_job job; /* for all columns */
} floats;

/* Rows of B as float32; where they lie, if they are that already. */
static const float *widen(const floats *f, size_t row, size_t n, float *to) {
    const lwi_block_rows *rows = &f->p->rows;
    const uint8_t *from = f->b + row * rows->bytes;
    if (rows->type->id == LWI_BLOCK_F32 && (uintptr_t)from % sizeof(float) == 0)
        return (const float *)(const void *)from;
    if (rows->type->id == LWI_BLOCK_F16) f->kernels->widen_f16(from, n * rows->k, to);
    else if (rows->type->id == LWI_BLOCK_BF16) f->kernels->widen_bf16(from, n * rows->k, to);
    else lwi_blocks_decode(rows->type, from, n * rows->k, to);
    return to;
}

static void multiply_floats(void *arg, size_t begin, size_t end) {
    const floats *f = arg;
    unsigned slot = 0;
    float *room = lwi_work_slots_take(f->slots, &slot);
    for (size_t i = begin; i < end; i++) {
        lwi_gemm_f32_job j = f->job;
        const size_t row = i * ROWS, left = f->p->rows.n - row;
        j.columns = left < ROWS ? left : ROWS;
        j.b = widen(f, row, j.columns, room);
        j.y += row;
        if (j.bias) j.bias += row;
        f->kernels->dot_f32(&j);
    }
    lwi_work_slots_give(f->slots, slot);
}

static lw_status run_floats(lwi_call *c, const plan *p) {
    lwi_work_slots slots;
    const size_t k = p->rows.k;
    floats f = {.kernels = lwi_cpu_kernels(), .p = p, .slots = &slots, .b = c->in[B]->data};
    f.job = (lwi_gemm_f32_job){.a = c->in[A]->data,
                               .a_row = k,
                               .segments = 1,
                               .length = k,
                               .b_panel = k,
                               .y = c->out[0]->data,
                               .y_row = p->rows.n,
                               .rows = p->m,
                               .bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL,
                               .low = -INFINITY,
                               .high = INFINITY};
    LW_TRY(lwi_work_slots_make(c, ROWS * k * sizeof(float), &slots));
    lwi_parallel(c, (p->rows.n + ROWS - 1) / ROWS, grain(p), multiply_floats, &f);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const plan *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    return p->packed ? run_integers(c, p, p->packed) : run_floats(c, p);
}

const lwi_kernel *lwi_cpu_block_matmul_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_block_matmul_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    (void)c;
    return &kernel;
}

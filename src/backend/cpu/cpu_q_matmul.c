/* SPDX-License-Identifier: MIT */
#include "backend/cpu/cpu_q_matmul.h"

#include <string.h>

bool lwi_q_matmul_fits(const lwi_call *c, const lwi_q_roles *r) {
    lwi_matmul x;
    if (lwi_matmul_shape(c, (size_t)r->a, (size_t)r->b, &x) != LW_OK) return false;
    if (x.k == 0 || x.a.column != 1 || x.k > INT32_MAX / 4) return false;
    /* A zero point for each column of each matrix of a batch is nothing for us. */
    return lwi_q_fits(c, r, x.n);
}

static lw_status list_offsets(lwi_call *c, const lwi_q_matmul *q, int64_t **offsets) {
    LW_TRY(lwi_scratch(c, q->depth, sizeof **offsets, offsets));
    for (size_t k = 0; k < q->depth; k++)
        (*offsets)[k] = k < q->x.k ? (int64_t)(k * q->x.b.row) : -1;
    return LW_OK;
}

/* ------------------------------------------------------------------ prepare */

typedef struct packing {
    const lwi_q_matmul *q;
    const int64_t *offsets;
} packing;

static lw_status pack(void *arg, const lw_value *from, void *to) {
    const packing *p = arg;
    lwi_q_pack(from->data, from->dtype, p->offsets, p->q->depth, p->q->x.b.column, p->q->x.n, to);
    return LW_OK;
}

static lw_status make_columns(lwi_call *c, lwi_q_matmul *q, const lwi_q_given *given,
                              void *memory) {
    LW_TRY(lwi_q_columns_make(c, &q->roles, given, q->x.n, q->padded, memory, &q->columns));
    q->columns.start = (int32_t *)((char *)memory + lwi_q_columns_bytes(q->padded));
    return LW_OK;
}

/* The columns' arrays and a start for each matrix. */
static size_t column_bytes(const lwi_q_matmul *q, size_t matrices) {
    return lwi_q_columns_bytes(q->padded) + matrices * q->padded * sizeof(int32_t);
}

lw_status lwi_q_matmul_prepare(lwi_call *c, const lwi_q_roles *r) {
    const size_t width = lwi_cpu_kernels()->gemm_i8_width;
    lwi_q_matmul q = {.roles = *r, .width = width}, *made = NULL;
    LW_TRY(lwi_matmul_shape(c, (size_t)r->a, (size_t)r->b, &q.x));
    lwi_matmul_fold(&q.x);
    q.depth = lwi_q_whole_steps(q.x.k);
    q.padded = (q.x.n + width - 1) / width * width;
    packing p = {&q, NULL};
    LW_TRY(list_offsets(c, &q, (int64_t **)&p.offsets));
    if (q.x.batch == 1)
        LW_TRY(lwi_packed(c, (size_t)r->b, "gemm_i8", width << 1 | (q.x.b.column == 1),
                          lwi_q_packed_bytes(q.depth, q.x.n), pack, &p, &q.packed));
    q.fixed = q.packed && lwi_q_is_fixed(c, r, true) && lwi_is_8_bits(c->in[r->a]->dtype);
    LW_TRY(lwi_prepare(c, sizeof *made + (q.fixed ? column_bytes(&q, 1) : 0), &made));
    if (q.fixed) {
        LW_TRY(make_columns(c, &q, NULL, made + 1));
        LW_TRY(lwi_q_start(c, r, NULL, &q.columns, q.x.k,
                           lwi_q_packed_at(q.packed, q.depth, q.x.n).sums, 0, q.x.n,
                           q.columns.start));
    }
    *made = q;
    return LW_OK;
}

/* ---------------------------------------------------------------------- run */

typedef struct product {
    const lwi_q_matmul *q;
    const uint8_t *a;
    char *y;
    const char *packed; /* a matrix, or one for each product */
    const int32_t *start;
    size_t packed_step, start_step, y_step;
} product;

static size_t locate(const void *arg, size_t i, lwi_gemm_i8_job *j) {
    const product *p = arg;
    j->a = p->a + lwi_matmul_offset(&p->q->x, &p->q->x.a, i);
    j->b = (const int8_t *)p->packed + i * p->packed_step;
    j->start = p->start + i * p->start_step;
    j->y = p->y + i * p->y_step;
    return 0;
}

typedef struct matrices {
    const lwi_call *c;
    const lwi_q_matmul *q;
    const lwi_q_given *given;
    const int64_t *offsets;
    char *packed;
    int32_t *start;
    size_t bytes;
    bool all; /* one for each product */
} matrices;

static void pack_matrices(void *arg, size_t begin, size_t end) {
    const matrices *m = arg;
    const lwi_q_matmul *q = m->q;
    const lw_value *b = m->c->in[q->roles.b];
    for (size_t i = begin; i < end; i++) {
        const size_t at = m->all ? lwi_matmul_offset(&q->x, &q->x.b, i) : 0;
        char *to = m->packed + i * m->bytes;
        lwi_q_pack((const uint8_t *)b->data + at, b->dtype, m->offsets, q->depth, q->x.b.column,
                   q->x.n, to);
    }
}

/* Packs what was not packed before, and finds where sums start. */
static lw_status make_matrices(lwi_call *c, lwi_q_matmul *q, const lwi_q_given *given, product *p) {
    size_t count = 1;
    for (int d = 0; d < q->x.batch_rank && count == 1; d++)
        if (q->x.b.strides[d]) count = q->x.batch;
    char *memory = NULL, *packed = NULL;
    const size_t bytes = lwi_q_packed_bytes(q->depth, q->x.n);
    const size_t step = (bytes + 63) / 64 * 64;
    LW_TRY(lwi_scratch(c, 1, column_bytes(q, count), &memory));
    memset(memory, 0, column_bytes(q, count));
    LW_TRY(make_columns(c, q, given, memory));
    p->packed = q->packed;
    if (!q->packed) {
        matrices m = {.c = c, .q = q, .given = given, .bytes = step, .all = count > 1};
        LW_TRY(list_offsets(c, q, (int64_t **)&m.offsets));
        LW_TRY(lwi_scratch(c, count, step, &packed));
        m.packed = packed;
        lwi_parallel(c, count, 1 + (1 << 17) / (q->depth * q->x.n), pack_matrices, &m);
        p->packed = packed;
    }
    for (size_t i = 0; i < count; i++)
        LW_TRY(lwi_q_start(c, &q->roles, given, &q->columns, q->x.k,
                           lwi_q_packed_at(p->packed + i * step, q->depth, q->x.n).sums, 0, q->x.n,
                           q->columns.start + i * q->padded));
    p->packed_step = count > 1 ? step : 0;
    p->start_step = count > 1 ? q->padded : 0;
    return LW_OK;
}

lw_status lwi_q_matmul_run(lwi_call *c, const uint8_t *a, const lwi_q_given *given) {
    static const int64_t no_offset = 0;
    lw_value *y = c->out[0];
    if (!y || y->count == 0) return LW_OK;
    lwi_q_matmul q = *(const lwi_q_matmul *)c->prepared;
    product p = {.q = &q, .a = a, .y = y->data, .packed = q.packed};
    if (!q.fixed) LW_TRY(make_matrices(c, &q, given, &p));
    p.start = q.columns.start;
    p.y_step = q.x.m * q.x.n * lwi_dtype_size(y->dtype);
    lwi_q_gemm g = {.lines = q.x.batch, .arg = &p, .locate = locate};
    g.job = (lwi_gemm_i8_job){.a_row = q.x.a.row,
                              .offsets = &no_offset,
                              .segments = 1,
                              .length = q.x.k,
                              .flip = lwi_q_gemm_flip(given ? LW_UINT8 : c->in[q.roles.a]->dtype),
                              .b_panel = lwi_q_panel_bytes(q.depth),
                              .rows = q.x.m,
                              .columns = q.x.n,
                              .zero_b = q.columns.zero_b,
                              .y_row = q.x.n,
                              .output = &q.columns.output};
    if (q.columns.zeros) LW_TRY(lwi_scratch(c, q.x.batch * q.x.m, sizeof *g.row_sums, &g.row_sums));
    lwi_q_gemm_run(c, &g);
    return LW_OK;
}

/* SPDX-License-Identifier: MIT */
#include "backend/cpu/block_product.h"

#include "backend/cpu/block_floats.h"

enum { ROWS = LWI_BLOCK_ROWS, PART = LWI_BLOCK_PART };

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
    w->columns = ROWS;
    if (lwi_block_form(w->rows.type->id, &k->form))
        LW_TRY(lwi_packed_anywhere(c, input, "blocks", k->form | (uint64_t)k->k << 8,
                                   k->matrices * lwi_block_packed_bytes(k), pack, k, &packed));
    w->packed = packed;
    w->integers = packed;
    return packed ? LW_OK : lwi_block_floats_prepare(c, input, w);
}

size_t lwi_block_panels(const lwi_block_weights *w) {
    return (w->rows.n + w->columns - 1) / w->columns;
}

size_t lwi_block_panel_work(const lwi_block_weights *w) {
    return w->columns * w->rows.k * (w->integers ? 1 : 2);
}

static void round_rows(void *arg, size_t begin, size_t end) {
    const lwi_block_product *p = arg;
    const size_t k = p->weights->rows.k, parts = k / PART;
    for (size_t i = begin; i < end; i++) {
        const size_t place = lwi_block_place(parts, i);
        p->kernels->block_round(p->x + i * k, parts, lwi_block_apart(p->m, i), p->a + place * PART,
                                p->sums + place);
    }
}

lw_status lwi_block_product_begin(lwi_call *c, const lwi_block_weights *w, const void *file,
                                  const float *x, size_t m, const lwi_block_product *other,
                                  lwi_block_product *p) {
    const size_t k = w->rows.k;
    *p = (lwi_block_product){
        .kernels = lwi_cpu_kernels(), .weights = w, .file = file, .m = m, .x = x};
    if (!w->integers) return lwi_block_floats_begin(c, other, p);
    if (other) {
        p->a = other->a;
        p->sums = other->sums;
        return LW_OK;
    }
    LW_TRY(lwi_scratch(c, m * k, sizeof *p->a, &p->a));
    LW_TRY(lwi_scratch(c, m * (k / PART), sizeof *p->sums, &p->sums));
    lwi_parallel(c, m, 1 + LWI_BLOCK_PORTION / k, round_rows, p);
    return LW_OK;
}

static void multiply_integers(lwi_block_product *p, const lwi_block_part *at) {
    const lwi_block_weights *w = p->weights;
    const size_t parts = w->rows.k / PART, last = at->last * ROWS;
    const size_t panel = lwi_block_panel_bytes(lwi_block_layouts + w->pack.form, parts);
    const lwi_block_dot_job job = {
        .panels = (const uint8_t *)w->packed + at->matrix * lwi_block_packed_bytes(&w->pack) +
                  at->first * panel,
        .panel = panel,
        .parts = parts,
        .rows = at->n,
        .columns = (last < w->rows.n ? last : w->rows.n) - at->first * ROWS,
        .first = at->row,
        .total = p->m,
        .a = p->a,
        .sums = p->sums,
        .y = at->y,
        .y_row = w->rows.n,
        .bias = at->bias ? at->bias + at->first * ROWS : NULL,
    };
    p->kernels->block_dot(w->pack.form, &job);
}

void lwi_block_multiply(lwi_block_product *p, const lwi_block_part *at) {
    (p->weights->integers ? multiply_integers : lwi_block_floats_multiply)(p, at);
}

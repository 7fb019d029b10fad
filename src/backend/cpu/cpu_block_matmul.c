/* SPDX-License-Identifier: MIT
 * BlockMatMul and BlockMatMulExperts. The rows of all tokens that have chosen an expert are
 * multiplied with its weights together. */
#include "backend/cpu/block_product.h"

#include <string.h>

enum { A, B, BIAS, CHOSEN = 2 };

static lw_status prepare(lwi_call *c) {
    lwi_block_weights *weights = NULL;
    LW_TRY(lwi_prepare(c, sizeof *weights, &weights));
    return lwi_block_weights_prepare(c, B, weights);
}

typedef struct product {
    lwi_block_product p;
    float *y;
    const float *bias;
} product;

static void multiply_panels(void *arg, size_t begin, size_t end) {
    product *t = arg;
    lwi_block_multiply(&t->p, &(lwi_block_part){.n = t->p.m,
                                                .first = begin,
                                                .last = end,
                                                .y = t->y + begin * t->p.weights->columns,
                                                .bias = t->bias});
}

static lw_status run(lwi_call *c) {
    const lwi_block_weights *w = c->prepared;
    const size_t k = w->rows.k, m = c->in[A]->count / k;
    product t = {.y = c->out[0]->data, .bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL};
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_block_product_begin(c, w, B, c->in[A]->data, m, &t.p));
    lwi_parallel(c, lwi_block_panels(w), lwi_block_least_panels(&t.p), multiply_panels, &t);
    return LW_OK;
}

/* ------------------------------------------------------------------ experts */

typedef struct experts {
    lwi_block_product p;
    size_t used, panels; /* chosen by a token; of an expert */
    size_t *order;       /* [m] pairs of token and choice, sorted by expert */
    size_t *first;       /* [experts + 1] where those of an expert begin */
    size_t *active;      /* experts that anyone has chosen */
    float *x, *y;        /* [m, k], [m, n] in that order */
} experts;

/* Counting sort: pairs of an expert stay in their order. */
static lw_status sort_pairs(lwi_call *c, experts *e, size_t n_experts, size_t *n_active) {
    const int64_t *chosen = c->in[CHOSEN]->data;
    const size_t m = c->in[CHOSEN]->count;
    LW_TRY(lwi_scratch(c, m + 1, sizeof *e->order, &e->order));
    LW_TRY(lwi_scratch(c, n_experts + 2, sizeof *e->first, &e->first));
    LW_TRY(lwi_scratch(c, n_experts + 1, sizeof *e->active, &e->active));
    memset(e->first, 0, (n_experts + 2) * sizeof *e->first);
    for (size_t i = 0; i < m; i++) {
        if (chosen[i] < 0 || (size_t)chosen[i] >= n_experts)
            return lwi_call_fail(c, LW_RANGE, "there is no expert %lld", (long long)chosen[i]);
        e->first[chosen[i] + 2]++;
    }
    for (size_t i = 0; i < n_experts; i++) {
        if (e->first[i + 2]) e->active[(*n_active)++] = i;
        e->first[i + 2] += e->first[i + 1];
    }
    for (size_t i = 0; i < m; i++)
        e->order[e->first[chosen[i] + 1]++] = i;
    return LW_OK;
}

static lw_status gather_rows(lwi_call *c, experts *e, const lwi_block_rows *rows, size_t m) {
    const float *x = c->in[A]->data;
    const size_t each = c->in[A]->rank == 3 ? 1 : e->used; /* pairs that share a row */
    LW_TRY(lwi_scratch(c, m * rows->k, sizeof *e->x, &e->x));
    LW_TRY(lwi_scratch(c, m * rows->n, sizeof *e->y, &e->y));
    for (size_t i = 0; i < m; i++)
        memcpy(e->x + i * rows->k, x + e->order[i] / each * rows->k, rows->k * sizeof *x);
    return LW_OK;
}

static void multiply_experts(void *arg, size_t begin, size_t end) {
    experts *e = arg;
    const size_t n = e->p.weights->rows.n, columns = e->p.weights->columns;
    for (size_t i = begin; i < end; i++) {
        const size_t expert = e->active[i / e->panels], panel = i % e->panels;
        const size_t row = e->first[expert];
        lwi_block_multiply(&e->p, &(lwi_block_part){.matrix = expert,
                                                    .row = row,
                                                    .n = e->first[expert + 1] - row,
                                                    .first = panel,
                                                    .last = panel + 1,
                                                    .y = e->y + row * n + panel * columns});
    }
}

static lw_status run_experts(lwi_call *c) {
    const lwi_block_weights *w = c->prepared;
    const size_t m = c->in[CHOSEN]->count, n = w->rows.n;
    experts e = {.used = (size_t)c->in[CHOSEN]->dims[1], .panels = lwi_block_panels(w)};
    size_t active = 0;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(sort_pairs(c, &e, w->rows.experts, &active));
    LW_TRY(gather_rows(c, &e, &w->rows, m));
    LW_TRY(lwi_block_product_begin(c, w, B, e.x, m, &e.p));
    lwi_parallel(c, active * e.panels, 1 + LWI_BLOCK_PORTION / (w->columns * w->rows.k),
                 multiply_experts, &e);
    for (size_t i = 0; i < m; i++)
        memcpy((float *)c->out[0]->data + e.order[i] * n, e.y + i * n, n * sizeof(float));
    return LW_OK;
}

const lwi_kernel *lwi_cpu_block_matmul_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_block_matmul_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    (void)c;
    return &kernel;
}

const lwi_kernel *lwi_cpu_block_matmul_experts_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_block_matmul_experts_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run_experts};
    (void)c;
    return &kernel;
}

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

/* What BlockMatMul multiplies its rows with, and where that goes. */
typedef struct side {
    const lwi_block_weights *weights;
    const lw_value *b, *bias; /* bias may be NULL */
    const lw_value *y;
} side;

/* Products of the same rows, such as query, key and value: what is made of the rows is made once,
 * and the panels of all are dealt out together. */
enum { MOST_SIDES = 4 };
typedef struct sides {
    side all[MOST_SIDES];
    size_t n;
} sides;

static side side_of(const lwi_call *c) {
    return (side){.weights = c->prepared,
                  .b = c->in[B],
                  .bias = lwi_has(c, BIAS) ? c->in[BIAS] : NULL,
                  .y = c->out[0]};
}

typedef struct product {
    lwi_block_product p;
    const side *side;
    size_t before, panels; /* those of the products before this one, and its own */
} product;

typedef struct products {
    product all[MOST_SIDES];
    size_t n, panels, work; /* of all panels, with one row */
} products;

static void multiply_panels(void *arg, size_t begin, size_t end) {
    products *all = arg;
    for (size_t i = 0; i < all->n; i++) {
        product *t = &all->all[i];
        const size_t from = begin > t->before ? begin - t->before : 0;
        const size_t to = end > t->before ? end - t->before : 0;
        const size_t last = to < t->panels ? to : t->panels;
        float *y = t->side->y->data;
        if (from >= last) continue;
        lwi_block_multiply(&t->p,
                           &(lwi_block_part){.n = t->p.m,
                                             .first = from,
                                             .last = last,
                                             .y = y + from * t->p.weights->columns,
                                             .bias = t->side->bias ? t->side->bias->data : NULL});
    }
}

/* The first product whose weights are multiplied as w are. */
static const lwi_block_product *find_like(const products *all, const lwi_block_weights *w) {
    for (size_t i = 0; i < all->n; i++)
        if (all->all[i].p.weights->integers == w->integers) return &all->all[i].p;
    return NULL;
}

static lw_status add_product(lwi_call *c, const side *s, products *all) {
    const lwi_block_weights *w = s->weights;
    product *t = &all->all[all->n];
    t->side = s;
    t->before = all->panels;
    t->panels = lwi_block_panels(w);
    LW_TRY(lwi_block_product_begin(c, w, s->b->data, c->in[A]->data, c->in[A]->count / w->rows.k,
                                   find_like(all, w), &t->p));
    all->n++;
    all->panels += t->panels;
    all->work += t->panels * lwi_block_panel_work(w);
    return LW_OK;
}

static lw_status multiply(lwi_call *c, const side *s, size_t n) {
    products all;
    all.n = all.panels = all.work = 0;
    if (c->in[A]->count == 0) return LW_OK;
    for (size_t i = 0; i < n; i++)
        LW_TRY(add_product(c, s + i, &all));
    if (all.panels == 0) return LW_OK;
    const size_t each = all.work / all.panels * all.all[0].p.m;
    lwi_parallel(c, all.panels, 1 + LWI_BLOCK_PORTION / each, multiply_panels, &all);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const side only = side_of(c);
    return multiply(c, &only, 1);
}

static lw_status run_sides(lwi_call *c) {
    const sides *s = c->prepared;
    return multiply(c, s->all, s->n);
}

lw_status lwi_cpu_beside(const lwi_cpu_step *first, const lwi_cpu_step *second,
                         lwi_cpu_step *both) {
    const sides *before = first->run == run_sides ? first->call.prepared : NULL;
    sides *s = NULL;
    if (second->run != run || (first->run != run && !before) ||
        first->call.in[A] != second->call.in[A] || (before && before->n == MOST_SIDES))
        return LW_OK;
    both->call = second->call;
    LW_TRY(lwi_prepare(&both->call, sizeof *s, &s));
    if (before) *s = *before;
    else s->all[s->n++] = side_of(&first->call);
    s->all[s->n++] = side_of(&second->call);
    both->run = run_sides;
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
    LW_TRY(lwi_block_product_begin(c, w, c->in[B]->data, e.x, m, NULL, &e.p));
    lwi_parallel(c, active * e.panels, 1 + LWI_BLOCK_PORTION / lwi_block_panel_work(w),
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

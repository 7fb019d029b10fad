/* SPDX-License-Identifier: MIT
 * Models whose graph is made for the inputs of a run (lwi_maker): each graph is a model of its own,
 * kept by the one that was loaded, and has a context of its own, kept by the context. The first
 * inputs get a graph for exactly their sizes. When others come, the sizes that differ are left free
 * in the next graph, if that can be made. Numbers may have any value, if that can be made; else a
 * graph is for one value. */
#include "run/context.h"

#include <string.h>

enum { MOST_VARIANTS = 64 };

/* ---------------------------------------------------------------------- fit */

static const lw_io *find_io(const lw_io *inputs, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (inputs[i].name && !strcmp(inputs[i].name, name)) return &inputs[i];
    return NULL;
}

static bool same_kind(const lwi_type *t, const lw_value *v) {
    return t->dtype == v->dtype && t->rank == v->rank;
}

/* Sizes with the same name are the same. */
static bool names_agree(const lwi_graph *g, const lw_io *inputs, size_t n, const char *name,
                        int64_t size) {
    for (size_t i = 0; i < g->n_inputs; i++) {
        const lwi_slot *slot = &g->slots[g->inputs[i]];
        const lw_io *io = find_io(inputs, n, slot->name);
        for (int d = 0; io && d < slot->type.rank; d++)
            if (slot->type.dims[d] < 0 && slot->type.dim_names[d] &&
                !strcmp(slot->type.dim_names[d], name) && io->value->dims[d] != size)
                return false;
    }
    return true;
}

static bool fits_sizes(const lwi_graph *g, const lwi_type *t, const lw_io *inputs, size_t n,
                       const lw_value *v) {
    for (int d = 0; d < t->rank; d++) {
        if (t->dims[d] >= 0 && t->dims[d] != v->dims[d]) return false;
        if (t->dims[d] < 0 && t->dim_names[d] &&
            !names_agree(g, inputs, n, t->dim_names[d], v->dims[d]))
            return false;
    }
    return true;
}

/* Of a whole number or truth; false: it is neither. */
static bool value_of(const lw_value *v, int64_t *value) {
    int32_t half = 0;
    if (v->rank != 0 || !v->data) return false; /* no data: before any run */
    if (v->dtype == LW_INT64) memcpy(value, v->data, sizeof *value);
    else if (v->dtype == LW_INT32) memcpy(&half, v->data, sizeof half), *value = half;
    else if (v->dtype == LW_BOOL) *value = *(const uint8_t *)v->data != 0;
    else return false;
    return true;
}

/* The values that the graph was made for. */
static bool fits_values(const lw_model *m, const lw_io *inputs, size_t n) {
    int64_t value = 0;
    for (size_t i = 0; i < m->n_givens; i++) {
        const lwi_given *g = m->givens + i;
        const lw_io *io = g->known ? find_io(inputs, n, g->name) : NULL;
        if (io && (!value_of(io->value, &value) || value != g->value)) return false;
    }
    return true;
}

/* sizes: they must fit too. */
static bool fits(const lw_model *m, const lw_io *inputs, size_t n, bool sizes) {
    const lwi_graph *g = m->network.graph;
    if (g->n_inputs != n) return false;
    for (size_t i = 0; i < n; i++) {
        const lwi_slot *slot = &g->slots[g->inputs[i]];
        const lw_io *io = find_io(inputs, n, slot->name);
        if (!io || !same_kind(&slot->type, io->value)) return false;
        if (sizes && !fits_sizes(g, &slot->type, inputs, n, io->value)) return false;
    }
    return fits_values(m, inputs, n);
}

/* --------------------------------------------------------------------- make */

static lw_status check_inputs(const lw_io *inputs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!inputs[i].name || !inputs[i].value)
            return lwi_fail(LW_INVALID, "input %zu has no name or value", i);
        if (inputs[i].value->kind != LW_KIND_TENSOR)
            return lwi_fail(LW_TYPE, "input '%s' is no tensor", inputs[i].name);
        if (find_io(inputs, i, inputs[i].name))
            return lwi_fail(LW_INVALID, "input '%s' is given twice", inputs[i].name);
    }
    return LW_OK;
}

/* values: those of numbers too; false: there is none. */
static bool take(const lw_io *inputs, size_t n, bool values, lwi_given *givens) {
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const lw_value *v = inputs[i].value;
        givens[i] = (lwi_given){.name = inputs[i].name, .dtype = v->dtype, .rank = v->rank};
        memcpy(givens[i].dims, v->dims, (size_t)v->rank * sizeof *v->dims);
        memcpy(givens[i].examples, v->dims, (size_t)v->rank * sizeof *v->dims);
        givens[i].known = values && value_of(v, &givens[i].value);
        any |= givens[i].known;
    }
    return any;
}

/* Two sizes that changed in the same way get one name: they are taken to be the same size. */
static void name_sizes(lwi_given *givens, size_t n, const int64_t (*before)[LW_MAX_RANK]) {
    static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"};
    struct {
        int64_t before, now;
    } seen[8];
    size_t n_seen = 0;
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < givens[i].rank; d++) {
            size_t k = 0;
            if (givens[i].dims[d] >= 0) continue;
            while (k < n_seen &&
                   (seen[k].before != before[i][d] || seen[k].now != givens[i].examples[d]))
                k++;
            if (k == 8) continue;
            if (k == n_seen) {
                seen[n_seen].before = before[i][d];
                seen[n_seen++].now = givens[i].examples[d];
            }
            givens[i].dim_names[d] = names[k];
        }
}

/* Sizes that are not those of a variant for inputs of the same kinds become free; false: there is
 * no such variant. A size of 1 broadcasts, so it stays what it is. */
static bool free_sizes(const lw_model *m, const lw_io *inputs, size_t n, lwi_given *givens,
                       int64_t (*before)[LW_MAX_RANK]) {
    bool any = false;
    for (size_t k = 0; k < m->n_variants; k++) {
        const lwi_graph *g = m->variants[k]->network.graph;
        if (!fits(m->variants[k], inputs, n, false)) continue;
        for (size_t i = 0; i < n; i++) {
            int at = 0;
            while (strcmp(g->slots[g->inputs[at]].name, givens[i].name) != 0)
                at++;
            const lwi_type *t = &g->slots[g->inputs[at]].type;
            for (int d = 0; d < t->rank; d++) {
                const int64_t now = inputs[i].value->dims[d];
                if (t->dims[d] == now || now <= 1) continue;
                if (t->dims[d] >= 0) before[i][d] = t->dims[d];
                givens[i].dims[d] = -1;
                any = true;
            }
        }
    }
    return any;
}

static lw_status make_free(lw_model *m, const lw_io *inputs, size_t n, lwi_given *givens,
                           lw_model **made) {
    int64_t(*before)[LW_MAX_RANK] = NULL;
    LW_TRY(lwi_alloc_array(&m->allocator, n, sizeof *before, &before));
    *made = NULL;
    if (!m->fixed_sizes && free_sizes(m, inputs, n, givens, before)) {
        name_sizes(givens, n, (const int64_t(*)[LW_MAX_RANK])before);
        m->fixed_sizes = lwi_model_make_variant(m, givens, n, made) != LW_OK;
    }
    lwi_free(&m->allocator, before);
    return LW_OK;
}

static lw_status make_fitting(lw_model *m, const lw_io *inputs, size_t n, lwi_given *givens,
                              lw_model **made) {
    take(inputs, n, m->fixed_numbers, givens);
    LW_TRY(make_free(m, inputs, n, givens, made));
    if (*made) return LW_OK;
    take(inputs, n, m->fixed_numbers, givens);
    const lw_status status = lwi_model_make_variant(m, givens, n, made);
    if (status == LW_OK || m->fixed_numbers || !take(inputs, n, true, givens)) return status;
    LW_TRY(lwi_model_make_variant(m, givens, n, made));
    m->fixed_numbers = true;
    return LW_OK;
}

static lw_status make(lw_model *m, const lw_io *inputs, size_t n, lwi_given *givens,
                      lw_model **variant) {
    lw_model *made = NULL;
    if (m->n_variants == MOST_VARIANTS)
        return lwi_fail(LW_LIMIT, "the model has been given inputs of %d different shapes",
                        MOST_VARIANTS);
    LW_TRY(lwi_grow(&m->allocator, &m->variants, &m->cap_variants, m->n_variants + 1,
                    sizeof *m->variants));
    LW_TRY(make_fitting(m, inputs, n, givens, &made));
    m->variants[m->n_variants++] = made;
    *variant = made;
    return LW_OK;
}

static lw_status find_or_make(lw_model *m, const lw_io *inputs, size_t n, lw_model **variant) {
    lwi_given *givens = NULL;
    for (size_t i = m->n_variants; i-- > 0;) /* the last ones fit more sizes */
        if (fits(m->variants[i], inputs, n, true)) {
            *variant = m->variants[i];
            return LW_OK;
        }
    LW_TRY(lwi_alloc_array(&m->allocator, n, sizeof *givens, &givens));
    const lw_status status = make(m, inputs, n, givens, variant);
    lwi_free(&m->allocator, givens);
    return status;
}

lw_status lw_model_for(const lw_model *model, const lw_io *inputs, size_t n, lw_model **graph) {
    if (!model || !graph || (n && !inputs))
        return lwi_fail(LW_INVALID, "lw_model_for: model, inputs or graph is NULL");
    lw_model *m = (lw_model *)model, *variant = m;
    lw_status status = LW_OK;
    if (m->network.maker) {
        LW_TRY(check_inputs(inputs, n));
        pthread_mutex_lock(&m->variant_lock);
        status = find_or_make(m, inputs, n, &variant);
        pthread_mutex_unlock(&m->variant_lock);
    }
    if (status == LW_OK) *graph = lwi_model_ref(variant);
    return status;
}

/* ----------------------------------------------------------------- contexts */

static lw_status new_context(lw_context *c, const lw_io *inputs, size_t n, lw_context **variant) {
    lw_model *model = NULL;
    LW_TRY(lw_model_for(c->model, inputs, n, &model));
    const lw_status status = lw_context_new(model, &c->options, variant);
    lw_model_free(model);
    LW_TRY(status);
    atomic_store(&(*variant)->open, atomic_load(&c->open));
    atomic_store(&c->open, *variant);
    return LW_OK;
}

lw_status lwi_context_variant(lw_context *c, const lw_io *inputs, size_t n, lw_context **variant) {
    LW_TRY(check_inputs(inputs, n));
    *variant = atomic_load(&c->open);
    while (*variant && !fits((*variant)->model, inputs, n, true))
        *variant = atomic_load(&(*variant)->open);
    if (!*variant) LW_TRY(new_context(c, inputs, n, variant));
    lw_context_profile(*variant, c->profile, c->profile_user);
    return LW_OK;
}

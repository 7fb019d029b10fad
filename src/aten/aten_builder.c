/* SPDX-License-Identifier: MIT
 * Graphs inside each other, their inputs and outputs, and the types of their values. */
#include "aten/lower.h"
#include "aten/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool no_tensor(void *state, size_t i, lwi_checkpoint_tensor *tensor) {
    (void)state, (void)i, (void)tensor;
    return false;
}

/* Keeps the first failure. */
static bool failed(lwi_aten *a, lw_status status) {
    if (a->b.status == LW_OK) a->b.status = status;
    return a->b.status != LW_OK;
}

void lwi_aten_fail(lwi_aten *a, lw_status status, const char *format, ...) {
    char sentence[256];
    va_list args;
    if (a->b.status != LW_OK) return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    const char *ns = a->row && !strstr(a->row->name, "::") ? "aten::" : "";
    if (!a->row) a->b.status = lwi_fail(status, "%s", sentence);
    else a->b.status = lwi_fail(status, "%s%s: %s", ns, a->row->name, sentence);
}

/* ------------------------------------------------------------------- graphs */

static lw_status open_scope(lwi_aten *a, lwi_graph *graph) {
    lwi_aten_scope *s = NULL;
    LW_TRY(lwi_arena_alloc(&a->b.network->arena, 1, sizeof *s, &s));
    *s = (lwi_aten_scope){.graph = graph, .outer = a->scope};
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        lwi_prober_init(&s->probes[r], graph);
    a->scope = s;
    a->b.graph = graph;
    return LW_OK;
}

static void close_scope(lwi_aten *a) {
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        lwi_prober_free(&a->scope->probes[r]);
    a->scope = a->scope->outer;
    a->b.graph = a->scope ? a->scope->graph : a->b.graph;
}

lw_status lwi_aten_open(lwi_aten *a, lwi_network *network, const char *name) {
    lwi_checkpoint *from = NULL;
    *a = (lwi_aten){.rounds = 1};
    LW_TRY(lwi_arena_alloc(&network->arena, 1, sizeof *from, &from));
    *from = (lwi_checkpoint){.architecture = name, .tensor = no_tensor};
    LW_TRY(lwi_build_open(&a->b, network, from));
    lwi_strmap_init(&a->rows, &network->arena.allocator);
    lw_status status = lwi_aten_index(&a->rows);
    if (status == LW_OK) status = open_scope(a, network->graph);
    if (status != LW_OK) lwi_strmap_free(&a->rows);
    return status;
}

/* After a failure, inner graphs may belong to no node that would seal them. */
static void seal_inner(lwi_aten *a) {
    for (lwi_aten_scope *s = a->scope; s; s = s->outer)
        if (s->outer) lwi_graph_seal(s->graph);
    for (lwi_aten_scope *s = a->left; s; s = s->next_left)
        lwi_graph_seal(s->graph);
}

lw_status lwi_aten_close(lwi_aten *a) {
    if (a->b.status != LW_OK) seal_inner(a);
    while (a->scope)
        close_scope(a);
    lwi_strmap_free(&a->rows);
    return a->b.status == LW_OK ? lwi_build_close(&a->b) : a->b.status;
}

lwi_graph *lwi_aten_enter(lwi_aten *a, const char *name) {
    lwi_graph *graph = NULL;
    if (failed(a, LW_OK) ||
        failed(a, lwi_graph_new(&a->b.network->arena, a->b.graph, name, &graph)))
        return NULL;
    failed(a, open_scope(a, graph));
    return graph;
}

void lwi_aten_leave(lwi_aten *a) {
    if (!a->scope || !a->scope->outer) return;
    a->scope->next_left = a->left;
    a->left = a->scope;
    close_scope(a);
}

lwi_aten_scope *lwi_aten_pause(lwi_aten *a) {
    lwi_aten_scope *s = a->scope;
    a->scope = s->outer;
    a->b.graph = a->scope->graph;
    return s;
}

void lwi_aten_resume(lwi_aten *a, lwi_aten_scope *scope) {
    a->scope = scope;
    a->b.graph = scope->graph;
}

void lwi_aten_discard(lwi_aten *a, lwi_aten_scope *scope, bool used) {
    lwi_aten_resume(a, scope);
    if (!used) lwi_graph_seal(scope->graph);
    close_scope(a);
}

const lw_value *lwi_aten_type_in(const lwi_aten_scope *s, int id, int round) {
    if (id < 0) return NULL;
    const lw_value *constant = s->graph->slots[id].constant;
    return constant ? constant : lwi_probed(&s->probes[round], id);
}

/* A value of a graph around the present one becomes one of the present graph. */
static lw_status capture(lwi_aten_scope *s, const lwi_graph *graph, int outer, int *id) {
    lwi_graph *g = s->graph;
    *id = outer;
    if (g == graph) return LW_OK;
    if (!s->outer) return lwi_fail(LW_INVALID, "a value of another graph is used");
    LW_TRY(capture(s->outer, graph, outer, &outer));
    for (size_t i = 0; i < g->n_captures; i++)
        if (g->captures[i].outer == outer) {
            *id = g->captures[i].inner;
            return LW_OK;
        }
    LW_TRY(lwi_graph_temporary(g, s->outer->graph->slots[outer].name, id));
    LW_TRY(lwi_arena_grow(g->arena, &g->captures, &g->cap_captures, g->n_captures + 1,
                          sizeof *g->captures));
    g->captures[g->n_captures++] = (lwi_capture){outer, *id};
    if (lwi_aten_is_made_up(s->outer, outer)) LW_TRY(lwi_aten_mark_made_up(s, *id));
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        LW_TRY(lwi_probe_set(&s->probes[r], *id, lwi_aten_type_in(s->outer, outer, r)));
    return LW_OK;
}

static lw_status find_types(lwi_aten *a, lwi_aten_scope *s);

int lwi_aten_import(lwi_aten *a, const lwi_graph *graph, int id) {
    int here = -1;
    if (failed(a, LW_OK) || id < 0) return -1;
    for (lwi_aten_scope *s = a->scope->outer; s && a->scope->graph != graph; s = s->outer)
        if (failed(a, find_types(a, s))) return -1;
    return failed(a, capture(a->scope, graph, id, &here)) ? -1 : here;
}

/* ------------------------------------------------------------ types of values */

static lw_status give_constants(lwi_aten_scope *s, const lwi_node *node, int round) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        const lw_value *constant = id < 0 ? NULL : s->graph->slots[id].constant;
        if (constant) LW_TRY(lwi_probe_set(&s->probes[round], id, constant));
    }
    return LW_OK;
}

/* Nodes that were added since the last time. */
static lw_status find_types(lwi_aten *a, lwi_aten_scope *s) {
    for (; s->probed < s->graph->n_nodes; s->probed++) {
        const lwi_node *node = &s->graph->nodes[s->probed];
        lw_status inferred = LW_OK, first = LW_OK;
        for (int r = 0; r < a->rounds; r++) {
            LW_TRY(give_constants(s, node, r));
            LW_TRY(lwi_probe_node(&s->probes[r], node, &inferred));
            if (r == 0) first = inferred;
            if (first != LW_OK && first != LWI_LATER) break; /* its sentence names real sizes */
        }
        LW_TRY(lwi_aten_tell_later(a, s, node, first));
    }
    return LW_OK;
}

/* NULL: the round does not say. */
static const lw_value *look(lwi_aten *a, int id, int round) {
    if (failed(a, LW_OK) || id < 0) return NULL;
    const bool constant = a->scope->graph->slots[id].constant != NULL;
    if (!constant && failed(a, find_types(a, a->scope))) return NULL;
    return lwi_aten_type_in(a->scope, id, round);
}

static const lw_value *known_type(lwi_aten *a, int id) {
    const lw_value *v = look(a, id, 0);
    if (!v)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the type of %s cannot be told before it runs",
                      id < 0 ? "an omitted tensor" : a->scope->graph->slots[id].name);
    return v;
}

lw_dtype lwi_aten_dtype(lwi_aten *a, int id) {
    const lw_value *v = known_type(a, id);
    return v ? v->dtype : LW_FLOAT32;
}

int lwi_aten_rank(lwi_aten *a, int id) {
    const lw_value *v = known_type(a, id);
    return v ? v->rank : 0;
}

int64_t lwi_aten_example_dim(lwi_aten *a, int id, int axis) {
    const lw_value *v = known_type(a, id);
    return v && axis >= 0 && axis < v->rank ? v->dims[axis] : 1;
}

/* The last round, with sizes of 1, fits few networks: where it does not, it says nothing. */
static bool says_nothing(const lw_value *v, int round) {
    return !v && round == LWI_ATEN_ROUNDS - 1;
}

int64_t lwi_aten_dim(lwi_aten *a, int id, int axis) {
    const int64_t size = lwi_aten_example_dim(a, id, axis);
    for (int r = 1; r < a->rounds; r++) {
        const lw_value *v = look(a, id, r);
        if (says_nothing(v, r)) continue;
        if (!v || axis >= v->rank || v->dims[axis] != size) return -1;
    }
    return size;
}

int64_t lwi_aten_count(lwi_aten *a, int id) {
    const int rank = lwi_aten_rank(a, id);
    int64_t count = 1;
    for (int d = 0; d < rank; d++) {
        const int64_t dim = lwi_aten_dim(a, id, d);
        if (dim < 0) return -1;
        count *= dim; /* a tensor of such a size was made in a round: no overflow */
    }
    return count;
}

static int64_t element(const lw_value *v, size_t i) {
    if (v->dtype == LW_INT64) return ((const int64_t *)v->data)[i];
    if (v->dtype == LW_INT32) return ((const int32_t *)v->data)[i];
    return ((const uint8_t *)v->data)[i];
}

static bool readable(const lw_value *v) {
    return v && v->data &&
           (v->dtype == LW_INT64 || v->dtype == LW_INT32 || v->dtype == LW_BOOL ||
            v->dtype == LW_UINT8);
}

bool lwi_aten_known(lwi_aten *a, int id, size_t max, int64_t *values, size_t *n) {
    const lw_value *v = look(a, id, 0);
    if (!readable(v) || v->count > max) return false;
    for (int r = 1; r < a->rounds; r++) {
        const lw_value *w = look(a, id, r);
        if (says_nothing(w, r)) continue;
        if (!readable(w) || w->count != v->count || memcmp(w->data, v->data, v->bytes))
            return false;
    }
    for (size_t i = 0; i < v->count; i++)
        values[i] = element(v, i);
    *n = v->count;
    return true;
}

/* ---------------------------------------------------------- inputs and outputs */

/* First dimensions, which are mostly batches, are small; others are multiples of 64. Twice the size
 * halves as often. */
static struct free_size *free_size(lwi_aten *a, const char *name, int axis, int64_t example) {
    for (size_t i = 0; i < a->n_sizes && name; i++)
        if (a->sizes[i].name && !strcmp(a->sizes[i].name, name)) return &a->sizes[i];
    if (failed(a, lwi_arena_grow(&a->b.network->arena, &a->sizes, &a->cap_sizes, a->n_sizes + 1,
                                 sizeof *a->sizes)))
        return NULL;
    const int64_t made_up = axis == 0 ? 2 : 64 * (int64_t)(a->n_sizes + 1);
    const int64_t first = example > 0 ? example : made_up;
    struct free_size *s = &a->sizes[a->n_sizes++];
    *s = (struct free_size){name, {first, 2 * first, 1}};
    a->rounds = LWI_ATEN_ROUNDS;
    return s;
}

lw_status lwi_aten_free_sizes(lwi_aten *a, int axis, int64_t sizes[LWI_ATEN_ROUNDS]) {
    const struct free_size *s = free_size(a, NULL, axis, 0);
    if (s) memcpy(sizes, s->sizes, sizeof s->sizes);
    return a->b.status;
}

static lw_status give(lwi_aten *a, int id, lw_dtype dtype, int rank, const int64_t *dims,
                      const char *const *names, const int64_t *examples) {
    int64_t sizes[LWI_ATEN_ROUNDS][LW_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        const struct free_size *s = NULL;
        if (dims[d] < 0) s = free_size(a, names ? names[d] : NULL, d, examples ? examples[d] : 0);
        for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
            sizes[r][d] = s ? s->sizes[r] : dims[d];
    }
    LW_TRY(a->b.status);
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        LW_TRY(lwi_probe_give(&a->scope->probes[r], id, dtype, rank, sizes[r]));
    return LW_OK;
}

static bool is_complex(lw_dtype dtype) { return dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128; }

/* Complex numbers lie as two real ones of the type that is returned: there is a last axis of 2. */
static lw_dtype as_parts(lwi_aten *a, lw_dtype dtype, int *rank, const int64_t *dims,
                         int64_t with_parts[LW_MAX_RANK]) {
    if (*rank >= LW_MAX_RANK)
        lwi_aten_fail(a, LW_LIMIT, "a complex tensor has at most %d dimensions", LW_MAX_RANK - 1);
    const int n = *rank < LW_MAX_RANK ? *rank : LW_MAX_RANK - 1;
    for (int d = 0; d < n; d++)
        with_parts[d] = dims[d];
    with_parts[n] = 2;
    *rank = n + 1;
    return dtype == LW_COMPLEX64 ? LW_FLOAT32 : LW_FLOAT64;
}

static lwi_aten_value tensor_of(lwi_aten *a, int id, bool complex) {
    const lwi_aten_value v = lwi_aten_tensor_of(a, id);
    if (v.kind == LWI_ATEN_TENSOR) v.tensor->complex = complex;
    return v;
}

lwi_aten_value lwi_aten_input(lwi_aten *a, const char *name, lw_dtype dtype, int rank,
                              const int64_t *dims, const char *const *dim_names,
                              const int64_t *examples) {
    static const char *const none[LW_MAX_RANK] = {NULL};
    const bool complex = is_complex(dtype);
    int64_t with_parts[LW_MAX_RANK], known[LW_MAX_RANK] = {0};
    const char *names[LW_MAX_RANK] = {NULL};
    if (rank < 0 || rank > LW_MAX_RANK)
        lwi_aten_fail(a, LW_LIMIT, "input '%s' has %d dimensions", name, rank);
    if (complex && a->b.status == LW_OK) {
        if (examples) memcpy(known, examples, (size_t)rank * sizeof *known);
        if (dim_names) memcpy(names, dim_names, (size_t)rank * sizeof *names);
        dtype = as_parts(a, dtype, &rank, dims, with_parts);
        dims = with_parts, dim_names = names, examples = known;
    }
    const int id = lwi_build_input(&a->b, name, dtype, rank, dims, dim_names ? dim_names : none);
    if (id >= 0) failed(a, give(a, id, dtype, rank, dims, dim_names, examples));
    return tensor_of(a, id, complex);
}

void lwi_aten_declare_as(lwi_aten *a, int id, lw_dtype dtype, int rank, const int64_t *dims,
                         const char *const *dim_names, const int64_t *examples) {
    if (failed(a, LW_OK) || failed(a, find_types(a, a->scope))) return;
    failed(a, give(a, id, dtype, rank, dims, dim_names, examples));
}

void lwi_aten_declare(lwi_aten *a, int id, lw_dtype dtype, int rank, const int64_t *dims) {
    lwi_aten_declare_as(a, id, dtype, rank, dims, NULL, NULL);
    if (!failed(a, LW_OK)) failed(a, lwi_aten_mark_made_up(a->scope, id));
}

/* The size of a dimension that is x on one way and y on the other, in a round: what differs is free
 * and shows different sizes in different rounds. */
static int64_t either_size(const int64_t *x, const int64_t *y, int round) {
    bool same = true;
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        same &= x[r] == y[r];
    if (same || round != 1) return x[round];
    return y[1] != x[0] ? y[1] : x[0] + 1;
}

static int64_t size_in(const lw_value *v, int d, int64_t absent) { return v ? v->dims[d] : absent; }

void lwi_aten_declare_either(lwi_aten *a, int id, lwi_aten_scope *s, int x, lwi_aten_scope *t,
                             int y) {
    const lw_value *v[LWI_ATEN_ROUNDS], *w[LWI_ATEN_ROUNDS];
    int64_t sizes[LWI_ATEN_ROUNDS][LW_MAX_RANK];
    if (failed(a, LW_OK) || failed(a, find_types(a, a->scope)) || failed(a, find_types(a, s)) ||
        failed(a, find_types(a, t)))
        return;
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++) {
        v[r] = lwi_probed(&s->probes[r], x);
        w[r] = lwi_probed(&t->probes[r], y);
    }
    if (!v[0] || !w[0]) {
        lwi_aten_fail(a, LW_UNSUPPORTED, "the type of a branch's value cannot be told");
        return;
    }
    for (int d = 0; d < v[0]->rank; d++) {
        int64_t p[LWI_ATEN_ROUNDS], q[LWI_ATEN_ROUNDS];
        for (int r = 0; r < LWI_ATEN_ROUNDS; r++) {
            p[r] = size_in(v[r], d, 2 * v[0]->dims[d]);
            q[r] = size_in(w[r], d, 2 * w[0]->dims[d]);
        }
        for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
            sizes[r][d] = either_size(p, q, r);
    }
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        failed(a, lwi_probe_give(&a->scope->probes[r], id, v[0]->dtype, v[0]->rank, sizes[r]));
}

lwi_aten_value lwi_aten_constant(lwi_aten *a, lw_dtype dtype, int rank, const int64_t *dims,
                                 const void *data) {
    lw_value *value = NULL;
    int id = -1;
    const bool complex = is_complex(dtype);
    int64_t with_parts[LW_MAX_RANK];
    if (complex) {
        dtype = as_parts(a, dtype, &rank, dims, with_parts);
        dims = with_parts;
    }
    if (!failed(a, LW_OK) &&
        !failed(a, lwi_network_tensor(a->b.network, dtype, rank, dims, data, &value)))
        failed(a, lwi_graph_constant(a->b.graph, "constant", value, &id));
    return tensor_of(a, id, complex);
}

void lwi_aten_output(lwi_aten *a, const lwi_aten_value *value, const char *name) {
    const int id = lwi_aten_id(a, value);
    const lw_dtype dtype = lwi_aten_dtype(a, id);
    const int rank = lwi_aten_rank(a, id);
    int64_t sizes[LW_MAX_RANK];
    void *dims = NULL;
    const bool inner = a->scope && a->scope->outer;
    if (inner) lwi_aten_note_outcome(a, id);
    if (inner && lwi_aten_is_complex(value))
        lwi_aten_fail(a, LW_UNSUPPORTED, "a branch or loop cannot give complex tensors");
    for (int d = 0; d < rank; d++)
        sizes[d] = lwi_aten_dim(a, id, d);
    lwi_build_output(&a->b, id, dtype, name);
    if (failed(a, LW_OK) ||
        failed(a, lwi_arena_copy(a->b.graph->arena, sizes, (size_t)rank * sizeof *sizes, &dims)))
        return;
    lwi_graph *g = a->b.graph;
    lwi_type *type = &g->slots[g->outputs[g->n_outputs - 1]].type;
    type->rank = rank;
    type->dims = dims;
}

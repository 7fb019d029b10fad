/* SPDX-License-Identifier: MIT
 * Tensors that are written to, and views of them.
 *
 * A view remembers the call that made it. When its base has changed, the call is made again; when
 * it is written to, its base becomes what it was, with the elements that the view has replaced:
 * where those are is found by making the view of the elements' numbers. */
#include "aten/rows.h"

lwi_aten_value lwi_aten_tensor_of(lwi_aten *a, int id) {
    lwi_aten_tensor *t = NULL;
    lwi_aten_value v = {.kind = LWI_ATEN_TENSOR, .id = -1};
    const lw_status status = lwi_arena_alloc(&a->b.network->arena, 1, sizeof *t, &t);
    if (a->b.status == LW_OK) a->b.status = status;
    if (status != LW_OK) return lwi_aten_none();
    *t = (lwi_aten_tensor){.next = a->tensors, .graph = a->b.graph, .id = id};
    a->tensors = t;
    v.tensor = t;
    return v;
}

/* The call that made the view, with another tensor to look at. */
static int view_of(lwi_aten *a, const lwi_aten_tensor *view, int id) {
    lwi_aten_value args[LWI_ATEN_ARGS], results[LWI_ATEN_RESULTS];
    const lwi_aten_row *outer = a->row;
    for (size_t i = 0; i < LWI_ATEN_RESULTS; i++)
        results[i] = lwi_aten_none();
    for (size_t i = 0; i < view->n_args; i++)
        args[i] = view->args[i];
    args[0] = lwi_aten_tensor_of(a, id);
    if (a->b.status == LW_OK) args[0].tensor->complex = view->args[0].tensor->complex;
    a->row = view->row;
    if (a->b.status == LW_OK) lwi_aten_lower_row(a, view->row, args, view->n_args, results);
    a->row = outer;
    const bool list = results[0].kind == LWI_ATEN_LIST;
    if (list && view->item >= results[0].list.n)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the number of parts of a tensor changes");
    if (a->b.status != LW_OK) return -1;
    return lwi_aten_id(a, list ? &results[0].list.items[view->item] : &results[0]);
}

int lwi_aten_read(lwi_aten *a, lwi_aten_tensor *t) {
    if (a->b.status != LW_OK) return -1;
    if (t->base) {
        const int base = lwi_aten_read(a, t->base);
        if (t->base_version != t->base->version) {
            t->id = view_of(a, t, base);
            t->graph = a->b.graph;
            t->base_version = t->base->version;
            t->version++;
        }
    }
    return lwi_aten_import(a, t->graph, t->id);
}

int lwi_aten_numbered(lwi_aten *a, int shape) {
    const int count = NODE(a, "ReduceProd", shape, -1);
    lwi_build_int(&a->b, "keepdims", 0);
    const int numbers =
        NODE(a, "Range", lwi_aten_int_scalar(a, 0), count, lwi_aten_int_scalar(a, 1));
    return NODE(a, "Reshape", numbers, shape);
}

static int flat(lwi_aten *a, int id) { return lwi_aten_reshape(a, id, 1, (int64_t[]){-1}); }

static int base_with(lwi_aten *a, const lwi_aten_tensor *view, int base, int id) {
    const int shape = lwi_aten_shape(a, base);
    if (view->row->flags & LWI_ATEN_SAME) return NODE(a, "Reshape", id, shape);
    const int places = view_of(a, view, lwi_aten_numbered(a, shape));
    const int all = NODE(a, "ScatterElements", flat(a, base), flat(a, places), flat(a, id));
    return NODE(a, "Reshape", all, shape);
}

static bool same_shape(lwi_aten *a, int x, int y) {
    const int rank = lwi_aten_rank(a, x);
    if (lwi_aten_rank(a, y) != rank) return false;
    for (int d = 0; d < rank; d++)
        if (lwi_aten_example_dim(a, x, d) != lwi_aten_example_dim(a, y, d)) return false;
    return true;
}

void lwi_aten_write(lwi_aten *a, lwi_aten_tensor *t, int id) {
    const int before = lwi_aten_read(a, t);
    id = lwi_aten_cast(a, id, lwi_aten_dtype(a, before));
    if (a->b.status == LW_OK && !same_shape(a, before, id))
        id = NODE(a, "Expand", id, lwi_aten_shape(a, before));
    if (a->b.status != LW_OK) return;
    t->id = id;
    t->graph = a->b.graph;
    t->version++;
    if (!t->base) return;
    lwi_aten_write(a, t->base, base_with(a, t, lwi_aten_read(a, t->base), id));
    t->base_version = t->base->version;
}

void lwi_aten_become_view(lwi_aten *a, lwi_aten_tensor *t, const lwi_aten_tensor *view) {
    if (t->graph != a->b.graph)
        lwi_aten_fail(a, LW_UNSUPPORTED,
                      "a tensor from outside a branch or loop gets another shape in it");
    const lwi_aten_value before = lwi_aten_tensor_of(a, t->id);
    if (a->b.status != LW_OK) return;
    lwi_aten_tensor *base = before.tensor, *next = base->next;
    *base = *t;
    base->next = next;
    for (lwi_aten_tensor *other = a->tensors; other; other = other->next)
        if (other->base == t) other->base = base;
    t->base = base;
    t->base_version = base->version;
    t->row = view->row, t->args = view->args, t->n_args = view->n_args, t->item = 0;
    t->id = view->id;
    t->version++;
}

/* SPDX-License-Identifier: MIT
 * An if whose condition depends on data. Both ways are run, each into a graph of its own; what they
 * leave in variables, in lists and other objects and in tensors that they write to is put together
 * behind them, as outputs of an If node. A way that raises an exception is an assertion: it is
 * taken never to be gone. */
#include "format/torchscript/ts_merge.h"

#include <string.h>

/* The block says itself that it raises. */
static bool raises(const lwi_ts_block *block) {
    for (size_t i = 0; i < block->n; i++) {
        char name[64];
        const lwi_ts_stmt *s = &block->stmts[i];
        if (s->kind == LWI_TS_EVAL && s->values[0]->kind == LWI_TS_CALL && !s->values[0]->name &&
            lwi_ts_dotted(s->values[0]->items[0], name, sizeof name) &&
            strcmp(name, "ops.prim.RaiseException") == 0)
            return true;
    }
    return false;
}

static lw_status run_arm(lwi_ts_interp *in, const lwi_ts_block *block, const char *name,
                         lwi_ts_arm *arm) {
    lwi_ts_snapshot before;
    const int depth = in->depth;
    (void)lwi_aten_enter(in->aten, name);
    LW_TRY(in->aten->b.status);
    lw_status status = lwi_ts_save(in, &before);
    if (status != LW_OK) {
        lwi_aten_discard(in->aten, lwi_aten_pause(in->aten), false);
        return status;
    }
    status = lwi_ts_run(in, block);
    arm->raised = status == LWI_TS_RAISED;
    if (arm->raised) status = LW_OK, in->depth = depth;
    else if (status == LW_OK) status = lwi_ts_note(in, &before, arm);
    lwi_ts_go_back(in, &before);
    arm->scope = lwi_aten_pause(in->aten);
    return status;
}

/* The object as it is behind an arm. */
static const lwi_ts_object *after(const lwi_ts_arm *arm, const lwi_ts_object *o) {
    for (size_t i = 0; i < arm->n_objects; i++)
        if (arm->objects[i].object == o) return &arm->objects[i].before;
    return o;
}

/* An object that was there before and that an arm has written to. */
static lw_status merge_object(lwi_ts_merge *m, lwi_ts_object *o, lwi_ts_object x, lwi_ts_object y) {
    lwi_ts_interp *in = m->in;
    LW_TRY(lwi_ts_touch(in, o));
    const bool same = x.n == y.n && x.rows.tensor == y.rows.tensor;
    bool grown = false;
    o->items = NULL, o->n = o->cap = 0;
    if (!same) LW_TRY(lwi_ts_merge_lists(m, &x, &y, o, &grown));
    if (grown) return LW_OK;
    o->rows = x.rows, o->row = x.row;
    for (size_t i = 0; i < x.n && same; i++)
        if (o->keys && !lwi_ts_equal(&x.keys[i], &y.keys[i])) o->mixed = true;
    o->keys = NULL, o->cap_keys = 0;
    o->mixed |= !same;
    for (size_t i = 0; i < x.n && !o->mixed; i++)
        LW_TRY(lwi_ts_add_item(in->memory, o, x.keys ? &x.keys[i] : NULL, &x.items[i]));
    for (size_t i = 0; i < o->n; i++)
        LW_TRY(lwi_ts_merge_values(m, &x.items[i], &y.items[i], &o->items[i]));
    return LW_OK;
}

static lw_status merge_objects(lwi_ts_merge *m, const lwi_ts_arm *x, const lwi_ts_arm *y) {
    for (size_t i = 0; i < x->n_objects; i++) {
        lwi_ts_object *o = x->objects[i].object;
        LW_TRY(merge_object(m, o, *after(x, o), *after(y, o)));
    }
    for (size_t i = 0; i < y->n_objects; i++) {
        lwi_ts_object *o = y->objects[i].object;
        if (after(x, o) == o) LW_TRY(merge_object(m, o, *o, *after(y, o)));
    }
    return LW_OK;
}

static lwi_ts_value content(const lwi_ts_arm *arm, lwi_aten_tensor *tensor) {
    for (size_t i = 0; i < arm->n_tensors; i++)
        if (arm->tensors[i].tensor == tensor) return lwi_ts_plain(arm->tensors[i].after);
    lwi_aten_value v = {.kind = LWI_ATEN_TENSOR, .id = -1};
    v.tensor = tensor;
    return lwi_ts_plain(v);
}

typedef struct writes {
    lwi_aten_tensor **tensors;
    lwi_ts_value *values;
    size_t n;
} writes;

static lw_status merge_tensors(lwi_ts_merge *m, const lwi_ts_arm *x, const lwi_ts_arm *y,
                               writes *w) {
    const lwi_ts_arm *arms[2] = {x, y};
    LW_TRY(lwi_arena_alloc(m->in->memory, x->n_tensors + y->n_tensors, sizeof *w->tensors,
                           &w->tensors));
    LW_TRY(
        lwi_arena_alloc(m->in->memory, x->n_tensors + y->n_tensors, sizeof *w->values, &w->values));
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < arms[k]->n_tensors; i++) {
            lwi_aten_tensor *t = arms[k]->tensors[i].tensor;
            const lwi_ts_value p = content(x, t), q = content(y, t);
            if (k == 1 && p.plain.tensor != t) continue; /* x has it too */
            w->tensors[w->n] = t;
            LW_TRY(lwi_ts_merge_values(m, &p, &q, &w->values[w->n++]));
        }
    return LW_OK;
}

static lw_status merge_arms(lwi_ts_interp *in, const lwi_aten_value *condition, lwi_ts_arm *x,
                            lwi_ts_arm *y) {
    lwi_ts_merge m = {.in = in};
    writes w = {0};
    lwi_ts_frame *f = in->frame;
    LW_TRY(merge_tensors(&m, x, y, &w));
    for (size_t i = 0; i < f->n_slots; i++)
        LW_TRY(lwi_ts_merge_values(&m, &x->slots[i], &y->slots[i], &f->slots[i]));
    LW_TRY(merge_objects(&m, x, y));
    LW_TRY(lwi_ts_merge_pairs(&m, condition, x, y));
    for (size_t i = 0; i < w.n; i++) {
        if (!lwi_ts_is_tensor(&w.values[i]))
            return lwi_fail(LW_UNSUPPORTED, "a tensor that a branch writes to changes its type");
        lwi_aten_write(in->aten, w.tensors[i], lwi_aten_id(in->aten, &w.values[i].plain));
    }
    return in->aten->b.status;
}

static lw_status run_both(lwi_ts_interp *in, const lwi_ts_stmt *s, const lwi_aten_value *condition,
                          lwi_ts_arm *x, lwi_ts_arm *y) {
    LW_TRY(run_arm(in, &s->body, "then", x));
    LW_TRY(run_arm(in, &s->otherwise, "else", y));
    if (x->raised && y->raised) return LWI_TS_RAISED;
    if (x->raised) return lwi_ts_run(in, &s->otherwise);
    if (y->raised) return lwi_ts_run(in, &s->body);
    return merge_arms(in, condition, x, y);
}

lw_status lwi_ts_branch(lwi_ts_interp *in, const lwi_ts_stmt *s, const lwi_aten_value *condition) {
    lwi_ts_arm x = {0}, y = {0};
    if (raises(&s->body)) return lwi_ts_run(in, &s->otherwise);
    if (raises(&s->otherwise)) return lwi_ts_run(in, &s->body);
    const lw_status status = run_both(in, s, condition, &x, &y);
    if (x.scope) lwi_aten_discard(in->aten, x.scope, x.used);
    if (y.scope) lwi_aten_discard(in->aten, y.scope, y.used);
    return status;
}

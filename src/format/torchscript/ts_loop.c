/* SPDX-License-Identifier: MIT
 * Loops whose length depends on data: the body is run once, into the graph of a Loop node. What it
 * changes is carried from turn to turn: variables that were set before, and tensors that it writes
 * to (found by a first try). What it appends to lists that were there is kept of each turn
 * (ts_rows.c); a list that gets more in some turns than in others is carried. Other objects can
 * hold other things behind the body only if it makes them. */
#include "aten/lower.h"
#include "format/torchscript/ts_rows.h"
#include "format/torchscript/ts_snapshot.h"

enum { TRIES = 4 };

typedef struct carried {
    lwi_aten_value value; /* before the loop, in the body, behind it */
    int slot;             /* -1: the tensor is written to */
    lwi_aten_tensor *tensor;
    lwi_ts_object *list; /* whose rows are carried; NULL */
    lwi_aten_kind row;   /* of its items; */
    struct {
        lw_dtype dtype;
        int rank; /* 0: it has items */
        int64_t dims[LW_MAX_RANK];
    } like;        /* rows of an empty list */
    unsigned open; /* bits of the axes whose sizes change from turn to turn */
} carried;

typedef struct grown {
    lwi_ts_object *list;
    size_t n;             /* that a turn appends */
    lwi_aten_kind kind;   /* of its items */
    lwi_aten_value items; /* those of a turn, along a first axis */
} grown;

typedef struct loop {
    lwi_ts_interp *in;
    const lwi_ts_stmt *s;
    const lwi_ts_value *count;
    carried *all;
    size_t n, cap;
    grown *lists;
    size_t n_lists, cap_lists;
    lwi_aten_value *values, *next; /* [n], [n + n_lists] */
    unsigned *open;                /* [n] */
} loop;

static lw_status carry(loop *l, int slot, lwi_aten_tensor *tensor) {
    for (size_t i = 0; i < l->n; i++)
        if (l->all[i].slot == slot && l->all[i].tensor == tensor && !l->all[i].list) return LW_OK;
    LW_TRY(lwi_arena_grow(l->in->memory, &l->all, &l->cap, l->n + 1, sizeof *l->all));
    l->all[l->n++] = (carried){.slot = slot, .tensor = tensor};
    return LW_OK;
}

/* Tensors and numbers of variables that the block sets and that were set before. */
static lw_status find_variables(loop *l, const lwi_ts_block *block) {
    for (size_t i = 0; i < block->n; i++) {
        const lwi_ts_stmt *s = &block->stmts[i];
        for (size_t k = 0; k < s->n_targets; k++) {
            const int slot = s->targets[k]->kind == LWI_TS_NAME ? s->targets[k]->slot : -1;
            const lwi_ts_value *v = slot < 0 ? NULL : &l->in->frame->slots[slot];
            if (v && (lwi_ts_is_tensor(v) || lwi_ts_is_number(v))) LW_TRY(carry(l, slot, NULL));
        }
        LW_TRY(find_variables(l, &s->body));
        LW_TRY(find_variables(l, &s->otherwise));
    }
    return LW_OK;
}

/* What the list holds before the loop. */
static lw_status first_rows(loop *l, const carried *c, lwi_aten_value *rows) {
    lwi_aten *a = l->in->aten;
    lwi_aten_kind kind;
    if (!c->like.rank) return lwi_ts_all_rows(l->in, c->list, rows, &kind);
    const int zero = lwi_aten_fill(a, c->like.dtype, 0);
    const int shape = lwi_build_ints(&a->b, (size_t)c->like.rank, c->like.dims);
    *rows = lwi_aten_tensor_of(a, NODE(a, "Expand", zero, shape));
    return a->b.status;
}

static lw_status first_values(loop *l) {
    LW_TRY(lwi_arena_alloc(l->in->memory, l->n, sizeof *l->values, &l->values));
    LW_TRY(lwi_arena_alloc(l->in->memory, l->n + l->n_lists, sizeof *l->next, &l->next));
    LW_TRY(lwi_arena_alloc(l->in->memory, l->n, sizeof *l->open, &l->open));
    for (size_t i = 0; i < l->n; i++) {
        const carried *c = &l->all[i];
        l->open[i] = c->open;
        if (c->list) LW_TRY(first_rows(l, c, &l->values[i]));
        else if (c->slot >= 0) l->values[i] = l->in->frame->slots[c->slot].plain;
        else l->values[i] = lwi_aten_tensor_of(l->in->aten, lwi_aten_read(l->in->aten, c->tensor));
    }
    return l->in->aten->b.status;
}

static lw_status set_rows(lwi_ts_interp *in, const carried *c, const lwi_aten_value *rows) {
    LW_TRY(lwi_ts_touch(in, c->list));
    c->list->rows = *rows;
    c->list->row = c->row;
    c->list->n = 0;
    return LW_OK;
}

static lw_status set_values(loop *l, const lwi_aten_value *turn) {
    for (size_t i = 0; i < l->n; i++) {
        carried *c = &l->all[i];
        if (c->list) LW_TRY(set_rows(l->in, c, &l->values[i]));
        else if (c->slot >= 0) l->in->frame->slots[c->slot] = lwi_ts_plain(l->values[i]);
        else {
            c->tensor->graph = l->values[i].tensor->graph;
            c->tensor->id = l->values[i].tensor->id;
            c->tensor->version++; /* views of it are made anew */
        }
    }
    if (l->s->kind == LWI_TS_FOR) l->in->frame->slots[l->s->targets[0]->slot] = lwi_ts_plain(*turn);
    return LW_OK;
}

static lw_status condition(loop *l, lwi_aten_value *goes_on) {
    lwi_ts_value v, b;
    *goes_on = lwi_aten_bool(true);
    if (l->count) return LW_OK;
    LW_TRY(lwi_ts_eval(l->in, l->s->values[0], &v));
    LW_TRY(lwi_ts_torch(l->in, &(lwi_ts_call){"python::bool", &v, NULL, 1}, &b));
    *goes_on = b.plain;
    return LW_OK;
}

/* What the body has left is what the next turn takes. */
static lw_status take_next(loop *l, const lwi_ts_arm *arm) {
    for (size_t i = 0; i < l->n; i++) {
        const carried *c = &l->all[i];
        lwi_aten_kind kind;
        if (c->list) {
            LW_TRY(lwi_ts_all_rows(l->in, c->list, &l->next[i], &kind));
            if (kind != c->row)
                return lwi_fail(LW_UNSUPPORTED, "the items of a list differ in kind");
            continue;
        }
        if (c->slot < 0) {
            l->next[i] = l->values[i];
            for (size_t k = 0; k < arm->n_tensors; k++)
                if (arm->tensors[k].tensor == c->tensor) l->next[i] = arm->tensors[k].after;
            continue;
        }
        const lwi_ts_value *v = &arm->slots[c->slot];
        if (v->kind != LWI_TS_PLAIN || v->plain.kind != l->values[i].kind)
            return lwi_fail(LW_UNSUPPORTED,
                            "a loop whose length depends on data changes a variable from %s to %s",
                            lwi_ts_kind_name(&l->in->frame->slots[c->slot]), lwi_ts_kind_name(v));
        l->next[i] = v->plain;
    }
    return LW_OK;
}

/* Sizes that change become open. */
static void find_open(loop *l, bool *again) {
    lwi_aten *a = l->in->aten;
    for (size_t i = 0; i < l->n && a->b.status == LW_OK; i++) {
        const int before = lwi_aten_id(a, &l->values[i]), after = lwi_aten_id(a, &l->next[i]);
        const unsigned changed = lwi_aten_changed_axes(a, before, after) & ~l->all[i].open;
        if (l->values[i].kind != LWI_ATEN_TENSOR || !changed) continue;
        l->all[i].open |= changed;
        *again = true;
    }
}

static grown *find_list(loop *l, const lwi_ts_object *list) {
    size_t i = 0;
    while (i < l->n_lists && l->lists[i].list != list)
        i++;
    return i < l->n_lists ? &l->lists[i] : NULL;
}

/* The object, which is as in after now, has only got more items. */
static bool has_grown(const lwi_ts_object *before, const lwi_ts_object *after) {
    if (after->kind != LWI_TS_O_LIST || after->n < before->n) return false;
    if (after->mixed || after->rows.tensor != before->rows.tensor) return false;
    for (size_t i = 0; i < before->n; i++)
        if (!lwi_ts_equal(&before->items[i], &after->items[i])) return false;
    return true;
}

static bool is_carried(const loop *l, const lwi_ts_object *list) {
    for (size_t i = 0; i < l->n; i++)
        if (l->all[i].list == list) return true;
    return false;
}

/* A list that was `was` before the body and is `is` behind it, where data say how many items it
 * has. */
static lw_status carry_list(loop *l, lwi_ts_object *list, const lwi_ts_object *was,
                            const lwi_ts_object *is) {
    lwi_aten *a = l->in->aten;
    if (is->kind != LWI_TS_O_LIST || is->mixed || is->rows.kind != LWI_ATEN_TENSOR)
        return lwi_fail(LW_UNSUPPORTED,
                        "a list or object changes in a loop whose length depends on data");
    carried c = {.slot = -1, .list = list, .row = is->row, .open = 1};
    const int id = lwi_aten_id(a, &is->rows);
    if (!was->n && was->rows.kind != LWI_ATEN_TENSOR) {
        c.like.dtype = lwi_aten_dtype(a, id);
        c.like.rank = lwi_aten_rank(a, id);
    }
    for (int d = 1; d < c.like.rank; d++) {
        c.like.dims[d] = lwi_aten_dim(a, id, d);
        if (c.like.dims[d] < 0)
            return lwi_fail(LW_UNSUPPORTED, "items of a list that may be empty have free sizes");
    }
    LW_TRY(lwi_arena_grow(l->in->memory, &l->all, &l->cap, l->n + 1, sizeof *l->all));
    l->all[l->n++] = c;
    return a->b.status;
}

/* Objects that the body has written to: lists that it has appended to. */
static lw_status find_lists(loop *l, const lwi_ts_snapshot *before, const lwi_ts_arm *arm,
                            bool *again) {
    lwi_ts_interp *in = l->in;
    for (size_t i = 0; i < arm->n_objects; i++) {
        const lwi_ts_object *was = &in->saved[before->mark + i].before;
        const lwi_ts_object *is = &arm->objects[i].before;
        grown *g = find_list(l, arm->objects[i].object);
        if (is_carried(l, arm->objects[i].object)) continue;
        if (!has_grown(was, is)) {
            LW_TRY(carry_list(l, arm->objects[i].object, was, is));
            *again = true;
            continue;
        }
        if (is->n == was->n) continue;
        if (!g) {
            LW_TRY(lwi_arena_grow(in->memory, &l->lists, &l->cap_lists, l->n_lists + 1,
                                  sizeof *l->lists));
            g = &l->lists[l->n_lists++];
            *g = (grown){.list = arm->objects[i].object};
            *again = true;
        }
        g->n = is->n - was->n;
        LW_TRY(lwi_ts_rows_of(in, is->items + was->n, g->n, &g->items, &g->kind));
    }
    return LW_OK;
}

/* *again: something changes from turn to turn that was not known to. */
static lw_status run_body(loop *l, const lwi_aten_value *turn, const lwi_ts_snapshot *before,
                          bool *again) {
    lwi_ts_arm left = {0}, *arm = &left;
    lwi_aten_value goes_on;
    const size_t n = l->n;
    LW_TRY(set_values(l, turn));
    for (size_t i = 0; i < l->n_lists; i++) {
        LW_TRY(lwi_ts_touch(l->in, l->lists[i].list));
        l->lists[i].list->growing = true;
    }
    LW_TRY(lwi_ts_run(l->in, &l->s->body));
    LW_TRY(condition(l, &goes_on));
    LW_TRY(lwi_ts_note(l->in, before, arm));
    LW_TRY(find_lists(l, before, arm, again));
    for (size_t k = 0; k < arm->n_tensors; k++)
        LW_TRY(carry(l, -1, arm->tensors[k].tensor));
    *again |= l->n > n;
    if (*again) return LW_OK;
    LW_TRY(take_next(l, arm));
    find_open(l, again);
    if (*again) return l->in->aten->b.status;
    for (size_t i = 0; i < l->n_lists; i++)
        l->next[n + i] = l->lists[i].items;
    lwi_aten_loop_end(l->in->aten, &goes_on, n + l->n_lists, l->next);
    return l->in->aten->b.status;
}

static lw_status try_body(loop *l, lwi_graph **body, bool *again) {
    lwi_ts_snapshot before;
    lwi_aten_value turn = lwi_aten_none();
    *again = false;
    LW_TRY(first_values(l));
    *body = lwi_aten_loop_begin(l->in->aten, "body", l->n, l->values, l->open, &turn);
    LW_TRY(l->in->aten->b.status);
    lw_status status = lwi_ts_save(l->in, &before);
    if (status == LW_OK) {
        status = run_body(l, &turn, &before, again);
        lwi_ts_go_back(l->in, &before);
    }
    if (status != LW_OK || *again)
        lwi_aten_discard(l->in->aten, lwi_aten_pause(l->in->aten), false);
    else lwi_aten_leave(l->in->aten);
    if (status == LWI_TS_RAISED)
        return lwi_fail(LW_UNSUPPORTED, "a loop whose length depends on data raises an exception");
    return status;
}

/* Turns and the items of a turn are two axes, which become one. */
static lw_status lengthen(loop *l, const lwi_aten_value *rows) {
    for (size_t i = 0; i < l->n_lists; i++) {
        const lwi_aten_value args[3] = {rows[i], lwi_aten_int(0), lwi_aten_int(1)};
        const lwi_aten_value items = lwi_aten_apply(l->in->aten, "flatten", 3, args);
        LW_TRY(l->in->aten->b.status);
        LW_TRY(lwi_ts_add_rows(l->in, l->lists[i].list, &items, l->lists[i].kind));
    }
    return LW_OK;
}

static lw_status make_node(loop *l, lwi_graph *body) {
    lwi_aten *a = l->in->aten;
    lwi_aten_value goes_on, *rows = NULL;
    LW_TRY(condition(l, &goes_on));
    LW_TRY(first_values(l));
    LW_TRY(lwi_arena_alloc(l->in->memory, l->n_lists, sizeof *rows, &rows));
    lwi_aten_loop(a, body, l->count ? &l->count->plain : NULL, &goes_on, l->n, l->values, l->open,
                  l->n_lists, rows);
    for (size_t i = 0; i < l->n && a->b.status == LW_OK; i++) {
        const carried *c = &l->all[i];
        if (c->list) LW_TRY(set_rows(l->in, c, &l->values[i]));
        else if (c->slot >= 0) l->in->frame->slots[c->slot] = lwi_ts_plain(l->values[i]);
        else lwi_aten_write(a, c->tensor, lwi_aten_id(a, &l->values[i]));
    }
    LW_TRY(a->b.status);
    return lengthen(l, rows);
}

lw_status lwi_ts_loop(lwi_ts_interp *in, const lwi_ts_stmt *s, const lwi_ts_value *count) {
    loop l = {.in = in, .s = s, .count = count};
    lwi_graph *body = NULL;
    bool again = true;
    LW_TRY(find_variables(&l, &s->body));
    for (int i = 0; again; i++) {
        if (i == TRIES)
            return lwi_fail(LW_UNSUPPORTED, "a loop changes more and more from turn to turn");
        LW_TRY(try_body(&l, &body, &again));
    }
    return make_node(&l, body);
}

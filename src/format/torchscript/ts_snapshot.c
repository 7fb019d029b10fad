/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_snapshot.h"

#include <string.h>

lw_status lwi_ts_touch(lwi_ts_interp *in, lwi_ts_object *o) {
    if (!in->branch || o->branch == in->branch) return LW_OK;
    lwi_ts_object before = *o;
    LW_TRY(
        lwi_arena_grow(in->memory, &in->saved, &in->cap_saved, in->n_saved + 1, sizeof *in->saved));
    before.cap = before.cap_keys = o->n;
    if (o->n) LW_TRY(lwi_arena_copy(in->memory, o->items, o->n * sizeof *o->items, &before.items));
    if (o->n && o->keys)
        LW_TRY(lwi_arena_copy(in->memory, o->keys, o->n * sizeof *o->keys, &before.keys));
    in->saved[in->n_saved++] = (lwi_ts_saved){o, before};
    o->branch = in->branch;
    return LW_OK;
}

static lw_status copy_tensors(lwi_ts_interp *in, lwi_ts_snapshot *s) {
    size_t i = 0;
    s->newest = in->aten->tensors;
    s->n_tensors = 0;
    for (const lwi_aten_tensor *t = s->newest; t; t = t->next)
        s->n_tensors++;
    LW_TRY(lwi_arena_alloc(in->memory, s->n_tensors, sizeof *s->tensors, &s->tensors));
    for (const lwi_aten_tensor *t = s->newest; t; t = t->next)
        s->tensors[i++] = *t;
    return LW_OK;
}

lw_status lwi_ts_save(lwi_ts_interp *in, lwi_ts_snapshot *s) {
    lwi_ts_frame *f = in->frame;
    LW_TRY(lwi_arena_copy(in->memory, f->slots, f->n_slots * sizeof *f->slots, &s->slots));
    LW_TRY(copy_tensors(in, s));
    s->mark = in->n_saved;
    s->branch = in->branch;
    in->branch = ++in->last_branch;
    return LW_OK;
}

/* A view that the branch has made would be made anew from what is there no more. */
static void settle(lwi_ts_interp *in, const lwi_ts_snapshot *s, bool read) {
    for (lwi_aten_tensor *t = in->aten->tensors; t && t != s->newest; t = t->next) {
        if (t->base && read) (void)lwi_aten_read(in->aten, t);
        t->base = NULL;
    }
}

static lw_status note_tensors(lwi_ts_interp *in, const lwi_ts_snapshot *s, lwi_ts_arm *arm) {
    size_t i = 0;
    arm->n_tensors = 0;
    LW_TRY(lwi_arena_alloc(in->memory, s->n_tensors, sizeof *arm->tensors, &arm->tensors));
    for (lwi_aten_tensor *t = s->newest; t; t = t->next, i++)
        if (!t->base && t->version != s->tensors[i].version)
            arm->tensors[arm->n_tensors++] =
                (lwi_ts_written){t, lwi_aten_tensor_of(in->aten, lwi_aten_read(in->aten, t))};
    return in->aten->b.status;
}

lw_status lwi_ts_note(lwi_ts_interp *in, const lwi_ts_snapshot *s, lwi_ts_arm *arm) {
    const lwi_ts_frame *f = in->frame;
    settle(in, s, true);
    LW_TRY(note_tensors(in, s, arm));
    LW_TRY(lwi_arena_copy(in->memory, f->slots, f->n_slots * sizeof *f->slots, &arm->slots));
    arm->n_objects = in->n_saved - s->mark;
    LW_TRY(lwi_arena_alloc(in->memory, arm->n_objects, sizeof *arm->objects, &arm->objects));
    for (size_t i = 0; i < arm->n_objects; i++) {
        lwi_ts_object *o = in->saved[s->mark + i].object;
        arm->objects[i] = (lwi_ts_saved){o, *o};
    }
    return in->aten->b.status;
}

void lwi_ts_go_back(lwi_ts_interp *in, const lwi_ts_snapshot *s) {
    size_t i = 0;
    settle(in, s, false);
    while (in->n_saved > s->mark) {
        const lwi_ts_saved *saved = &in->saved[--in->n_saved];
        *saved->object = saved->before;
    }
    memcpy(in->frame->slots, s->slots, in->frame->n_slots * sizeof *s->slots);
    for (lwi_aten_tensor *t = s->newest; t; t = t->next)
        *t = s->tensors[i++];
    in->branch = s->branch;
}

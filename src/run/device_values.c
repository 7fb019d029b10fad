/* SPDX-License-Identifier: MIT */
#include "run/device_values.h"

#include "ops/concat.h"
#include "run/device_pool.h"

#include <string.h>

enum { FEW = 16 };

bool lwi_device_may_have(const lw_value *v) {
    return v->kind == LW_KIND_TENSOR && v->dtype != LW_STRING && v->dtype != LW_DTYPE_NONE;
}

bool lwi_device_is_few(const lw_value *v) {
    return lwi_device_may_have(v) && v->count <= FEW &&
           (lwi_dtype_is_integer(v->dtype) || v->dtype == LW_BOOL);
}

/* ------------------------------------------------------------- values of plans */

/* Constants are on this side, and on the device once a late node has read them there. */
static void open_known(lwi_plan *plan, int slot, lwi_remote *r) {
    if (r->bytes) return;
    r->bytes = plan->values[slot].bytes;
    r->host = plan->values[slot].data;
    r->owner = plan;
    r->here = true;
}

static void see(const lwi_plan *plan, const lwi_device_seen *s) {
    lwi_remote *r = &plan->device->lent[s->slot];
    const lwi_device_bound *bound = &plan->device->bound[s->slot];
    if (plan->places[s->slot] == LWI_PLACE_KNOWN) return;
    r->handle = bound->handle ? bound->handle : lwi_device_block_of(plan, s->slot);
    r->offset = bound->handle ? bound->offset : plan->device->places[s->slot];
    r->bytes = plan->values[s->slot].bytes;
    r->host = plan->values[s->slot].data;
    r->here = s->sides & LWI_ON_HOST;
    r->there = s->sides & LWI_ON_DEVICE;
}

void lwi_device_see(lwi_plan *plan, size_t first, size_t n) {
    for (size_t i = 0; i < n; i++)
        see(plan, &plan->device->seen[first + i]);
}

static void show_in(const lw_value *type, lwi_remote *remote, size_t at, char *data,
                    lw_value *room) {
    memcpy(room, type, sizeof *room);
    atomic_init(&room->refs, 1);
    room->embedded = true;
    room->storage = NULL;
    room->remote = lwi_remote_ref(remote);
    room->remote_at = at;
    room->data = data;
}

/* A part of what is given to a body. */
static void show_given(const lwi_plan *plan, int slot, const lw_value *given, lw_value *room) {
    const size_t within = plan->within[slot];
    show_in(&plan->values[slot], given->remote, given->remote_at + within,
            given->data ? (char *)given->data + within : NULL, room);
}

lw_status lwi_device_show(lwi_plan *plan, int slot, lw_value *room, const lw_value **shown) {
    const int root = plan->roots[slot], place = plan->places[root];
    const lw_value *v = &plan->values[slot];
    *shown = plan->slots[slot];
    if (plan->places[slot] == LWI_PLACE_NONE || !lwi_device_may_have(v) || !v->bytes) return LW_OK;
    if (lwi_device_is_given(plan, root)) {
        if (slot == root) return LW_OK;
        show_given(plan, slot, plan->slots[root], room);
    } else {
        lwi_remote *lent = &plan->device->lent[root];
        if (place == LWI_PLACE_KNOWN) open_known(plan, root, lent);
        show_in(v, lent, plan->within[slot], lent->here ? v->data : NULL, room);
    }
    *shown = room;
    return LW_OK;
}

void lwi_device_show_copy(const lw_value *value, lw_value *room) {
    show_in(value, value->remote, value->remote_at, value->data, room);
}

void lwi_device_hide(lw_value *room, const lw_value *shown) {
    if (shown == room) lwi_remote_release(room->remote);
}

/* ---------------------------------------------------------------------- blocks */

typedef struct block {
    lwi_remote remote;
    lw_context *context;
    lwi_device_memory memory;
} block;

static void release(lwi_remote *remote) {
    block *b = remote->owner;
    lw_context *c = b->context;
    lwi_device_pool_put(c, &b->memory);
    lwi_pool_put(&c->pool, remote->host);
    lwi_free(&c->in_pool, b);
}

static lw_status make_block(lw_context *c, size_t bytes, lwi_remote **made) {
    block *b = NULL;
    LW_TRY(lwi_alloc_array(&c->in_pool, 1, sizeof *b, &b));
    b->context = c;
    const lw_status status = lwi_device_pool_get(c, bytes, &b->memory);
    if (status != LW_OK) {
        lwi_free(&c->in_pool, b);
        return status;
    }
    b->remote = (lwi_remote){
        .release = release, .owner = b, .handle = b->memory.handle, .bytes = bytes, .there = true};
    atomic_init(&b->remote.refs, 1);
    *made = &b->remote;
    return LW_OK;
}

lw_status lwi_device_make_room(lw_context *c, lw_value *v) {
    if (!v->bytes) return LW_OK;
    v->remote_at = 0;
    return make_block(c, v->bytes, &v->remote);
}

/* ------------------------------------------------------------------------ ways */

lw_status lwi_device_bring(lw_context *c, lw_value *v) {
    lwi_remote *r = v->remote;
    if (v->data || !v->bytes || !r) return LW_OK;
    if (!r->host) LW_TRY(lwi_pool_get(&c->pool, r->bytes, &r->host));
    if (!r->here)
        LW_TRY(c->device->api->download(c->device, r->handle, r->offset, r->host, r->bytes));
    r->here = true;
    v->data = (char *)r->host + v->remote_at;
    return LW_OK;
}

/* It has its place for the context. */
static lw_status lend_constant(const lwi_remote *r) {
    lwi_plan *plan = r->owner;
    return lwi_device_lend_constant(plan, (int)(r - plan->device->lent));
}

lw_status lwi_device_send(lw_context *c, lw_value *v) {
    lwi_remote *r = v->remote;
    if (!v->bytes || (r && r->there)) return LW_OK;
    if (!r) {
        LW_TRY(lwi_device_make_room(c, v));
        r = v->remote;
        return c->device->api->upload(c->device, r->handle, r->offset, v->data, v->bytes);
    }
    if (r->owner) return lend_constant(r);
    r->there = true;
    return c->device->api->upload(c->device, r->handle, r->offset, r->host, r->bytes);
}

lw_status lwi_device_copy_value(lw_context *c, const lw_value *from, const lw_value *to) {
    return c->device->api->copy(c->device, to->remote->handle, lwi_device_offset(to),
                                from->remote->handle, lwi_device_offset(from), from->bytes);
}

lw_status lwi_device_make_like(lw_context *c, const lw_value *type, lw_value **made) {
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(&c->in_pool, LW_KIND_TENSOR, type->dtype, 0, &v));
    v->rank = type->rank;
    memcpy(v->dims, type->dims, sizeof v->dims);
    v->count = type->count;
    v->bytes = type->bytes;
    *made = v;
    return LW_OK;
}

static lw_status copy_lent(lw_context *c, const lw_value *value, lw_value *copy) {
    LW_TRY(lwi_device_make_room(c, copy));
    return lwi_device_copy_value(c, value, copy);
}

lw_status lwi_device_host_keep(void *state, const lw_value *value, lw_value **kept) {
    lw_context *c = ((lwi_plan *)state)->context;
    const lwi_remote *r = value->remote;
    lw_value *v = NULL;
    if (!r->there) return lwi_value_clone(&c->in_pool, value, kept);
    LW_TRY(lwi_device_make_like(c, value, &v));
    lw_status status = LW_OK;
    if (r->release) {
        v->remote = lwi_remote_ref(value->remote);
        v->remote_at = value->remote_at;
        v->data = r->here ? (char *)r->host + v->remote_at : NULL;
    } else {
        status = copy_lent(c, value, v);
    }
    if (status == LW_OK) *kept = v;
    else lwi_value_release(v);
    return status;
}

lw_status lwi_device_host_bring(void *state, const lw_value *value) {
    return lwi_device_bring(((lwi_plan *)state)->context, (lw_value *)value);
}

lw_status lwi_device_host_send(void *state, const lw_value *value) {
    lw_context *c = ((lwi_plan *)state)->context;
    if (!lwi_device_may_have(value) || lwi_device_is_few(value)) return LW_OK;
    return lwi_device_send(c, (lw_value *)value);
}

/* ------------------------------------------------------------------------ joins */

/* Joined on the device: what lies there alone, or all of which lies there. */
static bool is_joined_there(lw_value *const *items, size_t n) {
    bool all = true, any = false;
    for (size_t i = 0; i < n; i++) {
        if (!lwi_device_may_have(items[i]) || lwi_dtype_is_packed(items[i]->dtype)) return false;
        all = all && items[i]->remote && items[i]->remote->there;
        any = any || (!items[i]->data && items[i]->bytes);
    }
    if (lwi_dtype_size(items[0]->dtype) > 8 || items[0]->count > INT32_MAX / n) return false;
    return all || any;
}

static lw_status bring_all(lw_context *c, lw_value *const *items, size_t n) {
    for (size_t i = 0; i < n; i++)
        LW_TRY(lwi_device_bring(c, items[i]));
    return LW_OK;
}

/* Declares without memory on this side. */
static lw_status declare(lwi_call *c, size_t output, lw_dtype dtype, int rank,
                         const int64_t *dims) {
    c->inferring = true;
    const lw_status status = lwi_out(c, output, dtype, rank, dims);
    c->inferring = false;
    return status;
}

lw_status lwi_device_host_stack(lwi_call *call, size_t output, lw_value *const *items, size_t n,
                                int64_t axis, bool *done) {
    lwi_plan *plan = call->state;
    lw_context *c = plan->context;
    int rank = 0, at = 0;
    int64_t dims[LW_MAX_RANK];
    size_t outer, dim, inner;
    if (!is_joined_there(items, n)) return bring_all(c, items, n);
    LW_TRY(lwi_concat_dims(call, (const lw_value *const *)items, n, axis, true, &rank, dims));
    LW_TRY(lwi_axis(call, axis, rank, &at));
    LW_TRY(declare(call, output, items[0]->dtype, rank, dims));
    *done = true;
    lw_value *y = call->out[output];
    LW_TRY(lwi_device_make_room(c, y));
    lwi_split_axis(y, at, &outer, &dim, &inner);
    for (size_t i = 0; i < n && y->bytes; i++) {
        LW_TRY(lwi_device_send(c, items[i]));
        LW_TRY(lwi_device_interleave(plan, items[i], y, outer, inner, i));
    }
    return LW_OK;
}

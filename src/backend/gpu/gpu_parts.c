/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_parts.h"

#include "ops/call.h"
#include "ops/registry.h"

#include <string.h>

static size_t aligned(size_t bytes) {
    const size_t past = LWI_DEVICE_SCRATCH_ALIGN - 1;
    return (bytes + past) & ~past;
}

lwi_gpu_value lwi_gpu_input(const lwi_gpu_parts *p, size_t input) {
    return (lwi_gpu_value){
        .value = lwi_has(p->call, input) ? p->call->in[input] : NULL,
        .at = {.source = LWI_GPU_INPUT, .index = input, .value.kind = LWI_DEVICE_MEMORY}};
}

lwi_gpu_value lwi_gpu_output(const lwi_gpu_parts *p, size_t output) {
    return (lwi_gpu_value){
        .value = output < p->call->n_out ? p->call->out[output] : NULL,
        .at = {.source = LWI_GPU_OUTPUT, .index = output, .value.kind = LWI_DEVICE_MEMORY}};
}

static lw_status new_value(const lwi_gpu_parts *p, lw_dtype dtype, int rank, const int64_t *dims,
                           const void *data, lw_value **value) {
    LW_TRY(lwi_arena_alloc(p->step->memory, 1, sizeof **value, value));
    LW_TRY(lwi_tensor_init(*value, dtype, rank, dims, NULL));
    (*value)->embedded = true;
    if (!data) return LW_OK;
    LW_TRY(lwi_arena_alloc(p->step->memory, (*value)->bytes + 1, 1, &(*value)->data));
    memcpy((*value)->data, data, (*value)->bytes);
    (*value)->fixed = LWI_FIXED_PLAN;
    return LW_OK;
}

lw_status lwi_gpu_part_of(const lwi_gpu_parts *p, lwi_gpu_value from, size_t first, int rank,
                          const int64_t *dims, lwi_gpu_value *to) {
    lw_value *value = NULL;
    if (p->refused) return LW_OK;
    LW_TRY(new_value(p, from.value->dtype, rank, dims, NULL, &value));
    if (first + value->count > from.value->count)
        return lwi_call_fail(p->call, LW_INTERNAL, "a part of it has another size");
    const size_t offset = first * lwi_dtype_size(from.value->dtype);
    if (from.value->data) value->data = (char *)from.value->data + offset;
    value->fixed = from.value->fixed;
    *to = (lwi_gpu_value){value, from.at};
    to->at.value.memory.offset += offset;
    return LW_OK;
}

lw_status lwi_gpu_constant(const lwi_gpu_parts *p, lw_dtype dtype, int rank, const int64_t *dims,
                           const void *data, lwi_gpu_value *to) {
    lw_value *value = NULL;
    lwi_gpu_launch launch = {.n = 0};
    LW_TRY(new_value(p, dtype, rank, dims, data, &value));
    LW_TRY(lwi_gpu_data(p->step, &launch, data, value->bytes));
    *to = (lwi_gpu_value){value, launch.arguments[0]};
    return LW_OK;
}

lw_status lwi_gpu_room(lwi_gpu_parts *p, lw_dtype dtype, int rank, const int64_t *dims,
                       lwi_gpu_value *to) {
    lw_value *value = NULL;
    LW_TRY(new_value(p, dtype, rank, dims, NULL, &value));
    *to = (lwi_gpu_value){value,
                          {.source = LWI_GPU_SCRATCH,
                           .value = {.kind = LWI_DEVICE_MEMORY, .memory.offset = p->scratch}}};
    p->scratch += aligned(value->bytes);
    return LW_OK;
}

void lwi_gpu_give_value(const lwi_gpu_parts *p, const lwi_gpu_value *v, lwi_gpu_launch *launch) {
    const size_t end = v->at.value.memory.offset + v->value->bytes;
    launch->arguments[launch->n++] = v->at;
    if (v->at.source == LWI_GPU_SCRATCH && end > p->step->scratch) p->step->scratch = end;
}

void lwi_gpu_copy_attributes(const lwi_node *node, const char *without, lwi_gpu_part *part) {
    size_t n = 0;
    for (size_t i = 0; i < node->n_attrs && n < LWI_GPU_PART_ATTRS; i++)
        if (!without || strncmp(node->attrs[i].name, without, strlen(without)) != 0)
            part->attrs[n++] = node->attrs[i];
}

/* ------------------------------------------------------------------ one part */

static lw_status new_node(const lwi_gpu_parts *p, const lwi_gpu_part *part, lwi_node **node) {
    size_t n = 0;
    lwi_attr *attrs = NULL;
    while (n < LWI_GPU_PART_ATTRS && part->attrs[n].name)
        n++;
    LW_TRY(lwi_arena_alloc(p->step->memory, n + 1, sizeof *attrs, &attrs));
    LW_TRY(lwi_arena_alloc(p->step->memory, 1, sizeof **node, node));
    memcpy(attrs, part->attrs, n * sizeof *attrs);
    **node = (lwi_node){.name = p->call->node->name,
                        .domain = part->domain,
                        .op_type = part->op_type,
                        .overload = "",
                        .op = lwi_op_find(part->domain, part->op_type),
                        .attrs = attrs,
                        .n_attrs = n};
    if ((*node)->op) return LW_OK;
    return lwi_call_fail(p->call, LW_INTERNAL, "there is no operator %s", part->op_type);
}

static lw_status refuse(lwi_gpu_parts *p, const char *reason) {
    p->refused = true;
    return lwi_gpu_refuse(p->step, reason);
}

/* Types and shapes of the outputs of a part, and memory for those that have no place. */
static lw_status make_outputs(lwi_gpu_parts *p, const lwi_gpu_part *part, lwi_call *c,
                              lwi_gpu_value *places) {
    bool declared[LWI_GPU_PART_VALUES] = {false};
    c->declared = declared;
    for (size_t k = 0; k < part->n_out; k++) {
        if (!part->out[k]) continue;
        LW_TRY(lwi_arena_alloc(p->step->memory, 1, sizeof *c->out[k], &c->out[k]));
        c->out[k]->embedded = true;
    }
    const lw_status status = lwi_call_infer(c);
    c->declared = NULL;
    if (status != LW_OK) return refuse(p, "the types or the shape of a part of it");
    for (size_t k = 0; k < part->n_out; k++) {
        if (!part->out[k]) continue;
        const lw_value *made = c->out[k], *place = part->out[k]->value;
        if (!place) LW_TRY(lwi_gpu_room(p, made->dtype, made->rank, made->dims, part->out[k]));
        else if (place->dtype != made->dtype || place->count != made->count)
            return refuse(p, "the type that a part of it makes");
        places[k] = *part->out[k];
    }
    return LW_OK;
}

/* An argument of a part as one of the whole; scratch memory of parts lies from `base` on. */
static void give_place(lwi_gpu_argument *a, const lwi_gpu_value *in, const lwi_gpu_value *out,
                       size_t base) {
    const size_t offset = a->value.memory.offset;
    if (a->source == LWI_GPU_SCRATCH) a->value.memory.offset += base;
    if (a->source != LWI_GPU_INPUT && a->source != LWI_GPU_OUTPUT) return;
    const lwi_gpu_value *v = a->source == LWI_GPU_INPUT ? &in[a->index] : &out[a->index];
    a->source = v->at.source;
    a->index = v->at.index;
    a->value.memory.handle = v->at.value.memory.handle;
    a->value.memory.offset = v->at.value.memory.offset + offset;
}

static void give_places(lwi_gpu_launch *launch, const lwi_gpu_value *in, const lwi_gpu_value *out,
                        size_t base) {
    for (; launch; launch = launch->otherwise)
        for (size_t i = 0; i < launch->n; i++)
            give_place(&launch->arguments[i], in, out, base);
}

lw_status lwi_gpu_add(lwi_gpu_parts *p, const lwi_gpu_part *part) {
    const lw_value *in[LWI_GPU_PART_VALUES] = {NULL};
    lw_value *out[LWI_GPU_PART_VALUES] = {NULL};
    lwi_gpu_value places[LWI_GPU_PART_VALUES] = {{0}};
    lwi_gpu_step *step = p->step;
    lwi_node *node = NULL;
    bool taken = false;
    const size_t first = step->n, scratch = step->scratch;
    if (p->refused) return LW_OK;
    LW_TRY(new_node(p, part, &node));
    for (size_t i = 0; i < part->n_in; i++)
        in[i] = part->in[i].value;
    lwi_call c = {.node = node,
                  .in = in,
                  .out = out,
                  .n_in = part->n_in,
                  .n_out = part->n_out,
                  .host = p->call->host,
                  .state = p->call->state};
    while (c.n_in > 0 && !in[c.n_in - 1])
        c.n_in--;
    LW_TRY(make_outputs(p, part, &c, places));
    if (p->refused) return LW_OK;
    step->scratch = 0;
    step->mixes = false;
    LW_TRY(lwi_gpu_claim(&c, step, &taken));
    p->mixes = p->mixes && step->mixes;
    p->refused = !taken;
    for (size_t i = first; i < step->n; i++)
        give_places(&step->launches[i], part->in, places, p->scratch);
    const size_t used = p->scratch + step->scratch;
    step->scratch = used > scratch ? used : scratch;
    step->written = 0;
    return LW_OK;
}

lw_status lwi_gpu_add_two(lwi_gpu_parts *p, const char *op_type, lwi_gpu_value a, lwi_gpu_value b,
                          lwi_gpu_value *y) {
    const lwi_gpu_part part = {
        .domain = "", .op_type = op_type, .in = {a, b}, .n_in = 2, .out = {y}, .n_out = 1};
    return lwi_gpu_add(p, &part);
}

lw_status lwi_gpu_add_cast(lwi_gpu_parts *p, lwi_gpu_value x, lw_dtype dtype, lwi_gpu_value *y) {
    const lwi_gpu_part part = {.domain = "",
                               .op_type = "Cast",
                               .attrs = {lwi_gpu_attr_int("to", dtype)},
                               .in = {x},
                               .n_in = 1,
                               .out = {y},
                               .n_out = 1};
    if (!p->refused && !y->value && x.value->dtype == dtype) {
        *y = x;
        return LW_OK;
    }
    return lwi_gpu_add(p, &part);
}

lw_status lwi_gpu_finish(const lwi_gpu_parts *p, bool *taken) {
    *taken = !p->refused;
    p->step->mixes = *taken && p->mixes;
    return LW_OK;
}

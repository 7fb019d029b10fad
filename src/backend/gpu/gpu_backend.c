/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_backend.h"

#include "ops/registry.h"

#include <stdio.h>

enum { GROUP = 256 };

typedef struct claim {
    const lwi_op *op;
    lwi_gpu_planner *plan;
} claim;

#define LWI_GPU(ident, planner) extern const lwi_op lwi_op_##ident;
#include "backend/gpu/gpu_kernels.def"
#undef LWI_GPU

static const claim claims[] = {
#define LWI_GPU(ident, planner) {&lwi_op_##ident, lwi_gpu_##planner},
#include "backend/gpu/gpu_kernels.def"
#undef LWI_GPU
};

static bool is_small(const lw_value *v) {
    return !v || (v->kind == LW_KIND_TENSOR && v->count < INT32_MAX);
}

bool lwi_gpu_all_float(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->dtype != LW_FLOAT32 || !is_small(c->in[i]))) return false;
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k] && (c->out[k]->dtype != LW_FLOAT32 || !is_small(c->out[k]))) return false;
    return true;
}

bool lwi_gpu_is_real(const lwi_gpu_step *step, lw_dtype dtype) {
    return lwi_gpu_is_float(lwi_gpu_type_of(dtype)) ||
           (dtype == LW_FLOAT64 && lwi_device_has(step->device, "doubles"));
}

bool lwi_gpu_orders(const lwi_gpu_step *step, lwi_gpu_type type) {
    return lwi_gpu_is_plain(type) || type == LWI_GPU_U64 ||
           (type == LWI_GPU_F64 && lwi_device_has(step->device, "doubles"));
}

bool lwi_gpu_has_doubles(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->dtype == LW_FLOAT64) return true;
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k] && c->out[k]->dtype == LW_FLOAT64) return true;
    return false;
}

lw_status lwi_gpu_refuse(lwi_gpu_step *step, const char *reason) {
    snprintf(step->reason, sizeof step->reason, "%s", reason);
    return LW_OK;
}

/* Outputs that are not wanted, or have no elements; 0 if none of those that are wanted is so. */
static size_t count_empty(const lwi_call *c) {
    size_t empty = 0, unwanted = 0;
    for (size_t k = 0; k < c->n_out; k++) {
        empty += c->out[k] && c->out[k]->count == 0;
        unwanted += !c->out[k];
    }
    return empty ? empty + unwanted : 0;
}

/* What drivers take in one launch: CUDA's bounds. */
static lw_status plan_launches(const claim *from, const lwi_call *c, lwi_gpu_step *step,
                               bool *taken) {
    LW_TRY(from->plan(c, step, taken));
    if (!*taken || !step->too_large) return LW_OK;
    *taken = false;
    step->written = 0;
    return lwi_gpu_refuse(step, "it needs more work groups than one launch may have");
}

/* Those that leave outputs without elements alone. */
static bool takes_empty(lwi_gpu_planner *plan) {
    return plan == lwi_gpu_copies || plan == lwi_gpu_causal_conv;
}

static const claim *find_claim(const lwi_call *c) {
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        if (claims[i].op == c->node->op->op) return &claims[i];
    return NULL;
}

bool lwi_gpu_copies_elements(const lwi_call *c) {
    static lwi_gpu_planner *const those[] = {lwi_gpu_copies,
                                             lwi_gpu_table,
                                             lwi_gpu_pad,
                                             lwi_gpu_gather,
                                             lwi_gpu_gather_nd,
                                             lwi_gpu_gather_elements,
                                             lwi_gpu_scatter_nd,
                                             lwi_gpu_scatter_elements,
                                             lwi_gpu_one_hot,
                                             lwi_gpu_trilu,
                                             lwi_gpu_max_unpool,
                                             lwi_gpu_tensor_scatter,
                                             lwi_gpu_reverse_sequence};
    const claim *found = find_claim(c);
    for (size_t i = 0; found && i < sizeof those / sizeof *those; i++)
        if (found->plan == those[i]) return true;
    return false;
}

lw_status lwi_gpu_claim(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const claim *found = find_claim(c);
    const size_t empty = count_empty(c);
    *taken = false;
    if (!found) return lwi_gpu_refuse(step, "the device has no kernel for this operator");
    if (empty == 0 || (empty < c->n_out && takes_empty(found->plan)))
        return plan_launches(found, c, step, taken);
    if (empty < c->n_out) return lwi_gpu_refuse(step, "an output has no elements");
    *taken = true; /* there is nothing to do */
    return lwi_arena_grow(step->memory, &step->launches, &step->capacity, 1,
                          sizeof *step->launches);
}

lwi_gpu_type lwi_gpu_type_of(lw_dtype dtype) {
    static const lw_dtype types[LWI_GPU_TYPES] = {
        [LWI_GPU_F32] = LW_FLOAT32, [LWI_GPU_F16] = LW_FLOAT16, [LWI_GPU_BF16] = LW_BFLOAT16,
        [LWI_GPU_BOOL] = LW_BOOL,   [LWI_GPU_U8] = LW_UINT8,    [LWI_GPU_I8] = LW_INT8,
        [LWI_GPU_U16] = LW_UINT16,  [LWI_GPU_I16] = LW_INT16,   [LWI_GPU_U32] = LW_UINT32,
        [LWI_GPU_I32] = LW_INT32,   [LWI_GPU_I64] = LW_INT64,   [LWI_GPU_U64] = LW_UINT64,
        [LWI_GPU_F64] = LW_FLOAT64};
    int i = 0;
    while (i < LWI_GPU_TYPES && types[i] != dtype)
        i++;
    return (lwi_gpu_type)i;
}

/* ------------------------------------------------------------------ launches */

lw_status lwi_gpu_groups(lwi_gpu_step *step, const char *kernel, size_t x, size_t y, size_t z,
                         lwi_gpu_launch **launch) {
    if (x > UINT32_MAX / GROUP || y > 65535 || z > 65535) step->too_large = true;
    LW_TRY(lwi_arena_grow(step->memory, &step->launches, &step->capacity, step->n + 1,
                          sizeof *step->launches));
    *launch = &step->launches[step->n++];
    **launch = (lwi_gpu_launch){
        .kernel = kernel, .groups = {(uint32_t)x, (uint32_t)y, (uint32_t)z}, .size = GROUP};
    return LW_OK;
}

lw_status lwi_gpu_items(lwi_gpu_step *step, const char *kernel, size_t n, lwi_gpu_launch **launch) {
    return lwi_gpu_groups(step, kernel, (n + GROUP - 1) / GROUP, 1, 1, launch);
}

void lwi_gpu_in_at(lwi_gpu_launch *launch, const lwi_call *c, size_t input, size_t offset) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.source = LWI_GPU_INPUT,
                           .index = lwi_has(c, input) ? input : 0,
                           .value = {.kind = LWI_DEVICE_MEMORY, .memory = {.offset = offset}}};
}

void lwi_gpu_in(lwi_gpu_launch *launch, const lwi_call *c, size_t input) {
    lwi_gpu_in_at(launch, c, input, 0);
}

void lwi_gpu_out(lwi_gpu_launch *launch, size_t output) {
    launch->arguments[launch->n++] = (lwi_gpu_argument){
        .source = LWI_GPU_OUTPUT, .index = output, .value.kind = LWI_DEVICE_MEMORY};
}

lw_status lwi_gpu_map(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t input,
                      const lwi_device_map *map) {
    lwi_device_map *own = NULL;
    LW_TRY(lwi_arena_alloc(step->memory, 1, sizeof *own, &own));
    *own = *map;
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.source = LWI_GPU_INPUT,
                           .index = input,
                           .value = {.kind = LWI_DEVICE_MAP, .memory.map = own}};
    return LW_OK;
}

void lwi_gpu_local(lwi_gpu_launch *launch, size_t bytes) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.value = {.kind = LWI_DEVICE_LOCAL, .i = (int32_t)bytes}};
}

void lwi_gpu_int(lwi_gpu_launch *launch, int64_t number) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.value = {.kind = LWI_DEVICE_INT, .i = (int32_t)number}};
}

void lwi_gpu_float(lwi_gpu_launch *launch, double number) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.value = {.kind = LWI_DEVICE_FLOAT, .f = (float)number}};
}

void lwi_gpu_mistake(lwi_gpu_step *step, lwi_gpu_launch *launch) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.source = LWI_GPU_MISTAKE, .value.kind = LWI_DEVICE_MEMORY};
    lwi_gpu_int(launch, step->node);
    step->checks = true;
}

void lwi_gpu_scratch_at(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t offset, size_t bytes) {
    launch->arguments[launch->n++] =
        (lwi_gpu_argument){.source = LWI_GPU_SCRATCH,
                           .value = {.kind = LWI_DEVICE_MEMORY, .memory = {.offset = offset}}};
    if (offset + bytes > step->scratch) step->scratch = offset + bytes;
}

void lwi_gpu_scratch(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t bytes) {
    lwi_gpu_scratch_at(step, launch, 0, bytes);
}

static void add_memory(lwi_gpu_launch *launch, const lwi_device_memory *memory) {
    launch->arguments[launch->n++] = (lwi_gpu_argument){
        .value = {.kind = LWI_DEVICE_MEMORY, .memory = {.handle = memory->handle}}};
}

lw_status lwi_gpu_data(lwi_gpu_step *step, lwi_gpu_launch *launch, const void *data, size_t bytes) {
    lwi_device_memory memory = {NULL, bytes};
    if (step->keep) LW_TRY(step->keep(step->arg, data, bytes, &memory));
    add_memory(launch, &memory);
    return LW_OK;
}

lw_status lwi_gpu_shared_data(lwi_gpu_step *step, lwi_gpu_launch *launch, const void *data,
                              size_t bytes) {
    lwi_device_memory memory = {NULL, bytes};
    if (step->keep_table) LW_TRY(step->keep_table(step->arg, data, bytes, &memory));
    add_memory(launch, &memory);
    return LW_OK;
}

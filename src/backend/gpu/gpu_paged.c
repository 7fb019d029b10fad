/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values go into the cache, then each head of each token attends; of few
 * tokens that may see much, in several ranges, so that all of the device has work. */
#include "backend/gpu/gpu_backend.h"
#include "base/q8_row.h"
#include "ops/paged_attention.h"

enum { Q, K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES, SINKS, BIAS };
enum { PLAN = 20, MOST = 768 /* elements of a head, of kernels/paged.k */ };
enum { LEAST = 512, MANY = 512 };

static void write_plan(const lwi_call *c, const lwi_paged *p, int32_t plan[PLAN]) {
    const size_t size = lwi_dtype_size(p->dtype);
    const int64_t numbers[PLAN] = {(int64_t)p->tokens,
                                   (int64_t)p->heads,
                                   (int64_t)p->kv_heads,
                                   (int64_t)p->key,
                                   (int64_t)p->value,
                                   (int64_t)p->positions,
                                   (int64_t)p->per_sequence,
                                   (int64_t)p->window,
                                   (int64_t)p->chunk,
                                   (int64_t)p->half,
                                   p->interleaved,
                                   lwi_gpu_type_of(p->dtype),
                                   c->in[CACHE]->dims[0],
                                   c->in[BLOCKS]->dims[0],
                                   (int64_t)(p->block / size),
                                   (int64_t)(p->layer / size),
                                   (int64_t)p->reach,
                                   lwi_has(c, SINKS) | lwi_has(c, BIAS) << 1,
                                   (int64_t)(p->key_bytes / size),
                                   (int64_t)(p->value_bytes / size)};
    for (int i = 0; i < PLAN; i++)
        plan[i] = (int32_t)numbers[i];
}

/* An item for each code of its blocks, which may be more than it has elements. */
static size_t items_of_q8(size_t row) {
    return (row + LWI_Q8_CODES - 1) / LWI_Q8_CODES * LWI_Q8_CODES;
}

static lw_status launch_store(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                              lwi_gpu_step *step) {
    static const size_t inputs[] = {K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES};
    const bool bytes = p->dtype == LW_UINT8;
    const size_t row = bytes ? items_of_q8(p->key) + items_of_q8(p->value) : p->key + p->value;
    const size_t n = p->tokens * p->kv_heads * row;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, bytes ? "paged_store_q8" : "paged_store", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

/* Ranges of what a token may see at most, of at least LEAST positions, so that there are some MANY
 * groups; by the sizes of the plan alone. */
static size_t count_splits(const lwi_paged *p) {
    const size_t groups = p->tokens * p->heads;
    const size_t reach = p->chunk    ? p->chunk
                         : p->window ? p->window
                                     : p->per_sequence * p->positions;
    const size_t wanted = groups ? MANY / groups : 1, most = reach / LEAST;
    const size_t splits = wanted < most ? wanted : most;
    return splits > 1 ? splits : 1;
}

static lw_status launch_attend(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                               size_t splits, lwi_gpu_step *step) {
    static const size_t inputs[] = {Q,       POSITIONS, SEQUENCES, BLOCKS, CACHE,
                                    COSINES, SINES,     SINKS,     BIAS};
    const size_t ranges = splits > 1 ? p->tokens * p->heads * splits * (2 + p->value) : 0;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "paged_attend", p->tokens, p->heads, splits, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch(step, launch, ranges * sizeof(float));
    lwi_gpu_mistake(step, launch);
    lwi_gpu_float(launch, (double)p->scale);
    lwi_gpu_float(launch, (double)p->softcap);
    lwi_gpu_int(launch, (int64_t)splits);
    return LW_OK;
}

static lw_status launch_join(const lwi_call *c, const lwi_paged *p, size_t splits,
                             lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "paged_join", c->out[0]->count, &launch));
    lwi_gpu_scratch(step, launch, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)splits);
    lwi_gpu_int(launch, (int64_t)p->value);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_paged_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_paged p = {0};
    int32_t plan[PLAN];
    LW_TRY(lwi_paged_read(c, &p));
    if (c->in[Q]->dtype != LW_FLOAT32) return lwi_gpu_refuse(step, "its types");
    if (p.dtype == LW_UINT8 && (p.key % 2 || p.value % 2))
        return lwi_gpu_refuse(step, "a cache of 8 bits for heads of odd sizes");
    if (p.key > MOST || p.value > MOST || p.tokens * p.kv_heads * (p.key + p.value) >= INT32_MAX ||
        p.block >= INT32_MAX)
        return lwi_gpu_refuse(step, "heads of more than 768 elements");
    const size_t splits = count_splits(&p);
    write_plan(c, &p, plan);
    LW_TRY(launch_store(c, &p, plan, step));
    LW_TRY(launch_attend(c, &p, plan, splits, step));
    if (splits > 1) LW_TRY(launch_join(c, &p, splits, step));
    step->written = 1 + CACHE;
    *taken = true;
    return LW_OK;
}

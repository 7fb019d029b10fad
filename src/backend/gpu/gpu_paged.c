/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values go into the cache, then each head of each token attends. */
#include "backend/gpu/gpu_backend.h"
#include "ops/paged_attention.h"

enum { Q, K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES, SINKS, BIAS };
enum { PLAN = 18, MOST = 768 /* elements of a head, of kernels/attention.k */ };

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
                                   lwi_attr_int(c->node, "offset", 0),
                                   (int64_t)p->reach,
                                   lwi_has(c, SINKS) | lwi_has(c, BIAS) << 1};
    for (int i = 0; i < PLAN; i++)
        plan[i] = (int32_t)numbers[i];
}

static lw_status launch_store(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                              lwi_gpu_step *step) {
    static const size_t inputs[] = {K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES};
    const size_t n = p->tokens * p->kv_heads * (p->key + p->value);
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "paged_store", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

static lw_status launch_attend(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                               lwi_gpu_step *step) {
    static const size_t inputs[] = {Q,       POSITIONS, SEQUENCES, BLOCKS, CACHE,
                                    COSINES, SINES,     SINKS,     BIAS};
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "paged_attend", p->tokens, p->heads, 1, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_float(launch, (double)p->scale);
    lwi_gpu_float(launch, (double)p->softcap);
    return LW_OK;
}

lw_status lwi_gpu_paged_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_paged p = {0};
    int32_t plan[PLAN];
    LW_TRY(lwi_paged_read(c, &p));
    if (c->in[Q]->dtype != LW_FLOAT32 || (p.dtype != LW_FLOAT32 && p.dtype != LW_FLOAT16))
        return lwi_gpu_refuse(step, "its types, or a cache of 8 bits");
    if (p.key > MOST || p.value > MOST || p.tokens * p.kv_heads * (p.key + p.value) >= INT32_MAX ||
        p.block >= INT32_MAX)
        return lwi_gpu_refuse(step, "heads of more than 768 elements");
    write_plan(c, &p, plan);
    LW_TRY(launch_store(c, &p, plan, step));
    step->written = 1 + CACHE;
    *taken = true;
    return launch_attend(c, &p, plan, step);
}

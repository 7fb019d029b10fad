/* SPDX-License-Identifier: MIT
 * MemoryAttention and SequenceAttention. */
#include "backend/gpu/gpu_backend.h"
#include "ops/token_heads.h"

#include <math.h>

enum { Q, K, V, SEQUENCES };
enum { MOST = 768 /* elements of a head, of kernels/attention.k */ };
enum { ROTARY_PLAN = 40 }; /* of kernels/rotary.k */

/* Scratch memory: ranges of tokens, then turned queries and keys; bytes. */
typedef struct room {
    size_t ranges, q, k;
    bool turned;
} room;

static room find_room(const lwi_call *c, size_t tokens, bool turned) {
    const size_t q = turned ? c->in[Q]->bytes : 0, k = turned ? c->in[K]->bytes : 0;
    return (room){tokens * 2 * sizeof(int32_t), q, k, turned};
}

static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (lwi_has(c, i) && c->in[i]->dtype != LW_FLOAT32 && c->in[i]->dtype != LW_INT32)
            return false;
    return lwi_gpu_moves(c) && c->in[Q]->dtype == LW_FLOAT32 && c->out[0]->dtype == LW_FLOAT32;
}

/* NULL: nothing stands against it. */
static const char *refusal(const lwi_call *c, const lwi_token_heads *h) {
    if (!takes(c)) return "its types";
    return h->key > MOST || h->value > MOST ? "heads of more than 768 elements" : NULL;
}

/* Queries, or keys, or those in scratch memory. */
static void add_rows(const lwi_call *c, const room *r, size_t input, lwi_gpu_step *step,
                     lwi_gpu_launch *launch) {
    const size_t at = r->ranges + (input == K ? r->q : 0);
    if (r->turned) lwi_gpu_scratch_at(step, launch, at, input == K ? r->k : r->q);
    else lwi_gpu_in(launch, c, input);
}

/* bias: the input; 0: there is none. */
static lw_status launch_attend(const lwi_call *c, const room *r, const lwi_token_heads *h,
                               size_t bias, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "attend_rows", h->tokens, h->heads, 1, &launch));
    add_rows(c, r, Q, step, launch);
    add_rows(c, r, K, step, launch);
    lwi_gpu_in(launch, c, V);
    lwi_gpu_in(launch, c, bias);
    lwi_gpu_scratch(step, launch, r->ranges);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)(h->heads / h->kv_heads));
    lwi_gpu_int(launch, (int64_t)h->key);
    lwi_gpu_int(launch, (int64_t)h->value);
    lwi_gpu_int(launch, bias ? c->in[bias]->dims[1] / 2 : -1);
    lwi_gpu_int(launch, (int64_t)h->heads);
    lwi_gpu_float(launch, (double)lwi_attr_float(c->node, "scale", 1 / sqrtf((float)h->key)));
    lwi_gpu_float(launch, (double)lwi_attr_float(c->node, "softcap", 0));
    return LW_OK;
}

lw_status lwi_gpu_memory_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { RANGES = SEQUENCES + 1 };
    lwi_gpu_launch *launch = NULL;
    const size_t n = (size_t)lwi_attr_int(c->node, "num_heads", 1);
    const lwi_token_heads h = {.tokens = (size_t)c->in[Q]->dims[0],
                               .heads = n,
                               .kv_heads = n,
                               .key = (size_t)c->in[Q]->dims[1] / n,
                               .value = (size_t)c->in[V]->dims[1] / n};
    const room r = find_room(c, h.tokens, false);
    const char *const why_not = refusal(c, &h);
    if (why_not) return lwi_gpu_refuse(step, why_not);
    LW_TRY(lwi_gpu_items(step, "memory_ranges", h.tokens, &launch));
    lwi_gpu_in(launch, c, SEQUENCES);
    lwi_gpu_in(launch, c, RANGES);
    lwi_gpu_scratch(step, launch, r.ranges);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, c->in[RANGES]->dims[0]);
    lwi_gpu_int(launch, c->in[K]->dims[0]);
    lwi_gpu_int(launch, (int64_t)h.tokens);
    *taken = true;
    return launch_attend(c, &r, &h, 0, step);
}

/* ------------------------------------------------------------ SequenceAttention */

enum { COSINES = SEQUENCES + 1, SINES, BIAS };

/* Queries or keys, turned, into scratch memory. */
static lw_status launch_turn(const lwi_call *c, const room *r, const lwi_token_heads *h,
                             size_t input, lwi_gpu_step *step) {
    const int32_t half = (int32_t)c->in[COSINES]->dims[1];
    const int32_t heads = (int32_t)(input == K ? h->kv_heads : h->heads);
    const int32_t plan[ROTARY_PLAN] = {2,
                                       (int32_t)h->key,
                                       half,
                                       lwi_attr_int(c->node, "interleaved", 0) != 0,
                                       [8] = (int32_t)h->tokens,
                                       heads,
                                       [16] = half,
                                       [24] = half};
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "rotate_pairs", c->in[input]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_in(launch, c, COSINES);
    lwi_gpu_in(launch, c, SINES);
    lwi_gpu_in(launch, c, SEQUENCES); /* in the place of positions, which are not looked at */
    add_rows(c, r, input, step, launch);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, 0); /* all are float32 */
    lwi_gpu_int(launch, (int64_t)c->in[input]->count);
    return LW_OK;
}

lw_status lwi_gpu_sequence_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    lwi_token_heads h;
    LW_TRY(lwi_token_heads_read(c, &h));
    const bool turned = lwi_has(c, COSINES) && c->in[COSINES]->count;
    const room r = find_room(c, h.tokens, turned);
    const char *const why_not = refusal(c, &h);
    if (why_not) return lwi_gpu_refuse(step, why_not);
    LW_TRY(lwi_gpu_items(step, "sequence_ranges", h.tokens, &launch));
    lwi_gpu_in(launch, c, SEQUENCES);
    lwi_gpu_scratch(step, launch, r.ranges);
    lwi_gpu_int(launch, lwi_attr_int(c->node, "window", 0));
    lwi_gpu_int(launch, (int64_t)h.tokens);
    if (turned) LW_TRY(launch_turn(c, &r, &h, Q, step));
    if (turned) LW_TRY(launch_turn(c, &r, &h, K, step));
    *taken = true;
    return launch_attend(c, &r, &h, lwi_has(c, BIAS) ? BIAS : 0, step);
}

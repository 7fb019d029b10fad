/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_backend.h"
#include "ops/attention_core.h"

enum { MOST = 768 }; /* elements of a value, of kernels/attention.k */

typedef struct planning {
    lwi_gpu_step *step;
    bool *taken;
} planning;

static void write_strides(int32_t *to, size_t batch, size_t head, size_t position, size_t last) {
    to[0] = (int32_t)batch;
    to[1] = (int32_t)head;
    to[2] = (int32_t)position;
    to[3] = (int32_t)last;
}

static lw_status attend(lwi_call *c, const lwi_attention *a) {
    const planning *p = c->prepared;
    lwi_gpu_launch *launch = NULL;
    if (a->v_head > MOST || a->kv_len == 0 || a->kv_len >= INT32_MAX || a->choice.data ||
        a->nan_zero || lwi_has(c, 5))
        return lwi_gpu_refuse(p->step, "values of more than 768 elements, or a choice of scores");
    int32_t plan[32] = {(int32_t)a->batch,
                        (int32_t)a->q_heads,
                        (int32_t)a->q_len,
                        (int32_t)a->kv_len,
                        (int32_t)a->head,
                        (int32_t)a->v_head,
                        (int32_t)(a->q_heads / a->kv_heads)};
    write_strides(plan + 8, a->q.batch, a->q.head, a->q.row, 1);
    write_strides(plan + 12, a->k.batch, a->k.head, a->k.row, a->k_column ? a->k_column : 1);
    write_strides(plan + 16, a->v.batch, a->v.head, a->v.row, 1);
    write_strides(plan + 20, a->y.batch, a->y.head, a->y.row, 1);
    for (size_t i = 0; i < a->n_bias; i++) {
        const size_t *s = a->bias[i].strides;
        write_strides(plan + 24 + 4 * i, s[0], s[1], s[2], s[3]);
    }
    LW_TRY(lwi_gpu_groups(p->step, "attention_f32", a->q_len, a->q_heads, a->batch, &launch));
    LW_TRY(lwi_gpu_data(p->step, launch, plan, sizeof plan));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    const size_t first = lwi_has(c, 3) ? 3 : 4;
    lwi_gpu_in(launch, c, first);
    lwi_gpu_in(launch, c, first + 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_float(launch, a->scale);
    lwi_gpu_int(launch, (1 << a->n_bias) - 1);
    *p->taken = true;
    return LW_OK;
}

lw_status lwi_gpu_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const lwi_attention_engine engine = {.attend = attend};
    const planning p = {step, taken};
    lwi_call call = *c;
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->dtype != LW_FLOAT32)
            return lwi_gpu_refuse(step, "a choice of scores");
    if (!lwi_gpu_all_float(c)) return lwi_gpu_refuse(step, "its types");
    call.prepared = (void *)&p;
    return lwi_attention_fused_run(&call, &engine);
}

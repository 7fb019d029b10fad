/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_attention.h"

enum { MOST = 768 }; /* elements of a value, of kernels/attention.k */
enum { KEEP = 5 };   /* the input that chooses scores */

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

static lw_status launch_floats(const lwi_call *c, const lwi_attention *a, const int32_t plan[32],
                               lwi_gpu_step *step) {
    const size_t first = lwi_has(c, 3) ? 3 : 4;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "attention_f32", a->q_len, a->q_heads, a->batch, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, 32 * sizeof *plan));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_in(launch, c, first);
    lwi_gpu_in(launch, c, first + 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_float(launch, a->scale);
    lwi_gpu_int(launch, (1 << a->n_bias) - 1);
    return LW_OK;
}

/* Elements of a value that the fast kernels take; of a query too where they are not float32. */
static bool fits(const lwi_call *c, const lwi_attention *a) {
    if (c->in[0]->dtype == LW_FLOAT32) return a->v_head <= MOST;
    return a->v_head <= 128 && a->head <= 128;
}

lw_status lwi_gpu_attention_tiles(const lwi_call *c, const lwi_attention *a, lwi_gpu_step *step) {
    if (c->in[0]->dtype != LW_FLOAT32) return lwi_gpu_attention_chosen(c, a, step);
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
    return launch_floats(c, a, plan, step);
}

static lw_status attend(lwi_call *c, const lwi_attention *a) {
    const planning *p = c->prepared;
    if (!lwi_gpu_attention_fits(a))
        return lwi_gpu_refuse(p->step, "its sizes, or values of more than 768 elements");
    *p->taken = true;
    if (!fits(c, a) || a->nan_zero || lwi_has(c, KEEP))
        return lwi_gpu_attention_chosen(c, a, p->step);
    return lwi_gpu_attention_tiles(c, a, p->step);
}

/* Float32, or Q, K, V and Y of a type that the device multiplies; then biases of any width. */
static bool takes_types(const lwi_call *c, const lwi_device *device) {
    const lw_dtype type = c->in[0]->dtype;
    lwi_call floats = *c;
    if (lwi_has(c, KEEP)) floats.n_in = KEEP; /* what is kept is truths */
    if (lwi_gpu_all_float(&floats)) return true;
    if (!(type == LW_FLOAT16 && device->multiplies_f16) &&
        !(type == LW_BFLOAT16 && device->multiplies_bf16))
        return false;
    for (size_t i = 0; i < floats.n_in; i++)
        if (c->in[i] &&
            (i < 3 ? c->in[i]->dtype != type : !lwi_gpu_is_float(lwi_gpu_type_of(c->in[i]->dtype))))
            return false;
    return c->out[0]->dtype == type && lwi_gpu_moves(c);
}

bool lwi_gpu_attention_takes(const lwi_call *c, const lwi_attention *a, const lwi_device *device) {
    return fits(c, a) && takes_types(c, device);
}

lw_status lwi_gpu_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const lwi_attention_engine engine = {.attend = attend};
    const planning p = {step, taken};
    lwi_call call = *c;
    if (!takes_types(c, step->device)) return lwi_gpu_refuse(step, "its types");
    call.prepared = (void *)&p;
    return lwi_attention_fused_run(&call, &engine);
}

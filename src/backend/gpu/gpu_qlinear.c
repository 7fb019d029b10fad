/* SPDX-License-Identifier: MIT
 * QLinearAdd and its kin of com.microsoft, whose scales and zero points are known. */
#include "backend/gpu/gpu_qlinear.h"

#include "backend/gpu/gpu_program.h"
#include "ops/qlinear.h"

enum { MOST_MEAN = 1 << 23 };

/* Those of these inputs that are there have data now. */
static bool knows(const lwi_call *c, const size_t *inputs, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (lwi_has(c, inputs[i]) && !lwi_known(c, inputs[i])) return false;
    return lwi_gpu_moves(c);
}

static const char unknown[] = "a scale or zero point that is computed in the run";

/* ------------------------------------------------------------------------- maps */

static lw_status launch_map(const lwi_call *c, size_t input, const uint8_t map[256], size_t n,
                            size_t row, size_t first, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "map_codes", c->in[input]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, map, 256));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, (int64_t)row);
    lwi_gpu_int(launch, (int64_t)first);
    lwi_gpu_int(launch, (int64_t)c->in[input]->count);
    return LW_OK;
}

static lw_status plan_map(const lwi_call *c, lw_status (*find)(const lwi_call *, uint8_t *),
                          lwi_gpu_step *step, bool *taken) {
    static const size_t numbers[] = {1, 2, 3, 4};
    const size_t n = c->in[0]->count;
    uint8_t map[256];
    if (!knows(c, numbers, 4)) return lwi_gpu_qlinear_map_parts(c, step, taken);
    LW_TRY(find(c, map));
    *taken = true;
    return launch_map(c, 0, map, n, n, 0, step);
}

lw_status lwi_gpu_qlinear_sigmoid(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_map(c, lwi_qlinear_sigmoid_map, step, taken);
}

lw_status lwi_gpu_qlinear_leaky_relu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_map(c, lwi_qlinear_leaky_relu_map, step, taken);
}

/* Inputs: scale and zero point of the result, then a tensor with its own, and so on. */
lw_status lwi_gpu_qlinear_concat(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *y = c->out[0];
    lwi_q8 from, to;
    int axis;
    size_t outer, dim, inner, at = 0;
    for (size_t i = 0; i < c->n_in; i++)
        if ((i < 2 || i % 3 != 2) && !knows(c, &i, 1)) return lwi_gpu_refuse(step, unknown);
    LW_TRY(lwi_q8_read(c, 0, 1, y->dtype, &to));
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), y->rank, &axis));
    lwi_split_axis(y, axis, &outer, &dim, &inner);
    for (size_t i = 2; i + 2 < c->n_in; i += 3) {
        uint8_t map[256];
        const size_t n = c->in[i]->count / outer;
        LW_TRY(lwi_q8_read(c, i + 1, i + 2, y->dtype, &from));
        lwi_q8_map(from, to, map);
        if (n) LW_TRY(launch_map(c, i, map, n, dim * inner, at, step));
        at += n;
    }
    *taken = step->n > 0;
    return LW_OK;
}

/* ------------------------------------------------------------ sums and products */

static lw_status plan_binary(const lwi_call *c, bool product, lwi_gpu_step *step, bool *taken) {
    static const size_t known[] = {1, 2, 4, 5, 6, 7};
    const lw_value *in[2] = {c->in[0], c->in[3]};
    const lwi_program header = {.n_inputs = 2};
    lwi_qlinear_binary q;
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    float numbers[512];
    if (!knows(c, known, 6)) return lwi_gpu_qlinear_binary_parts(c, product, step, taken);
    if (c->out[0]->rank > 8) return lwi_gpu_refuse(step, "more than eight axes");
    LW_TRY(lwi_qlinear_binary_read(c, product, &q));
    lwi_q8_table(q.a, q.a.scale, numbers);
    lwi_q8_table(q.b, q.b.scale, numbers + 256);
    lwi_gpu_program_write(&header, c->out[0], in, &p);
    LW_TRY(lwi_gpu_items(step, "codes_of_two", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    LW_TRY(lwi_gpu_data(step, launch, numbers, sizeof numbers));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 3);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, product);
    lwi_gpu_int(launch, q.to.low < 0);
    lwi_gpu_int(launch, (int64_t)q.to.zero);
    lwi_gpu_float(launch, q.factor);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_qlinear_add(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_binary(c, false, step, taken);
}

lw_status lwi_gpu_qlinear_mul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_binary(c, true, step, taken);
}

/* ------------------------------------------------------------------------ means */

lw_status lwi_gpu_qlinear_global_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const size_t known[] = {1, 2, 3, 4};
    const lw_value *x = c->in[0], *y = c->out[0];
    const bool last = lwi_attr_int(c->node, "channels_last", 0) != 0;
    const size_t n = x->count / y->count;
    lwi_q8 from, to;
    lwi_gpu_launch *launch = NULL;
    if (!knows(c, known, 4)) return lwi_gpu_refuse(step, unknown);
    if (n == 0 || n > MOST_MEAN) return lwi_gpu_refuse(step, "how many codes a mean has");
    LW_TRY(lwi_q8_read(c, 1, 2, x->dtype, &from));
    LW_TRY(lwi_q8_read(c, 3, 4, x->dtype, &to));
    LW_TRY(lwi_gpu_items(step, "mean_codes", y->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, from.low < 0);
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, last ? x->dims[x->rank - 1] : 1);
    lwi_gpu_int(launch, (int64_t)from.zero);
    lwi_gpu_int(launch, (int64_t)to.zero);
    lwi_gpu_float(launch, from.scale);
    lwi_gpu_float(launch, to.scale);
    lwi_gpu_int(launch, (int64_t)y->count);
    *taken = true;
    return LW_OK;
}

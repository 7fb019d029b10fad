/* SPDX-License-Identifier: MIT
 * Normalizations. */
#include "aten/lower.h"

/* input, weight, bias, running_mean, running_var, training, momentum, eps */
void lwi_aten_batch_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int mean = lwi_aten_id(a, &in[3]), var = lwi_aten_id(a, &in[4]);
    if (lwi_aten_get_bool(a, &in[5]) || mean < 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "statistics of the batch are for training");
    int w = lwi_aten_id(a, &in[1]), b = lwi_aten_id(a, &in[2]);
    const int shape = lwi_aten_shape(a, mean);
    if (w < 0) w = NODE(a, "Expand", lwi_aten_fill(a, LW_FLOAT32, 1), shape);
    if (b < 0) b = NODE(a, "Expand", lwi_aten_fill(a, LW_FLOAT32, 0), shape);
    const int y = NODE(a, "BatchNormalization", x, w, b, mean, var);
    lwi_build_float(&a->b, "epsilon", lwi_aten_get_float(a, &in[7]));
    lwi_aten_return(a, out, y);
}

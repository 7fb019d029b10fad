/* SPDX-License-Identifier: MIT
 * Conversion of element types, and copies. */
#include "aten/lower.h"

/* Without a change, the tensor itself: a write to one is a write to the other. */
static void converted(lwi_aten *a, const lwi_aten_value *x, lw_dtype dtype, lwi_aten_value *out) {
    const int id = lwi_aten_id(a, x);
    if (lwi_aten_dtype(a, id) == dtype) *out = *x;
    else lwi_aten_return(a, out, lwi_aten_cast(a, id, dtype));
}

void lwi_aten_itself(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    (void)a;
    *out = in[0];
}

/* self, dtype */
void lwi_aten_to_dtype(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype now = lwi_aten_dtype(a, lwi_aten_id(a, &in[0]));
    converted(a, &in[0], lwi_aten_get_dtype(a, &in[1], now), out);
}

/* The same, a new tensor in any case. */
void lwi_aten_to_copy(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[1], lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, lwi_aten_cast(a, x, dtype));
}

/* self, device, dtype */
void lwi_aten_to_device(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    converted(a, &in[0], lwi_aten_get_dtype(a, &in[2], LW_FLOAT32), out);
}

/* self, other */
void lwi_aten_to_other(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    converted(a, &in[0], lwi_aten_dtype(a, lwi_aten_id(a, &in[1])), out);
}

/* self, src: src in self's type and shape */
void lwi_aten_copy(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = lwi_aten_cast(a, lwi_aten_id(a, &in[1]), lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, NODE(a, "Expand", y, lwi_aten_shape(a, x)));
}

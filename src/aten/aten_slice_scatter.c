/* SPDX-License-Identifier: MIT
 * Copies of a tensor in which a part has been replaced. */
#include "aten/lower.h"

/* Places (1-D int64) of an axis get src. */
static int replaced(lwi_aten *a, int x, int axis, int places, int src) {
    const int64_t first = 0, from = axis;
    const int turned = axis ? lwi_aten_move(a, x, 1, &from, &first) : x;
    const int source = axis ? lwi_aten_move(a, src, 1, &from, &first) : src;
    const int y = NODE(a, "ScatterND", turned, lwi_aten_unsqueeze(a, places, 1), source);
    return axis ? lwi_aten_move(a, y, 1, &first, &from) : y;
}

static int places_in(lwi_aten *a, int x, int axis, int first, int last, int step) {
    const lwi_aten_value size = lwi_aten_size(a, x, axis);
    return NODE(a, "Slice", lwi_aten_steps(a, &size, 1), first, last, INTS(a, 0), step);
}

/* self, src, dim, start, end, step */
void lwi_aten_slice_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const int first = lwi_aten_given(&in[3]) ? lwi_aten_ints(a, &in[3]) : INTS(a, 0);
    const int last = lwi_aten_given(&in[4]) ? lwi_aten_ints(a, &in[4]) : INTS(a, INT64_MAX);
    const int places = places_in(a, x, axis, first, last, lwi_aten_ints(a, &in[5]));
    const int src = lwi_aten_as(a, &in[1], lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, replaced(a, x, axis, places, src));
}

/* self, src, dim, index */
void lwi_aten_select_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const int src = lwi_aten_as(a, &in[1], lwi_aten_dtype(a, x));
    lwi_aten_return(
        a, out, replaced(a, x, axis, lwi_aten_ints(a, &in[3]), lwi_aten_unsqueeze(a, src, axis)));
}

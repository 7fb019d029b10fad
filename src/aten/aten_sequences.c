/* SPDX-License-Identifier: MIT
 * Recurrent networks that ONNX's operators do not have: packed sequences, which are padded for
 * them, and LSTMs with projected outputs, which become loops over the steps. */
#include "aten/lower.h"

#include <string.h>

/* ------------------------------------------------------------ packed sequences */

int lwi_aten_packed_mask(lwi_aten *a, int batch_sizes) {
    const int batch = NODE(a, "Gather", batch_sizes, lwi_aten_int_scalar(a, 0));
    const int sequences =
        NODE(a, "Range", lwi_aten_int_scalar(a, 0), batch, lwi_aten_int_scalar(a, 1));
    return NODE(a, "Less", lwi_aten_unsqueeze(a, sequences, 0),
                lwi_aten_unsqueeze(a, batch_sizes, 1));
}

static int counted(lwi_aten *a, int mask, int64_t axis) {
    return lwi_aten_reduced(a, "ReduceSum", lwi_aten_cast(a, mask, LW_INT64), 1, &axis, false);
}

int lwi_aten_packed_lengths(lwi_aten *a, int mask) { return counted(a, mask, 0); }

int lwi_aten_unpacked(lwi_aten *a, int data, int mask) {
    const int flat = lwi_aten_reshape(a, lwi_aten_cast(a, mask, LW_INT64), 1, (int64_t[]){-1});
    const int before = NODE(a, "CumSum", flat, lwi_aten_int_scalar(a, 0));
    lwi_build_int(&a->b, "exclusive", 1);
    /* behind the last element there is none: places where the mask is not set take any */
    const int place = NODE(a, "Mul", before, flat);
    const int y = NODE(a, "Gather", data, NODE(a, "Reshape", place, lwi_aten_shape(a, mask)));
    lwi_build_int(&a->b, "axis", 0);
    return y;
}

int lwi_aten_packed(lwi_aten *a, int x, int mask) {
    int parts[LW_MAX_RANK];
    const int rank = lwi_aten_rank(a, x);
    for (int d = 1; d < rank && a->b.status == LW_OK; d++)
        parts[d - 1] = d == 1 ? INTS(a, -1) : lwi_aten_size_id(a, x, d);
    if (a->b.status != LW_OK) return -1;
    const int shape = lwi_aten_concat(a, 0, (size_t)rank - 1, parts);
    const int flat = lwi_aten_reshape(a, mask, 1, (int64_t[]){-1});
    const int y = NODE(a, "Compress", NODE(a, "Reshape", x, shape), flat);
    lwi_build_int(&a->b, "axis", 0);
    return y;
}

static int swapped(lwi_aten *a, int x) {
    const int64_t from = 0, to = 1;
    return lwi_aten_move(a, x, 1, &from, &to);
}

/* input, lengths (the largest first), batch_first: the elements, and how many there are in each
 * step */
void lwi_aten_pack_padded(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int lengths = lwi_aten_cast(a, lwi_aten_id(a, &in[1]), LW_INT64);
    if (lwi_aten_get_bool(a, &in[2])) x = swapped(a, x);
    const lwi_aten_value length = lwi_aten_size(a, x, 0);
    const int steps = lwi_aten_unsqueeze(a, lwi_aten_steps(a, &length, 1), 1);
    const int mask = NODE(a, "Less", steps, lwi_aten_unsqueeze(a, lengths, 0));
    lwi_aten_return(a, &out[0], lwi_aten_packed(a, x, mask));
    const int longest = lwi_aten_slice(a, lengths, 0, 0, 1);
    lwi_aten_return(a, &out[1],
                    NODE(a, "Slice", counted(a, mask, 1), INTS(a, 0), longest, INTS(a, 0)));
}

/* x [length, ...], made longer by zeros */
static int lengthened(lwi_aten *a, int x, const lwi_aten_value *total) {
    const lwi_aten_value length = lwi_aten_size(a, x, 0);
    const lwi_aten_value more = lwi_aten_number(a, "sub", total, &length);
    const int pads = lwi_aten_concat(a, 0, 2, (int[]){INTS(a, 0), lwi_aten_ints(a, &more)});
    return NODE(a, "Pad", x, pads, lwi_aten_like(a, x, 0), INTS(a, 0));
}

/* data, batch_sizes, batch_first, padding_value, total_length: padded sequences, and their lengths
 */
void lwi_aten_pad_packed(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int data = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, data);
    int sizes = lwi_aten_id(a, &in[1]), set = -1;
    const bool longer = in[4].id >= 0 || lwi_aten_get_int(a, &in[4]) > 0;
    if (longer) sizes = lengthened(a, sizes, &in[4]);
    const int mask = set = lwi_aten_packed_mask(a, sizes);
    for (int d = 1; d < rank; d++)
        set = lwi_aten_unsqueeze(a, set, -1);
    const int filler = lwi_aten_scalar(a, &in[3], lwi_aten_dtype(a, data));
    const int y = NODE(a, "Where", set, lwi_aten_unpacked(a, data, mask), filler);
    lwi_aten_return(a, &out[0], lwi_aten_get_bool(a, &in[2]) ? swapped(a, y) : y);
    lwi_aten_return(a, &out[1], lwi_aten_packed_lengths(a, mask));
}

/* ----------------------------------------------------------- projected outputs */

/* x W^T */
static int times(lwi_aten *a, int x, const lwi_aten_value *w) {
    return NODE(a, "MatMul", x, lwi_aten_transpose(a, lwi_aten_id(a, w), 2, (int64_t[]){1, 0}));
}

/* PyTorch's gates: i f g o; states become those behind the step. */
static void step(lwi_aten *a, int gates, int states[2]) {
    int parts[4];
    lwi_aten_nodes(a, "Split", 1, &gates, 4, parts);
    lwi_build_int(&a->b, "axis", -1);
    lwi_build_int(&a->b, "num_outputs", 4);
    const int kept = NODE(a, "Mul", NODE(a, "Sigmoid", parts[1]), states[1]);
    const int added = NODE(a, "Mul", NODE(a, "Sigmoid", parts[0]), NODE(a, "Tanh", parts[2]));
    states[1] = NODE(a, "Add", kept, added);
    states[0] = NODE(a, "Mul", NODE(a, "Sigmoid", parts[3]), NODE(a, "Tanh", states[1]));
}

/* The states of sequences that are at their end stay as they were. */
static void keep_ended(lwi_aten *a, const lwi_aten_value *lengths, const lwi_aten_value *turn,
                       const lwi_aten_value before[2], lwi_aten_value after[2]) {
    if (lengths->kind == LWI_ATEN_NONE || a->b.status != LW_OK) return;
    const int now = lwi_aten_scalar(a, turn, LW_INT32);
    const int going = lwi_aten_unsqueeze(a, NODE(a, "Less", now, lwi_aten_id(a, lengths)), 1);
    for (int s = 0; s < 2; s++)
        after[s] = lwi_aten_tensor_of(
            a, NODE(a, "Where", going, lwi_aten_id(a, &after[s]), lwi_aten_id(a, &before[s])));
}

int lwi_aten_projected_lstm(lwi_aten *a, int x, const lwi_aten_value *params, bool biases,
                            int lengths, int states[2]) {
    lwi_aten_value values[2], first[2], next[3], turn, row;
    const lwi_aten_value length = lwi_aten_size(a, x, 0), on = lwi_aten_bool(true);
    int gates = times(a, x, &params[0]);
    for (size_t i = 2; i < 4 && biases; i++)
        gates = NODE(a, "Add", gates, lwi_aten_id(a, &params[i]));
    const lwi_aten_value all = lwi_aten_tensor_of(a, gates);
    const lwi_aten_value ends = lengths < 0 ? lwi_aten_none() : lwi_aten_tensor_of(a, lengths);
    for (int s = 0; s < 2; s++)
        first[s] = values[s] = lwi_aten_tensor_of(a, states[s]);
    lwi_graph *body = lwi_aten_loop_begin(a, "step", 2, values, NULL, &turn);
    if (a->b.status != LW_OK) return -1;
    const lwi_aten_value place[3] = {all, lwi_aten_int(0), turn};
    const lwi_aten_value now = lwi_aten_apply(a, "select", 3, place);
    int inner[2] = {lwi_aten_id(a, &values[0]), lwi_aten_id(a, &values[1])};
    step(a, NODE(a, "Add", lwi_aten_id(a, &now), times(a, inner[0], &params[1])), inner);
    next[0] = next[2] = lwi_aten_tensor_of(a, times(a, inner[0], &params[biases ? 4 : 2]));
    next[1] = lwi_aten_tensor_of(a, inner[1]);
    keep_ended(a, &ends, &turn, values, next);
    lwi_aten_loop_end(a, &on, 3, next);
    lwi_aten_leave(a);
    lwi_aten_loop(a, body, &length, &on, 2, first, NULL, 1, &row);
    for (int s = 0; s < 2; s++)
        states[s] = lwi_aten_id(a, &first[s]);
    return lwi_aten_id(a, &row);
}

/* SPDX-License-Identifier: MIT
 * BatchNormalization-1..9, Dropout-1..10, GroupNormalization-18, Softmax and its kin before 13. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

/* ------------------------------------------------------------ flattened axes */

/* Everything from the axis (default 1) on was one axis. */
lw_status lwi_upgrade_flattened(lwi_upgrade *u) {
    const int x = lwi_upgrade_in(u, 0);
    const int64_t axis = lwi_attr_int(u->node, "axis", 1);
    int shape, flat, result;
    if (x < 0 || axis == -1) return lwi_node_set_int(u->graph->arena, u->node, "axis", -1);
    LW_TRY(lwi_upgrade_emit(u, "Shape", &x, 1, NULL, 0, &shape));
    LW_TRY(lwi_upgrade_emit(u, "Flatten", &x, 1, "axis", axis, &flat));
    LW_TRY(lwi_upgrade_emit(u, u->node->op_type, &flat, 1, "axis", 1, &result));
    LW_TRY(lwi_upgrade_become(u, "Reshape", (int[]){result, shape}, 2));
    return lwi_node_set_int(u->graph->arena, u->node, "allowzero", 1);
}

/* -------------------------------------------------------- BatchNormalization */

/* spatial = 0: each element of a sample has parameters of its own. */
static lw_status elementwise(lwi_upgrade *u) {
    int in[5], epsilon, t, deviation;
    for (size_t i = 0; i < 5; i++)
        if ((in[i] = lwi_upgrade_in(u, i)) < 0) return LW_OK;
    LW_TRY(lwi_upgrade_number(u, in[0], lwi_attr_float(u->node, "epsilon", 1e-5f), &epsilon));
    LW_TRY(lwi_upgrade_emit(u, "Add", (int[]){in[4], epsilon}, 2, NULL, 0, &t));
    LW_TRY(lwi_upgrade_emit(u, "Sqrt", &t, 1, NULL, 0, &deviation));
    LW_TRY(lwi_upgrade_emit(u, "Sub", (int[]){in[0], in[3]}, 2, NULL, 0, &t));
    LW_TRY(lwi_upgrade_emit(u, "Div", (int[]){t, deviation}, 2, NULL, 0, &t));
    LW_TRY(lwi_upgrade_emit(u, "Mul", (int[]){t, in[1]}, 2, NULL, 0, &t));
    return lwi_upgrade_become(u, "Add", (int[]){t, in[2]}, 2);
}

/* Up to version 9 more than one output meant training, except where is_test said otherwise; the
 * outputs after the third were for the backward pass. Here the node keeps its first output; the
 * others are the mean and variance as they came in. */
static lw_status inference_outputs(lwi_upgrade *u) {
    for (size_t i = 1; i < u->node->n_outputs && i < 5; i++) {
        const int from = lwi_upgrade_in(u, i % 2 ? 3 : 4), to = u->node->outputs[i];
        if (from >= 0 && to >= 0) LW_TRY(lwi_upgrade_emit_to(u, "Identity", &from, 1, to));
    }
    if (u->node->n_outputs > 1) u->node->n_outputs = 1;
    return LW_OK;
}

lw_status lwi_upgrade_batch_norm(lwi_upgrade *u) {
    const bool spatial = lwi_attr_int(u->node, "spatial", 1);
    const bool test = lwi_attr_int(u->node, "is_test", 0);
    bool training = false;
    for (size_t i = 1; i < u->node->n_outputs && !test; i++)
        training |= u->node->outputs[i] >= 0;
    lwi_node_remove_attr(u->node, "is_test");
    lwi_node_remove_attr(u->node, "spatial");
    for (size_t i = 3; i < u->node->n_outputs && training; i++)
        if (u->node->outputs[i] >= 0)
            return lwi_fail(LW_UNSUPPORTED, "outputs for the backward pass are not supported");
    if (training && !spatial)
        return lwi_fail(LW_UNSUPPORTED, "training with spatial = 0 is not supported");
    if (training) {
        if (u->node->n_outputs > 3) u->node->n_outputs = 3;
        return lwi_node_set_int(u->graph->arena, u->node, "training_mode", 1);
    }
    LW_TRY(inference_outputs(u));
    return spatial ? LW_OK : elementwise(u);
}

/* ------------------------------------------------------------------- Dropout */

/* Only inference was ever run by version; the mask had the data's type before version 10. */
lw_status lwi_upgrade_dropout(lwi_upgrade *u) {
    lwi_node_remove_attr(u->node, "is_test");
    lwi_node_remove_attr(u->node, "ratio");
    const int x = lwi_upgrade_in(u, 0);
    if (u->version >= 10 || x < 0 || u->node->n_outputs < 2 || u->node->outputs[1] < 0)
        return LW_OK;
    const int typed = u->node->outputs[1];
    int mask;
    LW_TRY(lwi_graph_temporary(u->graph, "mask", &mask));
    u->node->outputs[1] = mask;
    return lwi_upgrade_emit_to(u, "CastLike", (int[]){mask, x}, 2, typed);
}

/* -------------------------------------------------------- GroupNormalization */

/* One number for each group becomes one for each channel. */
static lw_status spread(lwi_upgrade *u, size_t input, int column, int repeats, int flat) {
    int t = lwi_upgrade_in(u, input);
    if (t < 0) return LW_OK;
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){t, column}, 2, NULL, 0, &t));
    LW_TRY(lwi_upgrade_emit(u, "Expand", (int[]){t, repeats}, 2, NULL, 0, &t));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){t, flat}, 2, NULL, 0, &t));
    return lwi_node_set_input(u->graph->arena, u->node, input, t);
}

lw_status lwi_upgrade_group_norm(lwi_upgrade *u) {
    const int x = lwi_upgrade_in(u, 0);
    const int64_t groups = lwi_attr_int(u->node, "num_groups", 0);
    int shape, number, channels, each, repeats, column, flat, one, two;
    if (x < 0 || groups < 1) return lwi_fail(LW_CORRUPT, "num_groups is %lld", (long long)groups);
    LW_TRY(lwi_upgrade_ints(u, &groups, 1, 1, &number));
    LW_TRY(lwi_upgrade_ints(u, (int64_t[]){-1, 1}, 2, 1, &column));
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){-1}, 1, 1, &flat));
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){1}, 1, 1, &one));
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){2}, 1, 1, &two));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &x, 1, NULL, 0, &shape));
    LW_TRY(lwi_upgrade_emit(u, "Slice", (int[]){shape, one, two}, 3, NULL, 0, &channels));
    LW_TRY(lwi_upgrade_emit(u, "Div", (int[]){channels, number}, 2, NULL, 0, &each));
    LW_TRY(lwi_upgrade_emit(u, "Concat", (int[]){number, each}, 2, "axis", 0, &repeats));
    LW_TRY(spread(u, 1, column, repeats, flat));
    return spread(u, 2, column, repeats, flat);
}

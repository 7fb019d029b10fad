/* SPDX-License-Identifier: MIT
 * For an importance matrix: outputs that tell of each weight how large the numbers are that it is
 * multiplied with. Of NAME, a matrix or a stack of them:
 *   in_sum2.NAME   float32 [columns], [matrices, columns]   sums of their squares
 *   in_count.NAME  float32 [1], [matrices]                  how many rows were summed */
#include "arch/builder.h"

#include <stdio.h>

static void put(lwi_graph_builder *b, const char *kind, const char *weight, int value) {
    char full[96], name[128];
    lwi_build_full_name(b, weight, full, sizeof full);
    snprintf(name, sizeof name, "%s.%s", kind, full);
    lwi_build_output(b, value, LW_FLOAT32, name);
}

static int over_rows(lwi_graph_builder *b, const char *op_type, int x) {
    const int64_t first = 0;
    const int y = lwi_build(b, op_type, 2, (int[]){x, lwi_build_ints(b, 1, &first)});
    lwi_build_int(b, "keepdims", 0);
    return y;
}

void lwi_build_observe(lwi_graph_builder *b, int x, const char *weight, int64_t columns) {
    if (!b->network->observe || b->status != LW_OK) return;
    const int rows = lwi_build_reshape(b, x, 2, (int64_t[]){-1, columns});
    put(b, "in_sum2", weight, over_rows(b, "ReduceSumSquare", rows));
    int count = lwi_build(b, "Shape", 1, &rows);
    lwi_build_int(b, "end", 1);
    count = lwi_build(b, "Cast", 1, &count);
    lwi_build_int(b, "to", 1); /* ONNX's number of float32 */
    put(b, "in_count", weight, count);
}

/* Which rows go to which expert is a matrix of zeros and ones. */
void lwi_build_observe_experts(lwi_graph_builder *b, int x, const char *weight,
                               const lwi_checkpoint_tensor *t, int chosen) {
    const int64_t experts = t->dims[0], columns = t->dims[2];
    if (!b->network->observe || b->status != LW_OK) return;
    const int depth = lwi_build_ints(b, 1, &experts);
    const int values = lwi_build_floats(b, 1, (int64_t[]){2}, (const float[]){0, 1});
    const int mine = lwi_build(b, "OneHot", 3, (int[]){chosen, depth, values});
    const int last = lwi_build_ints(b, 1, &(int64_t){-1});
    const int ones = lwi_build(b, "ReduceSum", 2, (int[]){mine, last}); /* [tokens, chosen, 1] */
    const int rows = lwi_build_reshape(b, x, 3, (int64_t[]){0, -1, columns});
    const int squares = lwi_build_mul(b, lwi_build_mul(b, rows, rows), ones);
    const int flat = lwi_build_reshape(b, squares, 2, (int64_t[]){-1, columns});
    const int which = lwi_build_reshape(b, mine, 2, (int64_t[]){-1, experts});
    const int turned = lwi_build(b, "Transpose", 1, &which);
    put(b, "in_sum2", weight, lwi_build(b, "MatMul", 2, (int[]){turned, flat}));
    put(b, "in_count", weight, over_rows(b, "ReduceSum", which));
}

/* SPDX-License-Identifier: MIT
 * ConstantOfShape (ONNX 25): a tensor of a given shape filled with one number. */
#include "ops/op.h"

#include <string.h>

static const lw_value *value_of(const lwi_node *node) { return lwi_attr_tensor(node, "value"); }

static lw_status check(const lwi_node *node) {
    const lw_value *v = value_of(node);
    if (!v || (v->count == 1 && v->dtype != LW_STRING)) return LW_OK;
    return lwi_node_fail(node, LW_INVALID, "value has %zu elements of %s, expected one number",
                         v->count, lw_dtype_name(v->dtype));
}

static lw_status infer(lwi_call *c) {
    int64_t dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 0, dims, LW_MAX_RANK, &n));
    const lw_value *v = value_of(c->node);
    return lwi_out(c, 0, v ? v->dtype : LW_FLOAT32, (int)n, dims);
}

/* Doubles what is filled, up to a block that stays in the cache, and copies that until all is. */
static void fill(char *to, size_t bytes, const void *element, size_t size) {
    enum { BLOCK = 1 << 12 };
    if (bytes == 0) return;
    if (size == 1 || !memcmp(element, (const char[16]){0}, size)) {
        memset(to, *(const char *)element, bytes);
        return;
    }
    memcpy(to, element, size);
    for (size_t done = size; done < bytes;) {
        const size_t most = done < BLOCK ? done : BLOCK, left = bytes - done;
        const size_t n = most < left ? most : left;
        memcpy(to + done, to, n);
        done += n;
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *v = value_of(c->node);
    lw_value *y = c->out[0];
    uint8_t element[16] = {0};
    if (v && lwi_dtype_is_packed(v->dtype)) lwi_unpack(v->dtype, v->data, 1, element);
    else if (v) memcpy(element, v->data, v->bytes);
    fill(y->data, y->bytes, element, lwi_dtype_size(y->dtype));
    return LW_OK;
}

const lwi_op lwi_op_constant_of_shape = {
    .check = check, .infer = infer, .run = run, .flags = LWI_UNPACK};

/* SPDX-License-Identifier: MIT
 * Optional, OptionalHasElement, OptionalGetElement (ONNX 28): values that may not be there. */
#include "ops/sequence.h"

static lw_status run_optional(lwi_call *c) {
    const lwi_attr *type = lwi_node_attr(c->node, "type");
    const lw_value *item = lwi_has(c, 0) ? c->in[0] : NULL;
    const lw_dtype dtype = item ? item->dtype : type ? type->type.dtype : LW_DTYPE_NONE;
    if (!item && !type)
        return lwi_call_fail(c, LW_INVALID, "has neither an input nor the attribute 'type'");
    lw_value *optional = NULL;
    LW_TRY(lwi_value_make(&c->host->allocator, LW_KIND_OPTIONAL, dtype, item != NULL, &optional));
    return lwi_out_own(c, 0, optional, item ? lwi_keep(c, item, &optional->items[0]) : LW_OK);
}

static lw_status infer_has(lwi_call *c) { return lwi_out(c, 0, LW_BOOL, 0, (int64_t[]){0}); }

static lw_status run_has(lwi_call *c) {
    const lw_value *x = lwi_has(c, 0) ? c->in[0] : NULL;
    *(uint8_t *)c->out[0]->data = x && (x->kind != LW_KIND_OPTIONAL || x->n_items > 0);
    return LW_OK;
}

static lw_status run_get(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->kind != LW_KIND_OPTIONAL) return lwi_out_value(c, 0, x);
    if (x->n_items == 0) return lwi_call_fail(c, LW_INVALID, "the optional has no value");
    return lwi_out_value(c, 0, x->items[0]);
}

const lwi_op lwi_op_optional = {.run = run_optional};
const lwi_op lwi_op_optional_has_element = {.infer = infer_has, .run = run_has};
const lwi_op lwi_op_optional_get_element = {.run = run_get};

/* SPDX-License-Identifier: MIT
 * StringConcat (ONNX 20): two strings, one after the other, with broadcasting. */
#include "base/checked.h"
#include "ops/broadcast.h"

#include <string.h>

static lw_status join(lwi_call *c, const lw_string *a, const lw_string *b, lw_string *y) {
    size_t size;
    char *text = NULL;
    if (a->size == 0 || b->size == 0) {
        *y = a->size == 0 ? *b : *a;
        return LW_OK;
    }
    if (!lwi_add_size(a->size, b->size, &size))
        return lwi_call_fail(c, LW_NO_MEMORY, "a string is too long");
    LW_TRY(c->host->bytes(c->state, size, (void **)&text));
    memcpy(text, a->data, a->size);
    memcpy(text + a->size, b->data, b->size);
    *y = (lw_string){text, size};
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const lw_string *a = c->in[0]->data, *b = c->in[1]->data;
    lw_value *out = c->out[0];
    lw_string *y = out->data;
    if (out->count == 0) return LW_OK;
    lwi_broadcast_plan plan;
    lwi_plan_broadcast(&plan, out->rank, out->dims, c->in, 2);
    for (lwi_rows r = lwi_rows_at(&plan, 0, out->count); r.n; lwi_rows_next(&r))
        for (size_t i = 0; i < r.n; i++)
            LW_TRY(
                join(c, &a[r.at[0] + i * r.step[0]], &b[r.at[1] + i * r.step[1]], &y[r.out + i]));
    return LW_OK;
}

const lwi_op lwi_op_string_concat = {.infer = lwi_infer_broadcast, .run = run};

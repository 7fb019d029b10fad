/* SPDX-License-Identifier: MIT
 * RegexFullMatch (ONNX 20): which strings a regular expression matches as a whole. */
#include "base/regex.h"
#include "ops/op.h"

#include <string.h>

static lw_status infer(lwi_call *c) {
    return lwi_out(c, 0, LW_BOOL, c->in[0]->rank, c->in[0]->dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const lw_string *text = x->data;
    const char *pattern = lwi_attr_string(c->node, "pattern", "");
    uint8_t *y = c->out[0]->data;
    lwi_regex *regex = NULL;
    LW_TRY(lwi_regex_compile(&c->host->allocator, pattern, strlen(pattern), &regex));
    lw_status status = LW_OK;
    for (size_t i = 0; i < x->count && status == LW_OK; i++) {
        y[i] = lwi_regex_matches(regex, text[i].data, text[i].size);
        status = lwi_check_cancel(c);
    }
    lwi_regex_free(regex);
    return status;
}

const lwi_op lwi_op_regex_full_match = {.infer = infer, .run = run};

/* SPDX-License-Identifier: MIT */
#include "ops/token_heads.h"

lw_status lwi_token_heads_read(const lwi_call *c, lwi_token_heads *s) {
    const int64_t heads = lwi_attr_int(c->node, "num_heads", 0);
    const int64_t kv = lwi_attr_int(c->node, "kv_num_heads", 0);
    for (size_t i = 0; i < 3; i++)
        LW_TRY(lwi_need_rank(c, i, 2, 2));
    const int64_t *q = c->in[0]->dims, *k = c->in[1]->dims, *v = c->in[2]->dims;
    if (heads < 1 || kv < 1 || heads % kv || q[1] % heads || k[1] % kv || v[1] % kv ||
        q[1] / heads != k[1] / kv || q[0] != k[0] || q[0] != v[0])
        return lwi_call_fail(c, LW_SHAPE, "%lld and %lld heads do not fit the inputs",
                             (long long)heads, (long long)kv);
    *s = (lwi_token_heads){.tokens = (size_t)q[0],
                           .heads = (size_t)heads,
                           .kv_heads = (size_t)kv,
                           .key = (size_t)(k[1] / kv),
                           .value = (size_t)(v[1] / kv)};
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * What a kernel's prepare may use. */
#include "ops/op.h"

#include <string.h>

lw_status lwi_prepare(lwi_call *c, size_t size, void *prepared) {
    void *p = NULL;
    if (!c->host->keep) return lwi_call_fail(c, LW_INTERNAL, "nothing can be prepared here");
    LW_TRY(c->host->keep(c->state, size ? size : 1, &p));
    c->prepared = p;
    memcpy(prepared, &p, sizeof p);
    return LW_OK;
}

lw_status lwi_packed(lwi_call *c, size_t input, const char *form, uint64_t variant, size_t bytes,
                     lw_status (*pack)(void *arg, const lw_value *from, void *to), void *arg,
                     const void **packed) {
    *packed = NULL;
    if (!c->host->packed || !lwi_is_constant(c, input)) return LW_OK;
    const lw_value *value = c->original ? c->original->in[input] : c->in[input];
    if (value->kind != LW_KIND_TENSOR || !value->data) return LW_OK;
    const lwi_packing packing = {form, variant, bytes, c->in[input]->dtype, pack, arg};
    LW_TRY(c->host->packed(c->state, value, &packing, packed));
    if (*packed && input < 64) c->packed |= (uint64_t)1 << input;
    return LW_OK;
}

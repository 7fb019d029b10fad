/* SPDX-License-Identifier: MIT
 * What a kernel's prepare may use. */
#include "ops/op.h"

#include <string.h>

lw_status lwi_kept(lwi_call *c, size_t n, size_t size, void *block) {
    size_t bytes;
    void *p = NULL;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
        return lwi_call_fail(c, LW_NO_MEMORY, "%zu elements of memory are too many", n);
    if (bytes == 0) bytes = 1;
    if (c->host->keep) {
        LW_TRY(c->host->keep(c->state, bytes, &p));
    } else {
        LW_TRY(c->host->memory(c->state, bytes, &p));
        memset(p, 0, bytes);
    }
    memcpy(block, &p, sizeof p);
    return LW_OK;
}

lw_status lwi_prepare(lwi_call *c, size_t size, void *prepared) {
    LW_TRY(lwi_kept(c, 1, size, &c->prepared));
    memcpy(prepared, &c->prepared, sizeof c->prepared);
    return LW_OK;
}

static lw_status get_packed(lwi_call *c, size_t input, lwi_packing *packing, const void **packed) {
    *packed = NULL;
    if (!c->host->packed || !lwi_is_constant(c, input)) return LW_OK;
    const lw_value *value = c->original ? c->original->in[input] : c->in[input];
    if (value->kind != LW_KIND_TENSOR || !value->data) return LW_OK;
    packing->shown = c->in[input]->dtype;
    const bool left =
        packing->can_wait && c->host->waits && !c->original && value->fixed == LWI_FIXED_MODEL;
    if (!left) LW_TRY(c->host->packed(c->state, value, packing, packed));
    if ((*packed || left) && input < 64) c->packed |= (uint64_t)1 << input;
    return LW_OK;
}

lw_status lwi_packed(lwi_call *c, size_t input, const char *form, uint64_t variant, size_t bytes,
                     lw_status (*pack)(void *arg, const lw_value *from, void *to), void *arg,
                     const void **packed) {
    lwi_packing packing = {
        .form = form, .variant = variant, .bytes = bytes, .pack = pack, .arg = arg};
    return get_packed(c, input, &packing, packed);
}

lw_status lwi_packed_anywhere(lwi_call *c, size_t input, const char *form, uint64_t variant,
                              size_t bytes,
                              lw_status (*pack)(void *arg, const lw_value *from, void *to),
                              void *arg, const void **packed) {
    lwi_packing packing = {.form = form,
                           .variant = variant,
                           .bytes = bytes,
                           .pack = pack,
                           .arg = arg,
                           .anywhere = true};
    return get_packed(c, input, &packing, packed);
}

lw_status lwi_packed_later(lwi_call *c, size_t input, const char *form, uint64_t variant,
                           size_t bytes,
                           lw_status (*pack)(void *arg, const lw_value *from, void *to), void *arg,
                           const void **packed) {
    lwi_packing packing = {.form = form,
                           .variant = variant,
                           .bytes = bytes,
                           .pack = pack,
                           .arg = arg,
                           .anywhere = true,
                           .can_wait = true};
    return get_packed(c, input, &packing, packed);
}

void lwi_forget(const lwi_call *c, const void *data, size_t bytes) {
    if (c->host->forget) c->host->forget(c->state, data, bytes);
}

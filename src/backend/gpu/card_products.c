/* SPDX-License-Identifier: MIT */
#include "backend/gpu/card_products.h"

#include "base/memory.h"

static bool equals(const lwi_device_product *a, const lwi_device_product *b) {
    return a->type == b->type && a->bias == b->bias && a->alpha == b->alpha && a->m == b->m &&
           a->n == b->n && a->k == b->k && a->batch == b->batch && a->a_row == b->a_row &&
           a->a_column == b->a_column && a->a_batch == b->a_batch && a->b_row == b->b_row &&
           a->b_column == b->b_column && a->b_batch == b->b_batch;
}

static lw_status add(lwi_card_products *p, const lwi_device_product *wanted) {
    LW_TRY(lwi_grow(&lwi_malloc_allocator, &p->known, &p->capacity, p->n + 1, sizeof *p->known));
    lwi_card_product *made = &p->known[p->n++];
    *made = (lwi_card_product){.wanted = *wanted};
    made->prepared = lwi_cublas_lt_prepare(p->library, wanted, &made->scratch);
    return LW_OK;
}

lw_status lwi_card_products_find(lwi_card_products *p, const lwi_device_product *wanted,
                                 void **prepared, size_t *scratch) {
    size_t i = 0;
    *prepared = NULL;
    if (!p->asked && p->version) p->library = lwi_cublas_lt_open(p->version);
    p->asked = true;
    if (!p->library) return LW_OK;
    while (i < p->n && !equals(&p->known[i].wanted, wanted))
        i++;
    if (i == p->n) LW_TRY(add(p, wanted));
    *prepared = p->known[i].prepared;
    *scratch = p->known[i].scratch;
    return LW_OK;
}

void lwi_card_products_close(lwi_card_products *p) {
    for (size_t i = 0; i < p->n; i++)
        lwi_cublas_product_free(p->known[i].prepared);
    lwi_free(&lwi_malloc_allocator, p->known);
    lwi_cublas_lt_close(p->library);
}

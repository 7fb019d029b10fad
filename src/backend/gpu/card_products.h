/* SPDX-License-Identifier: MIT
 * Products of a card that a library does: opened when the first one is asked for, each kind of
 * product prepared once. */
#ifndef LWI_CARD_PRODUCTS_H
#define LWI_CARD_PRODUCTS_H

#include "backend/gpu/cublas_lt.h"

typedef struct lwi_card_product {
    lwi_device_product wanted;
    lwi_cublas_product *prepared; /* NULL: the library does not take it */
    size_t scratch;
} lwi_card_product;

typedef struct lwi_card_products {
    int version; /* of CUDA; 0: a card that no library is for */
    bool asked;
    lwi_cublas_lt *library; /* when asked; NULL: there is none */
    lwi_card_product *known;
    size_t n, capacity;
} lwi_card_products;

/* The card's context is current in each of these. *prepared: for multiply, or NULL. */
lw_status lwi_card_products_find(lwi_card_products *products, const lwi_device_product *wanted,
                                 void **prepared, size_t *scratch);
void lwi_card_products_close(lwi_card_products *products);

#endif

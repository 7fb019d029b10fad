/* SPDX-License-Identifier: MIT
 * Whether a request may come in, as its head says. */
#ifndef LWI_HTTP_CHECK_H
#define LWI_HTTP_CHECK_H

#include "serve/exchange.h"

typedef struct lwi_http_head {
    const char *method, *path; /* the path with its escapes, without a query */
    bool loopback;             /* only this machine can reach the server */
    const char *(*header)(void *connection, const char *name); /* NULL: none of that name */
    void *connection;
} lwi_http_head;

/* Finds the route, and checks the key, the origin and the size of the body. A request that may not
 * come in has its answer then. */
void lwi_check_head(lwi_exchange *exchange, const lwi_http_head *head);

#endif

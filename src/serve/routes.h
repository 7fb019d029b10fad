/* SPDX-License-Identifier: MIT
 * Which function answers which path. */
#ifndef LWI_ROUTES_H
#define LWI_ROUTES_H

#include "serve/exchange.h"

typedef enum lwi_route_flags {
    LWI_ROUTE_OPEN = 1, /* without an API key */
    LWI_ROUTE_NOW = 2,  /* answered at once; otherwise by one of the workers */
    LWI_ROUTE_V2 = 4,   /* of the Open Inference Protocol */
} lwi_route_flags;

typedef struct lwi_route {
    const char *method, *path; /* '*' in the path: one part of it */
    unsigned flags;
    void (*run)(lwi_exchange *exchange);
} lwi_route;

/* NULL: none. *allowed: a method that the path has, if only the method is wrong. */
const lwi_route *lwi_find_route(const char *method, const char *path, const char **allowed);
/* The part of the path that the first '*' stands for, percent-decoded (RFC 3986 section 2.1) in
 * place; "" if there is none. */
const char *lwi_route_segment(const lwi_route *route, char *path);

/* Each answers its exchange, now or later. */
void lwi_api_page(lwi_exchange *exchange);
void lwi_api_health(lwi_exchange *exchange);
void lwi_api_metrics(lwi_exchange *exchange);
void lwi_api_models(lwi_exchange *exchange);
void lwi_api_model(lwi_exchange *exchange);
void lwi_api_chat(lwi_exchange *exchange);
void lwi_api_completions(lwi_exchange *exchange);
void lwi_api_embeddings(lwi_exchange *exchange);
void lwi_api_rerank(lwi_exchange *exchange);
void lwi_api_tokenize(lwi_exchange *exchange);
void lwi_api_detokenize(lwi_exchange *exchange);
void lwi_api_v2_server(lwi_exchange *exchange);
void lwi_api_v2_live(lwi_exchange *exchange);
void lwi_api_v2_ready(lwi_exchange *exchange);
void lwi_api_v2_model(lwi_exchange *exchange);
void lwi_api_v2_model_ready(lwi_exchange *exchange);
void lwi_api_v2_infer(lwi_exchange *exchange);
/* The model that the path names; NULL: the exchange has been refused. */
struct lwi_served *lwi_v2_find(lwi_exchange *exchange);

#endif

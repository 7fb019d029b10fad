/* SPDX-License-Identifier: MIT
 * The server: models behind OpenAI's interface and the Open Inference Protocol v2. */
#ifndef LWI_SERVER_H
#define LWI_SERVER_H

#include "serve/counters.h"
#include "serve/http_door.h"
#include "serve/served.h"
#include "serve/workers.h"

typedef struct lwi_server_options {
    const char *host;    /* an address, or "localhost" */
    int port;            /* 0: a free one */
    const char *api_key; /* NULL: none; then only loopback addresses are allowed */
    size_t most_body;    /* bytes of a request's body */
    double patience;     /* seconds that a client has to send its request */
    double most_seconds; /* of one generation */
    size_t most_clients; /* at once */
    int workers;
    void (*log)(const char *line); /* of each request; NULL: none */
    lwi_served_options model;
} lwi_server_options;

typedef struct lwi_server {
    lwi_server_options options;
    lwi_served **models;
    size_t n_models;
    lwi_workers *workers;
    lwi_counters counters;
    lwi_door *door;
    atomic_size_t clients; /* connections that are open */
} lwi_server;

/* Opens the models ("PATH" or "NAME=PATH") and the door. */
lw_status lwi_server_start(const lwi_server_options *options, char *const *models, size_t n,
                           lwi_server **server);
/* Lets what is running finish for at most so many seconds, then ends it. */
void lwi_server_stop(lwi_server *server, double seconds);
int lwi_server_port(const lwi_server *server);
/* By name; NULL or "": the first one. NULL: there is none. */
lwi_served *lwi_server_find(const lwi_server *server, const char *name);

#endif

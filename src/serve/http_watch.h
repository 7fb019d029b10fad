/* SPDX-License-Identifier: MIT
 * Watches the clients' sockets: one that goes while its request is worked on is noticed at once,
 * one that does not deliver its request in time, or closes its side before, is cut off. */
#ifndef LWI_HTTP_WATCH_H
#define LWI_HTTP_WATCH_H

#include "serve/exchange.h"

typedef struct lwi_watch lwi_watch;
typedef struct lwi_client lwi_client;

/* patience: seconds that a client has for a whole request. */
lw_status lwi_watch_start(double patience, lwi_watch **watch);
/* All clients must have left. */
void lwi_watch_stop(lwi_watch *watch);
/* NULL: out of memory. */
lwi_client *lwi_watch_join(lwi_watch *watch, int socket);
/* Before the socket is closed. */
void lwi_watch_leave(lwi_watch *watch, lwi_client *client);
/* The client waits for the exchange's answer; NULL: it has it, and may send another request. */
void lwi_watch_work(lwi_watch *watch, lwi_client *client, lwi_exchange *exchange);
/* As if all clients had gone. */
void lwi_watch_lose_all(lwi_watch *watch);

#endif

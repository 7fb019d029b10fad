/* SPDX-License-Identifier: MIT
 * Where HTTP/1.1 comes in and goes out (libmicrohttpd): requests become exchanges, exchanges
 * become answers. */
#ifndef LWI_HTTP_DOOR_H
#define LWI_HTTP_DOOR_H

#include "base/status.h"

struct lwi_server;
typedef struct lwi_door lwi_door;

/* Opens the server's address. LW_INVALID: no such address, or one that is open to others without an
 * API key. LW_IO: it is taken. LW_UNSUPPORTED: this build has no libmicrohttpd. */
lw_status lwi_door_open(struct lwi_server *server, lwi_door **door);
/* No more connections; what is open goes on. */
void lwi_door_shut(lwi_door *door);
/* Clients still there are lost. */
void lwi_door_remove(lwi_door *door);
int lwi_door_port(const lwi_door *door);

#endif

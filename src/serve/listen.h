/* SPDX-License-Identifier: MIT
 * The socket that a server listens on. */
#ifndef LWI_LISTEN_H
#define LWI_LISTEN_H

#include "base/status.h"

typedef struct lwi_listener {
    int socket, port;
    bool loopback; /* only this machine can reach it */
} lwi_listener;

/* host: an address or "localhost"; port 0: a free one. others_allowed: addresses that other
 * machines can reach are, too; otherwise they give LW_INVALID. */
lw_status lwi_listen(const char *host, int port, bool others_allowed, lwi_listener *listener);

#endif

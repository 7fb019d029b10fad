/* SPDX-License-Identifier: MIT */
#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *six = (const void *)address;
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static int port_of(int socket) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    if (getsockname(socket, (struct sockaddr *)&name, &size) != 0) return 0;
    if (name.ss_family == AF_INET) return ntohs(((const struct sockaddr_in *)&name)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)&name)->sin6_port);
}

static int open_socket(const struct addrinfo *a) {
    const int on = 1, s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, a->ai_addr, a->ai_addrlen) == 0 && listen(s, BACKLOG) == 0) return s;
    const int why = errno;
    close(s);
    errno = why;
    return -1;
}

static lw_status listen_at(const struct addrinfo *a, const char *host, int port,
                           bool others_allowed, lwi_listener *listener) {
    const bool loopback = is_loopback(a->ai_addr);
    if (!loopback && !others_allowed)
        return lwi_fail(LW_INVALID,
                        "%s can be reached by other machines: give an API key, or serve 127.0.0.1",
                        host);
    const int socket = open_socket(a);
    if (socket < 0)
        return lwi_fail(LW_IO, "cannot listen on %s port %d: %s", host, port, strerror(errno));
    *listener = (lwi_listener){socket, port_of(socket), loopback};
    return LW_OK;
}

lw_status lwi_listen(const char *host, int port, bool others_allowed, lwi_listener *listener) {
    char service[16];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (port < 0 || port > 65535) return lwi_fail(LW_INVALID, "%d is not a port", port);
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0 || !found)
        return lwi_fail(LW_INVALID, "'%s' is not an address of this machine", host);
    const lw_status status = listen_at(found, host, port, others_allowed, listener);
    freeaddrinfo(found);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "serve/http_door.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http_check.h"
#include "serve/http_error.h"
#include "serve/http_watch.h"
#include "serve/listen.h"
#include "serve/routes.h"
#include "serve/server.h"

enum { HEADER_BYTES = 32 * 1024, PIECE_BYTES = 16 * 1024 };

struct lwi_door {
    lwi_server *server;
    struct MHD_Daemon *daemon;
    lwi_watch *watch;
    lwi_listener listener;
    atomic_bool stopping;
};

static lwi_client *client_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static const char *header(void *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* ------------------------------------------------------------------- answers */

static void left_by_response(void *exchange) { lwi_exchange_leave(exchange); }

/* The next bytes of a stream; none yet: the connection sleeps until there are some. */
static ssize_t next_bytes(void *exchange, uint64_t position, char *bytes, size_t most) {
    (void)position;
    lwi_exchange *x = exchange;
    ssize_t n = MHD_CONTENT_READER_END_OF_STREAM;
    pthread_mutex_lock(&x->lock);
    if (x->out.size > x->sent) {
        const size_t left = x->out.size - x->sent;
        n = (ssize_t)(left < most ? left : most);
        memcpy(bytes, x->out.data + x->sent, (size_t)n);
        x->sent += (size_t)n;
        if (x->sent == x->out.size) x->sent = x->out.size = 0;
    } else if (!x->complete) {
        n = 0;
        x->asleep = true;
        MHD_suspend_connection(x->connection);
    }
    pthread_mutex_unlock(&x->lock);
    return n;
}

static void add_headers(const lwi_exchange *x, struct MHD_Response *response) {
    char length[24];
    MHD_add_response_header(response, "Content-Type", x->type ? x->type : "text/plain");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (x->code == 429 || x->code == 503) MHD_add_response_header(response, "Retry-After", "1");
    if (x->code == 401) MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (x->allow) MHD_add_response_header(response, "Allow", x->allow);
    if (x->stream) MHD_add_response_header(response, "X-Accel-Buffering", "no");
    if (x->policy) MHD_add_response_header(response, "Content-Security-Policy", x->policy);
    snprintf(length, sizeof length, "%zu", x->header_length);
    if (x->header_length)
        MHD_add_response_header(response, "Inference-Header-Content-Length", length);
}

static enum MHD_Result send_answer(lwi_exchange *x) {
    struct MHD_Response *response =
        x->stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, next_bytes, x,
                                                      left_by_response)
                  : MHD_create_response_from_buffer_with_free_callback_cls(
                        x->out.size, x->out.data ? x->out.data : "", left_by_response, x);
    if (!response) return MHD_NO;
    lwi_exchange_use(x);
    add_headers(x, response);
    const enum MHD_Result done = MHD_queue_response(x->connection, (unsigned)x->code, response);
    MHD_destroy_response(response);
    return done;
}

/* ------------------------------------------------------------------ requests */

static void run_route(void *exchange) {
    lwi_exchange *x = exchange;
    if (!lwi_exchange_lost(x)) x->route->run(x);
    lwi_exchange_leave(x);
}

/* False: there is an answer already. No connection may sleep when the door is removed: it is lost
 * before that, and what comes later is refused here. */
static bool sleep_until_answered(lwi_door *door, lwi_exchange *x) {
    if (atomic_load(&door->stopping)) lwi_refuse(x, 503, "stopping", "the server is stopping");
    pthread_mutex_lock(&x->lock);
    x->asleep = !x->code;
    const bool asleep = x->asleep;
    if (asleep) MHD_suspend_connection(x->connection);
    pthread_mutex_unlock(&x->lock);
    return asleep;
}

/* The request has come whole. */
static void start(lwi_door *door, lwi_exchange *x) {
    x->begun = true;
    const bool answered = lwi_exchange_answered(x);
    const bool at_once = answered || x->route->flags & LWI_ROUTE_NOW;
    /* Who closes its side may listen still; only work is not done for it. */
    lwi_watch_work(door->watch, client_of(x->connection), at_once ? NULL : x);
    if (at_once) {
        if (!answered) x->route->run(x);
        return;
    }
    if (!sleep_until_answered(door, x)) return;
    lwi_exchange_use(x);
    if (lwi_workers_add(door->server->workers, run_route, x) == LW_OK) return;
    lwi_refuse(x, 503, "overloaded", "%s", lw_last_error());
    lwi_exchange_leave(x);
}

static void collect(lwi_exchange *x, const char *bytes, size_t size) {
    const size_t most = x->server->options.most_body;
    if (x->code) return;
    if (size > most || x->body.size > most - size)
        lwi_refuse(x, 413, "request_too_large", "the body is larger than %zu bytes", most);
    else if (lwi_buffer_put(&x->body, bytes, size) != LW_OK) lwi_refuse_status(x, LW_NO_MEMORY);
}

static void wake(void *connection) { MHD_resume_connection(connection); }

/* The head of a request has come. A client that asks before it sends its body (RFC 9110, section
 * 10.1.1) hears at once if it is too large; that of others is read and dropped, since they may not
 * listen before they have sent it. */
static enum MHD_Result begin(lwi_door *door, struct MHD_Connection *connection, const char *url,
                             const char *method, void **con_cls) {
    lwi_exchange *x = NULL;
    if (lwi_exchange_new(door->server, &x) != LW_OK) return MHD_NO;
    *con_cls = x;
    x->connection = connection;
    x->wake = wake;
    snprintf(x->method, sizeof x->method, "%s", method);
    lwi_check_head(x, &(lwi_http_head){.method = method,
                                       .path = url,
                                       .loopback = door->listener.loopback,
                                       .header = header,
                                       .connection = connection});
    return x->code == 413 && header(connection, "Expect") ? send_answer(x) : MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *size, void **con_cls) {
    (void)version;
    lwi_exchange *x = *con_cls;
    if (!x) return begin(cls, connection, url, method, con_cls);
    if (*size) {
        collect(x, bytes, *size);
        *size = 0;
        return MHD_YES;
    }
    if (!x->begun) start(cls, x);
    pthread_mutex_lock(&x->lock);
    const bool ready = x->code != 0 && !x->asleep;
    pthread_mutex_unlock(&x->lock);
    return ready ? send_answer(x) : MHD_YES;
}

static void log_request(const lwi_server *server, const lwi_exchange *x, double seconds,
                        bool lost) {
    char line[LWI_PATH_BYTES + 128];
    if (!server->options.log) return;
    snprintf(line, sizeof line, "%s %s %d %.3f s%s", x->method, x->shown, x->code, seconds,
             lost ? ", client lost" : "");
    server->options.log(line);
}

static void completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                      enum MHD_RequestTerminationCode why) {
    lwi_door *door = cls;
    lwi_exchange *x = *con_cls;
    if (!x) return;
    const bool lost = why != MHD_REQUEST_TERMINATED_COMPLETED_OK || lwi_exchange_lost(x);
    lwi_watch_work(door->watch, client_of(connection), NULL);
    if (lost) lwi_exchange_lose(x);
    const double seconds = lwi_serve_clock() - x->began;
    lwi_count_request(&door->server->counters, x->code, seconds, lost);
    log_request(door->server, x, seconds, lost);
    lwi_exchange_leave(x);
    *con_cls = NULL;
}

static void connected(void *cls, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode what) {
    lwi_door *door = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        atomic_fetch_sub(&door->server->clients, 1);
        lwi_watch_leave(door->watch, *socket_context);
        *socket_context = NULL;
        return;
    }
    atomic_fetch_add(&door->server->clients, 1);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? lwi_watch_join(door->watch, info->connect_fd) : NULL;
}

/* ------------------------------------------------------------------ the door */

/* Paths are decoded part by part (lwi_route_segment), after they have been taken apart. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text) {
    (void)cls;
    (void)connection;
    return strlen(text);
}

static void say_nothing(void *cls, const char *format, va_list args) {
    (void)cls;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start_daemon(lwi_door *door) {
    const lwi_server_options *o = &door->server->options;
    const unsigned flags =
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, door, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
        MHD_OPTION_LISTEN_SOCKET, door->listener.socket, MHD_OPTION_NOTIFY_COMPLETED, completed,
        door, MHD_OPTION_NOTIFY_CONNECTION, connected, door, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->most_clients,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->patience + 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES, MHD_OPTION_END);
}

lw_status lwi_door_open(lwi_server *server, lwi_door **door) {
    lwi_door *d = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *d, &d));
    d->server = server;
    d->listener.socket = -1;
    const lwi_server_options *o = &server->options;
    lw_status status = lwi_listen(o->host, o->port, o->api_key != NULL, &d->listener);
    if (status == LW_OK) status = lwi_watch_start(o->patience, &d->watch);
    if (status == LW_OK && !(d->daemon = start_daemon(d)))
        status = lwi_fail(LW_IO, "the HTTP server cannot be started");
    if (status == LW_OK) *door = d;
    else lwi_door_remove(d);
    return status;
}

int lwi_door_port(const lwi_door *door) { return door->listener.port; }

void lwi_door_shut(lwi_door *door) {
    MHD_quiesce_daemon(door->daemon);
    shutdown(door->listener.socket, SHUT_RDWR); /* closed when no thread can look at it */
}

void lwi_door_remove(lwi_door *door) {
    if (!door) return;
    if (door->daemon) {
        lwi_door_shut(door);
        atomic_store(&door->stopping, true);
        lwi_watch_lose_all(door->watch);
        MHD_stop_daemon(door->daemon);
    }
    if (door->listener.socket >= 0) close(door->listener.socket);
    lwi_watch_stop(door->watch);
    lwi_free(&lwi_malloc_allocator, door);
}

/* SPDX-License-Identifier: MIT */
#include "serve/http_check.h"

#include <string.h>
#include <strings.h>

#include "base/text_number.h"
#include "serve/http_error.h"
#include "serve/routes.h"
#include "serve/server.h"

static const char *header(const lwi_http_head *h, const char *name) {
    return h->header(h->connection, name);
}

/* The time does not depend on where the texts differ. */
static bool same_secret(const char *a, const char *b) {
    const size_t n = strlen(a), m = strlen(b);
    unsigned different = n != m;
    for (size_t i = 0; i < n; i++)
        different |= (unsigned)(a[i] ^ b[m ? i % m : 0]);
    return different == 0;
}

static bool has_key(const lwi_http_head *h, const char *key) {
    const char *given = header(h, "Authorization");
    return given && !strncasecmp(given, "Bearer ", 7) && same_secret(given + 7, key);
}

/* "host:port" without the port. */
static size_t host_size(const char *host) {
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    return end ? (size_t)(end + 1 - host) : strcspn(host, ":");
}

static bool is_this_machine(const char *host) {
    const size_t n = host_size(host);
    return (n == 9 && !strncasecmp(host, "localhost", n)) || !strncmp(host, "127.", 4) ||
           (n == 5 && !strncmp(host, "[::1]", n));
}

/* A page of another site must not use the server by its visitor's browser: neither openly (Origin,
 * RFC 6454), nor by a name that points here (DNS rebinding). */
static bool from_elsewhere(const lwi_exchange *x, const lwi_http_head *h) {
    const char *origin = header(h, "Origin"), *host = header(h, "Host");
    if (h->loopback && !x->server->options.api_key && host && !is_this_machine(host)) return true;
    if (!origin) return false;
    const char *site = strstr(origin, "://");
    return !site || !host || strcasecmp(site + 3, host) != 0;
}

static void check_body(lwi_exchange *x, const lwi_http_head *h) {
    const char *length = header(h, "Content-Length");
    const char *json = header(h, "Inference-Header-Content-Length");
    const size_t most = x->server->options.most_body;
    int64_t n = 0;
    if (length && (!lwi_text_integer(length, strlen(length), false, &n) || n < 0))
        lwi_refuse(x, 400, NULL, "Content-Length is '%.40s'", length);
    else if (n > 0 && (uint64_t)n > most)
        lwi_refuse(x, 413, "request_too_large", "the body has %lld bytes, more than %zu",
                   (long long)n, most);
    if (!json) return;
    if (!lwi_text_integer(json, strlen(json), false, &n) || n < 1)
        lwi_refuse(x, 400, NULL, "Inference-Header-Content-Length is '%.40s'", json);
    else x->header_bytes = (size_t)n;
}

static void find_route(lwi_exchange *x, const lwi_http_head *h) {
    x->route = lwi_find_route(h->method, x->path, &x->allow);
    if (x->route) x->segment = lwi_route_segment(x->route, x->path);
    else if (x->allow) lwi_refuse(x, 405, NULL, "%s takes %s", x->path, x->allow);
    else lwi_refuse(x, 404, NULL, "there is nothing at %s", x->path);
}

void lwi_check_head(lwi_exchange *x, const lwi_http_head *h) {
    const char *key = x->server->options.api_key;
    const size_t n = strlen(h->path);
    const size_t shown = n < sizeof x->path ? n : sizeof x->path - 1;
    memcpy(x->path, h->path, shown);
    memcpy(x->shown, h->path, shown);
    if (n >= sizeof x->path) {
        lwi_refuse(x, 414, NULL, "the path is longer than %zu bytes", sizeof x->path - 1);
        return;
    }
    find_route(x, h);
    if (!x->route) return;
    if (from_elsewhere(x, h))
        lwi_refuse(x, 403, "wrong_origin", "requests of other sites' pages are not answered");
    else if (key && !(x->route->flags & LWI_ROUTE_OPEN) && !has_key(h, key))
        lwi_refuse(x, 401, "invalid_api_key", "give the API key: Authorization: Bearer KEY");
    else check_body(x, h);
}

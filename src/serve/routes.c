/* SPDX-License-Identifier: MIT */
#include "serve/routes.h"

#include <string.h>

enum { OPEN = LWI_ROUTE_OPEN, NOW = LWI_ROUTE_NOW, V2 = LWI_ROUTE_V2 };

static const lwi_route routes[] = {
    {"GET", "/", OPEN | NOW, lwi_api_page},
    {"GET", "/health", OPEN | NOW, lwi_api_health},
    {"GET", "/v1/health", OPEN | NOW, lwi_api_health},
    {"GET", "/metrics", NOW, lwi_api_metrics},
    {"GET", "/v1/models", NOW, lwi_api_models},
    {"GET", "/v1/models/*", NOW, lwi_api_model},
    {"POST", "/v1/chat/completions", 0, lwi_api_chat},
    {"POST", "/v1/completions", 0, lwi_api_completions},
    {"POST", "/v1/embeddings", 0, lwi_api_embeddings},
    {"POST", "/v1/rerank", 0, lwi_api_rerank},
    {"POST", "/rerank", 0, lwi_api_rerank},
    {"POST", "/tokenize", 0, lwi_api_tokenize},
    {"POST", "/v1/tokenize", 0, lwi_api_tokenize},
    {"POST", "/detokenize", 0, lwi_api_detokenize},
    {"POST", "/v1/detokenize", 0, lwi_api_detokenize},
    {"GET", "/v2", OPEN | NOW | V2, lwi_api_v2_server},
    {"GET", "/v2/health/live", OPEN | NOW | V2, lwi_api_v2_live},
    {"GET", "/v2/health/ready", OPEN | NOW | V2, lwi_api_v2_ready},
    {"GET", "/v2/models/*", NOW | V2, lwi_api_v2_model},
    {"GET", "/v2/models/*/ready", NOW | V2, lwi_api_v2_model_ready},
    {"POST", "/v2/models/*/infer", V2, lwi_api_v2_infer},
    {"GET", "/v2/models/*/versions/1", NOW | V2, lwi_api_v2_model},
    {"GET", "/v2/models/*/versions/1/ready", NOW | V2, lwi_api_v2_model_ready},
    {"POST", "/v2/models/*/versions/1/infer", V2, lwi_api_v2_infer},
};

/* '*' stands for one part of a path, which is not empty. */
static bool path_fits(const char *pattern, const char *path) {
    while (*pattern) {
        if (*pattern == '*') {
            const size_t n = strcspn(path, "/");
            if (n == 0) return false;
            path += n;
        } else if (*pattern != *path++) return false;
        pattern++;
    }
    return !*path;
}

const lwi_route *lwi_find_route(const char *method, const char *path, const char **allowed) {
    const bool head = !strcmp(method, "HEAD");
    *allowed = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const lwi_route *r = &routes[i];
        if (!path_fits(r->path, path)) continue;
        if (!strcmp(r->method, head ? "GET" : method)) return r;
        *allowed = r->method;
    }
    return NULL;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const char *lwi_route_segment(const lwi_route *route, char *path) {
    const char *star = strchr(route->path, '*');
    if (!star) return "";
    char *segment = path + (star - route->path), *to = segment;
    const char *from = segment;
    while (*from && *from != '/') {
        const int high = *from == '%' ? hex_digit(from[1]) : -1;
        const int low = high >= 0 ? hex_digit(from[2]) : -1;
        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high * 16 + low);
            from += 3;
        } else *to++ = *from++;
    }
    *to = 0;
    return segment;
}

/* SPDX-License-Identifier: MIT
 * A libFuzzer target: HTTP requests behind the parser of libmicrohttpd. An input is "METHOD PATH",
 * lines "Name: value", an empty line and the body. LAMPWICK_SERVED names the models, with spaces
 * between them (tests/serve/make_model.py writes some). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/http_check.h"
#include "serve/routes.h"
#include "serve/server.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lwi_server server = {.options = {.host = "127.0.0.1",
                                        .most_body = 1 << 16,
                                        .most_seconds = 0.02,
                                        .model = {.slots = 2, .waiting = 8, .context = 256}}};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static lwi_served *models[8];
    char *names = getenv("LAMPWICK_SERVED");
    (void)argc;
    (void)argv;
    lwi_counters_init(&server.counters);
    server.models = models;
    server.options.model.run =
        (lw_context_options){.size = sizeof(lw_context_options), .threads = 1};
    for (char *name = names ? strtok_r(names, " ", &names) : NULL; name && server.n_models < 8;
         name = strtok_r(NULL, " ", &names)) {
        if (lwi_served_open(name, &server.options.model, &models[server.n_models]) != LW_OK) {
            fprintf(stderr, "%s\n", lw_last_error());
            exit(1);
        }
        server.n_models++;
    }
    if (!server.n_models) fprintf(stderr, "LAMPWICK_SERVED names no model\n"), exit(1);
    return 0;
}

/* The head of the request: lines that end with a zero. */
typedef struct head {
    char *lines[32];
    size_t n;
} head;

static const char *header(void *user, const char *name) {
    const head *h = user;
    const size_t n = strlen(name);
    for (size_t i = 1; i < h->n; i++)
        if (!strncmp(h->lines[i], name, n) && h->lines[i][n] == ':')
            return h->lines[i] + n + 1 + strspn(h->lines[i] + n + 1, " ");
    return NULL;
}

static void wait_for_answer(lwi_exchange *x) {
    const struct timespec nap = {.tv_nsec = 20000};
    for (bool complete = false; !complete;) {
        pthread_mutex_lock(&x->lock);
        complete = x->complete;
        pthread_mutex_unlock(&x->lock);
        if (!complete) nanosleep(&nap, NULL);
    }
}

static void run(const head *h, const char *body, size_t size) {
    lwi_exchange *x = NULL;
    char *path = strchr(h->lines[0], ' ');
    if (!path || lwi_exchange_new(&server, &x) != LW_OK) return;
    *path++ = 0;
    path[strcspn(path, "?")] = 0;
    const lwi_http_head about = {.method = h->lines[0],
                                 .path = path,
                                 .loopback = true,
                                 .header = header,
                                 .connection = (void *)(uintptr_t)h};
    lwi_check_head(x, &about);
    if (!x->code && size <= server.options.most_body &&
        lwi_buffer_put(&x->body, body, size) == LW_OK) {
        x->route->run(x);
        wait_for_answer(x);
    }
    lwi_exchange_leave(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), *at = text;
    head h = {.n = 0};
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    while (h.n < 32 && at < text + size && *at != '\n') {
        h.lines[h.n++] = at;
        at += strcspn(at, "\n");
        if (at < text + size) *at++ = 0;
    }
    if (at < text + size) at++;
    if (h.n) run(&h, at, (size_t)(text + size - at));
    free(text);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * lampwick serve: models behind HTTP. */
#include "commands.h"
#include "llm_draft.h"
#include "llm_options.h"

typedef struct serve_options {
    lwi_llm_options llm;
    lwi_draft_options draft;
    const char *host, *api_key;
    int port, slots, queue, body, patience, seconds, clients, workers;
    bool quiet;
} serve_options;

#ifdef LWI_HAVE_SERVER
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/server.h"

static void log_line(const char *line) { fprintf(stderr, "%s\n", line); }

static lwi_server_options server_options(const serve_options *o) {
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    const char *key = o->api_key ? o->api_key : getenv("LAMPWICK_API_KEY");
    return (lwi_server_options){.host = o->host,
                                .port = o->port,
                                .api_key = key && *key ? key : NULL,
                                .most_body = (size_t)o->body << 20,
                                .patience = o->patience,
                                .most_seconds = o->seconds,
                                .most_clients = (size_t)o->clients,
                                .workers = o->workers,
                                .log = o->quiet ? NULL : log_line,
                                .model = {.slots = (size_t)o->slots,
                                          .waiting = (size_t)o->queue,
                                          .context = batch.tokens,
                                          .cache = batch.cache,
                                          .run = context,
                                          .tokenizer = o->llm.tokenizer,
                                          .chat_template = o->llm.chat_template,
                                          .draft = o->draft.path,
                                          .lookup = (size_t)o->draft.lookup,
                                          .guesses = (size_t)o->draft.tokens}};
}

/* Blocks until one of the signals comes; they are blocked in all threads. */
static void wait_for_signal(const sigset_t *signals) {
    int which = 0;
    while (sigwait(signals, &which) != 0)
        continue;
}

static int run(const void *given, char **arguments, int n) {
    const serve_options *o = given;
    lwi_server *server = NULL;
    sigset_t signals;
    if (o->slots < 1 || o->workers < 1 || o->clients < 1 || o->patience < 1 || o->body < 1)
        return lwi_misuse("--slots, --workers, --clients, --patience and --body must be 1 or more");
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    const lwi_server_options options = server_options(o);
    if (lwi_server_start(&options, arguments, (size_t)n, &server) != LW_OK)
        return lwi_complain("%s", lw_last_error());
    const bool six = strchr(o->host, ':') != NULL;
    fprintf(stderr, "listening on http://%s%s%s:%d\n", six ? "[" : "", o->host, six ? "]" : "",
            lwi_server_port(server));
    wait_for_signal(&signals);
    lwi_server_stop(server, 10);
    return LWI_EXIT_OK;
}
#else

static int run(const void *given, char **arguments, int n) {
    (void)given, (void)arguments, (void)n;
    return lwi_complain("this build has no server: it was made without libmicrohttpd");
}
#endif

static const serve_options defaults = {.host = "127.0.0.1",
                                       .port = 8080,
                                       .slots = 4,
                                       .queue = 64,
                                       .body = 16,
                                       .patience = 30,
                                       .seconds = 600,
                                       .clients = 256,
                                       .workers = 2,
                                       .draft = {.tokens = 8}};

#define AT(member) offsetof(serve_options, member)
static const lwi_option table[] = {
    {"host", 0, LWI_TEXT, AT(host), "ADDRESS", NULL,
     "to listen on; others than loopback need an API key (127.0.0.1)"},
    {"port", 'p', LWI_COUNT, AT(port), "N", NULL, "0: a free one (8080)"},
    {"api-key", 0, LWI_TEXT, AT(api_key), "KEY", NULL,
     "that requests must bring; also read from LAMPWICK_API_KEY"},
    {"slots", 0, LWI_COUNT, AT(slots), "N", NULL, "generations at once, for each model (4)"},
    {"queue", 0, LWI_COUNT, AT(queue), "N", NULL, "generations that may wait for a slot (64)"},
    {"body", 0, LWI_COUNT, AT(body), "MIB", NULL, "the largest request body (16)"},
    {"patience", 0, LWI_COUNT, AT(patience), "SECONDS", NULL,
     "that a client has to send a request (30)"},
    {"seconds", 0, LWI_COUNT, AT(seconds), "N", NULL,
     "after which a generation ends; 0: never (600)"},
    {"clients", 0, LWI_COUNT, AT(clients), "N", NULL, "connections at once (256)"},
    {"workers", 0, LWI_COUNT, AT(workers), "N", NULL,
     "threads that read requests and run networks (2)"},
    {"template", 0, LWI_TEXT, AT(llm.chat_template), "FILE", NULL,
     "another chat template than the model's; chatml: a common one"},
    {"quiet", 'q', LWI_FLAG, AT(quiet), NULL, NULL, "no line for each request"},
    LWI_DRAFT_OPTIONS(serve_options, draft),
    LWI_LLM_OPTIONS(serve_options, llm),
};

const lwi_command lwi_cmd_serve = {
    .name = "serve",
    .arguments = "MODEL...",
    .summary = "models behind HTTP: OpenAI's interface, the Open Inference Protocol, a page",
    .about = "Serves language models (/v1/chat/completions, /v1/completions, /v1/embeddings, "
             "/tokenize, and a page for chatting) and networks (/v2/models/NAME/infer), each PATH "
             "or NAME=PATH. Requests of one model run together. --context is for one request "
             "(8192, or the model's if that is less).",
    .examples = "lampwick serve model.gguf\n"
                "lampwick serve chat=model.gguf digits=mnist.onnx --port 9000\n"
                "LAMPWICK_API_KEY=secret lampwick serve model.gguf --host 0.0.0.0",
    LWI_OPTIONS(table),
    .least = 1,
    .most = -1,
    .size = sizeof(serve_options),
    .defaults = &defaults,
    .run = run,
};

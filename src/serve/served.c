/* SPDX-License-Identifier: MIT */
#include "serve/served.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/byte_buffer.h"

/* ------------------------------------------------------------------ contexts */

typedef struct lwi_idle_contexts {
    pthread_mutex_t lock;
    lw_context **items;
    size_t n, capacity;
} lwi_idle_contexts;

static lw_status make_idle(lwi_idle_contexts **idle) {
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof **idle, idle));
    pthread_mutex_init(&(*idle)->lock, NULL);
    return LW_OK;
}

static void free_idle(lwi_idle_contexts *idle) {
    if (!idle) return;
    for (size_t i = 0; i < idle->n; i++)
        lw_context_free(idle->items[i]);
    pthread_mutex_destroy(&idle->lock);
    lwi_free(&lwi_malloc_allocator, idle->items);
    lwi_free(&lwi_malloc_allocator, idle);
}

lw_status lwi_served_borrow(lwi_served *s, lw_context **context) {
    lw_context *kept = NULL;
    pthread_mutex_lock(&s->idle->lock);
    if (s->idle->n) kept = s->idle->items[--s->idle->n];
    pthread_mutex_unlock(&s->idle->lock);
    if (!kept) return lw_context_new(s->network, &s->run, context);
    *context = kept;
    return LW_OK;
}

void lwi_served_return(lwi_served *s, lw_context *context) {
    lwi_idle_contexts *idle = s->idle;
    pthread_mutex_lock(&idle->lock);
    const bool room = lwi_grow(&lwi_malloc_allocator, &idle->items, &idle->capacity, idle->n + 1,
                               sizeof(lw_context *)) == LW_OK;
    if (room) idle->items[idle->n++] = context;
    pthread_mutex_unlock(&idle->lock);
    if (!room) lw_context_free(context);
}

/* --------------------------------------------------------------------- names */

static lw_status copy_text(const char *text, size_t size, char **copy) {
    lwi_buffer b = lwi_buffer_new(&lwi_malloc_allocator);
    LW_TRY(lwi_buffer_put(&b, text, size));
    *copy = b.data;
    return LW_OK;
}

/* The last part of the path without ".gguf" or ".onnx". */
static lw_status name_of_path(const char *path, char **name) {
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    size_t begin = size;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    const char *ends[] = {".gguf", ".onnx"};
    for (size_t i = 0; i < 2; i++)
        if (size - begin > 5 && !strncmp(path + size - 5, ends[i], 5)) size -= 5;
    return copy_text(path + begin, size - begin, name);
}

static lw_status split(const char *spec, char **name, const char **path) {
    const char *equals = strchr(spec, '=');
    struct stat found;
    if (!equals || stat(spec, &found) == 0) {
        *path = spec;
        return name_of_path(spec, name);
    }
    if (equals == spec) return lwi_fail(LW_INVALID, "'%s': there is no name before '='", spec);
    *path = equals + 1;
    return copy_text(spec, (size_t)(equals - spec), name);
}

/* -------------------------------------------------------------------- opening */

static bool is_language_model(const char *path) {
    struct stat found;
    const size_t n = strlen(path);
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) return true;
    return n > 5 && !strcmp(path + n - 5, ".gguf");
}

static lw_status open_llm(lwi_served *s, const char *path, const lwi_served_options *o) {
    const lw_llm_options options = {
        .size = sizeof options, .tokenizer = o->tokenizer, .chat_template = o->chat_template};
    lw_llm_info info = {.size = sizeof info};
    LW_TRY(lw_llm_load(path, &options, &s->llm));
    LW_TRY(lw_llm_describe(s->llm, &info));
    if (!lw_llm_tokenizer(s->llm))
        return lwi_fail(LW_NOT_FOUND, "%s has no tokenizer: give --tokenizer FILE", s->name);
    if (o->draft) LW_TRY(lw_llm_load(o->draft, NULL, &s->draft));
    s->vocabulary = info.vocabulary;
    s->width = info.width;
    s->context = o->context ? o->context : LWI_SERVED_CONTEXT;
    if (s->context > info.context) s->context = info.context;
    lwi_scheduler_options scheduler = {.llm = s->llm,
                                       .slots = o->slots,
                                       .waiting = o->waiting,
                                       .context = s->context,
                                       .cache = o->cache,
                                       .run = o->run,
                                       .reads_source = info.reads_source,
                                       .draft = s->draft,
                                       .lookup = o->lookup,
                                       .guesses = o->guesses};
    if (info.reads_source) scheduler.embeddings = info.pooling;
    return lwi_scheduler_start(&scheduler, &s->scheduler);
}

/* Zeros for an input whose sizes are all declared; false: they are not. */
static bool make_zeros(const lw_model *model, size_t i, lw_io *io) {
    lw_io_info info = {.size = sizeof info};
    if (lw_model_input(model, i, &info) != LW_OK || info.kind != LW_KIND_TENSOR || info.rank < 0)
        return false;
    for (int d = 0; d < info.rank; d++)
        if (info.dims[d] < 0) return false;
    io->name = info.name;
    return lw_tensor_new(info.dtype, info.rank, info.dims, &io->value) == LW_OK;
}

/* Packs all weights now, if the sizes of inputs are known, and not in some client's time. What
 * fails here is left to the first request, which will say it. */
static void prepare(const lw_model *model, lw_context *context) {
    const size_t n = lw_model_input_count(model), n_out = lw_model_output_count(model);
    lw_io *ios = NULL;
    size_t made = 0;
    if (lwi_alloc_array(&lwi_malloc_allocator, n + n_out, sizeof *ios, &ios) != LW_OK) return;
    while (made < n && make_zeros(model, made, &ios[made]))
        made++;
    for (size_t i = 0; i < n_out; i++) {
        lw_io_info info = {.size = sizeof info};
        if (lw_model_output(model, i, &info) == LW_OK) ios[n + i].name = info.name;
    }
    const bool ready = made == n && lw_context_prepare(context, ios, n, ios + n, n_out) == LW_OK;
    (void)ready;
    for (size_t i = 0; i < made; i++)
        lw_value_free(ios[i].value);
    lwi_free(&lwi_malloc_allocator, ios);
}

static lw_status open_network(lwi_served *s, const char *path, const lwi_served_options *o) {
    s->run = o->run;
    LW_TRY(make_idle(&s->idle));
    LW_TRY(lw_model_load(path, NULL, &s->network));
    lw_context *first = NULL;
    LW_TRY(lwi_served_borrow(s, &first));
    prepare(s->network, first);
    lwi_served_return(s, first);
    return LW_OK;
}

lw_status lwi_served_open(const char *spec, const lwi_served_options *options,
                          lwi_served **served) {
    lwi_served *s = NULL;
    const char *path = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    lw_status status = split(spec, &s->name, &path);
    s->loaded = (int64_t)time(NULL);
    if (status == LW_OK)
        status = (is_language_model(path) ? open_llm : open_network)(s, path, options);
    if (status == LW_OK) *served = s;
    else lwi_served_close(s);
    return status;
}

void lwi_served_close(lwi_served *s) {
    if (!s) return;
    lwi_scheduler_stop(s->scheduler);
    lw_llm_free(s->llm);
    lw_llm_free(s->draft);
    free_idle(s->idle);
    lw_model_free(s->network);
    lwi_free(&lwi_malloc_allocator, s->name);
    lwi_free(&lwi_malloc_allocator, s);
}

lw_status lwi_served_encode(const lwi_served *s, const char *text, size_t size, unsigned flags,
                            lwi_arena *arena, const int32_t **tokens, size_t *n) {
    const lw_tokenizer *tokenizer = lw_llm_tokenizer(s->llm);
    int32_t *made = NULL;
    size_t room = size + 16;
    LW_TRY(lwi_arena_alloc(arena, room, sizeof *made, &made));
    LW_TRY(lw_tokenizer_encode(tokenizer, text, size, flags, made, room, n));
    if (*n > room) {
        room = *n;
        LW_TRY(lwi_arena_alloc(arena, room, sizeof *made, &made));
        LW_TRY(lw_tokenizer_encode(tokenizer, text, size, flags, made, room, n));
    }
    *tokens = made;
    return LW_OK;
}

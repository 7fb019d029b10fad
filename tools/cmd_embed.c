/* SPDX-License-Identifier: MIT
 * lampwick embed: texts as vectors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "llm_options.h"
#include "text.h"

typedef struct embed_options {
    lwi_llm_options llm;
    const char *pooling;
    bool raw;
} embed_options;

enum { TOGETHER = 32 }; /* texts that an encoder gets at once; those of others share a cache */

static void normalise(double *vector, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += vector[i] * vector[i];
    const double length = sqrt(sum);
    for (size_t i = 0; i < n && length > 0; i++)
        vector[i] /= length;
}

static void print_vector(lwi_json *json, const double *vector, size_t n, size_t tokens) {
    lwi_show_open(json, '{');
    json->flat = true;
    lwi_show_set_integer(json, "tokens", (int64_t)tokens);
    lwi_show_key(json, "embedding");
    lwi_show_open(json, '[');
    for (size_t i = 0; i < n; i++)
        lwi_show_number(json, (double)(float)vector[i]);
    lwi_show_close(json, ']');
    lwi_show_close(json, '}');
    json->flat = false;
}

static lw_pooling pooling_of(const embed_options *o) {
    static const char *const names[] = {"model", "mean", "cls", "last"};
    for (int i = 0; o->pooling && i < 4; i++)
        if (!strcmp(o->pooling, names[i])) return (lw_pooling)i;
    return LW_POOLING_MODEL;
}

static lw_status feed(const lw_llm *llm, lw_session *session, const char *text) {
    int32_t *tokens = NULL;
    size_t n = 0;
    lw_status status = lwi_llm_encode(llm, text, strlen(text), &tokens, &n);
    if (status == LW_OK && n == 0) status = lw_fail(LW_INVALID, "a text has no tokens");
    if (status == LW_OK) status = lw_session_feed(session, tokens, n);
    free(tokens);
    return status;
}

/* The scores of a classifier stay as they are. */
static lw_status show(lw_session *session, const lw_llm_info *info, bool raw, lwi_json *json) {
    const float *state = NULL;
    size_t n = 0;
    const lw_status status = lw_session_embedding(session, &state);
    if (status != LW_OK) return status;
    double *vector = lwi_resize(NULL, info->width, sizeof *vector);
    for (size_t i = 0; i < info->width; i++)
        vector[i] = (double)state[i];
    if (!raw && !info->classifier) normalise(vector, info->width);
    lw_session_tokens(session, &n);
    print_vector(json, vector, info->width, n);
    free(vector);
    return LW_OK;
}

/* Texts that are run together. */
static lw_status embed(const lw_llm *llm, const lw_session_options *options,
                       const lw_llm_info *info, bool raw, char **texts, int n, lwi_json *json) {
    lw_session *sessions[TOGETHER] = {NULL};
    lw_status status = LW_OK;
    for (int i = 0; status == LW_OK && i < n; i++) {
        status = lw_session_new(llm, options, &sessions[i]);
        if (status == LW_OK) status = feed(llm, sessions[i], texts[i]);
    }
    for (int i = 0; status == LW_OK && i < n; i++)
        status = show(sessions[i], info, raw, json);
    for (int i = 0; i < n; i++)
        lw_session_free(sessions[i]);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const embed_options *o = given;
    lw_llm *llm = NULL;
    lw_session_options options = {.size = sizeof options, .pooling = pooling_of(o)};
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    lwi_json json = {0};
    lw_llm_info info = {.size = sizeof info};
    lw_status status = lwi_llm_open(arguments[0], &o->llm, &llm);
    if (status == LW_OK) status = lw_llm_describe(llm, &info);
    if (info.reads_source && !options.pooling) options.pooling = info.pooling;
    if (status == LW_OK) status = lw_batch_new(llm, &batch, &options.batch);
    if (status == LW_OK) lwi_show_open(&json, '[');
    const int most = info.encoder ? TOGETHER : 1;
    for (int i = 1; status == LW_OK && i < n; i += most)
        status =
            embed(llm, &options, &info, o->raw, arguments + i, n - i < most ? n - i : most, &json);
    if (status == LW_OK) lwi_show_close(&json, ']');
    lw_batch_free(options.batch);
    lw_llm_free(llm);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

#define AT(member) offsetof(embed_options, member)
static const lwi_option table[] = {
    {"pooling", 'p', LWI_TEXT, AT(pooling), "KIND", "model|mean|cls|last",
     "the mean of the tokens' states, or the first or last one (as the model says)"},
    {"raw", 0, LWI_FLAG, AT(raw), NULL, NULL, "do not scale vectors to length 1"},
    LWI_LLM_OPTIONS(embed_options, llm),
};

const lwi_command lwi_cmd_embed = {
    .name = "embed",
    .arguments = "MODEL TEXT...",
    .summary = "texts as vectors",
    .about = "Prints JSON: for each text a vector made of the states that an encoder or a language "
             "model has for its tokens, scaled to length 1, so that products of vectors tell how "
             "near their texts are; or the scores that a classifier gives it.",
    .examples = "lampwick embed bge-small/ \"a cat\" \"a kitten\"\n"
                "lampwick embed model.gguf \"a cat\" --pooling mean",
    LWI_OPTIONS(table),
    .least = 2,
    .most = -1,
    .size = sizeof(embed_options),
    .run = run,
};

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

static lw_status last_state(lw_session *session, const int32_t *tokens, size_t n, size_t width,
                            double *vector) {
    const float *state = NULL;
    lw_status status = lw_session_feed(session, tokens, n);
    if (status == LW_OK) status = lw_session_embedding(session, &state);
    for (size_t i = 0; status == LW_OK && i < width; i++)
        vector[i] += (double)state[i];
    return status;
}

/* The sum over all tokens divided by their number. */
static lw_status mean_state(lw_session *session, const int32_t *tokens, size_t n, size_t width,
                            double *vector) {
    lw_status status = LW_OK;
    for (size_t t = 0; status == LW_OK && t < n; t++)
        status = last_state(session, tokens + t, 1, width, vector);
    for (size_t i = 0; i < width; i++)
        vector[i] /= (double)n;
    return status;
}

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

static lw_status embed(const lw_llm *llm, lw_session *session, const embed_options *o,
                       const char *text, lwi_json *json) {
    lw_llm_info info = {.size = sizeof info};
    int32_t *tokens = NULL;
    size_t n = 0;
    lw_status status = lw_llm_describe(llm, &info);
    if (status == LW_OK) status = lw_session_rewind(session, 0);
    if (status == LW_OK) status = lwi_llm_encode(llm, text, strlen(text), &tokens, &n);
    if (status != LW_OK) return status;
    double *vector = lwi_resize(NULL, info.width, sizeof *vector);
    memset(vector, 0, info.width * sizeof *vector);
    const bool mean = o->pooling && !strcmp(o->pooling, "mean");
    if (n == 0) status = lw_fail(LW_INVALID, "a text has no tokens");
    else status = (mean ? mean_state : last_state)(session, tokens, n, info.width, vector);
    if (!o->raw) normalise(vector, info.width);
    if (status == LW_OK) print_vector(json, vector, info.width, n);
    free(vector);
    free(tokens);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const embed_options *o = given;
    lw_llm *llm = NULL;
    lw_session *session = NULL;
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    const lw_session_options options = {.size = sizeof options, .batch_options = &batch};
    lwi_json json = {0};
    lw_status status = lwi_llm_open(arguments[0], &o->llm, &llm);
    if (status == LW_OK) status = lw_session_new(llm, &options, &session);
    if (status == LW_OK) lwi_show_open(&json, '[');
    for (int i = 1; status == LW_OK && i < n; i++)
        status = embed(llm, session, o, arguments[i], &json);
    if (status == LW_OK) lwi_show_close(&json, ']');
    lw_session_free(session);
    lw_llm_free(llm);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

#define AT(member) offsetof(embed_options, member)
static const lwi_option table[] = {
    {"pooling", 'p', LWI_TEXT, AT(pooling), "KIND", "last|mean",
     "the last token's state, or the mean of all (last)"},
    {"raw", 0, LWI_FLAG, AT(raw), NULL, NULL, "do not scale vectors to length 1"},
    LWI_LLM_OPTIONS(embed_options, llm),
};

const lwi_command lwi_cmd_embed = {
    .name = "embed",
    .arguments = "MODEL TEXT...",
    .summary = "texts as vectors",
    .about = "Prints JSON: for each text the state of a language model behind it, scaled to "
             "length 1, so that products of vectors tell how near their texts are.",
    .examples = "lampwick embed model.gguf \"a cat\" \"a kitten\"\n"
                "lampwick embed model.gguf \"a cat\" --pooling mean",
    LWI_OPTIONS(table),
    .least = 2,
    .most = -1,
    .size = sizeof(embed_options),
    .run = run,
};

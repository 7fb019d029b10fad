/* SPDX-License-Identifier: MIT
 * lampwick generate: a language model goes on with a text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "llm_draft.h"
#include "llm_options.h"
#include "stopwatch.h"
#include "text.h"

enum {
    KEPT = 4
}; /* tokens at the beginning that stay when the context is full (arXiv 2309.17453) */

typedef struct generate_options {
    lwi_llm_options llm;
    lwi_sampling_options sampling;
    lwi_draft_options draft;
    int tokens;
    const char *file, *grammar, *schema, *begin;
    lwi_texts stop;
    bool ignore_end, echo, special, shift, statistics;
} generate_options;

typedef struct generation {
    const generate_options *options;
    lw_session *session;
    lw_stop_texts *stops;
    bool stopped, reads_source;
    size_t prompt, generated;
    double begin, first, end;
} generation;

/* What of the piece is certain to be no part of a stop text. */
static lw_status write_piece(generation *g, const lw_llm_text *piece) {
    const char *text = NULL;
    size_t size = 0;
    const lw_status status =
        lw_stop_texts_feed(g->stops, piece->data, piece->length, &text, &size, &g->stopped);
    if (status == LW_OK) fwrite(text, 1, size, stdout);
    fflush(stdout);
    return status;
}

static lw_status write_rest(generation *g) {
    lw_llm_text piece = {.size = sizeof piece};
    const char *text = NULL;
    size_t size = 0;
    lw_status status = lw_session_end_text(g->session, &piece);
    if (status == LW_OK) status = write_piece(g, &piece);
    lw_stop_texts_finish(g->stops, &text, &size);
    fwrite(text, 1, size, stdout);
    return status;
}

static lw_status generate(generation *g) {
    const generate_options *o = g->options;
    lw_llm_text piece = {.size = sizeof piece};
    const float *logits = NULL;
    lw_status status = lw_session_logits(g->session, &logits);
    g->first = lwi_seconds();
    while (status == LW_OK && g->generated < (size_t)o->tokens) {
        status = lw_session_next_text(g->session, &piece);
        if (status != LW_OK) break;
        g->generated++;
        status = write_piece(g, &piece);
        if ((piece.finished && !o->ignore_end) || g->stopped) break;
    }
    if (!g->stopped && (status == LW_OK || status == LW_LIMIT)) {
        const lw_status rest = write_rest(g);
        if (status == LW_OK) status = rest;
    }
    g->end = lwi_seconds();
    printf("\n");
    if (status != LW_LIMIT || g->generated == 0) return status;
    fprintf(stderr, "lampwick: the text ends here: %s (--shift goes on)\n", lw_last_error());
    return LW_OK;
}

static void print_statistics(const generation *g) {
    const size_t prompt = g->prompt;
    const double read = g->first - g->begin, write = g->end - g->first;
    fprintf(stderr, "prompt      %zu tokens, %.1f per second\n", prompt, (double)prompt / read);
    fprintf(stderr, "generation  %zu tokens, %.1f per second\n", g->generated,
            (double)g->generated / write);
    size_t guessed = 0, right = 0;
    lw_session_speculated(g->session, &guessed, &right);
    if (guessed)
        fprintf(stderr, "guesses     %zu of %zu right, %.0f %%\n", right, guessed,
                100 * (double)right / (double)guessed);
}

/* The cache's memory, as it is reserved. */
static void print_cache(const generation *g, const lw_llm *llm) {
    const lwi_llm_options *o = &g->options->llm;
    lw_llm_info info = {.size = sizeof info};
    if (lw_llm_describe(llm, &info) != LW_OK) return;
    const size_t tokens = o->context ? (size_t)o->context : info.context;
    const double bytes = (double)tokens * (double)lw_llm_cache_bytes(llm, lwi_llm_cache(o));
    fprintf(stderr, "cache       %zu tokens, %.1f MiB\n", tokens, bytes / (1 << 20));
}

static lw_status run_session(generation *g, const char *prompt, size_t size) {
    const unsigned flags =
        LW_ENCODE_ADD_SPECIAL | (g->options->special ? LW_ENCODE_PARSE_SPECIAL : 0);
    lw_status status = g->reads_source ? lw_session_source_text(g->session, prompt, size, flags)
                                       : lw_session_feed_text(g->session, prompt, size, flags);
    const char *begin = g->options->begin;
    if (status == LW_OK && begin)
        status = lw_session_feed_text(g->session, begin, strlen(begin), LW_ENCODE_PARSE_SPECIAL);
    if (status != LW_OK) return status;
    if (g->options->echo) fwrite(prompt, 1, size, stdout);
    lw_session_tokens(g->session, &g->prompt);
    g->begin = lwi_seconds();
    status = generate(g);
    if (status == LW_OK && g->options->statistics) print_statistics(g);
    return status;
}

/* --grammar FILE or --json-schema FILE */
static lw_status read_grammar(const generate_options *o, lw_grammar **grammar) {
    const char *path = o->grammar ? o->grammar : o->schema;
    uint8_t *text = NULL;
    size_t size = 0;
    if (!path) return LW_OK;
    if (!lwi_read_file(path, &text, &size)) return lw_fail(LW_IO, "cannot read the grammar");
    const lw_status status = o->grammar ? lw_grammar_new((const char *)text, size, grammar)
                                        : lw_grammar_new_schema((const char *)text, size, grammar);
    free(text);
    return status;
}

static lw_status open_and_run(const char *path, const generate_options *o, const char *prompt,
                              size_t size) {
    lw_llm *llm = NULL;
    lw_grammar *grammar = NULL;
    lwi_draft draft = {NULL, NULL, {0}};
    generation g = {.options = o};
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    lw_sampling sampling = lwi_llm_sampling(&o->sampling);
    lw_status status = read_grammar(o, &grammar);
    if (status == LW_OK) status = lwi_draft_open(&o->draft, &o->llm, &draft);
    const lw_session_options session = {.size = sizeof session,
                                        .batch_options = &batch,
                                        .sampling = &sampling,
                                        .grammar = grammar,
                                        .shift = o->shift,
                                        .keep = KEPT,
                                        .speculation = &draft.speculation};
    if (status == LW_OK) status = lwi_llm_open(path, &o->llm, &llm);
    if (status == LW_OK) status = lwi_llm_breakers(llm, &o->sampling, &sampling);
    lw_llm_info info = {.size = sizeof info};
    if (status == LW_OK) status = lw_llm_describe(llm, &info);
    g.reads_source = info.reads_source;
    if (status == LW_OK) status = lw_stop_texts_new(o->stop.items, o->stop.n, &g.stops);
    if (status == LW_OK) status = lw_session_new(llm, &session, &g.session);
    if (status == LW_OK) status = run_session(&g, prompt, size);
    if (status == LW_OK && o->statistics) print_cache(&g, llm);
    lw_stop_texts_free(g.stops);
    lw_session_free(g.session);
    free((void *)sampling.dry_breakers);
    lwi_draft_close(&draft);
    lw_llm_free(llm);
    lw_grammar_free(grammar);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const generate_options *o = given;
    uint8_t *text = NULL;
    size_t size = 0;
    if (o->file && !lwi_read_file(o->file, &text, &size))
        return lwi_complain("cannot read '%s': %s", o->file, strerror(errno));
    const char *prompt = text ? (const char *)text : n > 1 ? arguments[1] : "";
    const lw_status status = open_and_run(arguments[0], o, prompt, text ? size : strlen(prompt));
    free(text);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

static const generate_options defaults = {
    .tokens = 256, .draft = {.tokens = 8}, .sampling = LWI_SAMPLING_DEFAULTS};

#define AT(member) offsetof(generate_options, member)
static const lwi_option table[] = {
    {"tokens", 'n', LWI_COUNT, AT(tokens), "N", NULL, "to generate at most (256)"},
    {"file", 'f', LWI_TEXT, AT(file), "FILE", NULL, "the text to go on with"},
    {"begin", 0, LWI_TEXT, AT(begin), "TEXT", NULL,
     "what is generated goes on with this: for a translation, the token of a language (fra_Latn)"},
    {"stop", 0, LWI_LIST, AT(stop), "TEXT", NULL, "end when this has been generated"},
    {"grammar", 0, LWI_TEXT, AT(grammar), "FILE", NULL, "the text must follow a GBNF grammar"},
    {"json-schema", 0, LWI_TEXT, AT(schema), "FILE", NULL, "the text must be JSON of this schema"},
    {"ignore-end", 0, LWI_FLAG, AT(ignore_end), NULL, NULL, "go on when the model has finished"},
    {"echo", 0, LWI_FLAG, AT(echo), NULL, NULL, "print the prompt too"},
    {"special", 0, LWI_FLAG, AT(special), NULL, NULL,
     "the prompt may name control tokens (<|im_end|>)"},
    {"shift", 0, LWI_FLAG, AT(shift), NULL, NULL,
     "when the context is full, drop the older half of it"},
    {"statistics", 0, LWI_FLAG, AT(statistics), NULL, NULL, "print tokens per second in the end"},
    LWI_DRAFT_OPTIONS(generate_options, draft),
    LWI_SAMPLING_OPTIONS(generate_options, sampling),
    LWI_LLM_OPTIONS(generate_options, llm),
};

const lwi_command lwi_cmd_generate = {
    .name = "generate",
    .arguments = "MODEL [PROMPT]",
    .summary = "a language model goes on with a text",
    .about = "Opens a .gguf file or a Hugging Face folder and prints what the model makes of the "
             "prompt, token by token. Models with an encoder and a decoder (T5, BART, Marian, "
             "NLLB) take the prompt as the text to translate, sum up or answer.",
    .examples = "lampwick generate stories.gguf \"Once upon a time\"\n"
                "lampwick generate model.gguf --file question.txt --temperature 0 --statistics\n"
                "lampwick generate flan-t5-small/ \"translate English to German: Thank you\"\n"
                "lampwick generate nllb-200/ --begin fra_Latn \"Thank you\"",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 2,
    .size = sizeof(generate_options),
    .defaults = &defaults,
    .run = run,
};

/* SPDX-License-Identifier: MIT
 * What requests say about how to generate: OpenAI's members, and those that llama.cpp and vLLM
 * have added. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/text_number.h"
#include "serve/completion.h"
#include "serve/members.h"

enum { MOST_STOPS = 16, MOST_N = 16, MOST_TOP = 20, MOST_BREAKERS = 64 };

static lw_status read_numbers(lw_sampling *s, const lwi_json_item *o) {
    LW_TRY(lwi_member_number(o, "temperature", 0, 100, &s->temperature));
    LW_TRY(lwi_member_number(o, "top_p", 0, 1, &s->top_p));
    LW_TRY(lwi_member_number(o, "min_p", 0, 1, &s->min_p));
    LW_TRY(lwi_member_number(o, "typical_p", 0, 1, &s->typical));
    LW_TRY(lwi_member_number(o, "frequency_penalty", -2, 2, &s->frequency));
    LW_TRY(lwi_member_number(o, "presence_penalty", -2, 2, &s->presence));
    LW_TRY(lwi_member_number(o, "repeat_penalty", 0, 100, &s->repetition));
    LW_TRY(lwi_member_number(o, "repetition_penalty", 0, 100, &s->repetition));
    LW_TRY(lwi_member_number(o, "dry_multiplier", 0, 100, &s->dry_multiplier));
    LW_TRY(lwi_member_number(o, "dry_base", 0, 100, &s->dry_base));
    LW_TRY(lwi_member_count(o, "dry_allowed_length", 1 << 20, &s->dry_allowed));
    LW_TRY(lwi_member_number(o, "xtc_probability", 0, 1, &s->xtc_probability));
    LW_TRY(lwi_member_number(o, "xtc_threshold", 0, 1, &s->xtc_threshold));
    LW_TRY(lwi_member_number(o, "mirostat_tau", 0, 100, &s->mirostat_tau));
    LW_TRY(lwi_member_number(o, "mirostat_eta", 0, 1, &s->mirostat_eta));
    LW_TRY(lwi_member_count(o, "repeat_last_n", 1 << 30, &s->penalty_last));
    return lwi_member_count(o, "top_k", 1 << 30, &s->top_k);
}

static uint64_t some_seed(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
}

/* {"TOKEN": bias, ...} */
static lw_status read_biases(lwi_completion *c, const lwi_json_item *o) {
    const lwi_json_item *given = lwi_member(o, "logit_bias");
    if (!given) return LW_OK;
    if (given->kind != LWI_JSON_OBJECT) return lwi_fail(LW_INVALID, "'logit_bias' is no object");
    lw_logit_bias *biases = NULL;
    LW_TRY(lwi_arena_alloc(&c->arena, given->size, sizeof *biases, &biases));
    for (size_t i = 0; i < given->size; i++) {
        const lwi_json_item *item = &given->items[i];
        int64_t token = -1;
        if (!lwi_text_integer(item->key, item->key_size, false, &token) || token < 0 ||
            (uint64_t)token >= c->model->vocabulary)
            return lwi_fail(LW_INVALID, "'logit_bias': '%.40s' is not a token", item->key);
        if (item->kind != LWI_JSON_NUMBER)
            return lwi_fail(LW_INVALID, "'logit_bias' of %.40s is not a number", item->key);
        const double bias = item->is_integer ? (double)item->integer : item->number;
        biases[i] = (lw_logit_bias){(int32_t)token, bias <= -100 ? -INFINITY : (float)bias};
    }
    c->sampling.biases = biases;
    c->sampling.n_biases = given->size;
    return LW_OK;
}

/* Texts at which repetitions end; those of llama.cpp if none are given. */
static lw_status read_breakers(lwi_completion *c, const lwi_json_item *o) {
    const lwi_json_item *given = lwi_member(o, "dry_sequence_breakers");
    const char **texts = NULL;
    int32_t *tokens = NULL;
    size_t n = 0;
    if (given && (given->kind != LWI_JSON_ARRAY || given->size > MOST_BREAKERS))
        return lwi_fail(LW_INVALID, "'dry_sequence_breakers' is no array of at most %d strings",
                        MOST_BREAKERS);
    if (given) LW_TRY(lwi_arena_alloc(&c->arena, given->size + 1, sizeof *texts, &texts));
    for (size_t i = 0; given && i < given->size; i++) {
        if (given->items[i].kind != LWI_JSON_STRING)
            return lwi_fail(LW_INVALID,
                            "'dry_sequence_breakers' holds something that is no string");
        texts[i] = given->items[i].text;
    }
    const lw_llm *llm = c->model->llm;
    if (!(c->sampling.dry_multiplier > 0) || !lw_llm_tokenizer(llm)) return LW_OK;
    LW_TRY(lw_llm_dry_breakers(llm, texts, given ? given->size : 0, NULL, 0, &n));
    LW_TRY(lwi_arena_alloc(&c->arena, n, sizeof *tokens, &tokens));
    LW_TRY(lw_llm_dry_breakers(llm, texts, given ? given->size : 0, tokens, n, &n));
    c->sampling.dry_breakers = tokens;
    c->sampling.n_dry_breakers = n;
    return LW_OK;
}

static lw_status read_sampling(lwi_completion *c, const lwi_json_item *o) {
    int64_t seed = (int64_t)some_seed();
    c->sampling = (lw_sampling){.size = sizeof c->sampling,
                                .temperature = 1,
                                .penalty_last = 64,
                                .dry_base = 1.75f,
                                .dry_allowed = 2,
                                .xtc_threshold = 0.1f,
                                .mirostat_eta = 0.1f};
    LW_TRY(read_numbers(&c->sampling, o));
    LW_TRY(lwi_member_integer(o, "seed", &seed));
    c->sampling.seed = (uint64_t)seed;
    LW_TRY(read_breakers(c, o));
    return read_biases(c, o);
}

/* A string, or some. */
static lw_status read_stops(lwi_completion *c, const lwi_json_item *o) {
    const lwi_json_item *stop = lwi_member(o, "stop");
    if (!stop) return LW_OK;
    const bool one = stop->kind == LWI_JSON_STRING;
    if (!one && stop->kind != LWI_JSON_ARRAY)
        return lwi_fail(LW_INVALID, "'stop' is neither a string nor an array of strings");
    c->n_stops = one ? 1 : stop->size;
    if (c->n_stops > MOST_STOPS)
        return lwi_fail(LW_INVALID, "'stop' has %zu texts, more than %d", c->n_stops, MOST_STOPS);
    LW_TRY(lwi_arena_alloc(&c->arena, c->n_stops, sizeof *c->stops, &c->stops));
    for (size_t i = 0; i < c->n_stops; i++) {
        const lwi_json_item *text = one ? stop : &stop->items[i];
        if (text->kind != LWI_JSON_STRING)
            return lwi_fail(LW_INVALID, "'stop' holds something that is not a string");
        c->stops[i] = text->text;
    }
    return LW_OK;
}

static lw_status grammar_of_schema(lwi_completion *c, const lwi_json_item *schema) {
    lwi_buffer json = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = lwi_buffer_json(&json, schema);
    if (status == LW_OK) status = lw_grammar_new_schema(json.data, json.size, &c->grammar);
    lwi_buffer_free(&json);
    return status;
}

/* {"type": "text" | "json_object" | "json_schema", "json_schema": {"schema": ...}} */
static lw_status read_format(lwi_completion *c, const lwi_json_item *o) {
    static const char object[] = "{\"type\":\"object\"}";
    const lwi_json_item *format = lwi_member(o, "response_format");
    if (!format) return LW_OK;
    const char *type = lwi_json_text(format, "type", "");
    if (!strcmp(type, "text")) return LW_OK;
    const lwi_json_item *wrapped = lwi_member(format, "json_schema");
    const lwi_json_item *schema = lwi_member(wrapped ? wrapped : format, "schema");
    if (!strcmp(type, "json_object") && !schema)
        return lw_grammar_new_schema(object, sizeof object - 1, &c->grammar);
    if (strcmp(type, "json_object") != 0 && strcmp(type, "json_schema") != 0)
        return lwi_fail(LW_INVALID,
                        "'response_format' is '%.40s': text, json_object or json_schema", type);
    if (!schema) return lwi_fail(LW_INVALID, "'response_format' has no schema");
    return grammar_of_schema(c, schema);
}

static lw_status read_grammar(lwi_completion *c, const lwi_json_item *o) {
    const char *gbnf = NULL;
    LW_TRY(lwi_member_text(o, "grammar", &gbnf));
    const lwi_json_item *schema = lwi_member(o, "json_schema");
    if ((gbnf != NULL) + (schema != NULL) + (lwi_member(o, "response_format") != NULL) > 1)
        return lwi_fail(LW_INVALID,
                        "only one of 'grammar', 'json_schema' and 'response_format' may be given");
    if (gbnf) return lw_grammar_new(gbnf, strlen(gbnf), &c->grammar);
    return schema ? grammar_of_schema(c, schema) : read_format(c, o);
}

/* Chats say {"logprobs": true, "top_logprobs": n}, the older interface {"logprobs": n}. */
static lw_status read_logprobs(lwi_completion *c, const lwi_json_item *o) {
    size_t n = 0;
    if (c->chat) {
        LW_TRY(lwi_member_bool(o, "logprobs", &c->logprobs));
        LW_TRY(lwi_member_count(o, "top_logprobs", MOST_TOP, &n));
        if (n && !c->logprobs)
            return lwi_fail(LW_INVALID, "'top_logprobs' is given without 'logprobs'");
    } else {
        c->logprobs = lwi_member(o, "logprobs") != NULL;
        LW_TRY(lwi_member_count(o, "logprobs", MOST_TOP, &n));
    }
    c->n_top = n < c->model->vocabulary ? n : c->model->vocabulary;
    return LW_OK;
}

static lw_status read_limits(lwi_completion *c, const lwi_json_item *o) {
    c->n = 1;
    LW_TRY(lwi_member_count(o, "n", MOST_N, &c->n));
    if (c->n == 0) return lwi_fail(LW_INVALID, "'n' is 0");
    c->most_tokens = SIZE_MAX;
    LW_TRY(lwi_member_count(o, "max_tokens", SIZE_MAX - 1, &c->most_tokens));
    LW_TRY(lwi_member_count(o, "max_completion_tokens", SIZE_MAX - 1, &c->most_tokens));
    if (c->most_tokens == 0) return lwi_fail(LW_INVALID, "'max_tokens' is 0");
    return LW_OK;
}

/* What would change the answer must not be passed over. */
static lw_status refuse_others(const lwi_json_item *o) {
    static const char *const others[] = {"suffix", "functions",  "function_call",
                                         "audio",  "prediction", "web_search_options"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (lwi_member(o, others[i]))
            return lwi_fail(LW_UNSUPPORTED, "'%s' is not supported", others[i]);
    const lwi_json_item *best = lwi_member(o, "best_of");
    if (best && !(best->kind == LWI_JSON_NUMBER && best->is_integer && best->integer == 1))
        return lwi_fail(LW_UNSUPPORTED, "'best_of' is not supported");
    return LW_OK;
}

lw_status lwi_completion_read(lwi_completion *c, const lwi_json_item *o) {
    LW_TRY(refuse_others(o));
    LW_TRY(read_limits(c, o));
    LW_TRY(read_sampling(c, o));
    LW_TRY(read_stops(c, o));
    LW_TRY(read_grammar(c, o));
    LW_TRY(read_logprobs(c, o));
    LW_TRY(lwi_member_bool(o, "stream", &c->stream));
    LW_TRY(lwi_member_bool(o, "ignore_eos", &c->ignore_end));
    return lwi_member_bool(lwi_member(o, "stream_options"), "include_usage", &c->usage);
}

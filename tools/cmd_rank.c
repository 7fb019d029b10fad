/* SPDX-License-Identifier: MIT
 * lampwick rank: which texts answer a question, by a cross-encoder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "llm_options.h"
#include "text.h"

typedef struct rank_options {
    lwi_llm_options llm;
    bool json;
} rank_options;

typedef struct ranked {
    const char *text;
    int index;
    double score;
} ranked;

static int compare(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return x->index > y->index ? 1 : -1;
}

static lw_status score(const lw_llm *llm, lw_batch *batch, const char *query, ranked *text) {
    const lw_session_options options = {.size = sizeof options, .batch = batch};
    const lw_string a = {query, strlen(query)}, b = {text->text, strlen(text->text)};
    const float *scores = NULL;
    lw_session *session = NULL;
    lw_status status = lw_session_new(llm, &options, &session);
    if (status == LW_OK) status = lw_session_feed_pair(session, a, b, LW_ENCODE_ADD_SPECIAL);
    if (status == LW_OK) status = lw_session_embedding(session, &scores);
    if (status == LW_OK) text->score = (double)scores[0];
    lw_session_free(session);
    return status;
}

static void show(const ranked *texts, int n, bool as_json) {
    lwi_json json = {0};
    if (as_json) lwi_show_open(&json, '[');
    for (int i = 0; i < n; i++) {
        if (!as_json) {
            printf("%9.4f  %s\n", texts[i].score, texts[i].text);
            continue;
        }
        lwi_show_open(&json, '{');
        json.flat = true;
        lwi_show_set_integer(&json, "index", texts[i].index);
        lwi_show_key(&json, "score");
        lwi_show_number(&json, texts[i].score);
        lwi_show_close(&json, '}');
        json.flat = false;
    }
    if (as_json) lwi_show_close(&json, ']');
}

static lw_status rank(const rank_options *o, char **arguments, ranked *texts, int n) {
    lw_llm *llm = NULL;
    lw_batch *batch = NULL;
    lw_context_options context;
    const lw_batch_options options = lwi_llm_batch_options(&o->llm, &context);
    lw_llm_info info = {.size = sizeof info};
    lw_status status = lwi_llm_open(arguments[0], &o->llm, &llm);
    if (status == LW_OK) status = lw_llm_describe(llm, &info);
    if (status == LW_OK && (!info.classifier || info.width != 1))
        status = lw_fail(LW_UNSUPPORTED, "the model gives no score of a pair of texts");
    if (status == LW_OK) status = lw_batch_new(llm, &options, &batch);
    for (int i = 0; status == LW_OK && i < n; i++)
        status = score(llm, batch, arguments[1], &texts[i]);
    lw_batch_free(batch);
    lw_llm_free(llm);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const rank_options *o = given;
    const int count = n - 2;
    ranked *texts = lwi_resize(NULL, (size_t)count, sizeof *texts);
    for (int i = 0; i < count; i++)
        texts[i] = (ranked){.text = arguments[i + 2], .index = i};
    const lw_status status = rank(o, arguments, texts, count);
    if (status == LW_OK) {
        qsort(texts, (size_t)count, sizeof *texts, compare);
        show(texts, count, o->json);
    }
    free(texts);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

#define AT(member) offsetof(rank_options, member)
static const lwi_option table[] = {
    {"json", 0, LWI_FLAG, AT(json), NULL, NULL, "numbers of the texts and scores, as JSON"},
    LWI_LLM_OPTIONS(rank_options, llm),
};

const lwi_command lwi_cmd_rank = {
    .name = "rank",
    .arguments = "MODEL QUESTION TEXT...",
    .summary = "texts by how well they answer a question",
    .about = "Scores each text together with the question by a reranker (a cross-encoder with one "
             "class: BERT, RoBERTa, ModernBERT), and prints them, the best first.",
    .examples = "lampwick rank bge-reranker-base/ \"what is a panda?\" \"a bear\" \"a car\"",
    LWI_OPTIONS(table),
    .least = 3,
    .most = -1,
    .size = sizeof(rank_options),
    .run = run,
};

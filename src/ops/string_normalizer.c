/* SPDX-License-Identifier: MIT
 * StringNormalizer (ONNX 10): drops stop words, then makes the rest upper or lower case. */
#include "base/letter_case.h"
#include "base/utf8.h"
#include "ops/op.h"

#include <stdlib.h>
#include <string.h>

typedef struct normalizer {
    lwi_call *call;
    lwi_letter_case letters;
    lw_string *stop_words; /* sorted, in lower case unless case matters */
    size_t n_stop_words;
    bool case_sensitive;
    uint32_t (*change)(const lwi_letter_case *letters, uint32_t point); /* or NULL */
} normalizer;

/* A code point of two bytes can become one of three. What is not UTF-8 stays as it is. */
static lw_status change_case(const normalizer *n, const lw_string *text,
                             uint32_t (*change)(const lwi_letter_case *, uint32_t),
                             lw_string *changed) {
    void *block = NULL;
    if (text->size > SIZE_MAX / 2) return lwi_call_fail(n->call, LW_LIMIT, "a string is too long");
    LW_TRY(n->call->host->bytes(n->call->state, 2 * text->size + 1, &block));
    char *to = block;
    const char *at = text->data, *end = text->data + text->size;
    while (at < end) {
        const char *begin = at;
        const uint32_t point = lwi_utf8_next(&at, end);
        if (point == LWI_UTF8_BAD) *to++ = *begin;
        else to += lwi_utf8_write(change(&n->letters, point), to);
    }
    *changed = (lw_string){block, (size_t)(to - (char *)block)};
    return LW_OK;
}

static int compare(const void *a, const void *b) {
    const lw_string *x = a, *y = b;
    const size_t n = x->size < y->size ? x->size : y->size;
    const int order = n ? memcmp(x->data, y->data, n) : 0;
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static lw_status read_stop_words(normalizer *n) {
    const lwi_node *node = n->call->node;
    const lw_string *words = lwi_attr_strings(node, "stopwords", &n->n_stop_words);
    n->case_sensitive = lwi_attr_int(node, "is_case_sensitive", 0) != 0;
    LW_TRY(lwi_scratch(n->call, n->n_stop_words, sizeof *n->stop_words, &n->stop_words));
    for (size_t i = 0; i < n->n_stop_words; i++) {
        if (n->case_sensitive) n->stop_words[i] = words[i];
        else LW_TRY(change_case(n, &words[i], lwi_lower, &n->stop_words[i]));
    }
    if (n->n_stop_words) qsort(n->stop_words, n->n_stop_words, sizeof *words, compare);
    return LW_OK;
}

static lw_status is_stop_word(const normalizer *n, const lw_string *text, bool *found) {
    lw_string key = *text;
    *found = false;
    if (n->n_stop_words == 0) return LW_OK;
    if (!n->case_sensitive) LW_TRY(change_case(n, text, lwi_lower, &key));
    *found = bsearch(&key, n->stop_words, n->n_stop_words, sizeof key, compare) != NULL;
    return LW_OK;
}

static lw_status read_change(normalizer *n) {
    const char *action = lwi_attr_string(n->call->node, "case_change_action", "NONE");
    if (!strcmp(action, "LOWER")) n->change = lwi_lower;
    else if (!strcmp(action, "UPPER")) n->change = lwi_upper;
    else if (strcmp(action, "NONE") != 0)
        return lwi_call_fail(n->call, LW_INVALID, "there is no case_change_action '%s'", action);
    return LW_OK;
}

/* [C] or [1, C], one empty string where nothing is left. */
static lw_status give(const normalizer *n, const lw_string *kept, size_t count) {
    lwi_call *c = n->call;
    const int64_t dims[2] = {1, count ? (int64_t)count : 1};
    const int rank = c->in[0]->rank;
    LW_TRY(lwi_out(c, 0, LW_STRING, rank, dims + (2 - rank)));
    if (!c->out[0]) return LW_OK;
    lw_string *y = c->out[0]->data;
    if (count == 0) y[0] = (lw_string){"", 0};
    for (size_t i = 0; i < count; i++) {
        if (n->change) LW_TRY(change_case(n, &kept[i], n->change, &y[i]));
        else y[i] = kept[i];
    }
    return LW_OK;
}

static lw_status normalize(normalizer *n) {
    const lw_value *x = n->call->in[0];
    const lw_string *text = x->data;
    lw_string *kept = NULL;
    size_t count = 0;
    LW_TRY(read_change(n));
    LW_TRY(read_stop_words(n));
    LW_TRY(lwi_scratch(n->call, x->count, sizeof *kept, &kept));
    for (size_t i = 0; i < x->count; i++) {
        bool stop = false;
        LW_TRY(is_stop_word(n, &text[i], &stop));
        if (!stop) kept[count++] = text[i];
    }
    return give(n, kept, count);
}

static lw_status run(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 1, 2));
    if (c->in[0]->rank == 2 && c->in[0]->dims[0] != 1)
        return lwi_call_fail(c, LW_SHAPE, "the first dimension is %lld, expected 1",
                             (long long)c->in[0]->dims[0]);
    normalizer n = {.call = c};
    lwi_letter_case_open(&n.letters);
    const lw_status status = normalize(&n);
    lwi_letter_case_close(&n.letters);
    return status;
}

const lwi_op lwi_op_string_normalizer = {.run = run};

/* SPDX-License-Identifier: MIT */
#include "text/unigram.h"

#include "base/utf8.h"
#include "lampwick/tokenizer.h"
#include "text/space_words.h"

void lwi_unigram_work_free(lwi_unigram_work *work) {
    lwi_free(&lwi_malloc_allocator, work->ends);
    lwi_free(&lwi_malloc_allocator, work->spans.items);
    lwi_free(&lwi_malloc_allocator, work->ids.items);
}

static void reach(const lwi_unigram *u, lwi_unigram_end *ends, size_t begin, size_t end, int32_t id,
                  double score) {
    double sum = score + ends[begin].score;
    if (u->single) sum = (double)(float)sum;
    if (ends[end].id == LWI_NO_TOKEN || sum > ends[end].score)
        ends[end] = (lwi_unigram_end){sum, begin, id};
}

/* A token that the user has defined counts more than any others of the same length. */
static double score_of(const lwi_unigram *u, int32_t id, size_t length) {
    if (u->single && u->vocabulary->attributes[id] & LW_TOKEN_USER)
        return (double)(float)((double)length * u->best_score) - 0.1;
    return u->scores[id];
}

/* All tokens that begin at a place, or the unknown one. */
static void reach_from(const lwi_unigram *u, lwi_unigram_end *ends, lw_string text, size_t begin,
                       size_t character) {
    uint32_t node = 0;
    bool single = false;
    for (size_t at = begin; at < text.size;) {
        int32_t id = LWI_NO_TOKEN;
        node = lwi_byte_trie_step(u->trie, node, text.data[at++], &id);
        if (node == LWI_TRIE_NONE) break;
        if (id < 0) continue;
        reach(u, ends, begin, at, id, score_of(u, id, at - begin));
        if (at - begin == character) single = true;
    }
    if (!single) reach(u, ends, begin, begin + character, u->unknown, u->unknown_score);
}

/* before: the score of what stands before the text. */
static lw_status find_ends(const lwi_unigram *u, lwi_unigram_work *work, lw_string text,
                           double before) {
    LW_TRY(lwi_grow(&lwi_malloc_allocator, &work->ends, &work->capacity, text.size + 1,
                    sizeof *work->ends));
    for (size_t i = 0; i <= text.size; i++)
        work->ends[i] = (lwi_unigram_end){before, 0, LWI_NO_TOKEN};
    const char *at = text.data, *end = at + text.size;
    while (at < end) {
        const size_t begin = (size_t)(at - text.data);
        (void)lwi_utf8_next(&at, end);
        reach_from(u, work->ends, text, begin, (size_t)(at - text.data) - begin);
    }
    return LW_OK;
}

/* The tokens from the end to the beginning; unknown neighbours are one. */
static lw_status walk_back(const lwi_unigram *u, lwi_unigram_work *work, size_t size) {
    work->spans.n = work->ids.n = 0;
    for (size_t at = size; at > 0;) {
        const lwi_unigram_end e = work->ends[at];
        const size_t n = work->ids.n;
        if (u->fuse_unknown && e.id == u->unknown && n && work->ids.items[n - 1] == u->unknown) {
            work->spans.items[work->spans.n - 1].begin = e.begin;
        } else {
            LW_TRY(lwi_spans_add(&work->spans, e.begin, at));
            LW_TRY(lwi_ids_add(&work->ids, e.id));
        }
        at = e.begin;
    }
    return LW_OK;
}

static lw_status put_unknown(const lwi_unigram *u, lw_string text, lwi_ids *ids) {
    bool all = u->byte_fallback;
    const int32_t known = lwi_vocabulary_find(u->vocabulary, text.data, text.size);
    if (known != LWI_NO_TOKEN && !u->single) return lwi_ids_add(ids, known);
    for (size_t i = 0; i < text.size && all; i++)
        all = u->byte_tokens[(uint8_t)text.data[i]] != LWI_NO_TOKEN;
    if (!all) return lwi_ids_add(ids, u->unknown);
    for (size_t i = 0; i < text.size; i++)
        LW_TRY(lwi_ids_add(ids, u->byte_tokens[(uint8_t)text.data[i]]));
    return LW_OK;
}

/* Appends the tokens of a text of which no token goes on beyond it; *score grows by theirs. */
static lw_status encode_word(const lwi_unigram *u, lwi_unigram_work *work, lw_string text,
                             double *score, lwi_ids *ids) {
    LW_TRY(find_ends(u, work, text, *score));
    LW_TRY(walk_back(u, work, text.size));
    *score = work->ends[text.size].score;
    for (size_t i = work->ids.n; i > 0; i--) {
        const lwi_span s = work->spans.items[i - 1];
        const int32_t id = work->ids.items[i - 1];
        if (id != u->unknown) LW_TRY(lwi_ids_add(ids, id));
        else LW_TRY(put_unknown(u, (lw_string){text.data + s.begin, s.end - s.begin}, ids));
    }
    return LW_OK;
}

lw_status lwi_unigram_encode(const lwi_unigram *u, lwi_unigram_work *work, lw_string text,
                             lwi_ids *ids) {
    double score = 0;
    if (!u->words) return encode_word(u, work, text, &score, ids);
    while (text.size) {
        const size_t n = lwi_word_size(text.data, text.size);
        LW_TRY(encode_word(u, work, (lw_string){text.data, n}, &score, ids));
        text.data += n;
        text.size -= n;
    }
    return LW_OK;
}

/* SPDX-License-Identifier: MIT */
#include "text/tokenizer_steps.h"

#include "text/space_words.h"
#include "text/unicode_class.h"

lw_status lwi_add_prepend(lwi_normalizer *normalizer, lw_string text) {
    return lwi_normalizer_add(normalizer,
                              (lwi_normal_step){.kind = LWI_NORMAL_PREPEND, .to = text});
}

lw_status lwi_add_replace(lwi_normalizer *normalizer, lw_string from, lw_string to) {
    return lwi_normalizer_add(
        normalizer, (lwi_normal_step){.kind = LWI_NORMAL_REPLACE, .from = from, .to = to});
}

lw_status lwi_add_bert_normalizer(lwi_normalizer *normalizer, bool clean, bool chinese,
                                  bool accents, bool lowercase) {
    LW_TRY(lwi_unicode_needed("BERT's normalizer"));
    const struct {
        bool wanted;
        lwi_normal_kind kind;
    } steps[] = {{clean, LWI_NORMAL_CLEAN},
                 {chinese, LWI_NORMAL_CHINESE},
                 {accents, LWI_NORMAL_FORM},
                 {accents, LWI_NORMAL_ACCENTS},
                 {lowercase, LWI_NORMAL_LOWERCASE}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].wanted)
            LW_TRY(lwi_normalizer_add(normalizer,
                                      (lwi_normal_step){.kind = steps[i].kind, .form = LWI_NFD}));
    return LW_OK;
}

lw_status lwi_add_bert_pretokenizer(lwi_pretokenizer *pretokenizer) {
    LW_TRY(lwi_unicode_needed("BERT's pre-tokenizer"));
    LW_TRY(lwi_pretokenizer_add(
        pretokenizer, (lwi_pre_step){.kind = LWI_PRE_SPACE, .behaviour = LWI_PRE_REMOVED}));
    return lwi_pretokenizer_add(
        pretokenizer, (lwi_pre_step){.kind = LWI_PRE_PUNCTUATION, .behaviour = LWI_PRE_ISOLATED});
}

lw_status lwi_add_space_decoder(lwi_decoder *decoder, bool prefix) {
    if (prefix) {
        decoder->strip = lwi_text_of(" ");
        decoder->strip_left = 1;
    }
    return lwi_decoder_add(decoder, (lwi_decode_step){.kind = LWI_DECODE_REPLACE,
                                                      .from = lwi_text_of(LWI_SPACE_MARK),
                                                      .to = lwi_text_of(" ")});
}

static lw_status make_trie(lw_tokenizer *t, uint8_t mask) {
    const lwi_vocabulary *v = &t->vocabulary;
    LW_TRY(lwi_byte_trie_init(&t->trie, &lwi_malloc_allocator));
    for (size_t i = 0; i < v->count; i++)
        if (v->pieces[i].size && v->attributes[i] & mask)
            LW_TRY(lwi_byte_trie_add(&t->trie, v->pieces[i].data, v->pieces[i].size, (int32_t)i));
    return LW_OK;
}

/* The least and the greatest score of the tokens that are found. */
static void score_range(const lw_tokenizer *t, const double *scores, double *least, double *best) {
    bool any = false;
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        if (t->unigram.single && !(t->vocabulary.attributes[i] & LW_TOKEN_NORMAL)) continue;
        if (!any || scores[i] < *least) *least = scores[i];
        if (!any || scores[i] > *best) *best = scores[i];
        any = true;
    }
}

lw_status lwi_make_unigram(lw_tokenizer *t, const double *scores, bool single) {
    enum { FOUND = LW_TOKEN_NORMAL | LW_TOKEN_USER, ANY = 0xff };
    const lwi_vocabulary *v = &t->vocabulary;
    lwi_unigram *u = &t->unigram;
    double least = 0, *wide = NULL;
    if (!scores && !v->scores) return lwi_fail(LW_CORRUPT, "tokenizer: the tokens have no scores");
    if (t->unknown < 0) return lwi_fail(LW_CORRUPT, "tokenizer: there is no unknown token");
    if (!scores) {
        LW_TRY(lwi_arena_alloc(&t->arena, v->count, sizeof *wide, &wide));
        for (size_t i = 0; i < v->count; i++)
            wide[i] = (double)v->scores[i];
        scores = wide;
    }
    u->scores = scores;
    u->single = single;
    score_range(t, scores, &least, &u->best_score);
    u->unknown_score = single ? (double)((float)least - 10) : least - 10;
    u->unknown = t->unknown;
    u->fuse_unknown = true;
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena, single ? FOUND : ANY));
    u->words = lwi_has_words(&t->vocabulary);
    return make_trie(t, single ? FOUND : ANY);
}

static int hex_pair(const char *p) {
    int value = 0;
    for (int i = 0; i < 2; i++) {
        const char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 32) : p[i];
        if (c >= '0' && c <= '9') value = value << 4 | (c - '0');
        else if (c >= 'a' && c <= 'f') value = value << 4 | (c - 'a' + 10);
        else return -1;
    }
    return value;
}

lw_status lwi_tokenizer_unescape(lw_tokenizer *t, lw_string written, lw_string *bytes) {
    char *to = NULL;
    size_t n = 0;
    LW_TRY(lwi_arena_alloc(&t->arena, written.size, 1, &to));
    for (const char *at = written.data, *end = at + written.size; at < end; n++) {
        if (*at != '\\' || end - at < 2) {
            to[n] = *at++;
            continue;
        }
        const int byte = at[1] == 'x' && end - at >= 4 ? hex_pair(at + 2) : -1;
        to[n] = byte >= 0      ? (char)byte
                : at[1] == 'n' ? '\n'
                : at[1] == 't' ? '\t'
                : at[1] == 'r' ? '\r'
                               : at[1];
        at += byte >= 0 ? 4 : 2;
    }
    *bytes = (lw_string){to, n};
    return LW_OK;
}

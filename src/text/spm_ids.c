/* SPDX-License-Identifier: MIT
 * Marian's tokenizers: SentencePiece cuts a text, and a JSON object of pieces tells the numbers of
 * the tokens, of which some are of the other language only. ">>fra<<" at the beginning of a text is
 * a token that says into which language it is to be translated. */
#include "text/hft_tokenizer.h"
#include "text/spm_ids.h"

#include <string.h>

static bool is(lw_string text, const char *word) {
    return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

static bool is_language(lw_string text) {
    return text.size > 4 && !memcmp(text.data, ">>", 2) &&
           !memcmp(text.data + text.size - 2, "<<", 2);
}

static int32_t find(const lw_tokenizer *t, const char *word) {
    return lwi_vocabulary_find_written(&t->vocabulary, word, strlen(word));
}

/* Scores and kinds by the new numbers. */
static lw_status carry_over(lw_tokenizer *t, const lwi_vocabulary *old) {
    lwi_vocabulary *v = &t->vocabulary;
    LW_TRY(lwi_arena_alloc(&t->arena, v->count, sizeof *v->scores, &v->scores));
    for (size_t i = 0; i < v->count; i++) {
        const lw_string piece = v->pieces[i];
        const int32_t from =
            piece.size ? lwi_vocabulary_find(old, piece.data, piece.size) : LWI_NO_TOKEN;
        v->attributes[i] = from >= 0 ? LW_TOKEN_NORMAL : LW_TOKEN_UNUSED;
        if (from >= 0) v->scores[i] = old->scores[from];
        if (is(piece, "<unk>")) v->attributes[i] = LW_TOKEN_UNKNOWN;
        if (is(piece, "<pad>") || is(piece, "</s>") || is(piece, "<s>"))
            v->attributes[i] = LW_TOKEN_CONTROL;
    }
    return LW_OK;
}

lw_status lwi_spm_renumber(lw_tokenizer *t, const lwi_json_item *numbers) {
    lwi_vocabulary old = t->vocabulary;
    LW_TRY(lwi_vocabulary_index(&old, &t->arena, LW_TOKEN_NORMAL | LW_TOKEN_USER));
    LW_TRY(lwi_hft_vocabulary(t, numbers, false));
    LW_TRY(carry_over(t, &old));
    t->unknown = find(t, "<unk>");
    t->eos = find(t, "</s>");
    t->pad = find(t, "<pad>");
    t->bos = LWI_NO_TOKEN;
    if (t->unknown < 0 || t->eos < 0)
        return lwi_fail(LW_CORRUPT, "vocab.json has no \"<unk>\" or no \"</s>\"");
    t->after.ids[t->after.n++] = t->eos;
    return LW_OK;
}

size_t lwi_spm_languages(const lw_tokenizer *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->vocabulary.count; i++)
        n += is_language(t->vocabulary.written[i]);
    return n;
}

/* They are found whether other special tokens are wanted or not. */
lw_status lwi_spm_add_languages(lw_tokenizer *t, size_t capacity) {
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        if (!is_language(t->vocabulary.written[i])) continue;
        LW_TRY(lwi_add_special(t, capacity, (int32_t)i));
        t->added[t->n_added - 1].special = false;
    }
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * Tokens at which the repetitions end that DRY looks for, from texts. */
#include "llm/llm_session.h"
#include "text/text_tokenizer.h"

#include <string.h>

enum { ROOM = 256 }; /* bytes of a text, with what stands around it */

typedef struct found {
    int32_t *tokens;
    size_t n, capacity;
} found;

static void add(found *f, int32_t token) {
    if (f->n < f->capacity) f->tokens[f->n] = token;
    f->n++;
}

/* The bytes that a token stands for, where that is known; of SentencePiece's the text with its
 * mark for spaces. */
static lw_string text_of(const lw_tokenizer *t, size_t token, char *byte) {
    const lwi_vocabulary *v = &t->vocabulary;
    const lw_string written = v->written[token];
    const int value = lwi_byte_of(written);
    if (v->pieces != v->written) return v->pieces[token];
    if (value < 0) return written;
    *byte = (char)value;
    return (lw_string){byte, 1};
}

/* The last one of those that the text gives behind a letter, which keeps spaces at its beginning.
 */
static lw_status add_last(const lw_tokenizer *t, const char *text, found *f) {
    int32_t tokens[ROOM];
    char behind[ROOM];
    size_t n = 0;
    const size_t size = strlen(text);
    behind[0] = 'a';
    memcpy(behind + 1, text, size);
    LW_TRY(lw_tokenizer_encode(t, behind, size + 1, 0, tokens, ROOM, &n));
    if (n > 0 && n <= ROOM) add(f, tokens[n - 1]);
    return LW_OK;
}

/* As the vocabulary has it: spaces by SentencePiece's mark, where tokens are no bytes. */
static lw_string as_written(const lw_tokenizer *t, const char *text, char room[3 * ROOM]) {
    static const char mark[] = "\xe2\x96\x81";
    size_t n = 0;
    if (t->vocabulary.pieces != t->vocabulary.written) return (lw_string){text, strlen(text)};
    for (; *text; text++)
        if (*text == ' ') {
            memcpy(room + n, mark, 3);
            n += 3;
        } else room[n++] = *text;
    return (lw_string){room, n};
}

static lw_status find(const lw_tokenizer *t, const char *text, found *f) {
    const size_t before = f->n;
    char byte = 0, room[3 * ROOM];
    if (!*text) return LW_OK;
    if (strlen(text) + 2 > ROOM)
        return lwi_fail(LW_LIMIT, "a text of %zu bytes ends repetitions", strlen(text));
    const lw_string part = as_written(t, text, room);
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        const lw_string token = text_of(t, i, &byte);
        if (token.size && memmem(token.data, token.size, part.data, part.size)) add(f, (int32_t)i);
    }
    return f->n > before ? LW_OK : add_last(t, text, f);
}

lw_status lw_llm_dry_breakers(const lw_llm *llm, const char *const *texts, size_t n_texts,
                              int32_t *tokens, size_t capacity, size_t *n) {
    static const char *const usual[] = {"\n", ":", "\"", "*"};
    found f = {tokens, 0, tokens ? capacity : 0};
    if (!llm || !n || (capacity && !tokens))
        return lwi_fail(LW_INVALID, "lw_llm_dry_breakers: an argument is NULL");
    const lw_tokenizer *t = lw_llm_tokenizer(llm);
    if (!t) return lwi_fail(LW_UNSUPPORTED, "the model has no tokenizer");
    if (!texts) {
        texts = usual;
        n_texts = sizeof usual / sizeof *usual;
    }
    for (size_t i = 0; i < n_texts; i++) {
        if (!texts[i]) return lwi_fail(LW_INVALID, "lw_llm_dry_breakers: text %zu is NULL", i);
        LW_TRY(find(t, texts[i], &f));
    }
    *n = f.n;
    return LW_OK;
}

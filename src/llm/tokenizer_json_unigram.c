/* SPDX-License-Identifier: MIT
 * Unigram models as tokenizer.json. What SentencePiece does to spaces is one step there and several
 * here, of which there are some forms: the first one that cuts texts alike is taken. */
#include "llm/tokenizer_json.h"
#include "text/base64.h"
#include "text/tokenizer_steps.h"

#include <stdio.h>

#define META "{\"type\":\"Metaspace\",\"replacement\":\"" LWI_SPACE_MARK "\",\"prepend_scheme\":"

/* Spaces at the ends and runs of them: kept, gone with the words' borders, or made one. */
typedef enum spaces { KEPT, SPLIT, JOINED, FORMS } spaces;

static lw_status put_charsmap(const lw_tokenizer *t, lwi_buffer *b, bool *put) {
    for (size_t i = 0; i < t->normalizer.n; i++) {
        const lwi_charsmap *map = &t->normalizer.steps[i].map;
        const size_t size = 4 + 4 * map->n_units + map->texts_size;
        char *text = NULL;
        if (!map->n_units) continue;
        LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, (size + 2) / 3, 4, &text));
        lwi_base64_encode(map->units - 4, size, text);
        lw_status status =
            lwi_buffer_text(b, "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"");
        if (status == LW_OK) status = lwi_buffer_put(b, text, (size + 2) / 3 * 4);
        if (status == LW_OK) status = lwi_buffer_text(b, "\"}");
        lwi_free(&lwi_malloc_allocator, text);
        *put = true;
        return status;
    }
    return LW_OK;
}

static lw_status put_normalizer(const lw_tokenizer *t, lwi_buffer *b, spaces form) {
    bool put = false;
    LW_TRY(lwi_buffer_text(b, "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["));
    LW_TRY(put_charsmap(t, b, &put));
    if (form == JOINED) {
        LW_TRY(lwi_buffer_text(b, put ? "," : ""));
        LW_TRY(lwi_buffer_text(b, "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},"
                                  "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},"
                                  "\"content\":\" \"}"));
    }
    return lwi_buffer_text(b, "]},\n");
}

static lw_status put_spaces(lwi_buffer *b, spaces form, bool prefix) {
    const char *scheme = prefix ? "\"always\"}" : "\"never\"}";
    LW_TRY(lwi_buffer_text(b, "\"pre_tokenizer\":"));
    if (form == SPLIT)
        LW_TRY(lwi_buffer_text(b, "{\"type\":\"Sequence\",\"pretokenizers\":["
                                  "{\"type\":\"WhitespaceSplit\"},"));
    LW_TRY(lwi_buffer_text(b, META));
    LW_TRY(lwi_buffer_text(b, scheme));
    return lwi_buffer_text(b, form == SPLIT ? "]},\n" : ",\n");
}

static lw_status put_vocabulary(const lw_tokenizer *t, lwi_buffer *b) {
    char text[64];
    snprintf(text, sizeof text, "\"model\":{\"type\":\"Unigram\",\"unk_id\":%d,", t->unknown);
    LW_TRY(lwi_buffer_text(b, text));
    LW_TRY(lwi_buffer_text(b, t->unigram.byte_fallback ? "\"byte_fallback\":true,\"vocab\":["
                                                       : "\"byte_fallback\":false,\"vocab\":["));
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        LW_TRY(lwi_buffer_text(b, i ? ",\n[" : "["));
        LW_TRY(lwi_json_put_text(b, t->vocabulary.written[i]));
        snprintf(text, sizeof text, ",%.17g]", t->unigram.scores[i]);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "]}}\n");
}

static lw_status put_form(const lw_tokenizer *t, lwi_buffer *b, spaces form, bool prefix) {
    LW_TRY(put_normalizer(t, b, form));
    LW_TRY(put_spaces(b, form, prefix));
    LW_TRY(lwi_json_put_post(t, b));
    LW_TRY(lwi_buffer_text(b, "\"decoder\":" META));
    LW_TRY(lwi_buffer_text(b, prefix ? "\"always\"},\n" : "\"never\"},\n"));
    return put_vocabulary(t, b);
}

lw_status lwi_json_put_unigram(const lw_tokenizer *t, lwi_buffer *b) {
    const size_t begin = b->size;
    for (int i = 0; i < 2 * FORMS; i++) {
        const spaces form = (spaces)(i / 2);
        b->size = begin;
        LW_TRY(put_form(t, b, form, i % 2 == 0));
        if (lwi_json_agrees(t, b)) return LW_OK;
    }
    return LW_OK; /* whoever asked for it looks at it again */
}

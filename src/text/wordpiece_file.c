/* SPDX-License-Identifier: MIT */
#include "base/json_read.h"
#include "text/text_lines.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_steps.h"

static lw_status read_tokens(lw_tokenizer *t, lw_string text) {
    lw_string copy, rest = text, line;
    size_t count = 0, i = 0;
    while (lwi_next_line(&rest, &line))
        count++;
    LW_TRY(lwi_tokenizer_keep(t, text.data, text.size, &copy));
    LW_TRY(lwi_vocabulary_init(&t->vocabulary, &t->arena, count, false));
    for (; lwi_next_line(&copy, &line); i++) {
        t->vocabulary.pieces[i] = line;
        t->vocabulary.attributes[i] = LW_TOKEN_NORMAL;
    }
    return lwi_vocabulary_index(&t->vocabulary, &t->arena, LW_TOKEN_NORMAL);
}

/* A vocabulary without capital letters is that of an uncased model. */
static bool is_uncased(const lwi_vocabulary *v) {
    for (size_t i = 0; i < v->count; i++) {
        const lw_string piece = v->pieces[i];
        if (!piece.size || *piece.data == '[') continue;
        for (size_t k = 0; k < piece.size; k++)
            if (piece.data[k] >= 'A' && piece.data[k] <= 'Z') return false;
    }
    return true;
}

static lw_status find_specials(lw_tokenizer *t) {
    const struct {
        const char *name;
        int32_t *token;
    } specials[] = {{"[PAD]", &t->pad},
                    {"[UNK]", &t->unknown},
                    {"[CLS]", &t->cls},
                    {"[SEP]", &t->sep},
                    {"[MASK]", &t->mask}};
    enum { SPECIALS = sizeof specials / sizeof *specials };
    for (size_t i = 0; i < SPECIALS; i++) {
        const char *name = specials[i].name;
        *specials[i].token = lwi_vocabulary_find(&t->vocabulary, name, strlen(name));
        if (*specials[i].token >= 0) LW_TRY(lwi_add_special(t, SPECIALS, *specials[i].token));
    }
    if (t->unknown < 0)
        return lwi_fail(LW_CORRUPT, "the file is no tokenizer that lampwick knows: taken for a "
                                    "list of WordPiece tokens, it lacks [UNK]");
    t->bos = t->cls;
    t->eos = t->sep;
    if (t->cls >= 0) t->before.ids[t->before.n++] = t->cls;
    if (t->sep >= 0) t->after.ids[t->after.n++] = t->sep;
    return LW_OK;
}

static lw_status read_parts(lw_tokenizer *t, lw_string text, const lwi_json_item *config) {
    t->model = LWI_MODEL_WORDPIECE;
    LW_TRY(read_tokens(t, text));
    LW_TRY(find_specials(t));
    const bool lower = lwi_json_bool(config, "do_lower_case", is_uncased(&t->vocabulary));
    const bool chinese = lwi_json_bool(config, "tokenize_chinese_chars", true);
    const bool accents = lwi_json_bool(config, "strip_accents", lower);
    LW_TRY(lwi_add_bert_normalizer(&t->normalizer, true, chinese, accents, lower));
    LW_TRY(lwi_add_bert_pretokenizer(&t->pretokenizer));
    t->wordpiece.more = lwi_text_of("##");
    t->wordpiece.most_characters = 100;
    t->wordpiece.unknown = t->unknown;
    LW_TRY(lwi_decoder_add(&t->decoder, (lwi_decode_step){.kind = LWI_DECODE_WORDPIECE,
                                                          .from = lwi_text_of("##"),
                                                          .cleanup = true}));
    return lwi_tokenizer_finish(t);
}

lw_status lwi_wordpiece_tokenizer(lw_string text, lw_string config, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lw_tokenizer *t = NULL;
    const lwi_json_item *root = NULL;
    lw_status status = LW_OK;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    if (config.size) status = lwi_json_parse(&arena, config.data, config.size, NULL, &root);
    if (status == LW_OK) status = lwi_tokenizer_new("WordPiece", &t);
    if (status == LW_OK) status = read_parts(t, text, root);
    lwi_arena_free(&arena);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}

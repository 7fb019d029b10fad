/* SPDX-License-Identifier: MIT
 * The normalizers of tokenizer.json. */
#include "text/base64.h"
#include "text/hft_tokenizer.h"
#include "text/tokenizer_steps.h"
#include "text/unicode_class.h"

typedef lw_status (*maker)(lw_tokenizer *t, const lwi_json_item *item);

static lw_status add(lw_tokenizer *t, lwi_normal_kind kind, lwi_form form) {
    if (kind != LWI_NORMAL_NMT) LW_TRY(lwi_unicode_needed("a normalizer of Unicode"));
    return lwi_normalizer_add(&t->normalizer, (lwi_normal_step){.kind = kind, .form = form});
}

static lw_status nfc(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_FORM, LWI_NFC);
}

static lw_status nfd(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_FORM, LWI_NFD);
}

static lw_status nfkc(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_FORM, LWI_NFKC);
}

static lw_status nfkd(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_FORM, LWI_NFKD);
}

static lw_status lowercase(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_LOWERCASE, LWI_NFC);
}

static lw_status strip_accents(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_MARKS, LWI_NFC);
}

static lw_status nmt(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    return add(t, LWI_NORMAL_NMT, LWI_NFC);
}

static lw_status byte_level(lw_tokenizer *t, const lwi_json_item *item) {
    (void)item;
    t->in_alphabet = true;
    return lwi_normalizer_add(&t->normalizer, (lwi_normal_step){.kind = LWI_NORMAL_ALPHABET});
}

static lw_status strip(lw_tokenizer *t, const lwi_json_item *item) {
    return lwi_normalizer_add(&t->normalizer,
                              (lwi_normal_step){.kind = LWI_NORMAL_STRIP,
                                                .left = lwi_json_bool(item, "strip_left", true),
                                                .right = lwi_json_bool(item, "strip_right", true)});
}

static lw_status prepend(lw_tokenizer *t, const lwi_json_item *item) {
    lw_string text;
    LW_TRY(lwi_hft_keep(t, item, "prepend", &text));
    return lwi_add_prepend(&t->normalizer, text);
}

static lw_status replace(lw_tokenizer *t, const lwi_json_item *item) {
    lw_string text, regex, kept;
    lwi_normal_step step = {.kind = LWI_NORMAL_PATTERN};
    lwi_hft_pattern(lwi_json_get(item, "pattern"), &text, &regex);
    LW_TRY(lwi_hft_keep(t, item, "content", &step.to));
    if (regex.data) {
        LW_TRY(lwi_pattern_compile(regex, &step.pattern));
        return lwi_normalizer_add(&t->normalizer, step);
    }
    LW_TRY(lwi_tokenizer_keep(t, text.data, text.size, &kept));
    return lwi_add_replace(&t->normalizer, kept, step.to);
}

static lw_status bert(lw_tokenizer *t, const lwi_json_item *item) {
    const bool lower = lwi_json_bool(item, "lowercase", true);
    return lwi_add_bert_normalizer(&t->normalizer, lwi_json_bool(item, "clean_text", true),
                                   lwi_json_bool(item, "handle_chinese_chars", true),
                                   lwi_json_bool(item, "strip_accents", lower), lower);
}

static lw_status precompiled(lw_tokenizer *t, const lwi_json_item *item) {
    const lw_string text = lwi_hft_text(lwi_json_get(item, "precompiled_charsmap"));
    lwi_normal_step step = {.kind = LWI_NORMAL_CHARSMAP};
    char *bytes = NULL;
    size_t n = 0;
    LW_TRY(lwi_unicode_needed("a table of replacements"));
    LW_TRY(lwi_arena_alloc(&t->arena, text.size / 4 * 3 + 3, 1, &bytes));
    if (!lwi_base64_decode(text, bytes, &n))
        return lwi_fail(LW_CORRUPT, "tokenizer.json: precompiled_charsmap is not base64");
    LW_TRY(lwi_charsmap_read((lw_string){bytes, n}, &step.map));
    return lwi_normalizer_add(&t->normalizer, step);
}

static lw_status sequence(lw_tokenizer *t, const lwi_json_item *item) {
    const lwi_json_item *list = lwi_json_get(item, "normalizers");
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(lwi_hft_normalizer(t, list->items + i));
    return LW_OK;
}

lw_status lwi_hft_normalizer(lw_tokenizer *t, const lwi_json_item *item) {
    static const struct {
        const char *name;
        maker make;
    } kinds[] = {{"NFC", nfc},
                 {"NFD", nfd},
                 {"NFKC", nfkc},
                 {"NFKD", nfkd},
                 {"Lowercase", lowercase},
                 {"StripAccents", strip_accents},
                 {"Nmt", nmt},
                 {"ByteLevel", byte_level},
                 {"Strip", strip},
                 {"Prepend", prepend},
                 {"Replace", replace},
                 {"BertNormalizer", bert},
                 {"Precompiled", precompiled},
                 {"Sequence", sequence}};
    if (!item || item->kind == LWI_JSON_NULL) return LW_OK;
    const char *type = lwi_json_text(item, "type", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(type, kinds[i].name)) return kinds[i].make(t, item);
    return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the normalizer '%.100s' is not known", type);
}

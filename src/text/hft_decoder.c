/* SPDX-License-Identifier: MIT
 * The decoders of tokenizer.json. */
#include "text/hft_tokenizer.h"
#include "text/tokenizer_steps.h"

static lw_status strip(lw_tokenizer *t, const lwi_json_item *item, bool fused) {
    const int64_t left = lwi_json_int(item, "start", 0), right = lwi_json_int(item, "stop", 0);
    lw_string text;
    LW_TRY(lwi_hft_keep(t, item, "content", &text));
    if (left < 0 || right < 0) return lwi_fail(LW_CORRUPT, "tokenizer.json: Strip of less than 0");
    if (!fused)
        return lwi_decoder_add(&t->decoder, (lwi_decode_step){.kind = LWI_DECODE_STRIP,
                                                              .from = text,
                                                              .left = (size_t)left,
                                                              .right = (size_t)right});
    if (right)
        return lwi_fail(LW_UNSUPPORTED,
                        "tokenizer.json: a decoder that strips the end of the whole text");
    t->decoder.strip = text;
    t->decoder.strip_left = text.size ? (size_t)left : 0;
    return LW_OK;
}

static lw_status replace(lw_tokenizer *t, const lwi_json_item *item) {
    lwi_decode_step step = {.kind = LWI_DECODE_REPLACE};
    lw_string text, regex;
    lwi_hft_pattern(lwi_json_get(item, "pattern"), &text, &regex);
    if (regex.data)
        return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: a decoder with a regular expression");
    LW_TRY(lwi_tokenizer_keep(t, text.data, text.size, &step.from));
    LW_TRY(lwi_hft_keep(t, item, "content", &step.to));
    return lwi_decoder_add(&t->decoder, step);
}

static lw_status metaspace(lw_tokenizer *t, const lwi_json_item *item) {
    lwi_decode_step step = {.kind = LWI_DECODE_METASPACE,
                            .keep_first = lwi_hft_prepend(item) == LWI_PREPEND_NEVER};
    LW_TRY(lwi_hft_keep(t, item, "replacement", &step.from));
    return lwi_decoder_add(&t->decoder, step);
}

static lw_status wordpiece(lw_tokenizer *t, const lwi_json_item *item) {
    lwi_decode_step step = {.kind = LWI_DECODE_WORDPIECE,
                            .cleanup = lwi_json_bool(item, "cleanup", true)};
    LW_TRY(lwi_hft_keep(t, item, "prefix", &step.from));
    return lwi_decoder_add(&t->decoder, step);
}

static lw_status suffix(lw_tokenizer *t, const lwi_json_item *item) {
    lwi_decode_step step = {.kind = LWI_DECODE_SUFFIX, .to = {"", 0}};
    LW_TRY(lwi_hft_keep(t, item, "suffix", &step.from));
    return lwi_decoder_add(&t->decoder, step);
}

static lw_status ctc(lw_tokenizer *t, const lwi_json_item *item) {
    lwi_decode_step step = {.kind = LWI_DECODE_CTC,
                            .cleanup = lwi_json_bool(item, "cleanup", true)};
    LW_TRY(lwi_hft_keep(t, item, "pad_token", &step.from));
    LW_TRY(lwi_hft_keep(t, item, "word_delimiter_token", &step.to));
    return lwi_decoder_add(&t->decoder, step);
}

static lw_status build(lw_tokenizer *t, const lwi_json_item *item, bool *fused);

static lw_status sequence(lw_tokenizer *t, const lwi_json_item *item, bool *fused) {
    const lwi_json_item *list = lwi_json_get(item, "decoders");
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(build(t, list->items + i, fused));
    return LW_OK;
}

/* *fused: the tokens before it have been joined. */
static lw_status build(lw_tokenizer *t, const lwi_json_item *item, bool *fused) {
    static const struct {
        const char *name;
        lw_status (*make)(lw_tokenizer *t, const lwi_json_item *item);
    } kinds[] = {{"Replace", replace},
                 {"Metaspace", metaspace},
                 {"WordPiece", wordpiece},
                 {"BPEDecoder", suffix},
                 {"CTC", ctc}};
    const char *type = lwi_json_text(item, "type", "");
    if (!strcmp(type, "Sequence")) return sequence(t, item, fused);
    if (!strcmp(type, "Strip")) return strip(t, item, *fused);
    if (!strcmp(type, "Fuse")) *fused = true;
    else if (!strcmp(type, "ByteLevel")) t->decoder.byte_level = true;
    else if (!strcmp(type, "ByteFallback")) t->decoder.byte_fallback = true;
    else {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strcmp(type, kinds[i].name)) return kinds[i].make(t, item);
        return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the decoder '%.100s' is not known", type);
    }
    return LW_OK;
}

lw_status lwi_hft_decoder(lw_tokenizer *t, const lwi_json_item *item) {
    bool fused = false;
    t->decoder.separate = !item || item->kind == LWI_JSON_NULL;
    return t->decoder.separate ? LW_OK : build(t, item, &fused);
}

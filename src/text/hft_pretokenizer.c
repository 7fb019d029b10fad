/* SPDX-License-Identifier: MIT
 * The pre-tokenizers of tokenizer.json. */
#include "text/hft_tokenizer.h"
#include "text/tokenizer_steps.h"
#include "text/unicode_class.h"

/* ByteLevel writes bytes in the alphabet. Where it is the last step, the model is given the bytes
 * themselves; where others follow, they must see the alphabet. */
typedef struct builder {
    lw_tokenizer *t;
    bool bytes_due;
} builder;

static lw_status add(builder *b, lwi_pre_step step) {
    if (b->bytes_due) {
        b->bytes_due = false;
        b->t->in_alphabet = true;
        const lw_status status =
            lwi_pretokenizer_add(&b->t->pretokenizer, (lwi_pre_step){.kind = LWI_PRE_ALPHABET});
        if (status != LW_OK) {
            lwi_pattern_free(step.pattern);
            return status;
        }
    }
    return lwi_pretokenizer_add(&b->t->pretokenizer, step);
}

static lw_status add_pattern(builder *b, lw_string regex, lwi_pre_behaviour behaviour,
                             bool invert) {
    lwi_pre_step step = {.kind = LWI_PRE_PATTERN, .behaviour = behaviour, .invert = invert};
    LW_TRY(lwi_pattern_compile(regex, &step.pattern));
    return add(b, step);
}

static lw_status behaviour_of(const lwi_json_item *item, const char *missing,
                              lwi_pre_behaviour *behaviour) {
    static const char *const names[] = {"Removed", "Isolated", "Contiguous", "MergedWithPrevious",
                                        "MergedWithNext"};
    const char *name = lwi_json_text(item, "behavior", missing);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *behaviour = (lwi_pre_behaviour)i;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the behavior '%.100s' is not known", name);
}

static lw_status byte_level(builder *b, const lwi_json_item *item) {
    static const char words[] =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    if (lwi_json_bool(item, "add_prefix_space", true))
        LW_TRY(add(b, (lwi_pre_step){.kind = LWI_PRE_PREFIX}));
    if (lwi_json_bool(item, "use_regex", true))
        LW_TRY(add_pattern(b, lwi_text_of(words), LWI_PRE_ISOLATED, false));
    b->bytes_due = true;
    b->t->bpe.bytes = true;
    return LW_OK;
}

static lw_status split(builder *b, const lwi_json_item *item) {
    lwi_pre_step step = {.kind = LWI_PRE_LITERAL, .invert = lwi_json_bool(item, "invert", false)};
    lw_string text, regex;
    lwi_hft_pattern(lwi_json_get(item, "pattern"), &text, &regex);
    LW_TRY(behaviour_of(item, "", &step.behaviour));
    if (regex.data) return add_pattern(b, regex, step.behaviour, step.invert);
    LW_TRY(lwi_tokenizer_keep(b->t, text.data, text.size, &step.text));
    return add(b, step);
}

static lw_status delimiter(builder *b, const lwi_json_item *item) {
    lwi_pre_step step = {.kind = LWI_PRE_LITERAL, .behaviour = LWI_PRE_REMOVED};
    LW_TRY(lwi_hft_keep(b->t, item, "delimiter", &step.text));
    return add(b, step);
}

static lw_status digits(builder *b, const lwi_json_item *item) {
    const bool each = lwi_json_bool(item, "individual_digits", false);
    LW_TRY(lwi_unicode_needed("a pre-tokenizer of digits"));
    return add(b, (lwi_pre_step){.kind = LWI_PRE_DIGITS,
                                 .behaviour = each ? LWI_PRE_ISOLATED : LWI_PRE_CONTIGUOUS});
}

static lw_status punctuation(builder *b, const lwi_json_item *item) {
    lwi_pre_step step = {.kind = LWI_PRE_PUNCTUATION};
    LW_TRY(lwi_unicode_needed("a pre-tokenizer of punctuation"));
    LW_TRY(behaviour_of(item, "Isolated", &step.behaviour));
    return add(b, step);
}

static lw_status whitespace(builder *b, const lwi_json_item *item) {
    /* Here tokenizers takes the regex package's \w, with the two joiners. */
    static const char words[] = "[\\w\\x{200c}\\x{200d}]+|[^\\w\\s\\x{200c}\\x{200d}]+";
    (void)item;
    return add_pattern(b, lwi_text_of(words), LWI_PRE_REMOVED, true);
}

static lw_status whitespace_split(builder *b, const lwi_json_item *item) {
    (void)item;
    return add(b, (lwi_pre_step){.kind = LWI_PRE_SPACE, .behaviour = LWI_PRE_REMOVED});
}

static lw_status bert(builder *b, const lwi_json_item *item) {
    LW_TRY(whitespace_split(b, item));
    LW_TRY(lwi_unicode_needed("BERT's pre-tokenizer"));
    return add(b, (lwi_pre_step){.kind = LWI_PRE_PUNCTUATION, .behaviour = LWI_PRE_ISOLATED});
}

static lw_status metaspace(builder *b, const lwi_json_item *item) {
    lwi_pre_step step = {.kind = LWI_PRE_METASPACE,
                         .prepend = lwi_hft_prepend(item),
                         .split = lwi_json_bool(item, "split", true)};
    LW_TRY(lwi_hft_keep(b->t, item, "replacement", &step.text));
    if (!step.text.size) return lwi_fail(LW_CORRUPT, "tokenizer.json: Metaspace has no character");
    return add(b, step);
}

static lw_status fixed_length(builder *b, const lwi_json_item *item) {
    const int64_t length = lwi_json_int(item, "length", 5);
    if (length < 1)
        return lwi_fail(LW_CORRUPT, "tokenizer.json: FixedLength of %lld", (long long)length);
    return add(b, (lwi_pre_step){.kind = LWI_PRE_LENGTH,
                                 .behaviour = LWI_PRE_ISOLATED,
                                 .length = (size_t)length});
}

static lw_status build(builder *b, const lwi_json_item *item);

static lw_status sequence(builder *b, const lwi_json_item *item) {
    const lwi_json_item *list = lwi_json_get(item, "pretokenizers");
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(build(b, list->items + i));
    return LW_OK;
}

static lw_status build(builder *b, const lwi_json_item *item) {
    static const struct {
        const char *name;
        lw_status (*make)(builder *b, const lwi_json_item *item);
    } kinds[] = {{"ByteLevel", byte_level},
                 {"Split", split},
                 {"Sequence", sequence},
                 {"Digits", digits},
                 {"Punctuation", punctuation},
                 {"Whitespace", whitespace},
                 {"WhitespaceSplit", whitespace_split},
                 {"BertPreTokenizer", bert},
                 {"Metaspace", metaspace},
                 {"CharDelimiterSplit", delimiter},
                 {"FixedLength", fixed_length}};
    const char *type = lwi_json_text(item, "type", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(type, kinds[i].name)) return kinds[i].make(b, item);
    return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the pre-tokenizer '%.100s' is not known",
                    type);
}

lw_status lwi_hft_pretokenizer(lw_tokenizer *t, const lwi_json_item *item) {
    builder b = {.t = t};
    if (!item || item->kind == LWI_JSON_NULL) return LW_OK;
    return build(&b, item);
}

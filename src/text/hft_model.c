/* SPDX-License-Identifier: MIT
 * The models of tokenizer.json. */
#include "text/bpe_merges.h"
#include "text/hft_tokenizer.h"
#include "text/space_words.h"
#include "text/tokenizer_steps.h"

/* A vocabulary's numbers may have gaps, but not be mostly gaps. */
enum { MOST_GAPS = 1 << 20 };

static lw_status vocabulary_size(const lwi_json_item *vocab, size_t *count) {
    int64_t most = -1;
    if (!lwi_json_is(vocab, LWI_JSON_OBJECT) || !vocab->size)
        return lwi_fail(LW_CORRUPT, "tokenizer.json: the model has no vocabulary");
    for (size_t i = 0; i < vocab->size; i++) {
        const lwi_json_item *item = vocab->items + i;
        if (item->kind != LWI_JSON_NUMBER || !item->is_integer || item->integer < 0 ||
            (uint64_t)item->integer > vocab->size + MOST_GAPS)
            return lwi_fail(LW_CORRUPT, "tokenizer.json: token '%.100s' has no usable number",
                            item->key);
        if (item->integer > most) most = item->integer;
    }
    *count = (size_t)most + 1;
    return LW_OK;
}

/* Texts are copied one after another. */
static lw_status copy_texts(lw_tokenizer *t, const lwi_json_item *vocab) {
    size_t total = 0;
    char *to = NULL;
    for (size_t i = 0; i < vocab->size; i++)
        total += vocab->items[i].key_size;
    LW_TRY(lwi_arena_alloc(&t->arena, total, 1, &to));
    for (size_t i = 0; i < vocab->size; i++) {
        const lwi_json_item *item = vocab->items + i;
        memcpy(to, item->key, item->key_size);
        t->vocabulary.written[item->integer] = (lw_string){to, item->key_size};
        t->vocabulary.attributes[item->integer] = LW_TOKEN_NORMAL;
        to += item->key_size;
    }
    return LW_OK;
}

lw_status lwi_hft_vocabulary(lw_tokenizer *t, const lwi_json_item *vocab, bool byte_level) {
    size_t count = 0;
    LW_TRY(vocabulary_size(vocab, &count));
    LW_TRY(lwi_vocabulary_init(&t->vocabulary, &t->arena, count, byte_level));
    LW_TRY(copy_texts(t, vocab));
    if (byte_level) LW_TRY(lwi_tokenizer_read_alphabet(t));
    return lwi_vocabulary_index(&t->vocabulary, &t->arena, LW_TOKEN_NORMAL);
}

/* The token that the model names for what it does not know. */
static void find_unknown(lw_tokenizer *t, const lwi_json_item *item) {
    const lw_string name = lwi_hft_text(lwi_json_get(item, "unk_token"));
    if (name.size) t->unknown = lwi_vocabulary_find_written(&t->vocabulary, name.data, name.size);
}

/* -------------------------------------------------------------------- BPE */

static lw_status read_merge(lwi_merge_reader *reader, const lwi_json_item *item) {
    const lw_string line = lwi_hft_text(item);
    if (line.data) return lwi_merges_add(reader, line);
    if (!lwi_json_is(item, LWI_JSON_ARRAY) || item->size != 2)
        return lwi_fail(LW_CORRUPT, "tokenizer.json: a merge is not a pair");
    return lwi_merges_add_pair(reader, lwi_hft_text(item->items), lwi_hft_text(item->items + 1));
}

static lw_status read_merges(lw_tokenizer *t, const lwi_json_item *merges) {
    lwi_merge_reader reader;
    lw_status status = LW_OK;
    if (!lwi_json_is(merges, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "tokenizer.json: the model has no merges");
    LW_TRY(lwi_merges_begin(&reader, t, merges->size));
    for (size_t i = 0; i < merges->size && status == LW_OK; i++)
        status = read_merge(&reader, merges->items + i);
    return lwi_merges_end(&reader, status);
}

static lw_status bpe(lw_tokenizer *t, const lwi_json_item *item) {
    t->kind = t->bpe.bytes || t->in_alphabet ? "byte-level BPE" : "BPE";
    t->bpe.bytes = t->bpe.bytes || t->in_alphabet;
    LW_TRY(lwi_hft_vocabulary(t, lwi_json_get(item, "vocab"), t->bpe.bytes));
    LW_TRY(lwi_hft_keep(t, item, "continuing_subword_prefix", &t->bpe.prefix));
    LW_TRY(lwi_hft_keep(t, item, "end_of_word_suffix", &t->bpe.suffix));
    find_unknown(t, item);
    t->bpe.unknown = t->unknown;
    t->bpe.fuse_unknown = lwi_json_bool(item, "fuse_unk", false);
    t->bpe.byte_fallback = lwi_json_bool(item, "byte_fallback", false);
    t->bpe.whole_first = lwi_json_bool(item, "ignore_merges", false);
    if (t->bpe.byte_fallback) lwi_tokenizer_find_bytes(t);
    const bool affixes = t->bpe.prefix.size || t->bpe.suffix.size;
    t->bpe.words =
        !t->bpe.bytes && !affixes && !t->bpe.whole_first && lwi_has_words(&t->vocabulary);
    return read_merges(t, lwi_json_get(item, "merges"));
}

/* -------------------------------------------------------- the other models */

static lw_status wordpiece(lw_tokenizer *t, const lwi_json_item *item) {
    enum { MOST_CHARACTERS = 4096 };
    const int64_t most = lwi_json_int(item, "max_input_chars_per_word", 100);
    t->kind = "WordPiece";
    t->model = LWI_MODEL_WORDPIECE;
    LW_TRY(lwi_hft_vocabulary(t, lwi_json_get(item, "vocab"), false));
    LW_TRY(lwi_hft_keep(t, item, "continuing_subword_prefix", &t->wordpiece.more));
    t->wordpiece.most_characters = most < 0                 ? 0
                                   : most > MOST_CHARACTERS ? MOST_CHARACTERS
                                                            : (size_t)most;
    find_unknown(t, item);
    t->wordpiece.unknown = t->unknown;
    return t->unknown >= 0 ? LW_OK
                           : lwi_fail(LW_CORRUPT, "tokenizer.json: there is no unknown token");
}

static lw_status word_level(lw_tokenizer *t, const lwi_json_item *item) {
    t->kind = "word level";
    t->model = LWI_MODEL_WORDS;
    LW_TRY(lwi_hft_vocabulary(t, lwi_json_get(item, "vocab"), false));
    find_unknown(t, item);
    return LW_OK;
}

/* [["▁the", -3.2], ...] */
static lw_status read_scored(lw_tokenizer *t, const lwi_json_item *vocab, double *scores) {
    for (size_t i = 0; i < vocab->size; i++) {
        const lwi_json_item *pair = vocab->items + i;
        if (pair->kind != LWI_JSON_ARRAY || pair->size != 2 ||
            pair->items[0].kind != LWI_JSON_STRING || pair->items[1].kind != LWI_JSON_NUMBER)
            return lwi_fail(LW_CORRUPT, "tokenizer.json: token %zu is no text with a score", i);
        const lwi_json_item *text = pair->items, *score = pair->items + 1;
        scores[i] = score->is_integer ? (double)score->integer : score->number;
        if (!(scores[i] > -1e30 && scores[i] < 1e30))
            return lwi_fail(LW_CORRUPT, "tokenizer.json: the score of token %zu", i);
        LW_TRY(lwi_tokenizer_keep(t, text->text, text->size, t->vocabulary.written + i));
        t->vocabulary.attributes[i] = LW_TOKEN_NORMAL;
    }
    return LW_OK;
}

static lw_status unigram(lw_tokenizer *t, const lwi_json_item *item, lw_string json) {
    const lwi_json_item *vocab = lwi_json_get(item, "vocab");
    double *scores = NULL;
    t->kind = "unigram";
    t->model = LWI_MODEL_UNIGRAM;
    if (!lwi_json_is(vocab, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "tokenizer.json: the model has no vocabulary");
    LW_TRY(lwi_vocabulary_init(&t->vocabulary, &t->arena, vocab->size, false));
    LW_TRY(lwi_arena_alloc(&t->arena, vocab->size, sizeof *scores, &scores));
    LW_TRY(read_scored(t, vocab, scores));
    lwi_hft_scores(json, vocab->size, scores);
    const int64_t unknown = lwi_json_int(item, "unk_id", -1);
    if (unknown >= 0 && unknown < (int64_t)vocab->size) t->unknown = (int32_t)unknown;
    t->unigram.byte_fallback = lwi_json_bool(item, "byte_fallback", false);
    LW_TRY(lwi_make_unigram(t, scores, false));
    if (t->unigram.byte_fallback) lwi_tokenizer_find_bytes(t);
    return LW_OK;
}

/* Old files do not name the kind. */
static const char *kind_of(const lwi_json_item *item) {
    const char *type = lwi_json_text(item, "type", NULL);
    if (type) return type;
    if (lwi_json_get(item, "merges")) return "BPE";
    if (lwi_json_is(lwi_json_get(item, "vocab"), LWI_JSON_ARRAY)) return "Unigram";
    return lwi_json_get(item, "max_input_chars_per_word") ? "WordPiece" : "WordLevel";
}

lw_status lwi_hft_model(lw_tokenizer *t, const lwi_json_item *item, lw_string json) {
    static const struct {
        const char *name;
        lw_status (*make)(lw_tokenizer *t, const lwi_json_item *item);
    } kinds[] = {{"BPE", bpe}, {"WordPiece", wordpiece}, {"WordLevel", word_level}};
    const char *type = kind_of(item);
    if (!strcmp(type, "Unigram")) return unigram(t, item, json);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(type, kinds[i].name)) return kinds[i].make(t, item);
    return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the model '%.100s' is not known", type);
}

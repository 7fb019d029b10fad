/* SPDX-License-Identifier: MIT
 * The kinds of tokenizers in GGUF files. */
#include "text/bpe_merges.h"
#include "text/named_pre.h"
#include "text/gguf_tokenizer.h"
#include "text/space_words.h"
#include "text/tokenizer_steps.h"
#include "text/unicode_class.h"

static bool same(lw_string a, const char *b) {
    return a.size == strlen(b) && !memcmp(a.data, b, a.size);
}

/* bos and eos around the text, as the file asks for. */
static void put_around(const lwi_gguf *gguf, bool bos, bool eos, lw_tokenizer *t) {
    if (lwi_gguf_int(gguf, "tokenizer.ggml.add_bos_token", bos) && t->bos >= 0)
        t->before.ids[t->before.n++] = t->bos;
    if (lwi_gguf_int(gguf, "tokenizer.ggml.add_eos_token", eos) && t->eos >= 0)
        t->after.ids[t->after.n++] = t->eos;
}

static lw_status read_merges(const lwi_gguf *gguf, lw_tokenizer *t) {
    const lwi_gguf_pair *pair = lwi_gguf_find(gguf, "tokenizer.ggml.merges");
    const lw_string *texts = NULL;
    if (!pair) return lwi_fail(LW_CORRUPT, "GGUF: there is no tokenizer.ggml.merges");
    LW_TRY(lwi_gguf_strings(&t->arena, pair, &texts));
    lwi_merge_reader reader;
    LW_TRY(lwi_merges_begin(&reader, t, pair->count));
    lw_status status = LW_OK;
    for (size_t i = 0; i < pair->count && status == LW_OK; i++)
        status = lwi_merges_add(&reader, texts[i]);
    return lwi_merges_end(&reader, status);
}

static lw_status byte_level(const lwi_gguf *gguf, lw_tokenizer *t) {
    lw_string name = lwi_gguf_string(gguf, "tokenizer.ggml.pre");
    lwi_named_pre pre = {0};
    if (!name.size) {
        const bool neox = same(lwi_gguf_string(gguf, "general.architecture"), "gptneox");
        name = lwi_text_of(neox ? "gpt-neox" : "default");
    }
    t->kind = "byte-level BPE";
    LW_TRY(lwi_named_pre_steps(name, &t->normalizer, &t->pretokenizer, &pre));
    t->in_alphabet = pre.in_alphabet;
    t->bpe.bytes = true;
    t->bpe.whole_first = pre.whole_first;
    t->decoder.byte_level = true;
    LW_TRY(lwi_tokenizer_read_alphabet(t));
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena,
                                LW_TOKEN_NORMAL | LW_TOKEN_UNUSED | LW_TOKEN_BYTE));
    put_around(gguf, pre.adds_bos, false, t);
    return read_merges(gguf, t);
}

/* "▁" for spaces, one before the text, and byte tokens: SentencePiece's ways. */
static lw_status sentencepiece_steps(bool prefix, lw_tokenizer *t) {
    if (prefix) LW_TRY(lwi_add_prepend(&t->normalizer, lwi_text_of(LWI_SPACE_MARK)));
    LW_TRY(lwi_add_replace(&t->normalizer, lwi_text_of(" "), lwi_text_of(LWI_SPACE_MARK)));
    return lwi_add_space_decoder(&t->decoder, prefix);
}

static lw_status sentencepiece_bpe(const lwi_gguf *gguf, lw_tokenizer *t) {
    const bool prefix = lwi_gguf_int(gguf, "tokenizer.ggml.add_space_prefix", 1);
    t->kind = "SentencePiece BPE";
    t->bpe.order = LWI_BPE_SCORES;
    if (!t->vocabulary.scores)
        return lwi_fail(LW_CORRUPT, "GGUF: there is no tokenizer.ggml.scores");
    LW_TRY(sentencepiece_steps(prefix, t));
    lwi_tokenizer_find_bytes(t);
    t->bpe.byte_fallback = t->decoder.byte_fallback = t->decoder.lone_bytes = true;
    t->bpe.unknown = t->unknown;
    t->bpe.fuse_unknown = true;
    t->bpe.has_unused = true;
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena,
                                LW_TOKEN_NORMAL | LW_TOKEN_USER | LW_TOKEN_UNUSED));
    t->bpe.words = lwi_has_words(&t->vocabulary);
    put_around(gguf, true, false, t);
    return LW_OK;
}

/* Gemma 4: merges over characters, spaces as "▁". */
static lw_status gemma_bpe(const lwi_gguf *gguf, lw_tokenizer *t) {
    t->kind = "BPE";
    LW_TRY(sentencepiece_steps(false, t));
    lwi_tokenizer_find_bytes(t);
    t->bpe.byte_fallback = t->decoder.byte_fallback = true;
    t->bpe.unknown = t->unknown;
    t->bpe.fuse_unknown = true;
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena, 0xff));
    t->bpe.words = lwi_has_words(&t->vocabulary);
    put_around(gguf, true, false, t);
    return read_merges(gguf, t);
}

static lw_status wordpiece(const lwi_gguf *gguf, lw_tokenizer *t) {
    const bool lower = lwi_gguf_int(gguf, "tokenizer.ggml.normalizer.lowercase", 1);
    const bool strip = lwi_gguf_int(gguf, "tokenizer.ggml.normalizer.strip_accents", lower);
    t->kind = "WordPiece";
    t->model = LWI_MODEL_WORDPIECE;
    if (t->unknown < 0) return lwi_fail(LW_CORRUPT, "GGUF: there is no unknown token");
    LW_TRY(lwi_add_bert_normalizer(&t->normalizer, true, true, strip, lower));
    LW_TRY(lwi_add_bert_pretokenizer(&t->pretokenizer));
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena, 0xff));
    t->wordpiece.start =
        lwi_text_of(LWI_SPACE_MARK); /* words begin so, where BERT writes nothing */
    t->wordpiece.most_characters = 100;
    t->wordpiece.unknown = t->unknown;
    if (t->cls >= 0) t->before.ids[t->before.n++] = t->cls;
    if (t->sep >= 0) t->after.ids[t->after.n++] = t->sep;
    return lwi_add_space_decoder(&t->decoder, true);
}

static lw_status unigram(const lwi_gguf *gguf, lw_tokenizer *t) {
    const lwi_gguf_pair *map = lwi_gguf_find(gguf, "tokenizer.ggml.precompiled_charsmap");
    const bool prefix = lwi_gguf_int(gguf, "tokenizer.ggml.add_space_prefix", 1);
    lwi_normal_step step = {.kind = LWI_NORMAL_SENTENCE, .dummy_prefix = prefix};
    step.remove_extra_spaces = lwi_gguf_int(gguf, "tokenizer.ggml.remove_extra_whitespaces", 0);
    step.escape_spaces = true;
    t->kind = "unigram";
    t->model = LWI_MODEL_UNIGRAM;
    if (map && map->count)
        LW_TRY(lwi_charsmap_read((lw_string){(const char *)map->data, map->bytes}, &step.map));
    LW_TRY(lwi_normalizer_add(&t->normalizer, step));
    LW_TRY(lwi_add_space_decoder(&t->decoder, prefix));
    put_around(gguf, false, true, t);
    return lwi_make_unigram(t, NULL, true);
}

static lw_status rwkv(const lwi_gguf *gguf, lw_tokenizer *t) {
    (void)gguf;
    lwi_vocabulary *v = &t->vocabulary;
    t->kind = "RWKV";
    t->model = LWI_MODEL_LONGEST;
    t->decoder.byte_level = true;
    LW_TRY(lwi_byte_trie_init(&t->trie, &lwi_malloc_allocator));
    LW_TRY(lwi_arena_alloc(&t->arena, v->count, sizeof *v->pieces, &v->pieces));
    for (size_t i = 0; i < v->count; i++) {
        v->pieces[i] = v->written[i];
        if (v->attributes[i] & (LW_TOKEN_CONTROL | LW_TOKEN_UNKNOWN)) continue;
        LW_TRY(lwi_tokenizer_unescape(t, v->written[i], &v->pieces[i]));
        LW_TRY(lwi_byte_trie_add(&t->trie, v->pieces[i].data, v->pieces[i].size, (int32_t)i));
    }
    return LW_OK;
}

lw_status lwi_gguf_model(const lwi_gguf *gguf, lw_string model, lw_tokenizer *t) {
    static const struct {
        const char *name;
        lw_status (*make)(const lwi_gguf *gguf, lw_tokenizer *t);
    } models[] = {{"llama", sentencepiece_bpe},
                  {"gpt2", byte_level},
                  {"bert", wordpiece},
                  {"t5", unigram},
                  {"rwkv", rwkv},
                  {"gemma4", gemma_bpe}};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (same(model, models[i].name)) return models[i].make(gguf, t);
    return lwi_fail(LW_UNSUPPORTED, "GGUF: a tokenizer of the kind '%.*s' is not known",
                    model.size > 100 ? 100 : (int)model.size, model.data);
}

/* SPDX-License-Identifier: MIT */
#include "text/bpe_merges.h"
#include "text/hft_tokenizer.h"
#include "text/named_pre.h"
#include "text/text_lines.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_steps.h"

static lw_status read_merges(lw_tokenizer *t, lw_string text) {
    lw_string rest = text, line;
    lwi_merge_reader reader;
    lw_status status = LW_OK;
    size_t lines = 0;
    while (lwi_next_line(&rest, &line))
        lines++;
    LW_TRY(lwi_merges_begin(&reader, t, lines));
    while (status == LW_OK && lwi_next_line(&text, &line)) {
        const bool version = line.size > 8 && !memcmp(line.data, "#version", 8);
        if (line.size && !version) status = lwi_merges_add(&reader, line);
    }
    return lwi_merges_end(&reader, status);
}

/* The files do not tell how texts are cut: the number of tokens does. */
static const char *pre_of(size_t count) {
    enum { LLAMA3 = 128000, LLAMA3_RESERVED = 256, QWEN2 = 151643, QWEN2_MORE = 300 };
    if (count >= LLAMA3 && count <= LLAMA3 + LLAMA3_RESERVED) return "llama3";
    return count >= QWEN2 && count <= QWEN2 + QWEN2_MORE ? "qwen2" : "gpt-2";
}

static lw_status read_parts(lw_tokenizer *t, lw_string merges, const lwi_json_item *vocabulary) {
    lwi_named_pre pre = {0};
    t->bpe.bytes = t->decoder.byte_level = true;
    LW_TRY(lwi_hft_vocabulary(t, vocabulary, true));
    LW_TRY(lwi_named_pre_steps(lwi_text_of(pre_of(t->vocabulary.count)), &t->normalizer,
                               &t->pretokenizer, &pre));
    t->bpe.whole_first = pre.whole_first;
    LW_TRY(read_merges(t, merges));
    static const char end[] = "<|endoftext|>";
    t->eos = lwi_vocabulary_find_written(&t->vocabulary, end, sizeof end - 1);
    if (t->eos >= 0) LW_TRY(lwi_add_special(t, 1, t->eos));
    t->bos = t->eos;
    return lwi_tokenizer_finish(t);
}

lw_status lwi_gpt2_tokenizer(lw_string merges, lw_string vocabulary, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lw_tokenizer *t = NULL;
    const lwi_json_item *root = NULL;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_json_parse(&arena, vocabulary.data, vocabulary.size, NULL, &root);
    if (status == LW_OK) status = lwi_tokenizer_new("byte-level BPE", &t);
    if (status == LW_OK) status = read_parts(t, merges, root);
    lwi_arena_free(&arena);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}

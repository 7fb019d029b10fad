/* SPDX-License-Identifier: MIT */
#include "text/base64.h"
#include "text/named_pre.h"
#include "text/text_lines.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_steps.h"

/* A vocabulary that is known by its number of ranks: the name of its regular expression, and its
 * special tokens, which the file does not hold. */
typedef struct family {
    size_t ranks;
    const char *names; /* of files, separated by spaces */
    const char *pre;
    struct {
        int32_t id;
        const char *text;
    } specials[8];
    const char *bos, *eos;
} family;

static const family families[] = {
    {100256,
     "cl100k_base",
     "cl100k_base",
     {{100257, "<|endoftext|>"},
      {100258, "<|fim_prefix|>"},
      {100259, "<|fim_middle|>"},
      {100260, "<|fim_suffix|>"},
      {100276, "<|endofprompt|>"}},
     NULL,
     "<|endoftext|>"},
    {199998,
     "o200k_base",
     "o200k_base",
     {{199999, "<|endoftext|>"}, {200018, "<|endofprompt|>"}},
     NULL,
     "<|endoftext|>"},
    {50256,
     "r50k_base p50k_base gpt2",
     "r50k_base",
     {{50256, "<|endoftext|>"}},
     NULL,
     "<|endoftext|>"},
    {151643,
     "qwen",
     "qwen2",
     {{151643, "<|endoftext|>"}, {151644, "<|im_start|>"}, {151645, "<|im_end|>"}},
     NULL,
     "<|endoftext|>"},
    {128000,
     "llama3",
     "llama3",
     {{128000, "<|begin_of_text|>"},
      {128001, "<|end_of_text|>"},
      {128006, "<|start_header_id|>"},
      {128007, "<|end_header_id|>"},
      {128008, "<|eom_id|>"},
      {128009, "<|eot_id|>"}},
     "<|begin_of_text|>",
     "<|end_of_text|>"},
};

static const family *family_of(const char *name, size_t ranks) {
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i].ranks == ranks) return families + i;
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const char *at = families[i].names; *at;) {
            const size_t n = strcspn(at, " ");
            if (!strncmp(name, at, n)) return families + i;
            at += n + (at[n] == ' ');
        }
    return families; /* the pattern that most others follow */
}

/* "SGVsbG8= 42" */
static lw_status read_line(lw_string line, char *bytes, size_t *n, int64_t *rank) {
    const char *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
    if (space) {
        const size_t size = (size_t)(space - line.data);
        lw_string rest = {space + 1, line.size - size - 1};
        *rank = lwi_take_number(&rest);
        if (*rank >= 0 && !rest.size && lwi_base64_decode((lw_string){line.data, size}, bytes, n))
            return LW_OK;
    }
    return lwi_fail(LW_CORRUPT, "tiktoken: a line is not a token in base64 and its rank: '%.*s'",
                    line.size > 60 ? 60 : (int)line.size, line.data);
}

static lw_status count_ranks(lw_string text, char *bytes, size_t *lines, size_t *ranks) {
    *lines = *ranks = 0;
    for (lw_string line; lwi_next_line(&text, &line);) {
        size_t n = 0;
        int64_t rank = -1;
        if (!line.size) continue;
        LW_TRY(read_line(line, bytes, &n, &rank));
        ++*lines;
        if ((size_t)rank >= *ranks) *ranks = (size_t)rank + 1;
    }
    if (*ranks > *lines + 65536)
        return lwi_fail(LW_CORRUPT, "tiktoken: %zu tokens with ranks up to %zu", *lines, *ranks);
    return LW_OK;
}

static lw_status read_tokens(lw_tokenizer *t, lw_string text, char *bytes) {
    lwi_vocabulary *v = &t->vocabulary;
    for (lw_string line; lwi_next_line(&text, &line);) {
        size_t n = 0;
        int64_t rank = -1;
        if (!line.size) continue;
        LW_TRY(read_line(line, bytes, &n, &rank));
        v->pieces[rank] = (lw_string){bytes, n};
        v->attributes[rank] = LW_TOKEN_NORMAL;
        if (n == 1) t->bpe.byte_tokens[(uint8_t)*bytes] = (int32_t)rank;
        bytes += n;
    }
    return LW_OK;
}

static lw_status add_specials(lw_tokenizer *t, const family *f, size_t ranks) {
    const size_t most = sizeof f->specials / sizeof *f->specials;
    for (size_t i = 0; i < most && f->specials[i].text; i++) {
        const int32_t id = f->specials[i].id;
        const lw_string text = lwi_text_of(f->specials[i].text);
        if ((size_t)id < ranks || f->ranks != ranks) continue;
        LW_TRY(lwi_vocabulary_extend(&t->vocabulary, &t->arena, (size_t)id + 1));
        t->vocabulary.pieces[id] = text;
        LW_TRY(lwi_add_special(t, most, id));
        if (f->bos && !strcmp(f->bos, text.data)) t->bos = t->before.ids[t->before.n++] = id;
        if (f->eos && !strcmp(f->eos, text.data)) t->eos = id;
    }
    return LW_OK;
}

static lw_status read_parts(lw_tokenizer *t, lw_string text, const char *name) {
    char *bytes = NULL;
    size_t lines = 0, ranks = 0;
    lwi_named_pre pre = {0};
    LW_TRY(lwi_arena_alloc(&t->arena, text.size + 3, 1, &bytes));
    LW_TRY(count_ranks(text, bytes, &lines, &ranks));
    const family *f = family_of(name, ranks);
    LW_TRY(lwi_vocabulary_init(&t->vocabulary, &t->arena, ranks, false));
    LW_TRY(read_tokens(t, text, bytes));
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena, LW_TOKEN_NORMAL));
    LW_TRY(lwi_named_pre_steps(lwi_text_of(f->pre), &t->normalizer, &t->pretokenizer, &pre));
    t->bpe.order = LWI_BPE_RANKS;
    t->bpe.bytes = t->bpe.whole_first = t->decoder.byte_level = true;
    LW_TRY(add_specials(t, f, ranks));
    return lwi_tokenizer_finish(t);
}

lw_status lwi_tiktoken_tokenizer(lw_string text, const char *name, lw_tokenizer **tokenizer) {
    lw_tokenizer *t = NULL;
    LW_TRY(lwi_tokenizer_new("tiktoken", &t));
    const lw_status status = read_parts(t, text, name);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}

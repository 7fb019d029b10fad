/* SPDX-License-Identifier: MIT
 *
 * lampwick tokenizers: text to the numbers that language models read, and back. Part of
 * liblampwick-llm. The rules of lampwick.h hold: lw_status, lw_last_error(), outputs untouched by a
 * failed call. Files are hostile until checked.
 *
 *   lw_tokenizer *tokenizer = NULL;
 *   int32_t ids[64];
 *   size_t n = 0;
 *   if (!lw_tokenizer_load("model.gguf", &tokenizer) &&
 *       !lw_tokenizer_encode(tokenizer, "a lamp", 6, LW_ENCODE_ADD_SPECIAL, ids, 64, &n)) ...
 *   lw_tokenizer_free(tokenizer);
 *
 * A tokenizer is immutable: any number of threads may share it. A lw_detokenizer belongs to one
 * thread at a time.
 */
#ifndef LAMPWICK_TOKENIZER_H
#define LAMPWICK_TOKENIZER_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lw_tokenizer lw_tokenizer;
typedef struct lw_detokenizer lw_detokenizer;

/* Opens a tokenizer: a .gguf file, a tokenizer.json, a folder with one of the files named here
 * (tokenizer_config.json beside it is read too), a SentencePiece .model, a .tiktoken file, a GPT-2
 * vocab.bpe or merges.txt with encoder.json or vocab.json beside it, a WordPiece vocab.txt, or an
 * RWKV vocabulary. Errors: LW_IO, LW_NOT_FOUND, LW_CORRUPT, LW_UNSUPPORTED (among other things
 * where the build has no PCRE2 or utf8proc and the tokenizer needs it), LW_LIMIT, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_load(const char *path, lw_tokenizer **tokenizer);
/* The same from the bytes of one file, which are borrowed until lw_tokenizer_free. Not GPT-2's,
 * which are two. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_load_memory(const void *data, size_t size,
                                                        lw_tokenizer **tokenizer);
LW_API void lw_tokenizer_free(lw_tokenizer *tokenizer);

typedef struct lw_tokenizer_part_info {
    size_t size;
    const char *library; /* "PCRE2" */
    const char *purpose; /* what needs it */
    bool available;
} lw_tokenizer_part_info;
/* Libraries that this build has or could have. LW_RANGE past the last. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_part(size_t index, lw_tokenizer_part_info *info);

typedef struct lw_tokenizer_info {
    size_t size;
    const char *kind;  /* "BPE", "byte-level BPE", "tiktoken", "SentencePiece BPE", "unigram",
                          "WordPiece", "RWKV", "word level" */
    size_t vocabulary; /* tokens are 0 .. vocabulary - 1 */
    /* Special tokens; -1: the tokenizer has none. end is what ends a turn or the text (several
     * tokens may: LW_TOKEN_END). */
    int32_t bos, eos, eot, pad, unk, sep, cls, mask;
    bool adds_bos, adds_eos; /* LW_ENCODE_ADD_SPECIAL puts tokens before, after the text */
} lw_tokenizer_info;
LW_API LW_MUST_CHECK lw_status lw_tokenizer_get_info(const lw_tokenizer *tokenizer,
                                                     lw_tokenizer_info *info);

typedef enum lw_encode_flags {
    LW_ENCODE_ADD_SPECIAL = 1,  /* the tokens that the model wants around a text */
    LW_ENCODE_PARSE_SPECIAL = 2 /* texts of control tokens ("<|im_end|>") become those tokens */
} lw_encode_flags;

/* Encodes size bytes of UTF-8 (bytes that are not UTF-8 count as U+FFFD). *n is the number of
 * tokens of the whole text; the first `capacity` of them are written. A text of k bytes seldom has
 * more than k + 16. Errors: LW_LIMIT (a regular expression took too many steps), LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_encode(const lw_tokenizer *tokenizer, const char *text,
                                                   size_t size, unsigned flags, int32_t *tokens,
                                                   size_t capacity, size_t *n);
/* Two texts that belong together, a question and a passage that may answer it, with the tokens that
 * the model wants around and between them. *second is the number of the first token that is of the
 * second type, as models with types of tokens (BERT) want it; *n for others. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_encode_pair(const lw_tokenizer *tokenizer,
                                                        lw_string first, lw_string second_text,
                                                        unsigned flags, int32_t *tokens,
                                                        size_t capacity, size_t *n, size_t *second);

typedef enum lw_decode_flags {
    LW_DECODE_SKIP_SPECIAL = 1, /* control tokens give nothing */
    LW_DECODE_CONTINUE = 2      /* other text stands before: a space at the beginning stays */
} lw_decode_flags;

/* The text of the tokens, always valid UTF-8 and not zero-terminated; *size is its whole size, the
 * first `capacity` bytes of it are written. Errors: LW_RANGE (no such token), LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_decode(const lw_tokenizer *tokenizer,
                                                   const int32_t *tokens, size_t n, unsigned flags,
                                                   char *text, size_t capacity, size_t *size);

/* Text token by token, as a model generates it. What is not yet a whole character is held back. */
LW_API LW_MUST_CHECK lw_status lw_detokenizer_new(const lw_tokenizer *tokenizer, unsigned flags,
                                                  lw_detokenizer **detokenizer);
LW_API void lw_detokenizer_free(lw_detokenizer *detokenizer);
/* *text, of *size bytes, is what the token adds: valid until the next call, not zero-terminated. */
LW_API LW_MUST_CHECK lw_status lw_detokenizer_feed(lw_detokenizer *detokenizer, int32_t token,
                                                   const char **text, size_t *size);
/* What was held back, as far as it can be shown; then the detokenizer begins anew. */
LW_API LW_MUST_CHECK lw_status lw_detokenizer_finish(lw_detokenizer *detokenizer, const char **text,
                                                     size_t *size);

typedef enum lw_token_attributes {
    LW_TOKEN_NORMAL = 1,
    LW_TOKEN_UNKNOWN = 2,
    LW_TOKEN_CONTROL = 4, /* special: found in texts only with LW_ENCODE_PARSE_SPECIAL */
    LW_TOKEN_USER = 8,    /* added: found in texts before all else */
    LW_TOKEN_UNUSED = 16,
    LW_TOKEN_BYTE = 32, /* stands for one byte: "<0x0A>" */
    LW_TOKEN_END = 64   /* a model that generates it has finished */
} lw_token_attributes;

/* The token as the vocabulary writes it, owned by the tokenizer. LW_RANGE: no such token. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_piece(const lw_tokenizer *tokenizer, int32_t token,
                                                  lw_string *piece);
/* The token that the vocabulary writes so; LW_NOT_FOUND. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_find(const lw_tokenizer *tokenizer, const char *piece,
                                                 size_t size, int32_t *token);
/* The bytes that the token adds in the middle of a text, not always whole characters: *size bytes,
 * of which the first `capacity` are written. Control tokens give their piece. */
LW_API LW_MUST_CHECK lw_status lw_tokenizer_bytes(const lw_tokenizer *tokenizer, int32_t token,
                                                  char *bytes, size_t capacity, size_t *size);
/* lw_token_attributes; 0: no such token. */
LW_API unsigned lw_tokenizer_attributes(const lw_tokenizer *tokenizer, int32_t token);

#ifdef __cplusplus
}
#endif
#endif

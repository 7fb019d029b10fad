/* SPDX-License-Identifier: MIT
 * What a tokenizer is made of, whatever file it came from: normalizer, pre-tokenizer, model, tokens
 * around the text, decoder. */
#ifndef LWI_TEXT_TOKENIZER_H
#define LWI_TEXT_TOKENIZER_H

#include "base/file.h"
#include "lampwick/tokenizer.h"
#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/token_decoder.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"
#include "text/unigram.h"
#include "text/wordpiece.h"

typedef enum lwi_tokenizer_model {
    LWI_MODEL_BPE,
    LWI_MODEL_UNIGRAM,
    LWI_MODEL_WORDPIECE,
    LWI_MODEL_LONGEST, /* RWKV: the longest token at each place */
    LWI_MODEL_WORDS    /* a piece is a token or unknown */
} lwi_tokenizer_model;

/* Memory for encoding one text. */
typedef struct lwi_encoder {
    lwi_growing valid, unmapped;
    lwi_fragments raw, normalized;
    lwi_normal_work normal;
    lwi_pieces pieces;
    lwi_bpe_work bpe;
    lwi_unigram_work unigram;
    lwi_growing word;
    lwi_ids ids;
} lwi_encoder;

enum { LWI_MOST_AROUND = 64 };

/* Tokens before or after a text. */
typedef struct lwi_around {
    int32_t ids[LWI_MOST_AROUND];
    size_t n;
} lwi_around;

struct lw_tokenizer {
    lwi_arena arena;
    lwi_file files[2]; /* mapped as long as the tokenizer lives */
    const char *kind;
    lwi_vocabulary vocabulary;
    lwi_byte_alphabet alphabet;
    lwi_added_token *added;
    size_t n_added;
    lwi_added_set raw, normalized; /* of the added tokens */
    lwi_normalizer normalizer;
    lwi_pretokenizer pretokenizer;
    bool in_alphabet; /* the pre-tokenizer's pieces are written in the alphabet, tokens are bytes */
    lwi_tokenizer_model model;
    lwi_bpe bpe;
    lwi_unigram unigram;
    lwi_wordpiece wordpiece;
    lwi_byte_trie trie;   /* of the model's tokens; unigram, RWKV */
    lwi_byte_trie frozen; /* of a SentencePiece model's own symbols */
    int32_t unknown;
    bool fuse_unknown;          /* LWI_MODEL_WORDS: unknown neighbours give one token */
    lwi_around before, after;   /* the text, when special tokens are added */
    lwi_around between;         /* two texts that belong together, likewise; if has_pair */
    bool has_pair, second_type; /* the second one's tokens are of another type */
    lwi_decoder decoder;
    int32_t bos, eos, eot, pad, sep, cls, mask;
    lwi_encoder **spare; /* what the last text was encoded with, for the next one; any thread takes
                            it, and the others make their own */
};

lw_status lwi_tokenizer_new(const char *kind, lw_tokenizer **tokenizer);
/* Called when vocabulary, added tokens and normalizer are there: makes the sets of added tokens,
 * and finds out which tokens end a text. */
lw_status lwi_tokenizer_finish(lw_tokenizer *tokenizer);
/* A copy in the tokenizer's arena. */
lw_status lwi_tokenizer_keep(lw_tokenizer *tokenizer, const char *data, size_t size,
                             lw_string *copy);
/* The token, which is in the vocabulary, is special: found in texts as it is written. capacity: how
 * many such tokens there will be at most. */
lw_status lwi_add_special(lw_tokenizer *tokenizer, size_t capacity, int32_t id);
/* Fills the bytes that tokens stand for from how they are written, and the tokens of single
 * bytes. */
lw_status lwi_tokenizer_read_alphabet(lw_tokenizer *tokenizer);
/* The byte that "<0x0A>" is written for; -1 for other texts. */
int lwi_byte_of(lw_string written);
/* Finds the tokens "<0x00>" to "<0xFF>". */
void lwi_tokenizer_find_bytes(lw_tokenizer *tokenizer);

/* encode.c */
lw_status lwi_encode(const lw_tokenizer *tokenizer, lwi_encoder *encoder, lw_string text,
                     unsigned flags);
/* Two texts that belong together; *second: where the tokens begin that are of the second type. */
lw_status lwi_encode_pair(const lw_tokenizer *tokenizer, lwi_encoder *encoder, lw_string first,
                          lw_string second_text, unsigned flags, size_t *second);
/* Memory that is kept from text to text. */
lw_status lwi_encoder_take(const lw_tokenizer *tokenizer, lwi_encoder **encoder);
void lwi_encoder_give(const lw_tokenizer *tokenizer, lwi_encoder *encoder);
void lwi_encoder_free(lwi_encoder *encoder);

#endif

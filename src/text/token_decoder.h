/* SPDX-License-Identifier: MIT
 * Tokens back to text: steps as in tokenizer.json, each of which sees one token at a time. */
#ifndef LWI_TOKEN_DECODER_H
#define LWI_TOKEN_DECODER_H

#include "text/byte_alphabet.h"

typedef enum lwi_decode_kind {
    LWI_DECODE_REPLACE,   /* a text by another */
    LWI_DECODE_METASPACE, /* U+2581 by a space, none at the beginning */
    LWI_DECODE_WORDPIECE, /* a space before tokens that do not begin with "##" */
    LWI_DECODE_SUFFIX,    /* a suffix by a space, at the end by nothing */
    LWI_DECODE_STRIP,     /* of each token so many of a character, left and right */
    LWI_DECODE_CTC        /* repeated tokens once; a pad token never */
} lwi_decode_kind;

typedef struct lwi_decode_step {
    lwi_decode_kind kind;
    lw_string from,
        to; /* REPLACE; WORDPIECE: prefix; SUFFIX: suffix; METASPACE, STRIP: character */
    size_t left, right; /* STRIP */
    bool cleanup;       /* WORDPIECE, CTC: no space before punctuation */
    bool keep_first;    /* METASPACE: a space at the beginning stays */
} lwi_decode_step;

enum { LWI_MOST_DECODE_STEPS = 16 };

typedef struct lwi_decoder {
    lwi_decode_step steps[LWI_MOST_DECODE_STEPS];
    size_t n;
    bool byte_level;    /* tokens stand for bytes: their pieces are the text */
    bool byte_fallback; /* runs of "<0x..>" are the bytes of characters */
    bool lone_bytes;    /* of a run that is no UTF-8, what is UTF-8 is kept */
    bool separate;      /* a space between tokens */
    lw_string unknown;  /* what the unknown token is shown as; NULL: as it is written */
    /* After all tokens are joined: up to so many of a character are taken from the beginning. */
    lw_string strip;
    size_t strip_left;
    bool strip_each; /* at most one of each token */
} lwi_decoder;

lw_status lwi_decoder_add(lwi_decoder *decoder, lwi_decode_step step);

/* One token in the run of tokens. */
typedef struct lwi_decode_place {
    bool first;
    lw_string previous; /* CTC: the token before it */
} lwi_decode_place;

/* Applies the steps to a token in *token; a second buffer is used on the way. */
lw_status lwi_decode_token(const lwi_decoder *decoder, lwi_decode_place place, lwi_growing *token,
                           lwi_growing *spare);

#endif

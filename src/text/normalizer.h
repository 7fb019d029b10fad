/* SPDX-License-Identifier: MIT
 * What is done to a text before it is cut into pieces: steps as in tokenizer.json. */
#ifndef LWI_NORMALIZER_H
#define LWI_NORMALIZER_H

#include "text/byte_alphabet.h"
#include "text/byte_trie.h"
#include "text/charsmap.h"
#include "text/pattern.h"
#include "text/unicode_form.h"

typedef enum lwi_normal_kind {
    LWI_NORMAL_FORM, /* a normal form of Unicode */
    LWI_NORMAL_LOWERCASE,
    LWI_NORMAL_MARKS,    /* marks are left out */
    LWI_NORMAL_ACCENTS,  /* nonspacing marks are left out */
    LWI_NORMAL_CLEAN,    /* BERT: controls are left out, white space becomes spaces */
    LWI_NORMAL_CHINESE,  /* BERT: spaces around Chinese characters */
    LWI_NORMAL_REPLACE,  /* a text by another */
    LWI_NORMAL_PATTERN,  /* matches of a regular expression by a text */
    LWI_NORMAL_PREPEND,  /* a text before one that is not empty */
    LWI_NORMAL_STRIP,    /* white space at the ends */
    LWI_NORMAL_NMT,      /* controls and spaces as in Google's translation models */
    LWI_NORMAL_CHARSMAP, /* the table, as tokenizers applies it */
    LWI_NORMAL_SENTENCE, /* the table and spaces, as SentencePiece treats them */
    LWI_NORMAL_ALPHABET  /* bytes become characters of GPT-2's alphabet */
} lwi_normal_kind;

typedef struct lwi_normal_step {
    lwi_normal_kind kind;
    lwi_form form;
    lw_string from, to;   /* REPLACE; PATTERN and PREPEND: to */
    lwi_pattern *pattern; /* owned */
    bool left, right;     /* STRIP */
    lwi_charsmap map;     /* CHARSMAP, SENTENCE; no units: none */
    /* SENTENCE */
    bool dummy_prefix, remove_extra_spaces, escape_spaces, space_after;
    const lwi_byte_trie *kept; /* texts that stay as they are; NULL: none */
} lwi_normal_step;

enum { LWI_MOST_NORMAL_STEPS = 32 };

typedef struct lwi_normalizer {
    lwi_normal_step steps[LWI_MOST_NORMAL_STEPS];
    size_t n;
} lwi_normalizer;

lw_status lwi_normalizer_add(lwi_normalizer *normalizer, lwi_normal_step step);
void lwi_normalizer_free(lwi_normalizer *normalizer);

/* Memory for normalizing; zeroed to begin with. */
typedef struct lwi_normal_work {
    lwi_growing texts[2];
    lwi_matcher *matcher;
} lwi_normal_work;
void lwi_normal_work_free(lwi_normal_work *work);

/* *out is the text itself or lies in work until the next call. */
lw_status lwi_normalize(const lwi_normalizer *normalizer, const lwi_byte_alphabet *alphabet,
                        lw_string text, lwi_normal_work *work, lw_string *out);

/* normalize_characters.c: steps that look at one character at a time. */
lw_status lwi_normalize_characters(const lwi_normal_step *step, lw_string text, lwi_growing *out);
/* normalize_sentence.c */
lw_status lwi_normalize_charsmap(const lwi_normal_step *step, lw_string text, lwi_growing *out);
lw_status lwi_normalize_sentence(const lwi_normal_step *step, lw_string text, lwi_growing *out);

#endif

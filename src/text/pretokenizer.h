/* SPDX-License-Identifier: MIT
 * Cutting a text into the pieces that the model sees one by one: steps as in tokenizer.json. */
#ifndef LWI_PRETOKENIZER_H
#define LWI_PRETOKENIZER_H

#include "text/byte_alphabet.h"
#include "text/pattern.h"

typedef enum lwi_pre_kind {
    LWI_PRE_PATTERN,     /* matches of a regular expression */
    LWI_PRE_LITERAL,     /* occurrences of a text */
    LWI_PRE_DIGITS,      /* numeric characters */
    LWI_PRE_PUNCTUATION, /* punctuation characters */
    LWI_PRE_SPACE,       /* white space characters */
    LWI_PRE_LENGTH,      /* so many characters each */
    LWI_PRE_METASPACE,   /* spaces become U+2581 or another character, with which pieces begin */
    LWI_PRE_PREFIX,      /* a space before each piece that has none */
    LWI_PRE_ALPHABET     /* bytes become characters of GPT-2's alphabet */
} lwi_pre_kind;

/* What becomes of the places found. */
typedef enum lwi_pre_behaviour {
    LWI_PRE_REMOVED,
    LWI_PRE_ISOLATED,
    LWI_PRE_CONTIGUOUS, /* isolated, neighbours together */
    LWI_PRE_PREVIOUS,   /* belongs to the piece before it */
    LWI_PRE_NEXT        /* belongs to the piece after it */
} lwi_pre_behaviour;

typedef enum lwi_prepend { LWI_PREPEND_NEVER, LWI_PREPEND_FIRST, LWI_PREPEND_ALWAYS } lwi_prepend;

typedef struct lwi_pre_step {
    lwi_pre_kind kind;
    lwi_pre_behaviour behaviour;
    bool invert;          /* what lies between the places found is what is found */
    lwi_pattern *pattern; /* owned */
    lw_string text;       /* LITERAL; METASPACE: the character */
    size_t length;        /* LENGTH */
    lwi_prepend prepend;  /* METASPACE */
    bool split;           /* METASPACE */
} lwi_pre_step;

enum { LWI_MOST_PRE_STEPS = 32 };

typedef struct lwi_pretokenizer {
    lwi_pre_step steps[LWI_MOST_PRE_STEPS];
    size_t n;
} lwi_pretokenizer;

lw_status lwi_pretokenizer_add(lwi_pretokenizer *pre, lwi_pre_step step);
/* LWI_PRE_PATTERN with the expression compiled. */
lw_status lwi_pretokenizer_add_pattern(lwi_pretokenizer *pre, lw_string regex,
                                       lwi_pre_behaviour behaviour, bool invert);
void lwi_pretokenizer_free(lwi_pretokenizer *pre);

/* A text in pieces, and memory for making it; zeroed to begin with. */
typedef struct lwi_pieces {
    lw_string text;
    lwi_spans spans, next, found;
    lwi_growing texts[2];
    lwi_matcher *matcher;
    bool at_start; /* the first piece begins where the whole text does */
} lwi_pieces;

void lwi_pieces_free(lwi_pieces *pieces);
/* Cuts the text, which is borrowed and valid UTF-8. */
lw_status lwi_pretokenize(const lwi_pretokenizer *pre, const lwi_byte_alphabet *alphabet,
                          lw_string text, bool at_start, lwi_pieces *pieces);

#endif

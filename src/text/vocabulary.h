/* SPDX-License-Identifier: MIT
 * The tokens of a tokenizer: what each is written as, the bytes it stands for, and a hash from
 * bytes to token. Nothing is copied: pieces lie in the file or in the tokenizer's arena. */
#ifndef LWI_VOCABULARY_H
#define LWI_VOCABULARY_H

#include "base/memory.h"

enum { LWI_NO_TOKEN = -1 };

/* The first bytes of a piece are in its slot: for short ones nothing else is looked at. */
typedef struct lwi_piece_slot {
    uint64_t head;  /* up to 8 bytes, the rest 0 */
    uint32_t check; /* the size up to 8; of longer ones their hash, with the highest bit set */
    uint32_t id;    /* + 1; 0: free */
} lwi_piece_slot;

typedef struct lwi_vocabulary {
    size_t count;
    lw_string *pieces;   /* what the model matches: bytes for byte-level kinds */
    lw_string *written;  /* as the file writes them; may be the same array */
    lw_string *shown;    /* what they are decoded to; NULL: the pieces */
    float *scores;       /* NULL: none */
    uint8_t *attributes; /* lw_token_attributes */
    size_t longest;      /* bytes of the longest piece that is indexed */
    lwi_piece_slot *slots;
    size_t mask;
} lwi_vocabulary;

/* Makes room for count tokens; pieces and written are one array unless byte_level. */
lw_status lwi_vocabulary_init(lwi_vocabulary *v, lwi_arena *arena, size_t count, bool byte_level);
/* Room for more tokens, without pieces and attributes. */
lw_status lwi_vocabulary_extend(lwi_vocabulary *v, lwi_arena *arena, size_t count);
/* Makes the hash from the pieces of all tokens that have an attribute of the mask; of equal pieces
 * the last counts. */
lw_status lwi_vocabulary_index(lwi_vocabulary *v, lwi_arena *arena, uint8_t mask);
static inline lw_string lwi_vocabulary_shown(const lwi_vocabulary *v, int32_t id) {
    return (v->shown ? v->shown : v->pieces)[id];
}
/* LWI_NO_TOKEN if there is none. */
int32_t lwi_vocabulary_find(const lwi_vocabulary *v, const char *data, size_t size);
/* Says that it will be looked for soon. */
void lwi_vocabulary_prefetch(const lwi_vocabulary *v, const char *data, size_t size);
/* The token that is written so, whether it is in the hash or not. */
int32_t lwi_vocabulary_find_written(const lwi_vocabulary *v, const char *data, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#include "language_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "input_dims.h"

int64_t lwi_model_number(const lw_model *model, const char *key, int64_t absent) {
    const char *found = NULL, *value = NULL;
    for (size_t i = 0; lw_model_metadata(model, i, &found, &value) == LW_OK; i++)
        if (!strcmp(found, key)) return strtoll(value, NULL, 10);
    return absent;
}

bool lwi_is_language_model(const lw_model *model) {
    return lwi_model_number(model, "lampwick.cache.positions", 0) > 0;
}

/* How the tokens of a run are divided. */
typedef struct batch {
    int64_t tokens, sequences;
    int64_t blocks, positions; /* of a sequence; of a block */
    bool last;                 /* tokens are the last ones that blocks have room for */
} batch;

static int64_t most_tokens(const batch *b) { return (b->tokens + b->sequences - 1) / b->sequences; }

static batch read_batch(const lw_model *model, const lwi_texts *shapes) {
    batch b = {.tokens = lwi_named_dim(model, shapes, "tokens", 1),
               .sequences = lwi_named_dim(model, shapes, "sequences", 1),
               .blocks = lwi_named_dim(model, shapes, "blocks", 0),
               .positions = lwi_model_number(model, "lampwick.cache.positions", 1)};
    b.last = b.blocks > 0;
    if (b.sequences < 1) b.sequences = 1;
    if (!b.last) b.blocks = (most_tokens(&b) + b.positions - 1) / b.positions;
    return b;
}

int64_t lwi_language_dim(const lw_model *model, const lwi_texts *shapes, const char *dim) {
    const batch b = read_batch(model, shapes);
    if (!strcmp(dim, "blocks")) return b.blocks;
    if (!strcmp(dim, "cache_blocks")) return b.blocks * b.sequences;
    return !strcmp(dim, "state_slots") ? b.sequences : 1;
}

static int64_t sequence_of(const batch *b, int64_t token) {
    return token * b->sequences / b->tokens;
}

/* The first token of a sequence. */
static int64_t first_of(const batch *b, int64_t sequence) {
    return (sequence * b->tokens + b->sequences - 1) / b->sequences;
}

static int64_t position_of(const batch *b, int64_t token) {
    const int64_t at = token - first_of(b, sequence_of(b, token));
    const int64_t before = b->blocks * b->positions - most_tokens(b);
    return b->last && before > 0 ? before + at : at;
}

/* ------------------------------------------------------------------- numbers */

typedef struct filling {
    batch b;
    int64_t n;          /* elements of the input */
    int64_t vocabulary; /* 0: not known */
    int64_t rows;       /* of an encoder's memory */
} filling;

/* Ids that look random (Knuth, "The Art of Computer Programming", 6.4: multiplicative hashing). */
static int64_t id(const filling *f, int64_t i) {
    const uint32_t hash = (uint32_t)(i + 1) * UINT32_C(2654435769);
    return f->vocabulary > 0 ? (int64_t)((uint64_t)hash * (uint64_t)f->vocabulary >> 32) : i % 2;
}

static int64_t position(const filling *f, int64_t i) { return position_of(&f->b, i); }
static int64_t sequence(const filling *f, int64_t i) { return sequence_of(&f->b, i); }
static int64_t itself(const filling *f, int64_t i) { return (void)f, i; }
static int64_t zero(const filling *f, int64_t i) { return (void)f, (void)i, 0; }
static int64_t range(const filling *f, int64_t i) { return i % 2 ? f->rows : 0; }

/* The last tokens. */
static int64_t output(const filling *f, int64_t i) {
    return f->b.tokens >= f->n ? f->b.tokens - f->n + i : i % f->b.tokens;
}

static const struct {
    const char *name;
    int64_t (*number)(const filling *f, int64_t i);
} inputs[] = {{"tokens", id},
              {"source", id},
              {"positions", position},
              {"sequences", sequence},
              {"outputs", output},
              {"blocks", itself},
              {"slots", itself},
              {"ranges", range},
              {"stretched", zero},
              {"types", zero},
              {"cache", zero},
              {"state", zero},
              {"source_sequences", zero},
              {"source_positions", itself}};

bool lwi_language_fill(const lw_model *model, const char *name, const lwi_texts *shapes,
                       lw_value *value) {
    const filling f = {.b = read_batch(model, shapes),
                       .n = (int64_t)lw_tensor_count(value),
                       .vocabulary = lwi_model_number(model, "lampwick.vocabulary", 0),
                       .rows = lwi_named_dim(model, shapes, "rows", 1)};
    for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++) {
        if (strcmp(inputs[k].name, name) != 0) continue;
        const bool fills = inputs[k].number != zero && f.b.tokens > 0;
        for (int64_t i = 0; i < f.n && fills; i++)
            if (lw_tensor_set(value, (size_t)i, (double)inputs[k].number(&f, i))) return false;
        return true;
    }
    return false;
}

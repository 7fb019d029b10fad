/* SPDX-License-Identifier: MIT
 * What models, batches and sessions are made of. */
#ifndef LWI_LLM_SESSION_H
#define LWI_LLM_SESSION_H

#include "llm/cache_blocks.h"
#include "llm/sampler.h"
#include "llm/state_slots.h"
#include "llm/state_snapshots.h"

#include <pthread.h>

struct lw_llm {
    lw_model *model;
    lw_tokenizer *tokenizer; /* NULL: none */
    lw_chat_template *chat;  /* NULL: none, or one that lampwick cannot read */
    const char *architecture;
    size_t vocabulary, context, width;
    size_t original_context; /* longer sequences are stretched; 0: none is */
    bool encoder, classifier, types;
    lw_pooling pooling;
    size_t cache_positions, cache_elements; /* of a block of the cache; no elements: no attention */
    size_t cache_q8_bytes;                  /* of a block in 8 bits */
    size_t state_elements;                  /* of a sequence; 0: the model is not recurrent */
    size_t source_layers, source_width; /* of what is kept of a source; no layers: none is read */
    size_t source_start;                /* the token that texts begin with then */
    int32_t source_second;              /* and one more; -1: there is none */
    bool source_positions;              /* the encoder wants them */
    pthread_mutex_t lock;               /* guards what follows until it is there */
    lw_vocabulary *grammar_vocabulary;  /* NULL: no session had a grammar yet */
};

/* The graph's inputs and outputs (src/arch/decoder.h). */
enum {
    LWI_TOKENS,
    LWI_POSITIONS,
    LWI_SEQUENCES,
    LWI_TYPES, /* up to here of each token */
    LWI_SLOTS,
    LWI_STRETCHED,
    LWI_RANGES,
    LWI_BLOCKS,
    LWI_OUTPUTS,
    LWI_CACHE, /* those before it are numbers of a step */
    LWI_STATE,
    LWI_INPUTS
};

/* A token after which logits are wanted. */
typedef struct lwi_batch_output {
    lw_session *session;
    size_t at; /* of the session's tokens */
} lwi_batch_output;

/* What importance.c sums up over the runs of a batch. */
typedef struct lwi_observed {
    const char *weight;     /* its name */
    const char *outputs[2]; /* of the graph: squares, rows */
    double *sums[2];        /* NULL: nothing yet */
    size_t n[2];
} lwi_observed;

/* Keys or values of a layer, of all sources. */
typedef struct lwi_memory_rows {
    float *data;                /* [room, source_width] */
    lw_value *value;            /* over all of it */
    char input[40], output[40]; /* of the graph */
} lwi_memory_rows;

/* What encoders leave for the decoder: sources have rows of their own. */
typedef struct lwi_source_memory {
    lwi_memory_rows *parts; /* keys and values of each layer in turn; NULL: none yet */
    size_t room, used;      /* rows; the used ones may have gaps */
    int32_t *numbers[3];    /* of a run of the encoder: tokens, sequences, positions */
    size_t capacity[3];
} lwi_source_memory;

struct lw_batch {
    lw_allocator allocator;
    const lw_llm *llm;
    lw_context *context;
    lwi_cache_blocks blocks;
    void *cache;
    lw_value *cache_value;
    lwi_state_slots slots;
    lwi_state_snapshots snapshots;
    lwi_source_memory memory;
    bool keep_prefixes;
    size_t step_tokens, per_sequence; /* blocks of a sequence at most */
    lw_session *sessions;             /* a ring: where the next step begins */
    size_t n_sessions;
    /* Of a step: */
    int32_t *numbers[LWI_CACHE]; /* data of the inputs before the cache */
    size_t room[LWI_CACHE];      /* numbers that fit */
    lw_value *values[LWI_CACHE]; /* over the first shape[i] numbers */
    size_t shape[LWI_CACHE];     /* of values; for blocks the rows */
    lw_io *inputs, *outputs;     /* of a run, all that there may be */
    lwi_observed *observed;
    size_t n_observed;
    lwi_batch_output *chosen; /* in the order of the outputs */
    size_t cap_chosen;
    float *logits, *states; /* of several sessions */
    size_t cap_logits, cap_states;
};

/* Which tokens a grammar allows next; without one, all. */
typedef struct lwi_token_rules {
    lw_matcher *matcher; /* NULL: no grammar */
    const lw_tokenizer *tokenizer;
    size_t n; /* tokens */
    uint64_t *mask;
} lwi_token_rules;
lw_status lwi_token_rules_init(lwi_token_rules *rules, const lw_llm *llm,
                               const lw_grammar *grammar);
void lwi_token_rules_free(lwi_token_rules *rules);
/* NULL: all. */
lw_status lwi_token_rules_mask(lwi_token_rules *rules, const uint64_t **allowed);
lw_status lwi_token_rules_accept(lwi_token_rules *rules, int32_t token);

/* Guesses ahead of what has been chosen. */
typedef struct lwi_speculation {
    lw_session *draft; /* NULL: none */
    size_t lookup;
    size_t most, length; /* guesses at a time; next time. 0: no speculation */
    int32_t *guesses;    /* [most] */
    size_t n;            /* of the step that is under way or was last */
    size_t left;         /* of them, at the end, that are in the cache and may prove right */
    size_t misses, wait; /* times that no guess was right, in a row; tokens without guesses */
    size_t guessed, right;
} lwi_speculation;

/* The text that an encoder reads before a session begins. */
typedef struct lwi_source {
    int32_t *tokens;
    size_t n, capacity; /* tokens; none: there is no source yet */
    bool encoded;       /* it has n rows of the batch's memory, */
    size_t first;       /* from here on */
} lwi_source;

struct lw_session {
    lw_allocator allocator;
    const lw_llm *llm;
    lw_batch *batch;
    bool owns_batch;
    lw_session *next; /* in the batch's ring */
    lwi_sampler sampler;
    lw_detokenizer *detokenizer;
    int32_t *tokens;
    size_t n, capacity; /* tokens */
    size_t second;      /* those from here on are of the second type; SIZE_MAX: none */
    size_t done;        /* of them are in the cache */
    size_t taken;       /* more of them by the step that is under way, */
    size_t place;       /* in which they are this sequence */
    size_t reused, drawn;
    int32_t *blocks; /* of the cache, in order */
    size_t n_blocks, cap_blocks;
    int32_t slot; /* of the state; -1: none yet */
    bool stretched;
    lwi_source source;
    uint64_t name; /* of the last block that was kept */
    size_t named;  /* blocks that were */
    size_t most, keep;
    bool shift;
    float *logits;            /* [1 + guesses, vocabulary] */
    size_t row;               /* of them that belongs to token done - 1 */
    const float *chosen_from; /* logits that gave the last token; NULL: they are not there */
    float *state;             /* [width], of all tokens [tokens, width] */
    size_t cap_state;
    lw_pooling pooling;
    bool vectors;  /* it has no logits; the next two are of such sessions */
    size_t pooled; /* tokens whose states were looked at */
    double *sum;   /* [width], of those; NULL: none is wanted */
    bool wants_state, has_logits, has_state;
    float *scores; /* while lw_session_score runs: of the tokens from scored_from on; else NULL */
    size_t scored_from;
    lwi_token_rules rules;
    lwi_speculation ahead;
};

/* Logits after the last token, once there are. */
static inline float *lwi_session_logits(const lw_session *s) {
    return s->logits + s->row * s->llm->vocabulary;
}

/* importance.c: wants the outputs that are to be summed up (two for each weight), and takes them.
 */
size_t lwi_observe_outputs(const lw_batch *batch, lw_io *outputs);
lw_status lwi_observe_take(lw_batch *batch, lw_io *outputs);
/* speculation.c */
lw_status lwi_speculation_init(lw_session *session, const lw_speculation *options);
void lwi_speculation_free(lw_session *session);
/* Guesses what follows the last token, if it is the only one to be computed; ahead.n is how many
 * tokens that are, at most `most`. */
lw_status lwi_speculation_guess(lw_session *session, size_t most);
/* The token that was just appended was guessed, so that there are logits after it. */
bool lwi_speculation_accept(lw_session *session);

/* Another template: a file, or "chatml". */
lw_status lwi_llm_use_template(lw_llm *llm, const char *name);
/* Looks for the template that comes with the model at the path. */
lw_status lwi_llm_read_template(lw_llm *llm, const char *path);
/* The text of the template in a folder, in the arena; {NULL, 0}: there is none. */
lw_status lwi_llm_template_text(const char *folder, lwi_arena *arena, lw_string *text);
/* session_source.c */
/* Computes what the source leaves for the decoder, once, and that of others in the batch that wait:
 * up to `most` tokens in all. */
lw_status lwi_source_encode(lw_session *session, size_t most);
void lwi_source_memory_free(lw_batch *batch);
/* Of a session that is a vector: what it was fed is the source, whose states are pooled. Others in
 * the batch that are the same are read with it; tokens: of all of them. */
lw_status lwi_source_pool(lw_session *session, size_t most, size_t *tokens);
/* Tokens that the next step has to do with. */
size_t lwi_sequence_pending(const lw_session *session);
/* Adds the inputs that the decoder sees of all sources; how many they are. */
size_t lwi_source_inputs(const lw_batch *batch, lw_io *inputs);
/* One run for the sessions of a batch. */
lw_status lwi_batch_step(lw_batch *batch, size_t *tokens);
/* Takes the blocks that the cache still has of the tokens to be computed next, or the state after
 * the first of them. */
lw_status lwi_sequence_reuse(lw_session *session);
/* Blocks for the first n tokens, and a slot. */
lw_status lwi_sequence_reserve(lw_session *session, size_t n);
/* When the session has become longer than the original context, or is no longer, all is computed
 * anew, by other angles. */
void lwi_sequence_stretch(lw_session *session);
/* Gives back the blocks behind the first n tokens. */
void lwi_sequence_release(lw_session *session, size_t n);
/* Tokens from n on are to be computed again: of a recurrent model all behind a state that was kept,
 * for one cannot go back. */
void lwi_sequence_redo(lw_session *session, size_t n);
/* Where the state of a prompt is kept for others: a whole number of blocks before its end. */
size_t lwi_sequence_boundary(const lw_session *session);
/* Remembers the blocks that have become full, and the state at the boundary. */
void lwi_sequence_keep_blocks(lw_session *session);
/* Makes room for one more token, or LW_LIMIT. */
lw_status lwi_sequence_make_room(lw_session *session, size_t n);
/* LW_RANGE: the model has no such token. */
lw_status lwi_session_check_tokens(const lw_session *session, const int32_t *tokens, size_t n);
/* The session's tokens are others now: logits and guesses count no more. */
void lwi_session_forget(lw_session *session);
/* Computes what was fed, up to the logits. */
lw_status lwi_session_compute(lw_session *session);
/* Of sessions that are vectors: before a step, */
lw_status lwi_pooling_begin(lw_session *session);
/* whether the state of token `at` is wanted, */
bool lwi_pooling_wants(const lw_session *session, size_t at);
/* with each of those, in order, */
void lwi_pooling_take(lw_session *session, size_t at, const float *state);
/* and when `done` has become larger. */
void lwi_pooling_advance(lw_session *session);
/* log(sum(exp(x))) */
double lwi_log_sum_exp(const float *x, size_t n);
/* Tokens that a step takes at most from a session that is scored: each has logits. */
size_t lwi_score_rows(const lw_llm *llm);
/* Notes how probable the token behind `at` is by the logits after `at`. */
void lwi_session_note_score(lw_session *session, size_t at, const float *logits);

#endif

/* SPDX-License-Identifier: MIT
 * What a transcription needs while it runs, and its parts: runs of the graph, rules for the next
 * token, the text of a window of sound. */
#ifndef LWI_TRANSCRIBER_H
#define LWI_TRANSCRIBER_H

#include "base/byte_buffer.h"
#include "speech/speech_model.h"

enum { LWI_FRAME_SAMPLES = 160 }; /* samples of a frame of features */

/* The graph's inputs before the memory (src/arch/arch_whisper.c). */
enum {
    LWI_SPEECH_TOKENS,
    LWI_SPEECH_POSITIONS,
    LWI_SPEECH_SEQUENCES,
    LWI_SPEECH_OUTPUTS,
    LWI_SPEECH_BLOCKS,
    LWI_SPEECH_NUMBERS
};

/* The model's context, and memory for its inputs and outputs. */
typedef struct lwi_speech_graph {
    lw_context *context;
    int32_t *numbers[LWI_SPEECH_NUMBERS]; /* blocks: [group, blocks] */
    size_t blocks, pool;                  /* of a row; of all, in the cache */
    int32_t *uses;                        /* [pool] by rows */
    int32_t *next;                        /* [pool] the table as it will be */
    float *cache;                         /* [pool, elements] */
    float *features;                      /* [bands, 2 * frames] */
    lw_value **memory;                    /* [2 * layers] keys and values, [1, frames, width] */
    lw_io *inputs;                        /* numbers, cache, memory */
    lw_io *encoded; /* the encoder's outputs: values are those of the memory */
    lw_io *outputs; /* [1 + layers] of the decoder */
    size_t n_inputs, n_encoded;
} lwi_speech_graph;

/* The text of a window of sound. */
typedef struct lwi_window_text {
    int32_t *tokens; /* [context], the end not among them */
    size_t n;
    lwi_buffer text;
    double temperature, average_logprob, compression, no_speech;
} lwi_window_text;

enum { LWI_MOST_GROUP = 32 };

/* A text that may become the window's. */
typedef struct lwi_candidate {
    int32_t *tokens; /* [context], the end not among them */
    size_t n;
    double sum; /* of log-probabilities, that of the end too */
    bool ended;
} lwi_candidate;

/* A word; its text lies in a buffer. */
typedef struct lwi_word {
    size_t at, size; /* bytes */
    size_t tokens;
    double start, end, probability;
} lwi_word;

/* A part of a window's text that becomes a segment. */
typedef struct lwi_piece {
    const int32_t *tokens;
    size_t n, n_text; /* n_text: without times */
    double start, end;
    lwi_word *words;
    size_t n_words;
} lwi_piece;

/* One with one more token. */
typedef struct lwi_extension {
    double sum;
    size_t row, order; /* of those that are equal the first counts */
    int32_t token;
} lwi_extension;

struct lw_transcriber {
    lwi_arena arena;
    size_t group;     /* rows that are decoded together, at most */
    size_t most_done; /* texts that have ended are enough, of a beam search */
    /* rows and their successors [group] each, and those that have ended [most_done + group] */
    lwi_candidate *rows, *successors, *done;
    size_t n_done;
    lwi_extension *extensions; /* [group * (group + 1)] */
    const lw_speech *speech;
    lwi_speech_graph graph;
    lw_transcriber_options options; /* texts and the defaults are filled in */
    int32_t language;               /* token; -1: to be detected, or there is none */
    int32_t *prompt;                /* [n_prompt] of options.prompt */
    size_t n_prompt;
    int32_t *before; /* [context] what stands before the text of a window */
    float *logits;   /* [1 + group, vocabulary] */
    uint64_t drawn;
    lwi_window_text window;
    lwi_piece *pieces; /* [context] of the window */
    size_t n_pieces;
    /* With times of words; [context] each */
    lwi_word *words;
    lwi_buffer word_text;
    int32_t *word_tokens;
    size_t *word_starts;
    double *word_probabilities;
};

/* Allocates all in the arena; values are freed by lwi_speech_graph_free. */
lw_status lwi_speech_graph_init(lw_transcriber *t);
void lwi_speech_graph_free(lwi_speech_graph *g);
/* The window's features, graph.features, become the memory. */
lw_status lwi_speech_encode(lw_transcriber *t);
/* Runs the decoder over n tokens of row 0, which stand at position `at` and behind; logits behind
 * n_outputs of them, which are counted from `at`, and n_more other outputs. */
lw_status lwi_speech_decode(lw_transcriber *t, const int32_t *tokens, size_t at, size_t n,
                            const int32_t *outputs, size_t n_outputs, float *logits,
                            const lw_io *more, size_t n_more);
/* One token for each of n rows, all at position `at`: logits [n, vocabulary]. */
lw_status lwi_speech_step(lw_transcriber *t, const size_t *rows, const int32_t *tokens, size_t n,
                          size_t at, float *logits);

/* speech_cache.c */
lw_status lwi_speech_cache_init(lw_transcriber *t);
void lwi_speech_begin(lw_transcriber *t); /* all rows are empty */
/* Blocks for positions [at, at + n) of a row whose others are there. */
void lwi_speech_reserve(lw_transcriber *t, size_t row, size_t at, size_t n);
/* Row i goes on as row sources[i] was, which has `length` tokens. */
lw_status lwi_speech_fork(lw_transcriber *t, const size_t *sources, size_t rows, size_t length);

/* log(sum(exp(x))) */
double lwi_speech_log_sum(const float *logits, size_t n);
/* What must not come next gets -infinity; tokens: of the window so far. */
void lwi_speech_rules(const lw_transcriber *t, const int32_t *tokens, size_t n, float *logits);

/* The likeliest language of the window that has been encoded. */
lw_status lwi_speech_detect(lw_transcriber *t, int32_t *language);
/* speech_search.c: the text behind t->before [n], whose start stands at `start`, at a temperature:
 * tokens, their mean log-probability, and how likely there is no speech, in t->window. */
lw_status lwi_speech_search(lw_transcriber *t, size_t n, size_t start, double temperature);
lw_status lwi_speech_search_init(lw_transcriber *t);
/* Fills t->window; previous: text that was said before. */
lw_status lwi_speech_window(lw_transcriber *t, const int32_t *previous, size_t n_previous);
/* Text of the tokens that are not control tokens. */
lw_status lwi_speech_text(const lw_transcriber *t, const int32_t *tokens, size_t n,
                          lwi_buffer *text);

/* Size of the text by its size when deflated; 0 without zlib. */
double lwi_compression(const lw_allocator *allocator, const char *text, size_t size);

/* ---------------------------------------------------------------- transcript */

struct lw_transcript {
    lwi_arena arena;
    lw_segment *segments;
    size_t n, capacity;
    lwi_buffer text;
    const char *language;
    int32_t *tokens; /* of all segments */
    size_t n_tokens, cap_tokens;
};

/* Adds a segment with copies of the piece's tokens and words; its text is made from the tokens. */
lw_status lwi_transcript_add(lw_transcript *transcript, const lw_transcriber *t,
                             const lwi_piece *piece);

#endif

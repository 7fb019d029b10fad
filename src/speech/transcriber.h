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
    int32_t *numbers[LWI_SPEECH_NUMBERS];
    size_t blocks;     /* of the cache */
    void *cache;       /* [blocks, elements] float32 */
    float *features;   /* [bands, 2 * frames] */
    lw_value **memory; /* [2 * layers] keys and values, [1, frames, width] */
    lw_io *inputs;     /* numbers, cache, memory */
    lw_io *encoded;    /* the encoder's outputs: values are those of the memory */
    size_t n_inputs, n_encoded;
} lwi_speech_graph;

/* The text of a window of sound. */
typedef struct lwi_window_text {
    int32_t *tokens; /* [context], the end not among them */
    size_t n;
    lwi_buffer text;
    double temperature, average_logprob, compression, no_speech;
} lwi_window_text;

struct lw_transcriber {
    lwi_arena arena;
    const lw_speech *speech;
    lwi_speech_graph graph;
    lw_transcriber_options options; /* texts and the defaults are filled in */
    int32_t language;               /* token; -1: to be detected, or there is none */
    int32_t *prompt;                /* [n_prompt] of options.prompt */
    size_t n_prompt;
    int32_t *before; /* [context] what stands before the text of a window */
    float *logits;   /* [2, vocabulary] */
    uint64_t drawn;
    lwi_window_text window;
};

/* Allocates all in the arena; values are freed by lwi_speech_graph_free. */
lw_status lwi_speech_graph_init(lw_transcriber *t);
void lwi_speech_graph_free(lwi_speech_graph *g);
/* The window's features, graph.features, become the memory. */
lw_status lwi_speech_encode(lw_transcriber *t);
/* Runs the decoder over tokens [at, at + n) of a text; logits behind n_outputs of them, which are
 * counted from `at`. */
lw_status lwi_speech_decode(lw_transcriber *t, const int32_t *tokens, size_t at, size_t n,
                            const int32_t *outputs, size_t n_outputs, float *logits);

/* log(sum(exp(x))) */
double lwi_speech_log_sum(const float *logits, size_t n);
/* What must not come next gets -infinity; tokens: of the window so far. */
void lwi_speech_rules(const lw_transcriber *t, const int32_t *tokens, size_t n, float *logits);

/* The likeliest language of the window that has been encoded. */
lw_status lwi_speech_detect(lw_transcriber *t, int32_t *language);
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

/* Adds a segment with a copy of its tokens, whose text is made from them. */
lw_status lwi_transcript_add(lw_transcript *transcript, const lw_transcriber *t, double start,
                             double end, const int32_t *tokens, size_t n);

#endif

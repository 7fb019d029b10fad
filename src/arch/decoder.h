/* SPDX-License-Identifier: MIT
 * The blocks that decoders of text share. A family is described by a lwi_decoder_style; the rest is
 * read from the hyperparameters, or seen from which tensors there are.
 *
 * The graph works on a batch of tokens, of any number of sequences. Inputs:
 *   tokens     int32 [tokens]
 *   positions  int32 [tokens]             of the token in its sequence
 *   sequences  int32 [tokens]             row of blocks
 *   blocks     int32 [sequences, blocks]  which block of the cache holds positions
 *                                         [i * LWI_CACHE_BLOCK, (i + 1) * LWI_CACHE_BLOCK)
 *   outputs    int32 [outputs]            tokens whose results are wanted
 *   cache      float32 or float16 [blocks, elements], or uint8 [blocks, bytes] with rows of
 *              base/q8_row.h; written by the run
 *   slots      int32 [sequences]          whose state is whose
 *   state      float32 [slots, elements]; written by the run (src/ops/sequence_state.h)
 *   stretched  int32 [sequences]          not 0: longer than the context before it was stretched;
 *                                         there if such sequences have other angles
 * Blocks and cache are there if a layer has attention, slots and state if one is recurrent.
 * Outputs: logits float32 [outputs, vocabulary]; embeddings float32 [outputs, width].
 *
 * Encoders, whose tokens see all of their sequence, have no cache, no blocks and no logits; the
 * tokens of a sequence are all there, one behind the other. Some have types of tokens as an input:
 *   types      int32 [tokens]             0 of a text, 1 of the second of two */
#ifndef LWI_DECODER_H
#define LWI_DECODER_H

#include "arch/builder.h"

enum {
    LWI_CACHE_BLOCK = 32, /* positions in a block of the cache */
    LWI_MOST_LAYERS = 1024,
    LWI_MOST_HEADS = 4096,
    LWI_MOST_WIDTH = 1 << 20
};

typedef enum lwi_norm_kind { LWI_NORM_RMS, LWI_NORM_LAYER } lwi_norm_kind;
typedef enum lwi_activation {
    LWI_SILU,
    LWI_GELU, /* by tanh, as GPT-2 */
    LWI_GELU_EXACT,
    LWI_GELU_QUICK, /* x sigmoid(1.702 x) */
    LWI_RELU,
    LWI_RELU_SQUARED,
    LWI_MISH,
    LWI_TANH,
    LWI_SIGMOID
} lwi_activation;
typedef enum lwi_rope_kind {
    LWI_ROPE_NONE,
    LWI_ROPE_PAIRS, /* elements 2i and 2i + 1 */
    LWI_ROPE_HALVES /* elements i and i + half */
} lwi_rope_kind;

typedef struct lwi_decoder lwi_decoder;
typedef struct lwi_decoder_style {
    lwi_norm_kind norm;
    lwi_activation activation;
    lwi_rope_kind rope;
    bool parallel; /* attention and feed-forward read the same x */
    bool encoder;
    bool permuted; /* GGUF files have rows of queries and keys in an order that makes pairs of the
                      halves which Hugging Face's weights have */
    /* What only this family has; may be NULL. */
    void (*adjust)(lwi_decoder *d);
} lwi_decoder_style;

/* Angles of the rotary embedding: values [tokens, half], or -1. */
typedef struct lwi_rope {
    int cosines, sines;
} lwi_rope;

/* key, value: elements of a head */
typedef struct lwi_head_sizes {
    int64_t heads, kv_heads, key, value;
} lwi_head_sizes;

/* Keys and values of a layer that others see too, and where they lie in a block of the cache. */
typedef struct lwi_kept_keys {
    int keys, values; /* -1: none yet */
    size_t elements, bytes;
} lwi_kept_keys;

struct lwi_decoder {
    lwi_graph_builder b;
    lwi_norm_kind norm;
    lwi_activation activation;
    lwi_rope_kind rope_kind;
    bool parallel, encoder;
    int64_t width, layers, context, vocabulary;
    double epsilon;
    double embedding_scale, residual_scale, logit_scale, attention_scale; /* 0: 1 / sqrt(head) */
    double attention_cap, logit_cap;
    int64_t window_period; /* layers, for `windowed` */
    int64_t window; /* tokens that a layer with a window sees, of an encoder to each side; 0: all */
    bool (*windowed)(const lwi_decoder *d, int64_t layer); /* NULL: all layers, if there is one;
                                                              for files that have no list of them */
    bool chunked;         /* windows begin at multiples of their size */
    bool rope_in_windows; /* other layers know nothing of positions */
    bool (*rotated)(const lwi_decoder *d, int64_t layer); /* NULL: all layers; else for files that
                                                             have no list of them */
    const char *ffn_norm, *attention_norm; /* before the feed-forward; after the attention */
    const char *output_norm;               /* NULL: none */
    int (*embed)(lwi_decoder *d); /* in the place of what all do with their tokens; NULL: that */
    bool norm_adds_one;           /* weights of norms are stored less one */
    bool plain_norms;             /* there are none, and norms are there all the same */
    int tokens, positions, sequences, outputs;
    int relative_bias;               /* of scores by distance; -1: none */
    int blocks, cache, slots, state; /* -1: not there yet */
    int stretched, ranges;           /* likewise */
    int64_t original_context; /* tokens of a sequence that is not stretched; 0: there is none */
    int all_heads;            /* [tokens, heads], for attention that is compressed; 0: not yet */
    double stretched_scale;   /* of its scores, twice */
    /* What stands in the place of a layer's attention; NULL: lwi_decoder_attention. */
    int (*mix)(lwi_decoder *d, int x, int64_t layer);
    /* Called before each layer; may be NULL. */
    void (*begin_layer)(lwi_decoder *d, int64_t layer);
    /* What only this family does to queries, keys and values before they are turned; may be NULL.
     */
    void (*adjust_queries)(lwi_decoder *d, int qkv[3], const lwi_head_sizes *s, int64_t layer,
                           bool turned);
    /* Behind the attention: x and what it sees of an encoder's states; NULL: nothing. */
    int (*look)(lwi_decoder *d, int x, int64_t layer);
    bool several_sources; /* of the sequences of a run */
    bool shows_scores;    /* with outputs cross_scores.N [heads, tokens, frames] */
    bool no_feed_forward; /* layers end there */
    /* In the place of the feed-forward network; NULL: that one, or a mixture. */
    int (*feed)(lwi_decoder *d, int x, int64_t layer);
    int (*end_layer)(lwi_decoder *d, int x, int64_t layer); /* behind all; NULL: nothing */
    int before_feed;           /* what the part with the feed-forward network began with */
    int routed_by;             /* what experts are chosen by; -1: what they get */
    int each_layer;            /* [tokens, layers * size]: embeddings for layers */
    lwi_kept_keys kept[2];     /* of layers that see all, of those with a window */
    int64_t halve_every;       /* layers after which x is halved; 0: never */
    int first_value;           /* of RWKV-7: the values of the first layer */
    bool tiled_heads;          /* of the delta rule: see its operator */
    bool turned_norms;         /* norms of queries and keys come after they are turned */
    bool gated_attention;      /* rows of queries have as many rows of a gate behind each head */
    lwi_rope rope, local_rope; /* local: of layers with a window, if they have their own */
    bool smooth_yarn;          /* the ends of YaRN's ramp are not rounded to pairs */
    bool has_local_rope;
    double local_rope_base;
    size_t cache_elements, cache_q8_bytes; /* of a block, used so far */
    size_t state_elements;                 /* of a slot, likewise */
    /* Experts: */
    bool normalize_experts; /* the weights of the chosen ones are made to sum to 1 */
    bool softmax_of_chosen; /* over the chosen ones only */
    bool sigmoid_experts;   /* instead of a softmax */
    bool weighted_inputs;   /* what experts get is weighted, not what they give */
    bool clamped_gate;      /* gpt-oss: (up + 1) * gate * sigmoid(1.702 gate), both clamped at 7, or
                               as the configuration says */
};

/* The whole graph. */
lw_status lwi_build_decoder(lwi_network *network, const lwi_checkpoint *from,
                            const lwi_decoder_style *style);

/* For adjust: what only some families read, though the files of others may have the keys. */
void lwi_decoder_read_window(lwi_decoder *d, int64_t absent);
/* 0 counts as absent. */
double lwi_decoder_factor(lwi_decoder *d, const char *key, double absent);
/* Granite's factors. */
void lwi_decoder_read_granite(lwi_decoder *d);

/* The parts. */
int lwi_decoder_norm(lwi_decoder *d, int x, const char *name);
int lwi_decoder_attention(lwi_decoder *d, int x, int64_t layer);
/* Biases of scores by distance (decoder_bias.c): in buckets, from a tensor [buckets, heads]; by
 * slopes, for all positions of the context. absent: the steepest one's logarithm where the file
 * does not say. */
void lwi_decoder_bucket_bias(lwi_decoder *d, const char *name, bool needed);
void lwi_decoder_slope_bias(lwi_decoder *d, double absent);
bool lwi_decoder_is_windowed(lwi_decoder *d, int64_t layer);
/* Attention itself: [tokens, heads * value]. */
int lwi_decoder_attend(lwi_decoder *d, const int qkv[3], const lwi_head_sizes *sizes, lwi_rope rope,
                       int64_t layer);
int lwi_decoder_feed_forward(lwi_decoder *d, int x, int64_t layer);
/* Tensors ffn_gate SUFFIX and so on; SUFFIX is "" or "_shexp". */
int lwi_decoder_gated(lwi_decoder *d, int x, const char *suffix);
int lwi_decoder_experts(lwi_decoder *d, int x, int64_t layer);
/* The product of x [tokens, in] or [tokens, chosen, in] with the matrices `chosen` [tokens, chosen]
 * of the stack NAME.weight: [tokens, chosen, out]. */
int lwi_decoder_multiply(lwi_decoder *d, int x, const char *name, int chosen);
/* 1 + scale * log(1 + floor((position + first) / length)) (arXiv 2501.19399), by which queries of
 * long texts grow: [tokens, 1]. */
int lwi_decoder_temperature(lwi_decoder *d, double length, double scale, double first);
/* The layers of Mamba and Mamba-2. */
int lwi_decoder_mamba(lwi_decoder *d, int x, int64_t layer);
int lwi_decoder_mamba2(lwi_decoder *d, int x, int64_t layer);
/* Attention with compressed keys and values. */
int lwi_decoder_latent_attention(lwi_decoder *d, int x, int64_t layer);
/* The inputs that only layers with attention, or recurrent ones, have. */
void lwi_decoder_need_cache(lwi_decoder *d);
/* The input `stretched`. */
int lwi_decoder_need_stretched(lwi_decoder *d);
/* An operator with state (src/ops/sequence_state.h): n inputs before those of the state, which has
 * so many elements. */
int lwi_decoder_stateful(lwi_decoder *d, const char *op_type, size_t n, const int *inputs,
                         int64_t elements);
/* x / sqrt(sum(x^2) + epsilon) of each head. */
int lwi_decoder_unit_heads(lwi_decoder *d, int x, int64_t heads, int64_t size, double epsilon);
/* The tensor ssm_a, which is negative; Hugging Face has the logarithm of its size. */
int lwi_decoder_state_matrix(lwi_decoder *d);
/* CausalConv with NAME.weight [channels, kernel] and NAME.bias if it is there. */
int lwi_decoder_convolve(lwi_decoder *d, int x, const char *name);
/* The activation that a configuration names; absent, if it names none. */
lwi_activation lwi_decoder_named(lwi_decoder *d, const char *key, lwi_activation absent);
int lwi_decoder_apply(lwi_decoder *d, lwi_activation activation, int x);
/* The network's own. */
int lwi_decoder_activate(lwi_decoder *d, int x);
/* All of a layer. */
int lwi_decoder_layer(lwi_decoder *d, int x, int64_t layer);
/* Inputs of an encoder, the texts of several sources one behind the other:
 *   source            int32 [source]   tokens
 *   source_sequences  int32 [source]   which of them it is */
void lwi_decoder_open_source(lwi_decoder *d);
/* The decoder that looks at the encoder's states [source, width]. */
void lwi_decoder_open_text(lwi_decoder *d, int states);
/* What the layers of a decoder see of an encoder's states [1, frames, width] or [source, width]:
 * outputs cross_keys.N and cross_values.N float32, with heads * key numbers in the place of width.
 */
void lwi_decoder_make_memory(lwi_decoder *d, int states);
/* For `look`: x and what it sees of that memory, which are inputs memory_keys.N and
 * memory_values.N. All tokens of a run look at the same one [1, frames, width], or, with several
 * sources, each at the rows of memories [rows, width] that an input has for its sequence:
 *   ranges     int32 [sequences, 2]       the first row, and how many they are */
int lwi_decoder_look(lwi_decoder *d, int x, int64_t layer);
/* Attention of queries to keys and values [1, rows, heads * key]. */
int lwi_decoder_attend_dense(lwi_decoder *d, int q, int k, int v, int64_t heads, int64_t key);
/* Types of tokens, by an input `types` int32 [tokens] where there are several. */
int lwi_encoder_add_type(lwi_decoder *d, int x);
/* States of the wanted tokens, or the scores that a classifier gives them. */
void lwi_encoder_outputs(lwi_decoder *d, int x);
/* How the file says that the states of tokens become one vector: "mean", "cls", "last", "rank" (the
 * classifier's scores of the first token) or "none"; NULL: it does not say. */
const char *lwi_pooling_name(lwi_decoder *d);
/* Cosines and sines for the positions of the batch; half: pairs that are turned. */
lwi_rope lwi_decoder_rope(lwi_decoder *d, double base, int64_t half, bool scaled);

#endif

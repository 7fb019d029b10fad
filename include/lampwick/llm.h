/* SPDX-License-Identifier: MIT
 *
 * lampwick language models: text in, text out. Part of liblampwick-llm. The rules of lampwick.h
 * hold: lw_status, lw_last_error(), outputs untouched by a failed call, nothing aborts or prints.
 *
 *   lw_llm *llm = NULL;
 *   lw_session *session = NULL;
 *   lw_llm_text text = {.size = sizeof text};
 *   if (!lw_llm_load("model.gguf", NULL, &llm) && !lw_session_new(llm, NULL, &session) &&
 *       !lw_session_feed_text(session, "Once upon a time", 16, LW_ENCODE_ADD_SPECIAL))
 *       while (!lw_session_next_text(session, &text) && !text.finished)
 *           fwrite(text.data, 1, text.length, stdout);
 *   lw_session_free(session);
 *   lw_llm_free(llm);
 *
 * A lw_llm is immutable and may be shared by any number of threads. A lw_batch runs sessions
 * together over one cache of keys and values; it and its sessions belong to one thread at a time.
 */
#ifndef LAMPWICK_LLM_H
#define LAMPWICK_LLM_H

#include <lampwick/grammar.h>
#include <lampwick/tokenizer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lw_llm lw_llm;         /* weights, tokenizer, chat template */
typedef struct lw_batch lw_batch;     /* a context and a cache for several sessions */
typedef struct lw_session lw_session; /* one sequence of tokens */

/* ------------------------------------------------------------------- model */

typedef struct lw_llm_options {
    size_t size;
    const lw_model_options *model; /* NULL: defaults */
    const char *tokenizer;         /* path of another tokenizer; NULL: the model's own */
    const char *chat_template; /* path of another template, or "chatml"; NULL: the model's own */
} lw_llm_options;

/* Opens a .gguf file (of a split model the first part) or a Hugging Face folder. options may be
 * NULL. A model without a tokenizer opens too: then texts give LW_NOT_FOUND, tokens work. */
LW_API LW_MUST_CHECK lw_status lw_llm_load(const char *path, const lw_llm_options *options,
                                           lw_llm **llm);
LW_API void lw_llm_free(lw_llm *llm);

/* How the states of tokens become one vector. */
typedef enum lw_pooling {
    LW_POOLING_MODEL = 0, /* as the model's files say; otherwise the mean for an encoder, the last
                             token for a model that makes text */
    LW_POOLING_MEAN,
    LW_POOLING_CLS, /* the first token */
    LW_POOLING_LAST,
    LW_POOLING_NONE /* the vectors of all tokens, [tokens, width] */
} lw_pooling;

typedef struct lw_llm_info {
    size_t size;
    const char *architecture; /* "llama" */
    size_t vocabulary;        /* logits of a position */
    size_t context;           /* tokens that the model was trained for */
    size_t width;             /* of embeddings */
    size_t cache_bytes;       /* of the cache for one token, in float16 */
    bool encoder;             /* tokens see those behind them: embeddings, but no text */
    bool classifier;          /* its embeddings are the scores of classes */
    lw_pooling pooling;       /* what LW_POOLING_MODEL stands for */
    bool reads_source;        /* it makes a text out of another one: lw_session_source */
} lw_llm_info;
LW_API LW_MUST_CHECK lw_status lw_llm_describe(const lw_llm *llm, lw_llm_info *info);
LW_API const lw_model *lw_llm_model(const lw_llm *llm);
LW_API const lw_tokenizer *lw_llm_tokenizer(const lw_llm *llm); /* NULL: there is none */
/* The template for chats; NULL: none came with the model that lampwick can read. */
LW_API const lw_chat_template *lw_llm_chat_template(const lw_llm *llm);
/* lw_chat_render with that template; bos_token and eos_token NULL: the tokenizer's. LW_NOT_FOUND:
 * the model has no template, or no tokenizer. */
LW_API LW_MUST_CHECK lw_status lw_llm_render_chat(const lw_llm *llm, const lw_chat_input *input,
                                                  lw_text *prompt);

/* Writes a GGUF file with the model of another one (of a split one its first part is named) or of a
 * Hugging Face folder, tokenizer and chat template included, weights in another type: "F16",
 * "Q8_0", "Q4_K_M" and so on (some are mixes of types); NULL: as they are. Vectors, norms and
 * routers stay as they are. A file is there only when it is complete. Errors: LW_INVALID (no such
 * type), LW_NOT_FOUND (no such file), LW_UNSUPPORTED (neither, or a family or tokenizer for which
 * there is no form in GGUF files yet), LW_CORRUPT, LW_IO. */
LW_API LW_MUST_CHECK lw_status lw_llm_quantize(const char *from, const char *to, const char *type);
/* The same with more options. */
typedef struct lw_quantize_options {
    size_t size;
    const char *type;       /* as above */
    const char *importance; /* path of an importance matrix: errors count by how large the numbers
                               are that a weight is multiplied with; NULL: all the same */
} lw_quantize_options;
LW_API LW_MUST_CHECK lw_status lw_llm_quantize_with(const char *from, const char *to,
                                                    const lw_quantize_options *options);
/* Runs a model over a text and writes an importance matrix, a GGUF file in llama.cpp's form: of
 * each weight, the sums of the squares that it is multiplied with. */
typedef struct lw_importance_options {
    size_t size;
    const lw_context_options *context; /* threads and so on; NULL: defaults */
    size_t chunk;                      /* tokens that are run together; 0: 512 */
    size_t chunks;                     /* at most; 0: all */
    const char *name;                  /* of the text, for readers of the file; NULL: "" */
} lw_importance_options;
LW_API LW_MUST_CHECK lw_status lw_llm_importance(const char *model, const char *text, size_t size,
                                                 const lw_importance_options *options,
                                                 const char *to);
/* The other way: a Hugging Face folder with the model of a GGUF file (lw_weights_to_folder in
 * llm_weights.h), tokenizer.json and the chat template included. LW_UNSUPPORTED also for tokenizers
 * that no tokenizer.json describes (RWKV's). */
LW_API LW_MUST_CHECK lw_status lw_llm_to_folder(const char *from, const char *folder);
/* Name i of those types; NULL behind the last. */
LW_API const char *lw_llm_quantization(size_t i);

/* ---------------------------------------------------------------- sampling */

typedef struct lw_logit_bias {
    int32_t token;
    float bias; /* added to its logit; -INFINITY forbids it */
} lw_logit_bias;

/* How the next token is chosen. Zeros mean: the token with the largest logit, no penalties. Numbers
 * that mean nothing (shares outside of 0 to 1, NaN, what is negative but a penalty) are LW_INVALID.
 * Penalties and filters are applied in the order of the members, then logits are divided by the
 * temperature and one token is drawn. */
typedef struct lw_sampling {
    size_t size;
    uint64_t seed;     /* the same seed gives the same tokens, for any threads and any batch */
    float temperature; /* 0: greedy */
    const lw_logit_bias *biases;
    size_t n_biases;
    /* Penalties on tokens among the last `penalty_last` ones (0: none; SIZE_MAX: all). */
    size_t penalty_last;
    float repetition; /* divides positive logits and multiplies negative ones (Keskar et al. 2019,
                         arXiv 1909.05858); 0 or 1: none */
    float frequency;  /* subtracted for each time the token occurred */
    float presence;   /* subtracted once */
    /* DRY: dry_multiplier * dry_base ^ (n - dry_allowed) is subtracted for a token that came before
     * behind the same n >= dry_allowed tokens that are the last now; multiplier 0: off */
    float dry_multiplier, dry_base;
    size_t dry_allowed;
    /* Such repetitions end at these tokens, which are never penalised (lw_llm_dry_breakers). */
    const int32_t *dry_breakers;
    size_t n_dry_breakers;
    size_t top_k;  /* the k likeliest; 0: all */
    float typical; /* Meister et al. 2022, arXiv 2202.00666; 0 or 1: off */
    float top_p;   /* the likeliest that make up p (Holtzman et al. 2019, arXiv 1904.09751); 0 or 1:
                      off */
    float min_p;   /* those with at least min_p of the likeliest's probability; 0: off */
    /* XTC: with this probability, all above the threshold but the least likely of them go. */
    float xtc_probability, xtc_threshold;
    /* Mirostat 2 (Basu et al. 2020, arXiv 2007.14966): tau > 0 replaces the filters from top_k on
     */
    float mirostat_tau, mirostat_eta;
} lw_sampling;

/* The tokens at which repetitions end, for texts: those whose own text has one of them in it; where
 * no token has, the last token of the text. texts NULL: "\n", ":", "\"" and "*". *n is how many
 * there are, of which the first `capacity` are written. Errors: LW_UNSUPPORTED (no tokenizer),
 * LW_LIMIT (a long text). */
LW_API LW_MUST_CHECK lw_status lw_llm_dry_breakers(const lw_llm *llm, const char *const *texts,
                                                   size_t n_texts, int32_t *tokens, size_t capacity,
                                                   size_t *n);

/* Chooses among n logits, which stay as they are; tokens: the n_tokens that came before. For use
 * without a session; mirostat keeps its state in *mu (0 at first; may be NULL). `drawn` tells how
 * many tokens have been drawn with this seed before. */
LW_API LW_MUST_CHECK lw_status lw_sample(const lw_sampling *sampling, const float *logits, size_t n,
                                         const int32_t *tokens, size_t n_tokens, uint64_t drawn,
                                         float *mu, int32_t *token);

/* ------------------------------------------------------------------ session */

typedef enum lw_cache_type {
    LW_CACHE_FLOAT16 = 0,
    LW_CACHE_FLOAT32 = 1,
    LW_CACHE_Q8_0 = 2 /* 8 bits, and a float16 scale for 32 numbers: 17/32 of float16's memory */
} lw_cache_type;
/* Bytes of such a cache for one token. */
LW_API size_t lw_llm_cache_bytes(const lw_llm *llm, lw_cache_type type);

typedef struct lw_batch_options {
    size_t size;
    const lw_context_options *context; /* threads and so on; NULL: defaults */
    lw_cache_type cache;
    size_t tokens;      /* that the cache holds, for all sessions; 0: the model's context */
    size_t step_tokens; /* of one run at most; 0: 512 */
    bool keep_prefixes; /* blocks of the cache that are full are kept after their session, and used
                           again by one that begins with the same tokens; of recurrent models, whose
                           state is needed too, it is kept near the end of the last 8 prompts */
} lw_batch_options;

LW_API LW_MUST_CHECK lw_status lw_batch_new(const lw_llm *llm, const lw_batch_options *options,
                                            lw_batch **batch);
/* Its sessions must have been freed before. */
LW_API void lw_batch_free(lw_batch *batch);
/* Runs the model once over what sessions have been fed, as much as fits into one run; *tokens is
 * how many tokens that were: 0 when nothing was left to do. Errors: LW_LIMIT (the cache is full),
 * LW_NO_MEMORY, LW_CANCELLED. */
LW_API LW_MUST_CHECK lw_status lw_batch_step(lw_batch *batch, size_t *tokens);
/* Makes the step that is under way in another thread return LW_CANCELLED soon; sessions stay as
 * they were before it. */
LW_API void lw_batch_cancel(lw_batch *batch);

/* Tokens are guessed ahead and looked at all together in one run, which costs little more than a
 * token's (Leviathan et al. 2022, arXiv 2211.17192). They are chosen from the same logits by the
 * same random numbers as ever, and those that were guessed right need no run of their own: the text
 * is the one that would come without guesses. LW_UNSUPPORTED: a model is recurrent and so cannot
 * take tokens back. */
typedef struct lw_speculation {
    size_t size;
    lw_batch *draft; /* of a smaller model with the same tokens, which makes guesses; it must
                        outlive the session, and may serve several. NULL: none */
    size_t lookup;   /* the last tokens, so many at most and two at least, are looked for earlier in
                        the text; what came after them then is the guess. Where there is none, the
                        draft model guesses; 0: no looking up */
    size_t tokens;   /* guesses at a time, at most; 0: 8 */
} lw_speculation;

typedef struct lw_session_options {
    size_t size;
    lw_batch *batch; /* that it belongs to; NULL: one of its own, with batch_options */
    const lw_batch_options *batch_options;
    const lw_sampling *sampling; /* copied, the biases too; NULL: greedy */
    const lw_grammar *grammar;   /* that the chosen tokens must follow; it must outlive the session;
                                    NULL: none */
    size_t most_tokens;          /* of the session; 0: the model's context */
    bool shift; /* when most_tokens are reached, the first half after `keep` tokens is dropped and
                   the rest is computed anew; otherwise LW_LIMIT */
    size_t keep;
    lw_pooling pooling; /* of lw_session_embedding. Sessions of encoders, and those that pool
                           otherwise than by the last token, have no logits (LW_UNSUPPORTED). */
    const lw_speculation *speculation; /* copied; NULL: none */
} lw_session_options;

LW_API LW_MUST_CHECK lw_status lw_session_new(const lw_llm *llm, const lw_session_options *options,
                                              lw_session **session);
LW_API void lw_session_free(lw_session *session);

/* Appends tokens (copied), or a text. Nothing is computed yet. Errors: LW_RANGE (no such token),
 * LW_LIMIT (more than most_tokens; nothing was appended), LW_NOT_FOUND (no tokenizer). */
LW_API LW_MUST_CHECK lw_status lw_session_feed(lw_session *session, const int32_t *tokens,
                                               size_t n);
LW_API LW_MUST_CHECK lw_status lw_session_feed_text(lw_session *session, const char *text,
                                                    size_t size, unsigned encode_flags);
/* Two texts that belong together, for models that look at both at once: rerankers, whose embedding
 * is the score of a passage for a question (lw_tokenizer_encode_pair). lw_session_begin_second does
 * the same for tokens: those fed from now on belong to the second one. */
LW_API LW_MUST_CHECK lw_status lw_session_feed_pair(lw_session *session, lw_string first,
                                                    lw_string second_text, unsigned encode_flags);
LW_API LW_MUST_CHECK lw_status lw_session_begin_second(lw_session *session);

/* Of a model with an encoder and a decoder (T5): the text out of which it makes another, its
 * translation or summary. The session begins anew, with the token that such texts begin with. What
 * is fed or chosen then belongs to the text that is made. Nothing is computed yet. Errors as above;
 * LW_UNSUPPORTED: the model reads no source; and a session without one gives LW_INVALID where
 * something is to be computed. Sessions with sources cannot guess ahead, and keep no prefixes. */
LW_API LW_MUST_CHECK lw_status lw_session_source(lw_session *session, const int32_t *tokens,
                                                 size_t n);
LW_API LW_MUST_CHECK lw_status lw_session_source_text(lw_session *session, const char *text,
                                                      size_t size, unsigned encode_flags);
/* Tokens of the session so far, [*n], owned by it. */
LW_API const int32_t *lw_session_tokens(const lw_session *session, size_t *n);
/* Takes tokens off the end, or drops all that lw_session_feed has not yet seen computed. The state
 * of a recurrent model cannot go back: what follows the last state that was kept (keep_prefixes)
 * is computed anew. */
LW_API LW_MUST_CHECK lw_status lw_session_rewind(lw_session *session, size_t n_tokens);
/* Tokens of the prompt that needed no computing, because the cache had them. */
LW_API size_t lw_session_reused(const lw_session *session);

/* Tokens that were guessed ahead so far, and those of them that were right. */
LW_API void lw_session_speculated(const lw_session *session, size_t *guessed, size_t *right);

/* All that was fed has been computed, and logits are there. */
LW_API bool lw_session_ready(const lw_session *session);
/* Logits after the last token, [vocabulary], owned by the session until it is fed again; computed
 * if need be. */
LW_API LW_MUST_CHECK lw_status lw_session_logits(lw_session *session, const float **logits);
/* The tokens' states before the logits, pooled as the session's options say: [width], likewise. It
 * is not scaled to any length. An encoder sees a text as a whole: what is fed later changes all. */
LW_API LW_MUST_CHECK lw_status lw_session_embedding(lw_session *session, const float **embedding);
/* Chooses the next token by the session's sampling (and grammar: LW_NOT_FOUND if that allows none),
 * appends it and returns it. */
LW_API LW_MUST_CHECK lw_status lw_session_next(lw_session *session, int32_t *token);
/* Natural logarithm of the probability that the token just chosen had, before any filter; and of
 * the `n` likeliest tokens at that place, sorted. */
typedef struct lw_token_probability {
    int32_t token;
    float logprob;
} lw_token_probability;
LW_API LW_MUST_CHECK lw_status lw_session_logprobs(const lw_session *session,
                                                   lw_token_probability *chosen,
                                                   lw_token_probability *top, size_t n);

/* Appends tokens as lw_session_feed does, computes them, and gives the natural logarithm of the
 * probability that each had after those before it, [n]; NAN for the first token of a session, which
 * nothing predicts. Perplexity is exp(-mean). */
LW_API LW_MUST_CHECK lw_status lw_session_score(lw_session *session, const int32_t *tokens,
                                                size_t n, float *logprobs);

/* Text by tokens, as it becomes whole characters. */
typedef struct lw_llm_text {
    size_t size;
    const char *data; /* UTF-8, not zero-terminated, until the next call; maybe nothing */
    size_t length;
    int32_t token;
    bool finished; /* the model has ended its text (data is what was held back) */
} lw_llm_text;
LW_API LW_MUST_CHECK lw_status lw_session_next_text(lw_session *session, lw_llm_text *text);
/* When no more is wanted of a text that the model has not ended: what was held back. */
LW_API LW_MUST_CHECK lw_status lw_session_end_text(lw_session *session, lw_llm_text *text);

/* Texts at which a generated text ends ("\nUser:"), wherever tokens cut them. They are not part of
 * it: what may be the beginning of one is held back. Empty ones are ignored; all are copied. */
typedef struct lw_stop_texts lw_stop_texts;
LW_API LW_MUST_CHECK lw_status lw_stop_texts_new(const char *const *texts, size_t n,
                                                 lw_stop_texts **stops);
LW_API void lw_stop_texts_free(lw_stop_texts *stops);
/* *out, of *out_size bytes, is what of the text so far has become certain since the last call;
 * valid until the next one. */
LW_API LW_MUST_CHECK lw_status lw_stop_texts_feed(lw_stop_texts *stops, const char *text,
                                                  size_t size, const char **out, size_t *out_size,
                                                  bool *stopped);
/* What was held back, when the text has ended otherwise; likewise. */
LW_API void lw_stop_texts_finish(lw_stop_texts *stops, const char **out, size_t *out_size);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT
 * A language model as the commands use it, and the options for that. */
#ifndef LWI_LLM_OPTIONS_H
#define LWI_LLM_OPTIONS_H

#include <lampwick/llm.h>

#include "session.h"

typedef struct lwi_llm_options {
    lwi_engine engine;
    const char *tokenizer, *cache, *chat_template;
    lwi_texts lora;
    int context; /* tokens; 0: the model's */
} lwi_llm_options;

#define LWI_LLM_OPTIONS(T, member)                                                                 \
    LWI_ENGINE_OPTIONS(T, member.engine),                                                          \
        {"tokenizer",                                                                              \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.tokenizer),                                                            \
         "FILE",                                                                                   \
         NULL,                                                                                     \
         "another tokenizer than the model's"},                                                    \
        {"lora",                                                                                   \
         0,                                                                                        \
         LWI_LIST,                                                                                 \
         offsetof(T, member.lora),                                                                 \
         "FILE[=X]",                                                                               \
         NULL,                                                                                     \
         "X times a low-rank adapter: .gguf or PEFT folder"},                                      \
        {"context",                                                                                \
         'c',                                                                                      \
         LWI_COUNT,                                                                                \
         offsetof(T, member.context),                                                              \
         "N",                                                                                      \
         NULL,                                                                                     \
         "tokens that fit; 0: the model's (0)"},                                                   \
    {                                                                                              \
        "cache", 0, LWI_TEXT, offsetof(T, member.cache), "TYPE", "f16|f32|q8_0",                   \
            "numbers of the cache of keys and values (f16)"                                        \
    }

typedef struct lwi_sampling_options {
    double temperature, top_p, min_p, typical, repetition, frequency, presence, dry, xtc, mirostat;
    double dry_base;
    int top_k, last, seed, dry_allowed;
    lwi_texts breakers;
} lwi_sampling_options;

#define LWI_SAMPLING_DEFAULTS                                                                      \
    {                                                                                              \
        .temperature = 0.8, .top_k = 40, .top_p = 0.95, .min_p = 0.05, .last = 64, .seed = -1,     \
        .dry_base = 1.75, .dry_allowed = 2                                                         \
    }

#define LWI_SAMPLING_OPTIONS(T, member)                                                            \
    {"temperature",                                                                                \
     0,                                                                                            \
     LWI_NUMBER,                                                                                   \
     offsetof(T, member.temperature),                                                              \
     "X",                                                                                          \
     NULL,                                                                                         \
     "0: always the likeliest token (0.8)"},                                                       \
        {"top-k", 0, LWI_COUNT, offsetof(T, member.top_k), "N", NULL, "of the N likeliest (40)"},  \
        {"top-p",                                                                                  \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.top_p),                                                                \
         "X",                                                                                      \
         NULL,                                                                                     \
         "of the likeliest that make up X (0.95)"},                                                \
        {"min-p",                                                                                  \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.min_p),                                                                \
         "X",                                                                                      \
         NULL,                                                                                     \
         "of those with X of the likeliest's probability (0.05)"},                                 \
        {"typical",                                                                                \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.typical),                                                              \
         "X",                                                                                      \
         NULL,                                                                                     \
         "of those whose surprise is as expected (off)"},                                          \
        {"repetition",                                                                             \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.repetition),                                                           \
         "X",                                                                                      \
         NULL,                                                                                     \
         "penalty for tokens that occurred (1: none)"},                                            \
        {"frequency",                                                                              \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.frequency),                                                            \
         "X",                                                                                      \
         NULL,                                                                                     \
         "penalty for each time they did (0)"},                                                    \
        {"presence",                                                                               \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.presence),                                                             \
         "X",                                                                                      \
         NULL,                                                                                     \
         "penalty if they did (0)"},                                                               \
        {"dry",                                                                                    \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.dry),                                                                  \
         "X",                                                                                      \
         NULL,                                                                                     \
         "penalty for repeating sequences (0)"},                                                   \
        {"dry-base",                                                                               \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.dry_base),                                                             \
         "X",                                                                                      \
         NULL,                                                                                     \
         "which grows X times with each token (1.75)"},                                            \
        {"dry-allowed-length",  0, LWI_COUNT, offsetof(T, member.dry_allowed), "N", NULL,          \
         "from N tokens on (2)"},                                                                  \
        {"dry-sequence-breaker",                                                                   \
         0,                                                                                        \
         LWI_LIST,                                                                                 \
         offsetof(T, member.breakers),                                                             \
         "TEXT",                                                                                   \
         NULL,                                                                                     \
         "where sequences end; several times for several, none: nowhere (\\n : \" *)"},            \
        {"xtc",                                                                                    \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.xtc),                                                                  \
         "X",                                                                                      \
         NULL,                                                                                     \
         "probability of leaving out the likeliest (0)"},                                          \
        {"mirostat",                                                                               \
         0,                                                                                        \
         LWI_NUMBER,                                                                               \
         offsetof(T, member.mirostat),                                                             \
         "X",                                                                                      \
         NULL,                                                                                     \
         "aim at a surprise of X bits instead (off)"},                                             \
        {"last",                                                                                   \
         0,                                                                                        \
         LWI_COUNT,                                                                                \
         offsetof(T, member.last),                                                                 \
         "N",                                                                                      \
         NULL,                                                                                     \
         "tokens that penalties look at (64)"},                                                    \
    {                                                                                              \
        "seed", 0, LWI_COUNT, offsetof(T, member.seed), "N", NULL,                                 \
            "of the random numbers (another one each time)"                                        \
    }

lw_status lwi_llm_open(const char *path, const lwi_llm_options *options, lw_llm **llm);
lw_cache_type lwi_llm_cache(const lwi_llm_options *options);
/* Points into *context, which the caller gives. */
lw_batch_options lwi_llm_batch_options(const lwi_llm_options *options, lw_context_options *context);
/* The tokens of a text, with those that go around it; to be freed. */
lw_status lwi_llm_encode(const lw_llm *llm, const char *text, size_t size, int32_t **tokens,
                         size_t *n);
lw_sampling lwi_llm_sampling(const lwi_sampling_options *options);
/* Fills in the tokens at which DRY's sequences end, which are to be freed (sampling->dry_breakers).
 */
lw_status lwi_llm_breakers(const lw_llm *llm, const lwi_sampling_options *options,
                           lw_sampling *sampling);

#endif

/* SPDX-License-Identifier: MIT
 * Guesses ahead of a language model: what commands need for that, and the options. */
#ifndef LWI_LLM_DRAFT_H
#define LWI_LLM_DRAFT_H

#include "llm_options.h"

typedef struct lwi_draft_options {
    const char *path;
    int tokens, lookup;
} lwi_draft_options;

#define LWI_DRAFT_OPTIONS(T, member)                                                               \
    {"draft",                                                                                      \
     0,                                                                                            \
     LWI_TEXT,                                                                                     \
     offsetof(T, member.path),                                                                     \
     "FILE",                                                                                       \
     NULL,                                                                                         \
     "a small model that guesses ahead"},                                                          \
        {"draft-tokens",                                                                           \
         0,                                                                                        \
         LWI_COUNT,                                                                                \
         offsetof(T, member.tokens),                                                               \
         "N",                                                                                      \
         NULL,                                                                                     \
         "guesses at a time, at most (8)"},                                                        \
    {                                                                                              \
        "lookup", 0, LWI_COUNT, offsetof(T, member.lookup), "N", NULL,                             \
            "guess what followed the last N tokens before (off)"                                   \
    }

typedef struct lwi_draft {
    lw_llm *llm;
    lw_batch *batch;
    lw_speculation speculation;
} lwi_draft;

/* The draft runs with the threads, cache and context of the model's options. */
lw_status lwi_draft_open(const lwi_draft_options *options, const lwi_llm_options *model,
                         lwi_draft *draft);
void lwi_draft_close(lwi_draft *draft);

#endif

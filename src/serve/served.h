/* SPDX-License-Identifier: MIT
 * A model that is served: a language model with its scheduler, or a network with contexts. */
#ifndef LWI_SERVED_H
#define LWI_SERVED_H

#include "serve/scheduler.h"

typedef struct lwi_served_options {
    size_t slots, waiting, context; /* as in lwi_scheduler_options; context 0: LWI_SERVED_CONTEXT */
    lw_cache_type cache;
    lw_context_options run;
    const char *tokenizer, *chat_template; /* as in lw_llm_options */
    const char *draft;                     /* path of a model that guesses ahead; NULL: none does */
    size_t lookup, guesses;                /* as in lw_speculation */
} lwi_served_options;

enum { LWI_SERVED_CONTEXT = 8192 }; /* or the model's, if that is less */

typedef struct lwi_served {
    char *name;
    lw_llm *llm; /* NULL: a network */
    lw_llm *draft;
    lwi_scheduler *scheduler;
    size_t context, vocabulary, width;
    int64_t loaded; /* seconds since 1970 */
    /* of a network: */
    lw_model *network;
    struct lwi_idle_contexts *idle;
    lw_context_options run;
} lwi_served;

/* spec: "PATH" or "NAME=PATH"; without a name it is the file's or folder's, less its ending. */
lw_status lwi_served_open(const char *spec, const lwi_served_options *options, lwi_served **served);
void lwi_served_close(lwi_served *served);

/* The tokens of a text, in the arena; flags: lw_encode_flags. */
lw_status lwi_served_encode(const lwi_served *served, const char *text, size_t size, unsigned flags,
                            lwi_arena *arena, const int32_t **tokens, size_t *n);

/* A context of a network for one run; it goes back afterwards. */
lw_status lwi_served_borrow(lwi_served *served, lw_context **context);
void lwi_served_return(lwi_served *served, lw_context *context);

#endif

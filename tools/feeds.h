/* SPDX-License-Identifier: MIT
 * The inputs of a run: those that --input gives, and the rest made up or missed. */
#ifndef LWI_FEEDS_H
#define LWI_FEEDS_H

#include "input_dims.h"
#include "load_input.h"

typedef struct lwi_feeds {
    lw_io *ios;
    size_t n;
    char **names; /* of inputs that the model does not tell of */
    size_t n_names;
} lwi_feeds;

/* texts: NAME=SOURCE each, or a SOURCE where the model needs one input. rest: how inputs that are
 * not among them are made up; NULL: they must be. Complains and returns false when it cannot;
 * lwi_feeds_free in either case. feeds begins as {0}. */
bool lwi_feed(const lw_model *model, const lwi_texts *texts, const lwi_input_options *options,
              const lwi_fill *rest, lwi_feeds *feeds);
void lwi_feeds_free(lwi_feeds *feeds);
/* The graph of a model that has one only for given inputs, for these; the rest are zeros. Complains
 * and returns false when there is none. To be freed with lw_model_free. */
bool lwi_graph_for(const lw_model *model, const lwi_texts *texts, const lwi_input_options *options,
                   lw_model **graph);

/* The options of a command that makes inputs up, for lwi_texts at `inputs` and `shapes` of T. */
#define LWI_FEED_OPTIONS(T, inputs, shapes)                                                        \
    {"input",                                                                                      \
     'i',                                                                                          \
     LWI_LIST,                                                                                     \
     offsetof(T, inputs),                                                                          \
     "NAME=SOURCE",                                                                                \
     NULL,                                                                                         \
     "an input that is not made up, as 'run' takes it"},                                           \
    {                                                                                              \
        "shape", 's', LWI_LIST, offsetof(T, shapes), "NAME=1x3x8x8", NULL, "sizes of an input"     \
    }

#endif

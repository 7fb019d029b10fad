/* SPDX-License-Identifier: MIT
 * What encoders begin and end with. */
#include "arch/decoder.h"

#include <stdio.h>
#include <string.h>

int lwi_encoder_add_type(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int types = lwi_build_weight(b, "token_types.weight", false);
    if (types < 0) return x;
    const lw_value *all = b->graph->slots[types].constant;
    if ((int64_t)all->count < d->width || all->dims[all->rank - 1] != d->width) {
        lwi_build_fail(b, LW_CORRUPT, "the types of tokens have %zu elements", all->count);
        return -1;
    }
    if (all->rank == 2 && all->dims[0] > 1) {
        const int of = lwi_build_input(b, "types", LW_INT32, 1, (int64_t[]){-1},
                                       (const char *const[]){"tokens"});
        lwi_build_note(b, "lampwick.types", all->dims[0]);
        return lwi_build_add(b, x, lwi_build(b, "Gather", 2, (int[]){types, of}));
    }
    return lwi_build_add(b, x, lwi_build_floats(b, 1, &d->width, all->data));
}

const char *lwi_pooling_name(lwi_decoder *d) {
    static const char *const names[] = {"none", "mean", "cls", "last", "rank"};
    if (d->encoder && lwi_build_has(&d->b, "cls.output.weight")) return "rank";
    /* -1, which some files write without a sign, says nothing */
    if (lwi_build_number(&d->b, "pooling_type", -1) == UINT32_MAX) return NULL;
    const int64_t type = lwi_build_size(&d->b, "pooling_type", -1, -1, 4);
    return type < 0 ? NULL : names[type];
}

/* A layer with its own activation, then one that gives the scores; either may be missing. */
static int classify(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    if (lwi_build_has(b, "cls.weight")) {
        const bool has_norm = lwi_build_has(b, "cls.norm.weight");
        const lwi_activation activation =
            lwi_decoder_named(d, "classifier_activation", has_norm ? LWI_GELU_EXACT : LWI_TANH);
        x = lwi_decoder_apply(d, activation, lwi_build_linear(b, x, "cls"));
        if (has_norm) x = lwi_decoder_norm(d, x, "cls.norm");
    }
    return lwi_build_has(b, "cls.output.weight") ? lwi_build_linear(b, x, "cls.output") : x;
}

static int64_t rows_of(lwi_decoder *d, const char *name, int64_t absent) {
    lwi_checkpoint_tensor t;
    return lwi_build_tensor(&d->b, name, false, &t) && t.rank == 2 ? t.dims[0] : absent;
}

/* Layers that are meant for the pooled vector; without activations, they may as well come before.
 */
static int add_dense(lwi_decoder *d, int x) {
    static const char *const names[] = {"dense_2", "dense_3"};
    for (size_t i = 0; i < 2; i++) {
        char weight[32];
        snprintf(weight, sizeof weight, "%s.weight", names[i]);
        if (!lwi_build_has(&d->b, weight)) continue;
        x = lwi_build_linear(&d->b, x, names[i]);
        d->width = rows_of(d, weight, d->width);
    }
    return x;
}

void lwi_encoder_outputs(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const char *pooling = lwi_pooling_name(d);
    int y = lwi_build(b, "Gather", 2, (int[]){x, d->outputs});
    d->vocabulary = rows_of(d, "token_embd.weight", 1);
    static const char *const norms[] = {"output_norm", "enc.output_norm"};
    for (size_t i = 0; i < 2; i++) {
        char weight[32];
        snprintf(weight, sizeof weight, "%s.weight", norms[i]);
        if (lwi_build_has(b, weight)) y = lwi_decoder_norm(d, y, norms[i]);
    }
    y = add_dense(d, y);
    if (pooling && !strcmp(pooling, "rank")) {
        if (lwi_build_text_is(b, "classifier_pooling", "mean"))
            lwi_build_fail(b, LW_UNSUPPORTED, "a classifier of the mean of all tokens");
        y = classify(d, y);
        d->width = rows_of(d, "cls.output.weight", rows_of(d, "cls.weight", d->width));
    }
    lwi_build_output(b, y, LW_FLOAT32, "embeddings");
}

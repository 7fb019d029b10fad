/* SPDX-License-Identifier: MIT
 * BART and its like, with an encoder and a decoder: mBART, Marian, Pegasus, M2M-100 and NLLB,
 * Blenderbot (Lewis et al. 2019, arXiv 1910.13461; Liu et al. 2020, arXiv 2001.08210;
 * Junczys-Dowmunt et al. 2018, arXiv 1804.00344; Zhang et al. 2019, arXiv 1912.08777; Fan et al.
 * 2020, arXiv 2010.11125; NLLB team 2022, arXiv 2207.04672). Norms stand before the parts or behind
 * them; positions are learned or waves. Inputs and outputs as T5's (arch_t5.c), and
 *   source_positions int32 [source]   of the token in its source */
#include "arch/decoder.h"

#include <math.h>
#include <stdio.h>

enum { MOST_POSITIONS = 1 << 16 };

/* [context, width]: sines, then cosines. M2M-100 begins with position 2, and with waves that are a
 * little slower. */
static int make_waves(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const int64_t n = d->context, width = d->width, half = (width + 1) / 2;
    const int64_t first = lwi_build_size(b, "position_first", 0, 0, 2);
    float *table = NULL;
    if (n > MOST_POSITIONS || half < 2) {
        lwi_build_fail(b, LW_CORRUPT, "%lld positions of %lld numbers", (long long)n,
                       (long long)width);
        return -1;
    }
    if (b->status == LW_OK)
        b->status = lwi_arena_alloc(b->graph->arena, (size_t)(n * width), sizeof *table, &table);
    for (int64_t i = 0; i < n && b->status == LW_OK; i++)
        for (int64_t k = 0; k < width; k++) {
            const double pair = (double)(k < half ? k : k - half);
            const double share = first ? pair / (double)(half - 1) : 2 * pair / (double)width;
            const double angle = (double)(i + first) * pow(10000, -share);
            table[i * width + k] = (float)(k < half ? sin(angle) : cos(angle));
        }
    return lwi_build_floats(b, 2, (int64_t[]){n, width}, table);
}

/* The table of a stack, which the file has if it is learned. */
static int position_table(lwi_decoder *d, const char *name) {
    const bool waves = lwi_build_number(&d->b, "position_waves", 0) != 0;
    return !waves || lwi_build_has(&d->b, name) ? lwi_build_weight(&d->b, name, true)
                                                : make_waves(d);
}

static int embed(lwi_decoder *d, int tokens, int positions, const char *table, const char *norm) {
    lwi_graph_builder *b = &d->b;
    char weight[48];
    snprintf(weight, sizeof weight, "%s.weight", norm);
    int x = lwi_build_scale(b, lwi_build_embedding(b, tokens, "token_embd"), d->embedding_scale);
    x = lwi_build_add(b, x,
                      lwi_build(b, "Gather", 2, (int[]){position_table(d, table), positions}));
    return lwi_build_has(b, weight) ? lwi_decoder_norm(d, x, norm) : x;
}

static int encode(lwi_decoder *d, int64_t layers) {
    lwi_graph_builder *b = &d->b;
    lwi_decoder_open_source(d);
    const int positions = lwi_build_input(b, "source_positions", LW_INT32, 1, (int64_t[]){-1},
                                          (const char *const[]){"source"});
    lwi_build_note(b, "lampwick.source.positions", 1);
    int x = embed(d, d->tokens, positions, "enc.position_embd.weight", "enc.token_embd_norm");
    for (int64_t i = 0; i < layers && b->status == LW_OK; i++)
        x = lwi_decoder_layer(d, x, i);
    if (lwi_build_has(b, "enc.output_norm.weight")) x = lwi_decoder_norm(d, x, "enc.output_norm");
    lwi_build_output(b, x, LW_FLOAT32, "states");
    return x;
}

static int embed_text(lwi_decoder *d) {
    return embed(d, d->tokens, d->positions, "dec.position_embd.weight", "dec.token_embd_norm");
}

static void adjust(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const int64_t layers = lwi_build_size(b, "encoder.block_count", d->layers, 1, LWI_MOST_LAYERS);
    const int64_t second = lwi_build_size(b, "decoder_second_token_id", -1, -1, INT32_MAX);
    d->embedding_scale = lwi_decoder_factor(d, "embedding_scale", 1);
    b->stack = "enc.";
    const int states = encode(d, layers);
    d->layers = lwi_build_size(b, "decoder.block_count", d->layers, 1, LWI_MOST_LAYERS);
    d->encoder = false;
    d->embed = embed_text;
    d->output_norm = lwi_build_has(b, "dec.output_norm.weight") ? "dec.output_norm" : NULL;
    b->stack = "dec.";
    lwi_decoder_open_text(d, states);
    if (second >= 0) lwi_build_note(b, "lampwick.source.second", second);
}

const lwi_decoder_style lwi_style_bart = {.norm = LWI_NORM_LAYER,
                                          .activation = LWI_GELU_EXACT,
                                          .rope = LWI_ROPE_NONE,
                                          .encoder = true,
                                          .adjust = adjust};

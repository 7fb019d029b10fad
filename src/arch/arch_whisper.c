/* SPDX-License-Identifier: MIT
 * Whisper (Radford et al. 2022, arXiv 2212.04356): an encoder of sound, and a decoder of text that
 * sees the encoder's states. More inputs than those of arch/decoder.h:
 *   features         float32 [1, bands, 2 * frames]  log-mel spectrum of a window of sound
 *   memory_keys.N    float32 [1, frames, width]      for layer N of the decoder, as the encoder
 *   memory_values.N  float32 [1, frames, width]      has made them
 * and outputs that need nothing but the features:
 *   states           float32 [1, frames, width]      of the encoder
 *   cross_keys.N, cross_values.N                     what the decoder takes as its memory
 * and outputs of the decoder's layers beside its logits:
 *   cross_scores.N   float32 [heads, tokens, frames] how much each token looks at each frame,
 * before the softmax All tokens of a run look at the same memory. */
#include "arch/decoder.h"

#include <stdio.h>

static void read_audio_sizes(lwi_decoder *d, int64_t *bands, int64_t *frames) {
    lwi_graph_builder *b = &d->b;
    *bands = lwi_build_size(b, "audio.bands", 80, 1, 1 << 12);
    *frames = lwi_build_size(b, "audio.context_length", 1500, 1, 1 << 20);
    d->layers = lwi_build_size(b, "decoder.block_count", d->layers, 1, LWI_MOST_LAYERS);
    lwi_build_note(b, "lampwick.audio.bands", *bands);
    lwi_build_note(b, "lampwick.audio.frames", *frames);
    lwi_build_note(b, "lampwick.decoder.layers", d->layers);
    lwi_build_note(b, "lampwick.decoder.heads",
                   lwi_build_size(b, "attention.head_count", 0, 1, LWI_MOST_HEADS));
}

/* ------------------------------------------------------------------ encoder */

/* gelu(conv(x)), padded by one frame at each end */
static int convolve(lwi_decoder *d, int x, const char *name, int64_t stride) {
    lwi_graph_builder *b = &d->b;
    char weight[16], bias[16];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    const int y =
        lwi_build(b, "Conv", 3,
                  (int[]){x, lwi_build_weight(b, weight, true), lwi_build_weight(b, bias, false)});
    lwi_build_list(b, "pads", 2, (int64_t[]){1, 1});
    lwi_build_list(b, "strides", 1, &stride);
    return lwi_build(b, "Gelu", 1, &y);
}

static int encoder_layer(lwi_decoder *d, int x, int64_t layer, int64_t heads) {
    lwi_graph_builder *b = &d->b;
    static const char *const names[3] = {"attn_q", "attn_k", "attn_v"};
    int qkv[3];
    b->layer = (int)layer;
    const int h = lwi_decoder_norm(d, x, "attn_norm");
    for (int i = 0; i < 3; i++)
        qkv[i] = lwi_build_linear(b, h, names[i]);
    const int a = lwi_decoder_attend_dense(d, qkv[0], qkv[1], qkv[2], heads, d->width / heads);
    const int mid = lwi_build_add(b, x, lwi_build_linear(b, a, "attn_output"));
    const int f = lwi_decoder_feed_forward(d, lwi_decoder_norm(d, mid, "ffn_norm"), layer);
    b->layer = -1;
    return lwi_build_add(b, mid, f);
}

static int encode(lwi_decoder *d, int64_t bands, int64_t frames) {
    lwi_graph_builder *b = &d->b;
    const int64_t layers = lwi_build_size(b, "encoder.block_count", 0, 1, LWI_MOST_LAYERS);
    const int64_t heads = lwi_build_size(b, "encoder.attention.head_count", 0, 1, LWI_MOST_HEADS);
    const int64_t dims[3] = {1, bands, 2 * frames};
    int x = lwi_build_input(b, "features", LW_FLOAT32, 3, dims, (const char *const[3]){NULL});
    b->stack = "enc.";
    b->apart = true;
    x = convolve(d, convolve(d, x, "conv1", 1), "conv2", 2);
    x = lwi_build(b, "Transpose", 1, &x);
    lwi_build_list(b, "perm", 3, (int64_t[]){0, 2, 1});
    x = lwi_build_add(b, x, lwi_build_weight(b, "position_embd.weight", true));
    for (int64_t i = 0; i < layers && b->status == LW_OK; i++)
        x = encoder_layer(d, x, i, heads);
    x = lwi_decoder_norm(d, x, "output_norm");
    b->stack = NULL;
    b->apart = false;
    lwi_build_output(b, x, LW_FLOAT32, "states");
    return x;
}

static void adjust(lwi_decoder *d) {
    int64_t bands = 0, frames = 0;
    read_audio_sizes(d, &bands, &frames);
    lwi_decoder_make_memory(d, encode(d, bands, frames));
    d->look = lwi_decoder_look;
    d->shows_scores = true;
}

const lwi_decoder_style lwi_style_whisper = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU_EXACT, .rope = LWI_ROPE_NONE, .adjust = adjust};

/* SPDX-License-Identifier: MIT
 * The mixes are those of files that people know by these names: which tensors get more bits, and
 * what replaces a type whose blocks do not divide a row. */
#include "llm/quantize_rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PLAIN(name, file_type)                                                                     \
    { #name, file_type, LWI_BLOCK_##name, LWI_BLOCK_##name, LWI_BLOCK_##name, false }
static const lwi_quantization list[] = {
    PLAIN(F32, 0),
    PLAIN(F16, 1),
    PLAIN(BF16, 32),
    PLAIN(Q8_0, 7),
    PLAIN(Q4_0, 2),
    PLAIN(Q4_1, 3),
    PLAIN(Q5_0, 8),
    PLAIN(Q5_1, 9),
    PLAIN(IQ4_NL, 25),
    {"Q4_K_S", 14, LWI_BLOCK_Q4_K, LWI_BLOCK_Q5_K, LWI_BLOCK_Q4_K, false},
    {"Q4_K_M", 15, LWI_BLOCK_Q4_K, LWI_BLOCK_Q6_K, LWI_BLOCK_Q5_K, true},
    {"Q5_K_S", 16, LWI_BLOCK_Q5_K, LWI_BLOCK_Q5_K, LWI_BLOCK_Q5_K, false},
    {"Q5_K_M", 17, LWI_BLOCK_Q5_K, LWI_BLOCK_Q6_K, LWI_BLOCK_Q6_K, true},
    PLAIN(Q6_K, 18),
};

const lwi_quantization *lwi_quantization_at(size_t i) {
    return i < sizeof list / sizeof *list ? list + i : NULL;
}

const lwi_quantization *lwi_quantization_find(const char *name) {
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strcasecmp(list[i].name, name)) return list + i;
    if (!strcasecmp(name, "Q4_K")) return lwi_quantization_find("Q4_K_M");
    if (!strcasecmp(name, "Q5_K")) return lwi_quantization_find("Q5_K_M");
    return NULL;
}

/* Vectors, norms, routers, tables of positions, small convolutions and RWKV's thin matrices stay
 * what they are. */
static bool stays(const lwi_gguf_tensor *t) {
    static const char *const parts[] = {
        "_norm.weight", "ffn_gate_inp", "position_embd",  "token_types",   "ssm_conv1d",
        "shortconv",    "rel_b",        "time_mix_first", "time_mix_lerp", "time_mix_decay",
        "time_mix_w",   "time_mix_a",   "time_mix_v0",    "time_mix_v1",   "time_mix_v2",
        "time_mix_g1",  "time_mix_g2"};
    const size_t n = strlen(t->name);
    if (t->rank < 2 || n < 6 || strcmp(t->name + n - 6, "weight") != 0) return true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(t->name, parts[i])) return true;
    return false;
}

static bool divides(const lwi_gguf_tensor *t, uint32_t type) {
    return (size_t)t->dims[t->rank - 1] % lwi_block_type_find(type)->elements == 0;
}

/* The first and last eighth of the layers, and every third between them. */
static bool needs_more(int64_t layer, int64_t n) {
    return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
}

static uint32_t of_layer(const lwi_quantization *q, const lwi_gguf_tensor *t, int64_t n) {
    long layer = -1;
    if (strstr(t->name, "attn_qkv.")) return q->fused;
    const bool value = strstr(t->name, "attn_v.") != NULL, down = strstr(t->name, "ffn_down");
    if ((!value && !down) || sscanf(t->name, "blk.%ld.", &layer) != 1) return q->type;
    if (q->every_third_layer) return needs_more(layer, n) ? q->more : q->type;
    return layer < (value ? 4 : n / 8) ? q->more : q->type;
}

static uint32_t wanted(const lwi_quantization *q, const lwi_gguf_tensor *t, int64_t n, bool tied) {
    const bool plain = q->type == LWI_BLOCK_F32 || q->type == LWI_BLOCK_F16 ||
                       q->type == LWI_BLOCK_BF16 || q->type == LWI_BLOCK_Q8_0;
    const bool output = !strcmp(t->name, tied ? "token_embd.weight" : "output.weight");
    return plain ? q->type : output ? LWI_BLOCK_Q6_K : of_layer(q, t, n);
}

/* Instead of a type whose blocks do not divide the rows. */
static uint32_t instead(uint32_t type) {
    return type == LWI_BLOCK_Q4_K   ? LWI_BLOCK_Q5_0
           : type == LWI_BLOCK_Q5_K ? LWI_BLOCK_Q5_1
           : type == LWI_BLOCK_Q6_K ? LWI_BLOCK_Q8_0
                                    : LWI_BLOCK_F16;
}

uint32_t lwi_quantization_type(const lwi_quantization *q, const lwi_gguf_tensor *t, int64_t n,
                               bool tied) {
    if (stays(t)) return t->type;
    uint32_t type = wanted(q, t, n, tied);
    while (!divides(t, type))
        type = instead(type);
    return type;
}

/* SPDX-License-Identifier: MIT
 * The mixes are those of files that people know by these names: which tensors get more bits, and
 * what replaces a type whose blocks do not divide a row. */
#include "llm/quantize_rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TYPE(name) LWI_BLOCK_##name
#define RULE(where, more, otherwise)                                                               \
    { LWI_##where, TYPE(more), TYPE(otherwise) }
#define EVEN(name, file_type, type)                                                                \
    {                                                                                              \
        name, file_type, TYPE(type), TYPE(type), TYPE(type), RULE(NOWHERE, type, type),            \
            RULE(NOWHERE, type, type), 0, 0                                                        \
    }
/* Name, number, most, fused, attention's output; values; the way down; output and embeddings. */
static const lwi_quantization list[] = {
    EVEN("F32", 0, F32),
    EVEN("F16", 1, F16),
    EVEN("BF16", 32, BF16),
    EVEN("Q8_0", 7, Q8_0),
    EVEN("Q4_0", 2, Q4_0),
    EVEN("Q4_1", 3, Q4_1),
    EVEN("Q5_0", 8, Q5_0),
    EVEN("Q5_1", 9, Q5_1),
    {"IQ4_NL", 25, TYPE(IQ4_NL), TYPE(IQ4_NL), TYPE(IQ4_NL), RULE(FEW_VALUES, Q5_K, IQ4_NL),
     RULE(FIRST_EIGHTH, Q5_K, IQ4_NL), 0, 0},
    {"IQ4_XS", 30, TYPE(IQ4_XS), TYPE(IQ4_XS), TYPE(IQ4_XS), RULE(FEW_VALUES, Q5_K, IQ4_XS),
     RULE(FIRST_EIGHTH, Q5_K, IQ4_XS), 0, 0},
    {"Q2_K", 10, TYPE(Q2_K), TYPE(Q2_K), TYPE(Q3_K), RULE(FEW_VALUES, Q4_K, Q3_K),
     RULE(EVERYWHERE, Q3_K, Q3_K), 0, 0},
    {"Q2_K_S", 21, TYPE(Q2_K), TYPE(Q2_K), TYPE(Q2_K), RULE(FEW_VALUES, Q4_K, Q2_K),
     RULE(FIRST_EIGHTH, Q4_K, Q2_K), 0, 0},
    EVEN("Q3_K_S", 11, Q3_K),
    {"Q3_K_M", 12, TYPE(Q3_K), TYPE(Q4_K), TYPE(Q4_K), RULE(FIRST_TWO, Q5_K, Q4_K),
     RULE(FIRST_SIXTEENTH, Q5_K, Q4_K), 0, 0},
    {"Q3_K_L", 13, TYPE(Q3_K), TYPE(Q4_K), TYPE(Q5_K), RULE(EVERYWHERE, Q5_K, Q5_K),
     RULE(EVERYWHERE, Q5_K, Q5_K), 0, 0},
    {"Q4_K_S", 14, TYPE(Q4_K), TYPE(Q4_K), TYPE(Q4_K), RULE(FIRST_FOUR, Q5_K, Q4_K),
     RULE(FIRST_EIGHTH, Q5_K, Q4_K), 0, 0},
    {"Q4_K_M", 15, TYPE(Q4_K), TYPE(Q5_K), TYPE(Q4_K), RULE(EVERY_THIRD, Q6_K, Q4_K),
     RULE(EVERY_THIRD, Q6_K, Q4_K), 0, 0},
    EVEN("Q5_K_S", 16, Q5_K),
    {"Q5_K_M", 17, TYPE(Q5_K), TYPE(Q6_K), TYPE(Q5_K), RULE(EVERY_THIRD, Q6_K, Q5_K),
     RULE(EVERY_THIRD, Q6_K, Q5_K), 0, 0},
    EVEN("Q6_K", 18, Q6_K),
    {"IQ3_M", 27, TYPE(IQ3_S), TYPE(Q4_K), TYPE(Q4_K), RULE(EVERYWHERE, Q4_K, Q4_K),
     RULE(FIRST_EIGHTH, Q4_K, IQ3_S), 0, TYPE(IQ3_S)},
    {"IQ3_S", 26, TYPE(IQ3_S), TYPE(IQ3_S), TYPE(IQ3_S), RULE(FEW_VALUES, Q4_K, IQ3_S),
     RULE(NOWHERE, IQ3_S, IQ3_S), 0, 0},
    {"IQ3_XXS", 23, TYPE(IQ3_XXS), TYPE(IQ3_XXS), TYPE(IQ3_S), RULE(FEW_VALUES, Q4_K, IQ3_S),
     RULE(FIRST_EIGHTH, Q4_K, IQ3_XXS), TYPE(Q5_K), TYPE(IQ3_S)},
    {"IQ2_M", 29, TYPE(IQ2_S), TYPE(IQ2_S), TYPE(IQ3_S), RULE(FEW_VALUES, Q4_K, IQ3_S),
     RULE(FIRST_EIGHTH, IQ3_S, IQ2_S), TYPE(Q5_K), TYPE(IQ3_S)},
    {"IQ2_S", 28, TYPE(IQ2_XS), TYPE(IQ2_XS), TYPE(IQ3_S), RULE(FEW_VALUES, Q4_K, IQ3_S),
     RULE(FIRST_EIGHTH, IQ3_S, IQ2_XS), TYPE(Q5_K), TYPE(IQ3_S)},
    {"IQ2_XS", 20, TYPE(IQ2_XS), TYPE(IQ2_XS), TYPE(IQ2_XS), RULE(FEW_VALUES, Q4_K, Q2_K),
     RULE(FIRST_EIGHTH, Q2_K, IQ2_XS), TYPE(Q5_K), TYPE(Q2_K)},
    {"IQ2_XXS", 19, TYPE(IQ2_XXS), TYPE(IQ2_XXS), TYPE(IQ2_XXS), RULE(FEW_VALUES, Q4_K, Q2_K),
     RULE(FIRST_EIGHTH, Q2_K, IQ2_XXS), TYPE(Q5_K), TYPE(Q2_K)},
    {"IQ1_M", 31, TYPE(IQ1_M), TYPE(IQ1_M), TYPE(IQ2_XXS), RULE(FEW_VALUES, Q4_K, Q2_K),
     RULE(FIRST_EIGHTH, Q2_K, IQ1_M), TYPE(Q5_K), TYPE(Q2_K)},
    {"IQ1_S", 24, TYPE(IQ1_S), TYPE(IQ1_S), TYPE(IQ2_XXS), RULE(FEW_VALUES, Q4_K, Q2_K),
     RULE(FIRST_EIGHTH, Q2_K, IQ1_S), TYPE(Q5_K), TYPE(Q2_K)},
    {"TQ1_0", 36, TYPE(TQ1_0), TYPE(TQ1_0), TYPE(TQ1_0), RULE(NOWHERE, TQ1_0, TQ1_0),
     RULE(NOWHERE, TQ1_0, TQ1_0), 0, TYPE(Q4_K)},
    {"TQ2_0", 37, TYPE(TQ2_0), TYPE(TQ2_0), TYPE(TQ2_0), RULE(NOWHERE, TQ2_0, TQ2_0),
     RULE(NOWHERE, TQ2_0, TQ2_0), 0, TYPE(Q4_K)},
    {"MXFP4", 38, TYPE(MXFP4), TYPE(MXFP4), TYPE(MXFP4), RULE(NOWHERE, MXFP4, MXFP4),
     RULE(NOWHERE, MXFP4, MXFP4), 0, TYPE(Q8_0)},
};

const lwi_quantization *lwi_quantization_at(size_t i) {
    return i < sizeof list / sizeof *list ? list + i : NULL;
}

const lwi_quantization *lwi_quantization_find(const char *name) {
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strcasecmp(list[i].name, name)) return list + i;
    if (!strcasecmp(name, "Q3_K")) return lwi_quantization_find("Q3_K_M");
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

static bool applies(lwi_where where, int64_t layer, const lwi_quantized_model *model) {
    const int64_t n = model->n_layers;
    switch (where) {
    case LWI_NOWHERE:
        return false;
    case LWI_EVERYWHERE:
        return true;
    case LWI_FIRST_TWO:
        return layer < 2;
    case LWI_FIRST_FOUR:
        return layer < 4;
    case LWI_FIRST_SIXTEENTH:
        return layer < n / 16;
    case LWI_FIRST_EIGHTH:
        return layer < n / 8;
    case LWI_EVERY_THIRD:
        return layer < n / 8 || layer >= n - n / 8 - (n % 8 > 0) || (layer - n / 8) % 3 == 2;
    case LWI_FEW_VALUES:
        return model->n_value_heads > 0 && model->n_heads / model->n_value_heads >= 4;
    }
    return false;
}

/* Of eight experts attention is a small part. `type` if the tensor is none of it. */
static uint32_t of_eight_experts(const lwi_quantization *q, const lwi_gguf_tensor *t,
                                 uint32_t type) {
    const bool few_bits = q->type == LWI_BLOCK_Q2_K || q->type == LWI_BLOCK_Q3_K ||
                          q->type == LWI_BLOCK_Q4_K || q->type == LWI_BLOCK_IQ4_NL ||
                          q->type == LWI_BLOCK_IQ4_XS;
    if (strstr(t->name, "attn_k.") || strstr(t->name, "attn_v.")) return LWI_BLOCK_Q8_0;
    return few_bits && strstr(t->name, "attn_output.") ? LWI_BLOCK_Q5_K : type;
}

static uint32_t of_layer(const lwi_quantization *q, const lwi_gguf_tensor *t,
                         const lwi_quantized_model *model) {
    long layer = -1;
    if (strstr(t->name, "attn_qkv.")) return q->fused;
    if (strstr(t->name, "attn_output.")) return q->attention;
    const bool value = strstr(t->name, "attn_v.") != NULL, down = strstr(t->name, "ffn_down");
    if ((!value && !down) || sscanf(t->name, "blk.%ld.", &layer) != 1) return q->type;
    const lwi_mix_rule *rule = value ? &q->value : &q->ffn_down;
    const uint32_t type = applies(rule->where, layer, model) ? rule->more : rule->otherwise;
    /* Llama 2 and 3 with 70 billion weights, and those of their shape. */
    const bool large = model->n_layers == 80 && model->n_heads != model->n_value_heads;
    const bool raised = large && value && (type == LWI_BLOCK_Q3_K || type == LWI_BLOCK_Q4_K);
    return raised ? LWI_BLOCK_Q5_K : type;
}

static uint32_t wanted(const lwi_quantization *q, const lwi_gguf_tensor *t,
                       const lwi_quantized_model *model) {
    const bool plain = q->type == LWI_BLOCK_F32 || q->type == LWI_BLOCK_F16 ||
                       q->type == LWI_BLOCK_BF16 || q->type == LWI_BLOCK_Q8_0;
    const bool output = !strcmp(t->name, model->tied ? "token_embd.weight" : "output.weight");
    if (plain) return q->type;
    if (output) return q->head ? q->head : LWI_BLOCK_Q6_K;
    if (q->embedding && !strcmp(t->name, "token_embd.weight")) return q->embedding;
    const uint32_t type = of_layer(q, t, model);
    return model->n_experts == 8 ? of_eight_experts(q, t, type) : type;
}

/* Instead of a type whose blocks do not divide the rows. (Where files of others have Q4_0 for Q2_K
 * and Q3_K, IQ4_NL is as small and nearer.) */
static uint32_t instead(uint32_t type) {
    switch (type) {
    case LWI_BLOCK_Q2_K:
    case LWI_BLOCK_Q3_K:
    case LWI_BLOCK_IQ4_XS:
    case LWI_BLOCK_IQ1_S:
    case LWI_BLOCK_IQ1_M:
    case LWI_BLOCK_IQ2_XXS:
    case LWI_BLOCK_IQ2_XS:
    case LWI_BLOCK_IQ2_S:
    case LWI_BLOCK_IQ3_XXS:
    case LWI_BLOCK_IQ3_S:
    case LWI_BLOCK_TQ1_0:
    case LWI_BLOCK_TQ2_0:
        return LWI_BLOCK_IQ4_NL;
    case LWI_BLOCK_Q4_K:
        return LWI_BLOCK_Q5_0;
    case LWI_BLOCK_Q5_K:
        return LWI_BLOCK_Q5_1;
    case LWI_BLOCK_Q6_K:
        return LWI_BLOCK_Q8_0;
    default:
        return LWI_BLOCK_F16;
    }
}

uint32_t lwi_quantization_type(const lwi_quantization *q, const lwi_gguf_tensor *t,
                               const lwi_quantized_model *model) {
    if (stays(t)) return t->type;
    uint32_t type = wanted(q, t, model);
    while (!divides(t, type))
        type = instead(type);
    return type;
}

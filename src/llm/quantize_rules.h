/* SPDX-License-Identifier: MIT
 * Which type each tensor gets when a model is quantised. */
#ifndef LWI_QUANTIZE_RULES_H
#define LWI_QUANTIZE_RULES_H

#include "base/blocks.h"
#include "files/gguf_file.h"

/* Where tensors of a kind get more bits than elsewhere. */
typedef enum lwi_where {
    LWI_NOWHERE,
    LWI_EVERYWHERE,
    LWI_FIRST_TWO, /* layers */
    LWI_FIRST_FOUR,
    LWI_FIRST_SIXTEENTH, /* of the layers */
    LWI_FIRST_EIGHTH,
    LWI_EVERY_THIRD, /* and the first and last eighth */
    LWI_FEW_VALUES   /* four or more heads of queries share one of values */
} lwi_where;

typedef struct lwi_mix_rule {
    lwi_where where;
    uint32_t more, otherwise;
} lwi_mix_rule;

typedef struct lwi_quantization {
    const char *name;
    uint32_t file_type;           /* general.file_type */
    uint32_t type;                /* of most tensors */
    uint32_t fused, attention;    /* of fused q, k and v; of attention's output */
    lwi_mix_rule value, ffn_down; /* tensors that matter more */
    uint32_t head, embedding; /* of the output, and of embeddings beside it; 0: Q6_K, and type */
} lwi_quantization;

/* What rules ask of a model. Numbers of heads are 0 where they are not the same in all layers.
 * tied: it has no output tensor of its own. */
typedef struct lwi_quantized_model {
    int64_t n_layers, n_heads, n_value_heads, n_experts;
    bool tied;
} lwi_quantized_model;

/* By name, upper or lower case; NULL: there is none. */
const lwi_quantization *lwi_quantization_find(const char *name);
/* Number i of the list; NULL behind the last. */
const lwi_quantization *lwi_quantization_at(size_t i);
uint32_t lwi_quantization_type(const lwi_quantization *quantization, const lwi_gguf_tensor *tensor,
                               const lwi_quantized_model *model);

#endif

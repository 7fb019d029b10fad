/* SPDX-License-Identifier: MIT
 * Which type each tensor gets when a model is quantised. */
#ifndef LWI_QUANTIZE_RULES_H
#define LWI_QUANTIZE_RULES_H

#include "base/blocks.h"
#include "files/gguf_file.h"

typedef struct lwi_quantization {
    const char *name;
    uint32_t file_type;     /* general.file_type */
    uint32_t type;          /* of most tensors */
    uint32_t more, fused;   /* of tensors that need more bits; of fused q, k and v */
    bool every_third_layer; /* more bits also for layers in the middle ("_M") */
} lwi_quantization;

/* By name, upper or lower case; NULL: there is none. */
const lwi_quantization *lwi_quantization_find(const char *name);
/* Number i of the list; NULL behind the last. */
const lwi_quantization *lwi_quantization_at(size_t i);
/* n_layers: of the model; tied: it has no output tensor of its own. */
uint32_t lwi_quantization_type(const lwi_quantization *quantization, const lwi_gguf_tensor *tensor,
                               int64_t n_layers, bool tied);

#endif

/* SPDX-License-Identifier: MIT
 * Activations by the names that transformers' configurations have for them (its activations.py). */
#include "arch/decoder.h"

#include <string.h>

static const struct {
    const char *name;
    lwi_activation activation;
} names[] = {{"silu", LWI_SILU},
             {"swish", LWI_SILU},
             {"swiglu", LWI_SILU}, /* Nomic Embed's, of the gate */
             {"gelu_new", LWI_GELU},
             {"gelu_pytorch_tanh", LWI_GELU},
             {"gelu_python_tanh", LWI_GELU},
             {"gelu_fast", LWI_GELU},
             {"gelu_accurate", LWI_GELU},
             {"gelu", LWI_GELU_EXACT},
             {"gelu_python", LWI_GELU_EXACT},
             {"quick_gelu", LWI_GELU_QUICK},
             {"relu", LWI_RELU},
             {"relu2", LWI_RELU_SQUARED},
             {"mish", LWI_MISH},
             {"sigmoid", LWI_SIGMOID},
             {"tanh", LWI_TANH}};

lwi_activation lwi_decoder_named(lwi_decoder *d, const char *key, lwi_activation absent) {
    const lw_string text = d->b.from->text(d->b.from->state, key);
    if (!text.size) return absent;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == text.size && !memcmp(names[i].name, text.data, text.size))
            return names[i].activation;
    lwi_build_fail(&d->b, LW_UNSUPPORTED, "the activation '%.*s' is not supported",
                   (int)(text.size < 64 ? text.size : 64), text.data);
    return absent;
}

int lwi_decoder_apply(lwi_decoder *d, lwi_activation activation, int x) {
    static const char *const ops[] = {
        [LWI_SILU] = "Swish",       [LWI_GELU] = "Gelu", [LWI_GELU_EXACT] = "Gelu",
        [LWI_GELU_QUICK] = "Swish", [LWI_RELU] = "Relu", [LWI_RELU_SQUARED] = "Relu",
        [LWI_MISH] = "Mish",        [LWI_TANH] = "Tanh", [LWI_SIGMOID] = "Sigmoid"};
    lwi_graph_builder *b = &d->b;
    const int y = lwi_build(b, ops[activation], 1, &x);
    if (activation == LWI_GELU) lwi_build_text(b, "approximate", "tanh");
    if (activation == LWI_GELU_QUICK) lwi_build_float(b, "alpha", 1.702);
    return activation == LWI_RELU_SQUARED ? lwi_build_mul(b, y, y) : y;
}

int lwi_decoder_activate(lwi_decoder *d, int x) { return lwi_decoder_apply(d, d->activation, x); }

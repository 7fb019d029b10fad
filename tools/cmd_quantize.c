/* SPDX-License-Identifier: MIT
 * lampwick quantize: a GGUF file with other types of weights. */
#include <stdio.h>

#include <lampwick/llm.h>

#include "commands.h"

typedef struct quantize_options {
    bool list;
    const char *imatrix;
} quantize_options;

static int run(const void *given, char **arguments, int n) {
    const quantize_options *o = given;
    for (size_t i = 0; o->list && lw_llm_quantization(i); i++)
        printf("%s\n", lw_llm_quantization(i));
    if (o->list) return LWI_EXIT_OK;
    if (n != 3) return lwi_misuse("quantize takes IN, OUT and TYPE");
    const lw_quantize_options options = {
        .size = sizeof options, .type = arguments[2], .importance = o->imatrix};
    const lw_status status = lw_llm_quantize_with(arguments[0], arguments[1], &options);
    if (status == LW_INVALID)
        return lwi_misuse("%s; 'quantize --list' tells them", lw_last_error());
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

static const lwi_option table[] = {
    {"imatrix", 0, LWI_TEXT, offsetof(quantize_options, imatrix), "FILE", NULL,
     "an importance matrix (GGUF), by which errors count"},
    {"list", 'l', LWI_FLAG, offsetof(quantize_options, list), NULL, NULL, "print the types"},
};

const lwi_command lwi_cmd_quantize = {
    .name = "quantize",
    .arguments = "IN OUT TYPE",
    .summary = "a GGUF file with smaller weights",
    .about =
        "Reads a GGUF file (of a split one the first part) or a Hugging Face folder, and writes a "
        "GGUF file whose weights have another type. Q2_K, IQ4_XS, IQ4_NL and names that end in _S, "
        "_M or _L are mixes: tensors that matter more get more bits. Rows that the blocks of a "
        "type do "
        "not divide get a larger type; vectors, norms and routers stay as they are. Quantise "
        "from F32, BF16 or F16: from a small type the result is worse.",
    .examples = "lampwick quantize model-f16.gguf model-q4.gguf Q4_K_M\n"
                "lampwick quantize --list",
    LWI_OPTIONS(table),
    .least = 0,
    .most = 3,
    .size = sizeof(quantize_options),
    .run = run,
};

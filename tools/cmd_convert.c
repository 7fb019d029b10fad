/* SPDX-License-Identifier: MIT
 * lampwick convert: a language model in another kind of file. */
#include <lampwick/llm.h>

#include "commands.h"

static int run(const void *given, char **arguments, int n) {
    (void)given;
    (void)n;
    const lw_status status = lw_llm_quantize(arguments[0], arguments[1], NULL);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

const lwi_command lwi_cmd_convert = {
    .name = "convert",
    .arguments = "IN OUT",
    .summary = "a language model in another kind of file",
    .about =
        "Writes a GGUF file with the model of a Hugging Face folder, tokenizer and chat template "
        "included, or makes one file of a GGUF file in several parts (the first one is named). "
        "Weights keep their types; 'quantize' changes them.",
    .examples = "lampwick convert folder model.gguf\n"
                "lampwick convert model-00001-of-00003.gguf model.gguf",
    .least = 2,
    .most = 2,
    .run = run,
};

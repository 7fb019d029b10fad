/* SPDX-License-Identifier: MIT
 * lampwick convert: a language model in another kind of file. */
#include <string.h>

#include <lampwick/llm.h>

#include "commands.h"

static int run(const void *given, char **arguments, int n) {
    (void)given;
    (void)n;
    const size_t length = strlen(arguments[1]);
    const bool file = length > 5 && !strcmp(arguments[1] + length - 5, ".gguf");
    const lw_status status = file ? lw_llm_quantize(arguments[0], arguments[1], NULL)
                                  : lw_llm_to_folder(arguments[0], arguments[1]);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

const lwi_command lwi_cmd_convert = {
    .name = "convert",
    .arguments = "IN OUT",
    .summary = "a language model in another kind of file",
    .about =
        "Writes a GGUF file with the model of a Hugging Face folder, tokenizer and chat template "
        "included, or makes one file of a GGUF file in several parts (the first one is named). "
        "If OUT is no .gguf file, it is a folder that gets config.json and model.safetensors. "
        "Weights keep their types; 'quantize' changes them.",
    .examples = "lampwick convert folder model.gguf\n"
                "lampwick convert model-00001-of-00003.gguf model.gguf",
    .least = 2,
    .most = 2,
    .run = run,
};

/* SPDX-License-Identifier: MIT
 * lampwick imatrix: how much each column of a model's weights matters. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "llm_options.h"
#include "text.h"

typedef struct imatrix_options {
    lwi_engine engine;
    int chunk, chunks;
} imatrix_options;

static int run(const void *given, char **arguments, int n) {
    const imatrix_options *o = given;
    const lw_context_options context = lwi_engine_context(&o->engine);
    const lw_importance_options options = {.size = sizeof options,
                                           .context = &context,
                                           .chunk = (size_t)o->chunk,
                                           .chunks = (size_t)o->chunks,
                                           .name = arguments[1]};
    uint8_t *text = NULL;
    size_t size = 0;
    (void)n;
    if (!lwi_read_file(arguments[1], &text, &size))
        return lwi_complain("cannot read '%s': %s", arguments[1], strerror(errno));
    const lw_status status =
        lw_llm_importance(arguments[0], (const char *)text, size, &options, arguments[2]);
    free(text);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

static const imatrix_options defaults = {.chunk = 512};

#define AT(member) offsetof(imatrix_options, member)
static const lwi_option table[] = {
    {"chunk", 0, LWI_COUNT, AT(chunk), "N", NULL, "tokens that are run together (512)"},
    {"chunks", 0, LWI_COUNT, AT(chunks), "N", NULL, "at most; 0: the whole text (0)"},
    LWI_ENGINE_OPTIONS(imatrix_options, engine),
};

const lwi_command lwi_cmd_imatrix = {
    .name = "imatrix",
    .arguments = "MODEL TEXT OUT",
    .summary = "what matters in a model's weights, for quantize",
    .about =
        "Runs a language model over a text (a file) and writes an importance matrix, a GGUF "
        "file in llama.cpp's form: for each column of each weight, the sum of the squares that "
        "it is multiplied with. 'quantize --imatrix' lets errors count by it.",
    .examples = "lampwick imatrix model-f16.gguf calibration.txt imatrix.gguf\n"
                "lampwick quantize model-f16.gguf model-iq2.gguf IQ2_M --imatrix imatrix.gguf",
    LWI_OPTIONS(table),
    .least = 3,
    .most = 3,
    .size = sizeof(imatrix_options),
    .defaults = &defaults,
    .run = run,
};

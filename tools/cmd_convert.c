/* SPDX-License-Identifier: MIT
 * lampwick convert: a network as ONNX; weights, or a language model with all that belongs to it, in
 * another kind of file. */
#include <stdio.h>
#include <string.h>

#include <lampwick/llm.h>
#include <lampwick/weights.h>

#include "commands.h"
#include "feeds.h"
#include "session.h"

typedef struct convert_options {
    const char *key;
    bool keep_prefixes, any_class, weights_beside;
    lwi_texts inputs;
    lwi_input_options input;
} convert_options;

static bool ends(const char *path, const char *with) {
    const size_t n = strlen(path), m = strlen(with);
    return n > m && !strcmp(path + n - m, with);
}

static bool is_weights(const char *path) {
    return ends(path, ".safetensors") || ends(path, ".pth") || ends(path, ".pt") ||
           ends(path, ".bin");
}

static void report(const lw_weights *weights) {
    lw_weights_info info = {.size = sizeof info};
    if (lw_weights_describe(weights, &info)) return;
    printf("%zu tensors", info.tensors);
    if (*info.key) printf(", of '%s'", info.key);
    if (*info.prefix) printf(", without '%s' before their names", info.prefix);
    if (info.others) printf("; %zu other values were left out", info.others);
    putchar('\n');
}

static lw_status convert_weights(const char *from, const char *to, const convert_options *o) {
    const lw_weights_options options = {sizeof options, NULL, o->key, o->keep_prefixes,
                                        o->any_class};
    lw_weights *weights = NULL;
    lw_status status = lw_weights_open(from, &options, &weights);
    if (status == LW_OK) status = lw_weights_save(weights, to);
    if (status == LW_OK) report(weights);
    lw_weights_free(weights);
    return status;
}

static int convert_network(const char *from, const char *to, const convert_options *o) {
    const lw_model_options options = {.size = sizeof options, .keep_graph = true};
    const lw_onnx_options onnx = {sizeof onnx, o->weights_beside};
    lw_model *model = NULL, *graph = NULL;
    int code = LWI_EXIT_FAILURE;
    if (lw_model_load(from, &options, &model)) return lwi_complain("%s", lw_last_error());
    if (lwi_graph_for(model, &o->inputs, &o->input, &graph))
        code = lw_model_save_onnx(graph, to, &onnx) ? lwi_complain("%s", lw_last_error())
                                                    : LWI_EXIT_OK;
    lw_model_free(graph);
    lw_model_free(model);
    return code;
}

static int run(const void *given, char **arguments, int n) {
    (void)n;
    const char *from = arguments[0], *to = arguments[1];
    lw_status status = LW_OK;
    if (ends(to, ".onnx")) return convert_network(from, to, given);
    if (is_weights(to)) status = convert_weights(from, to, given);
    else if (ends(to, ".gguf")) status = lw_llm_quantize(from, to, NULL);
    else status = lw_llm_to_folder(from, to);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

static const lwi_option table[] = {
    {"key", 0, LWI_TEXT, offsetof(convert_options, key), "KEY", NULL,
     "of a PyTorch file, the dictionary to take, as model or ckpt.ema; '' is the outermost one "
     "(state_dict, model ..., if there is such)"},
    {"keep-prefixes", 0, LWI_FLAG, offsetof(convert_options, keep_prefixes), NULL, NULL,
     "leave 'module.' and '_orig_mod.' before names"},
    {"any-class", 0, LWI_FLAG, offsetof(convert_options, any_class), NULL, NULL,
     "pass over objects of a PyTorch file that functions unknown to lampwick would make"},
    LWI_FEED_OPTIONS(convert_options, inputs, input.shapes),
    {"weights-beside", 0, LWI_FLAG, offsetof(convert_options, weights_beside), NULL, NULL,
     "to ONNX: weights in a file OUT.data, as always above 2 GB"},
};

const lwi_command lwi_cmd_convert = {
    .name = "convert",
    .arguments = "IN OUT",
    .summary = "a network, weights or a language model in another kind of file",
    .about =
        "If OUT is an .onnx file, it gets the network of IN, whatever file that is, as it was "
        "before "
        "any pass. Else it writes the tensors of a file of weights (.safetensors, .pth, .pt, .bin) "
        "to another, whose "
        "name says what it is. Nothing in a PyTorch file is run. "
        "If OUT is a .gguf file, it gets the model of a Hugging Face folder, tokenizer and chat "
        "template included, or one file is made of a GGUF file in several parts (the first one is "
        "named). Else it is a folder that gets config.json and model.safetensors of a GGUF file. "
        "Weights keep their types; 'quantize' changes them.",
    .examples = "lampwick convert net.pt2 net.onnx\n"
                "lampwick convert script.pt script.onnx --shape x=1x3x224x224\n"
                "lampwick convert resnet18.pth resnet18.safetensors\n"
                "lampwick convert model.safetensors model.pth\n"
                "lampwick convert folder model.gguf\n"
                "lampwick convert model-00001-of-00003.gguf model.gguf",
    LWI_OPTIONS(table),
    .least = 2,
    .most = 2,
    .size = sizeof(convert_options),
    .run = run,
};

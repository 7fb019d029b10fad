/* SPDX-License-Identifier: MIT
 * Low-rank adapters as PEFT keeps them: a folder with adapter_config.json and
 * adapter_model.safetensors or .bin (https://huggingface.co/docs/peft/developer_guides/checkpoint).
 */
#include "format/huggingface/huggingface.h"
#include "format/huggingface/source.h"

#include <string.h>

enum { NAME = 256 };

static bool is_set(const lwi_json_item *item) {
    if (lwi_json_is(item, LWI_JSON_BOOL)) return item->truth;
    if (lwi_json_is(item, LWI_JSON_ARRAY) || lwi_json_is(item, LWI_JSON_OBJECT)) return item->size;
    return item && !lwi_json_is(item, LWI_JSON_NULL);
}

static lw_status check_config(const lwi_json_item *config) {
    static const char *const others[] = {
        "use_dora",  "modules_to_save",         "alpha_pattern",
        "lora_bias", "trainable_token_indices", "layer_replication"};
    if (strcmp(lwi_json_text(config, "peft_type", ""), "LORA") != 0)
        return lwi_fail(LW_UNSUPPORTED, "adapter_config.json: peft_type is '%.40s', not LORA",
                        lwi_json_text(config, "peft_type", ""));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_set(lwi_json_get(config, others[i])))
            return lwi_fail(LW_UNSUPPORTED, "adapter_config.json: %s is not known", others[i]);
    if (strcmp(lwi_json_text(config, "bias", "none"), "none") != 0)
        return lwi_fail(LW_UNSUPPORTED, "adapter_config.json: biases are not known");
    return LW_OK;
}

/* "base_model.model.NAME.lora_A.weight" as "NAME.weight"; false: it is no such tensor. */
static bool split(const char *name, char inner[NAME], bool *is_b) {
    static const char prefix[] = "base_model.model.";
    static const struct {
        const char *text;
        bool is_b;
    } ends[] = {{".lora_A.weight", false},
                {".lora_B.weight", true},
                {".lora_embedding_A", false},
                {".lora_embedding_B", true}};
    const size_t skip = strncmp(name, prefix, sizeof prefix - 1) ? 0 : sizeof prefix - 1;
    const size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t end = strlen(ends[i].text);
        if (n < skip + end || strcmp(name + n - end, ends[i].text) != 0) continue;
        if (n - skip - end + sizeof ".weight" > NAME) return false;
        memcpy(inner, name + skip, n - skip - end);
        memcpy(inner + n - skip - end, ".weight", sizeof ".weight");
        *is_b = ends[i].is_b;
        return true;
    }
    return false;
}

static lw_status add(lwi_hf_source *s, lwi_adapters *all, const lwi_safetensor *from) {
    char inner[NAME], weight[NAME];
    bool is_b = false;
    lwi_checkpoint_tensor t;
    if (!split(from->name, inner, &is_b) || !lwi_hf_name(s, inner, weight, sizeof weight))
        return lwi_fail(LW_UNSUPPORTED, "the adapter's tensor '%.200s' is not known", from->name);
    LW_TRY(lwi_hf_view(from, &t));
    if (!is_b && t.rank == 2 && !strcmp(weight, "token_embd.weight")) LW_TRY(lwi_hf_turn(s, &t));
    return lwi_adapters_add(all, weight, is_b, &t);
}

static lw_status read_folder(lwi_hf_source *s, lwi_adapters *all, const char *folder,
                             double scale) {
    const lwi_json_item *config = NULL;
    LW_TRY(lwi_hf_read_json(s, folder, "adapter_config.json", &config));
    LW_TRY(check_config(config));
    LW_TRY(lwi_hf_read_weights(s, folder, "adapter_model", "adapter_model", &s->files));
    for (size_t i = 0; i < s->files.n; i++)
        LW_TRY(add(s, all, s->files.tensors + i));
    const lwi_json_item *alpha = lwi_json_get(config, "lora_alpha");
    if (!lwi_json_is(alpha, LWI_JSON_NUMBER))
        return lwi_fail(LW_CORRUPT, "adapter_config.json: lora_alpha is missing");
    return lwi_adapters_close(all, NULL, true, scale,
                              alpha->is_integer ? (double)alpha->integer : alpha->number,
                              is_set(lwi_json_get(config, "use_rslora")));
}

lw_status lwi_huggingface_adapter_read(lwi_network *network, const char *folder, double scale) {
    static const lwi_hf_family any = {"", "", LWI_HF_PLAIN};
    lwi_hf_source s = {.network = network, .family = &any};
    lwi_adapters *all = NULL;
    LW_TRY(lwi_adapters_of(network, &all));
    lwi_safetensors_init(&s.files, &network->arena);
    const lw_status status = read_folder(&s, all, folder, scale);
    lwi_safetensors_free(&s.files);
    return status;
}

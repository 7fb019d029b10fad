/* SPDX-License-Identifier: MIT
 * Low-rank adapters in GGUF files: general.type is "adapter", adapter.type "lora", and of each
 * weight there are NAME.lora_a and NAME.lora_b. */
#include "files/gguf_file.h"
#include "format/gguf/gguf.h"

#include <string.h>

static bool text_is(const lwi_gguf *gguf, const char *key, const char *text) {
    const lw_string s = lwi_gguf_string(gguf, key);
    return s.size == strlen(text) && !memcmp(s.data, text, s.size);
}

static lw_status add(lwi_adapters *all, const lwi_gguf_tensor *from) {
    char weight[128];
    const size_t n = strlen(from->name), end = 7; /* ".lora_a" */
    const bool is_a = n > end && !strcmp(from->name + n - end, ".lora_a");
    const bool is_b = n > end && !strcmp(from->name + n - end, ".lora_b");
    if ((!is_a && !is_b) || n - end >= sizeof weight)
        return lwi_fail(LW_UNSUPPORTED, "the adapter's tensor '%s' is no low-rank half",
                        from->name);
    memcpy(weight, from->name, n - end);
    weight[n - end] = 0;
    const lwi_checkpoint_tensor t = lwi_gguf_checkpoint_tensor(from);
    return lwi_adapters_add(all, weight, is_b, &t);
}

static lw_status read_tensors(lwi_adapters *all, const lwi_gguf *gguf, double scale) {
    if (!text_is(gguf, "general.type", "adapter") || !text_is(gguf, "adapter.type", "lora"))
        return lwi_fail(LW_INVALID, "this is no low-rank adapter (general.type, adapter.type)");
    const lw_string name = lwi_gguf_string(gguf, "general.architecture");
    const char *architecture = NULL;
    if (name.size == 0 || name.size > 40)
        return lwi_fail(LW_CORRUPT, "general.architecture is missing");
    LW_TRY(lwi_arena_string(all->arena, name.data, name.size, &architecture));
    for (size_t i = 0; i < gguf->n_tensors; i++)
        LW_TRY(add(all, gguf->tensors + i));
    return lwi_adapters_close(all, architecture, false, scale,
                              lwi_gguf_number(gguf, "adapter.lora.alpha", 0), false);
}

lw_status lwi_gguf_adapter_read(lwi_network *network, const void *data, size_t size, double scale) {
    lwi_gguf gguf;
    lwi_adapters *all = NULL;
    LW_TRY(lwi_adapters_of(network, &all));
    if (!lwi_is_gguf(data, size)) return lwi_fail(LW_INVALID, "this is no GGUF file");
    LW_TRY(lwi_gguf_read(all->arena, data, size, &gguf));
    const lw_status status = read_tensors(all, &gguf, scale);
    lwi_gguf_free(&gguf);
    return status;
}

/* SPDX-License-Identifier: MIT
 * A folder in the form of GGUF files: the public interface (lampwick/llm_weights.h). */
#include "base/text_end.h"
#include "format/huggingface/source.h"

#include <lampwick/llm_weights.h>

#include <string.h>

struct lw_checkpoint {
    lwi_network network; /* holds files and memory */
    lwi_hf_source source;
};

lw_status lw_checkpoint_open(const char *folder, lw_checkpoint **checkpoint) {
    lw_checkpoint *c = NULL;
    if (!folder || !checkpoint)
        return lwi_fail(LW_INVALID, "lw_checkpoint_open: an argument is NULL");
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *c, &c));
    lwi_network_init(&c->network, &lwi_malloc_allocator, false);
    lwi_hf_source *s = &c->source;
    s->network = &c->network;
    lwi_safetensors_init(&s->files, &c->network.arena);
    lwi_strmap_init(&s->index, &lwi_malloc_allocator);
    lw_status status = lwi_hf_read_folder(s, folder);
    if (status == LW_OK) status = lwi_hf_arrange(s);
    if (status == LW_OK) *checkpoint = c;
    else lw_checkpoint_free(c);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", folder);
}

void lw_checkpoint_free(lw_checkpoint *c) {
    if (!c) return;
    lwi_safetensors_free(&c->source.files);
    lwi_strmap_free(&c->source.index);
    lwi_network_free(&c->network);
    lwi_free(&lwi_malloc_allocator, c);
}

static bool has_experts(const lw_checkpoint *c) {
    bool has = false;
    for (size_t i = 0; i < c->source.n; i++)
        has |= lwi_ends_with(c->source.tensors[i].name, ".ffn_gate_inp.weight");
    return has;
}

const char *lw_checkpoint_architecture(const lw_checkpoint *c) {
    if (!c) return NULL;
    const bool alone = !strcmp(c->source.family->architecture, "t5") &&
                       lwi_strmap_get(&c->source.index, "dec.output_norm.weight") < 0;
    if (!strcmp(c->source.family->architecture, "nemotron_h") && has_experts(c))
        return "nemotron_h_moe";
    return alone ? "t5encoder" : c->source.family->architecture;
}

bool lw_checkpoint_number(const lw_checkpoint *c, const char *key, double *value) {
    return c && key && value && lwi_hf_number((void *)&c->source, key, 0, value);
}

bool lw_checkpoint_element(const lw_checkpoint *c, const char *key, size_t i, double *value) {
    return c && key && value && lwi_hf_number((void *)&c->source, key, i, value);
}

lw_string lw_checkpoint_text(const lw_checkpoint *c, const char *key) {
    return c && key ? lwi_hf_text((void *)&c->source, key) : (lw_string){NULL, 0};
}

lw_status lw_checkpoint_get(const lw_checkpoint *c, size_t i, lw_checkpoint_tensor *tensor) {
    if (!c || !tensor || tensor->size < sizeof *tensor)
        return lwi_fail(LW_INVALID, "lw_checkpoint_get: an argument is NULL or size not set");
    if (i >= c->source.n) return lwi_fail(LW_RANGE, "there are %zu tensors", c->source.n);
    const lwi_checkpoint_tensor *t = c->source.tensors + i;
    tensor->name = t->name;
    tensor->type = t->type->id;
    tensor->rank = t->rank;
    memcpy(tensor->dims, t->dims, sizeof t->dims);
    tensor->data = t->data;
    tensor->bytes = t->bytes;
    return LW_OK;
}

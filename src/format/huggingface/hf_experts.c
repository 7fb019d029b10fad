/* SPDX-License-Identifier: MIT
 * Experts whose tensors are stacked, gates and ups together (gpt-oss, Llama 4). */
#include "format/huggingface/source.h"

#include <stdio.h>
#include <string.h>

/* What a tensor holds: part `part` of so many parts of the last axis. */
typedef struct share {
    const char *from, *to;
    size_t part, parts;
} share;
static const share shares[] = {
    {"gate_up_proj", "ffn_gate_exps.weight", 0, 2},
    {"gate_up_proj", "ffn_up_exps.weight", 1, 2},
    {"gate_up_proj_bias", "ffn_gate_exps.bias", 0, 2},
    {"gate_up_proj_bias", "ffn_up_exps.bias", 1, 2},
    {"down_proj", "ffn_down_exps.weight", 0, 1},
    {"down_proj_bias", "ffn_down_exps.bias", 0, 1},
};

/* [experts, in, out] to [experts, share of out, in]; a bias [experts, out] has an `in` of 1. Parts
 * alternate, or lie one behind the other. */
static void copy_share(const lwi_checkpoint_tensor *t, const share *sh, bool alternate, size_t in,
                       size_t out, uint8_t *to) {
    const size_t size = t->type->bytes, columns = out / sh->parts;
    const size_t first = alternate ? sh->part : sh->part * columns,
                 step = alternate ? sh->parts : 1;
    const uint8_t *from = t->data;
    for (int64_t e = 0; e < t->dims[0]; e++, from += in * out * size)
        for (size_t c = 0; c < columns; c++)
            for (size_t i = 0; i < in; i++, to += size)
                memcpy(to, from + (i * out + c * step + first) * size, size);
}

static lw_status add_share(lwi_hf_source *s, const lwi_checkpoint_tensor *t, const share *sh,
                           long layer) {
    char name[64];
    const size_t in = t->rank == 3 ? (size_t)t->dims[1] : 1, out = (size_t)t->dims[t->rank - 1];
    lwi_checkpoint_tensor made = *t;
    uint8_t *data = NULL;
    if (out % sh->parts)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has an odd number of columns", t->name);
    made.bytes = t->bytes / sh->parts;
    LW_TRY(lwi_arena_alloc(&s->network->arena, made.bytes, 1, &data));
    copy_share(t, sh, s->family->form == LWI_HF_FUSED, in, out, data);
    made.data = data;
    made.dims[1] = (int64_t)(out / sh->parts);
    made.dims[2] = (int64_t)in;
    snprintf(name, sizeof name, "blk.%ld.%s", layer, sh->to);
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &made.name));
    return lwi_hf_add(s, &made);
}

lw_status lwi_hf_split_experts(lwi_hf_source *s, const lwi_checkpoint_tensor *t, const char *name,
                               long layer, bool *done) {
    const int rank = strstr(name, "_bias") ? 2 : 3;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (strcmp(shares[i].from, name)) continue;
        if (t->rank != rank)
            return lwi_fail(LW_CORRUPT, "tensor '%s' has %d dimensions, expected %d", t->name,
                            t->rank, rank);
        LW_TRY(add_share(s, t, shares + i, layer));
        *done = true;
    }
    return LW_OK;
}

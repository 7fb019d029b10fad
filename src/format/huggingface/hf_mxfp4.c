/* SPDX-License-Identifier: MIT
 * Experts in MXFP4 (OCP Microscaling Formats v1.0) as gpt-oss has them: codes [experts, out,
 * groups, 16], two neighbours a byte, and exponents [experts, out, groups], in two tensors. GGUF's
 * blocks are an exponent and 16 bytes, of which each holds codes i and i + 16. */
#include "format/huggingface/source.h"

#include <stdio.h>
#include <string.h>

enum { CODES = 16, BLOCK = 17 }; /* bytes */

typedef struct share {
    const char *from, *to;
    size_t part, parts; /* rows part, part + parts, ... */
} share;
static const share shares[] = {
    {"gate_up_proj_blocks", "ffn_gate_exps.weight", 0, 2},
    {"gate_up_proj_blocks", "ffn_up_exps.weight", 1, 2},
    {"down_proj_blocks", "ffn_down_exps.weight", 0, 1},
};

static uint8_t code(const uint8_t *codes, int i) {
    return i % 2 ? codes[i / 2] >> 4 : codes[i / 2] & 15;
}

static void pack(const uint8_t *codes, uint8_t exponent, uint8_t *block) {
    block[0] = exponent;
    for (int i = 0; i < CODES; i++)
        block[1 + i] = (uint8_t)(code(codes, i) | code(codes, i + CODES) << 4);
}

static lw_status find_exponents(const lwi_hf_source *s, const lwi_safetensor *codes,
                                const lwi_safetensor **exponents) {
    char name[256];
    const size_t stem = strlen(codes->name) - strlen("blocks");
    const int n = snprintf(name, sizeof name, "%.*sscales", (int)stem, codes->name);
    *exponents = n > 0 && (size_t)n < sizeof name ? lwi_safetensors_find(&s->files, name) : NULL;
    if (codes->rank != 4 || codes->dims[3] != CODES || codes->dtype != LW_UINT8)
        return lwi_fail(LW_CORRUPT, "tensor '%s' holds no codes of MXFP4", codes->name);
    if (!*exponents || (*exponents)->bytes != codes->bytes / CODES)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has no exponents of its size", codes->name);
    return LW_OK;
}

static lw_status add_share(lwi_hf_source *s, const lwi_safetensor *codes,
                           const lwi_safetensor *exponents, const share *sh, long layer) {
    const size_t experts = (size_t)codes->dims[0], rows = (size_t)codes->dims[1];
    const size_t groups = (size_t)codes->dims[2], n = experts * (rows / sh->parts) * groups;
    lwi_checkpoint_tensor t = {.type = lwi_block_type_find(LWI_BLOCK_MXFP4), .rank = 3};
    char name[64];
    uint8_t *to = NULL;
    if (rows % sh->parts)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has an odd number of rows", codes->name);
    LW_TRY(lwi_arena_alloc(&s->network->arena, n, BLOCK, &to));
    t.data = to;
    t.bytes = n * BLOCK;
    for (size_t r = sh->part; r < experts * rows; r += sh->parts)
        for (size_t g = r * groups; g < (r + 1) * groups; g++, to += BLOCK)
            pack((const uint8_t *)codes->data + g * CODES, ((const uint8_t *)exponents->data)[g],
                 to);
    t.dims[0] = (int64_t)experts;
    t.dims[1] = (int64_t)(rows / sh->parts);
    t.dims[2] = (int64_t)groups * 2 * CODES;
    snprintf(name, sizeof name, "blk.%ld.%s", layer, sh->to);
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &t.name));
    return lwi_hf_add(s, &t);
}

lw_status lwi_hf_pack_experts(lwi_hf_source *s, const lwi_safetensor *tensor, const char *name,
                              long layer, bool *done) {
    const lwi_safetensor *exponents = NULL;
    *done = !strcmp(name, "gate_up_proj_scales") || !strcmp(name, "down_proj_scales");
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (strcmp(shares[i].from, name)) continue;
        LW_TRY(find_exponents(s, tensor, &exponents));
        LW_TRY(add_share(s, tensor, exponents, shares + i, layer));
        *done = true;
    }
    return LW_OK;
}

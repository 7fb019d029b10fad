/* SPDX-License-Identifier: MIT
 * Names of tensors. */
#include "base/text_end.h"
#include "format/huggingface/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 128, MOST_EXPERTS = 1 << 16 };

typedef struct pair {
    const char *from, *to;
} pair;
typedef struct triple {
    const char *list, *from, *to;
} triple;

#define LWI_NAME(from, to) {from, to},
#define LWI_LAYER_NAME(from, to)
#define LWI_WHOLE_NAME(from, to)
#define LWI_EXPERT_NAME(list, from, to)
static const pair single_names[] = {
#include "format/huggingface/tensor_names.def"
};
#undef LWI_NAME
#undef LWI_LAYER_NAME
#define LWI_NAME(from, to)
#define LWI_LAYER_NAME(from, to) {from, to},
static const pair layer_names[] = {
#include "format/huggingface/tensor_names.def"
};
#undef LWI_LAYER_NAME
#undef LWI_WHOLE_NAME
#define LWI_LAYER_NAME(from, to)
#define LWI_WHOLE_NAME(from, to) {from, to},
static const pair whole_names[] = {
#include "format/huggingface/tensor_names.def"
};
#undef LWI_WHOLE_NAME
#undef LWI_EXPERT_NAME
#define LWI_WHOLE_NAME(from, to)
#define LWI_EXPERT_NAME(list, from, to) {list, from, to},
static const triple expert_names[] = {
#include "format/huggingface/tensor_names.def"
};

/* "model.layers.3.mlp.up_proj.weight": what stands after the prefixes. */
static const char *skip_prefix(const char *name) {
    static const char *const prefixes[] = {
        "model.",      "language_model.", "text_model.", "transformer.", "gpt_neox.",
        "backbone.",   "bert.",           "mpnet.",      "decoder.",     "roberta.",
        "distilbert.", "encoder.",        "rwkv."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes;) {
        const size_t n = strlen(prefixes[i]);
        const bool there = !strncmp(name, prefixes[i], n);
        name += there ? n : 0;
        i = there ? 0 : i + 1;
    }
    return name;
}

bool lwi_hf_has_stacks(const lwi_hf_source *s) {
    return s->family->form == LWI_HF_STACKS || s->family->form == LWI_HF_STACKS_AFTER;
}

/* What stands behind the prefixes; where a model has both, behind "encoder." or "decoder.". */
static const char *skip_part(const lwi_hf_source *s, const char *name, const char **part) {
    const bool stacks = lwi_hf_has_stacks(s);
    if (s->family->form != LWI_HF_PAIR && !stacks) return skip_prefix(name);
    if (!strncmp(name, "model.", 6)) name += 6;
    if (!strncmp(name, "transformer.", 12)) name += 12;
    if (!strncmp(name, "encoder.", 8)) *part = "enc.";
    if (!strncmp(name, "decoder.", 8) && stacks) *part = "dec.";
    return !strncmp(name, "encoder.", 8) || !strncmp(name, "decoder.", 8) ? name + 8 : name;
}

/* Behind "layers.3.", "layer.3.", "block.3." or "h.3."; NULL: the tensor is in no layer. */
static const char *skip_layer(const char *name, long *layer) {
    const char *digits = !strncmp(name, "layers.", 7)   ? name + 7
                         : !strncmp(name, "blocks.", 7) ? name + 7
                         : !strncmp(name, "layer.", 6)  ? name + 6
                         : !strncmp(name, "block.", 6)  ? name + 6
                         : !strncmp(name, "h.", 2)      ? name + 2
                                                        : NULL;
    char *end = NULL;
    if (!digits || *digits < '0' || *digits > '9') return NULL;
    *layer = strtol(digits, &end, 10);
    return *end == '.' && *layer < 1 << 20 ? end + 1 : NULL;
}

/* The part before ".weight" or ".bias" is from; *end is what follows it. Old files have other names
 * for those of norms. */
static bool begins(const char *name, const char *from, const char **end) {
    const size_t n = strlen(from);
    if (strncmp(name, from, n)) return false;
    name += n;
    *end = !strcmp(name, ".gamma") ? ".weight" : !strcmp(name, ".beta") ? ".bias" : name;
    return !strcmp(*end, ".weight") || !strcmp(*end, ".bias");
}

static const char *look_up(const pair *pairs, size_t n, const char *name, const char **end) {
    for (size_t i = 0; i < n; i++)
        if (begins(name, pairs[i].from, end)) return pairs[i].to;
    return NULL;
}

/* What norms are called that stand behind their parts. */
static const char *norm_behind(const char *name) {
    static const pair norms[] = {{"attn_norm", "attn_output_norm"},
                                 {"cross_attn_norm", "cross_attn_output_norm"},
                                 {"ffn_norm", "layer_output_norm"}};
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
        if (!strcmp(name, norms[i].from)) return norms[i].to;
    return name;
}

/* The architecture's name, in `to`; false: nobody knows the tensor. */
bool lwi_hf_name(const lwi_hf_source *s, const char *name, char *to, size_t size) {
    const char *end = "", *part = "";
    long layer = -1;
    name = skip_part(s, name, &part);
    if (lwi_hf_has_stacks(s) && !strncmp(name, "embed_tokens", 12))
        return false; /* a copy of what is shared */
    if (!strcmp(name, "final_logits_bias")) return snprintf(to, size, "logits.bias") > 0;
    const char *found = look_up(single_names, sizeof single_names / sizeof(pair), name, &end);
    if (found) return (size_t)snprintf(to, size, "%s%s%s", part, found, end) < size;
    const char *inner = skip_layer(name, &layer);
    if (!inner) return false;
    found = look_up(layer_names, sizeof layer_names / sizeof(pair), inner, &end);
    const bool after = s->family->form == LWI_HF_NORMS_AFTER || s->family->form == LWI_HF_FUSED;
    if (found && after && !strncmp(inner, "post_attention_layernorm", 24))
        found = "post_attention_norm";
    if (found && s->family->form == LWI_HF_STACKS_AFTER) found = norm_behind(found);
    for (size_t i = 0; i < sizeof whole_names / sizeof *whole_names; i++)
        if (!strcmp(inner, whole_names[i].from)) {
            found = whole_names[i].to;
            end = "";
        }
    if (!strcmp(part, "dec.") && !strncmp(inner, "layer.1.layer_norm", 18))
        found = "cross_attn_norm";
    return found && (size_t)snprintf(to, size, "%sblk.%ld.%s%s", part, layer, found, end) < size;
}

/* ----------------------------------------------------------------- tensors */

static lw_status block_type(lw_dtype dtype, const char *name, const lwi_block_type **type) {
    const uint32_t id = dtype == LW_FLOAT32    ? LWI_BLOCK_F32
                        : dtype == LW_FLOAT16  ? LWI_BLOCK_F16
                        : dtype == LW_BFLOAT16 ? LWI_BLOCK_BF16
                                               : LWI_BLOCK_IDS;
    *type = lwi_block_type_find(id);
    if (*type) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "tensor '%s' has elements of type %s", name,
                    lw_dtype_name(dtype));
}

lw_status lwi_hf_view(const lwi_safetensor *from, lwi_checkpoint_tensor *t) {
    if (from->rank < 1 || from->rank > 4)
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s' has %d dimensions", from->name, from->rank);
    *t = (lwi_checkpoint_tensor){
        .name = from->name, .rank = from->rank, .data = from->data, .bytes = from->bytes};
    memcpy(t->dims, from->dims, (size_t)from->rank * sizeof *t->dims);
    return block_type(from->dtype, from->name, &t->type);
}

static bool is_known(const lwi_hf_source *s, const lwi_safetensor *from, char name[NAME]) {
    return lwi_hf_name(s, from->name, name, NAME);
}

static lw_status rearrange(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    const bool packed = strstr(t->name, ".attn_qkv.");
    if (s->family->form == LWI_HF_MIXED && packed) return lwi_hf_unmix(s, t);
    if (lwi_ends_with(t->name, "position_embd.weight")) return lwi_hf_shift(s, t);
    if (lwi_ends_with(t->name, ".ffn_gate_up_exps.weight") ||
        lwi_ends_with(t->name, ".ffn_down_exps.weight"))
        return lwi_hf_turn_experts(s, t);
    const bool embedding = !strncmp(t->name, "token_embd", 10) ||
                           !strncmp(t->name, "position", 8) || !strncmp(t->name, "output.", 7);
    if (s->family->form == LWI_HF_TURNED && t->rank == 2 && !embedding) return lwi_hf_turn(s, t);
    return LW_OK;
}

static lw_status add_fused(lwi_hf_source *s, const lwi_safetensor *from, bool *done) {
    lwi_checkpoint_tensor t;
    long layer = -1;
    const char *inner = skip_layer(skip_prefix(from->name), &layer);
    *done = false;
    if ((s->family->form != LWI_HF_FUSED && s->family->form != LWI_HF_FUSED_HALVES) || !inner)
        return LW_OK;
    const char *name = strstr(inner, ".experts.");
    if (!name) return LW_OK;
    LW_TRY(lwi_hf_pack_experts(s, from, name + 9, layer, done));
    if (*done) return LW_OK;
    LW_TRY(lwi_hf_view(from, &t));
    return lwi_hf_split_experts(s, &t, name + 9, layer, done);
}

static lw_status add(lwi_hf_source *s, const lwi_safetensor *from) {
    char name[NAME];
    lwi_checkpoint_tensor t;
    bool done = false;
    LW_TRY(add_fused(s, from, &done));
    if (done) return LW_OK;
    if (!is_known(s, from, name)) {
        /* named in the list of what was not understood, whatever its type */
        t = (lwi_checkpoint_tensor){.name = from->name, .type = lwi_block_type_find(0)};
        return lwi_hf_add(s, &t);
    }
    LW_TRY(lwi_hf_view(from, &t));
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &t.name));
    LW_TRY(rearrange(s, &t));
    return lwi_hf_add(s, &t);
}

/* ----------------------------------------------------------------- experts */

/* "mlp.experts.7.up_proj.weight" as list, number and ".up_proj"; -1: it is none. */
static long expert_of(const char *name, const triple *e) {
    const size_t n = strlen(e->list);
    char *end = NULL;
    if (strncmp(name, e->list, n) || name[n] != '.' || name[n + 1] < '0' || name[n + 1] > '9')
        return -1;
    const long number = strtol(name + n + 1, &end, 10);
    const size_t m = strlen(e->from);
    if (strncmp(end, e->from, m) || strcmp(end + m, ".weight")) return -1;
    return number < MOST_EXPERTS ? number : -1;
}

/* The tensors of all experts or heads of a layer, one behind the other: those of the files are
 * apart. */
static lw_status stack(lwi_hf_source *s, const lwi_safetensor *first, const char *prefix,
                       long layer, const triple *e) {
    char name[2 * NAME];
    lwi_checkpoint_tensor t;
    const lwi_safetensor *one = first;
    size_t n = 0;
    LW_TRY(lwi_hf_view(first, &t));
    if (t.rank != (*e->from ? 2 : 1))
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %d dimensions", first->name, t.rank);
    for (; one; n++, one = lwi_safetensors_find(&s->files, name)) {
        if (one->bytes != first->bytes || one->dtype != first->dtype)
            return lwi_fail(LW_CORRUPT, "tensor '%s' is not as large as '%s'", one->name,
                            first->name);
        snprintf(name, sizeof name, "%s%s.%zu%s.weight", prefix, e->list, n + 1, e->from);
    }
    uint8_t *all = NULL;
    LW_TRY(lwi_arena_alloc(&s->network->arena, n, first->bytes, &all));
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s%s.%zu%s.weight", prefix, e->list, i, e->from);
        memcpy(all + i * first->bytes, lwi_safetensors_find(&s->files, name)->data, first->bytes);
    }
    t.rank++;
    memmove(t.dims + 1, t.dims, 2 * sizeof *t.dims);
    t.dims[0] = (int64_t)n;
    t.data = all;
    t.bytes = n * first->bytes;
    snprintf(name, sizeof name, "blk.%ld.%s.weight", layer, e->to);
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &t.name));
    return lwi_hf_add(s, &t);
}

/* *done: the tensor is one expert's. Expert 0 brings the others with it. */
static lw_status add_expert(lwi_hf_source *s, const lwi_safetensor *from, bool *done) {
    long layer = -1;
    const char *inner = skip_layer(skip_prefix(from->name), &layer);
    *done = false;
    for (size_t i = 0; inner && i < sizeof expert_names / sizeof *expert_names; i++) {
        const long number = expert_of(inner, expert_names + i);
        if (number < 0) continue;
        char prefix[NAME];
        *done = true;
        snprintf(prefix, sizeof prefix, "%.*s", (int)(inner - from->name), from->name);
        return number == 0 ? stack(s, from, prefix, layer, expert_names + i) : LW_OK;
    }
    return LW_OK;
}

lw_status lwi_hf_translate(lwi_hf_source *s) {
    for (size_t i = 0; i < s->files.n; i++) {
        const lwi_safetensor *from = s->files.tensors + i;
        bool done = false;
        LW_TRY(add_expert(s, from, &done));
        if (!done) LW_TRY(add(s, from));
    }
    return LW_OK;
}

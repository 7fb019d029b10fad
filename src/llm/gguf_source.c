/* SPDX-License-Identifier: MIT */
#include "llm/gguf_source.h"

#include "files/gguf_parts.h"
#include "llm/gguf_pairs.h"
#include "llm/llm_session.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    lwi_gguf_kind kind;
} keys[] = {
#define LWI_KEY(name, kind) {name, LWI_GGUF_##kind},
#include "llm/gguf_keys.def"
#undef LWI_KEY
};

static lw_status keep(void *state, lwi_file *file) {
    lwi_gguf_source *s = state;
    const lw_status status =
        lwi_arena_grow(&s->arena, &s->files, &s->cap_files, s->n_files + 1, sizeof *s->files);
    if (status == LW_OK) s->files[s->n_files++] = *file;
    else lwi_file_unmap(file);
    return status;
}

static lw_status open_file(lwi_gguf_source *s, const char *path, lwi_file *file) {
    const lwi_file first = *file;
    LW_TRY(keep(s, file));
    LW_TRY(lwi_gguf_read(&s->arena, first.data, first.size, &s->gguf));
    return lwi_gguf_read_parts(&s->gguf, path, keep, s);
}

/* ------------------------------------------------------------------- folders */

static bool is(lw_string text, const char *word) {
    return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

/* Llama 3's factors are a tensor. */
static lw_status put_rope_scaling(lwi_pairs *p, const lw_checkpoint *c) {
    static const char *const numbers[] = {
        ".rope.scaling.factor", ".rope.scaling.attn_factor", ".rope.scaling.yarn_beta_fast",
        ".rope.scaling.yarn_beta_slow", ".rope.scaling.yarn_log_multiplier"};
    static const char *const length = ".rope.scaling.original_context_length";
    const lw_string type = lw_checkpoint_text(c, "rope.scaling.type");
    double value = 0;
    if (!type.size || is(type, "llama3") || is(type, "default")) return LW_OK;
    LW_TRY(lwi_pairs_text(p, ".rope.scaling.type", type));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (lw_checkpoint_number(c, numbers[i] + 1, &value))
            LW_TRY(lwi_pairs_float(p, numbers[i], value));
    if (lw_checkpoint_number(c, length + 1, &value) && value > 0 && value < UINT32_MAX)
        LW_TRY(lwi_pairs_int(p, length, LWI_GGUF_UINT32, (int64_t)value));
    return LW_OK;
}

/* Compressed keys and values are one head's, whose size has the rank in it; *done: the key is
 * among those that say so. */
static lw_status put_latent(lwi_pairs *p, const lw_checkpoint *c, const char *key, bool *done) {
    double rank = 0, turned = 0;
    const bool heads = !strcmp(key, ".attention.head_count_kv");
    *done =
        heads || !strcmp(key, ".attention.key_length") || !strcmp(key, ".attention.value_length");
    if (!lw_checkpoint_number(c, "attention.kv_lora_rank", &rank)) *done = false;
    if (!*done) return LW_OK;
    if (!lw_checkpoint_number(c, "rope.dimension_count", &turned) || !(rank >= 1 && rank < 1e6) ||
        !(turned >= 1 && turned < 1e6))
        return lwi_fail(LW_CORRUPT, "config.json: keys of rank %g, %g turned", rank, turned);
    const double value = heads ? 1 : rank + (key[11] == 'k' ? turned : 0);
    return lwi_pairs_int(p, key, LWI_GGUF_UINT32, (int64_t)value);
}

/* What Mamba's layers do not have, though config.json may use the word for something else. */
static bool is_of_others(const char *key) {
    return !strcmp(key, ".feed_forward_length") || !strncmp(key, ".attention.head_", 16) ||
           !strncmp(key, ".attention.key_", 15) || !strncmp(key, ".attention.value_", 17);
}

static lw_status put_numbers(lwi_pairs *p, const lw_checkpoint *c) {
    const bool mamba = !strncmp(p->prefix, "mamba", 5);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[64];
        double value = 0;
        bool done = false;
        snprintf(key, sizeof key, ".%s", keys[i].name);
        LW_TRY(put_latent(p, c, key, &done));
        if (done || (mamba && is_of_others(key))) continue;
        if (!lw_checkpoint_number(c, keys[i].name, &value)) continue;
        if (keys[i].kind == LWI_GGUF_FLOAT32) LW_TRY(lwi_pairs_float(p, key, value));
        else if (value >= 0 && value <= UINT32_MAX && floor(value) == value)
            LW_TRY(lwi_pairs_int(p, key, keys[i].kind, (int64_t)value));
        else return lwi_fail(LW_CORRUPT, "config.json: %s is %g", keys[i].name, value);
    }
    const lw_string activation = lw_checkpoint_text(c, "hidden_activation");
    if (activation.size) LW_TRY(lwi_pairs_text(p, ".hidden_activation", activation));
    return put_rope_scaling(p, c);
}

/* A dimension of a tensor; 0: it is not there. */
static int64_t size_in(const lw_checkpoint *c, const char *name, int axis) {
    lw_checkpoint_tensor t = {.size = sizeof t};
    for (size_t i = 0; lw_checkpoint_get(c, i, &t) == LW_OK; i++)
        if (!strcmp(t.name, name)) return axis < t.rank ? t.dims[axis] : 0;
    return 0;
}

/* Sizes of Mamba's layers, and that there is neither attention nor a feed-forward network. */
static lw_status put_mamba(lwi_pairs *p, const lw_checkpoint *c) {
    double groups = 0, states = 0, own = 0;
    if (strncmp(p->prefix, "mamba", 5) != 0) return LW_OK;
    const bool second = p->prefix[5] == '2';
    lw_checkpoint_number(c, "ssm.state_size", &states);
    lw_checkpoint_number(c, "ssm.group_count", &groups);
    const int64_t channels = size_in(c, "blk.0.ssm_conv1d.weight", 0);
    const struct {
        const char *key;
        int64_t value;
    } sizes[] = {{".context_length", 1 << 20},
                 {".feed_forward_length", 0},
                 {".attention.head_count", 0},
                 {".ssm.conv_kernel", size_in(c, "blk.0.ssm_conv1d.weight", 1)},
                 {".ssm.inner_size", channels - (second ? (int64_t)(2 * groups * states) : 0)},
                 {".ssm.time_step_rank",
                  second ? size_in(c, "blk.0.ssm_a", 0) : size_in(c, "blk.0.ssm_dt.weight", 1)}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        LW_TRY(lwi_pairs_int(p, sizes[i].key, LWI_GGUF_UINT32, sizes[i].value));
    if (!lw_checkpoint_number(c, "mixer_rms_eps", &own)) return LW_OK;
    LW_TRY(lwi_pairs_float(p, ".mixer_rms_eps", own));
    return lwi_pairs_int(p, ".ssm.dt_b_c_rms", LWI_GGUF_BOOL, 1);
}

/* What readers want to know of encoders. */
static lw_status put_encoder(lwi_pairs *p, const lw_checkpoint *c) {
    double value = 0;
    const int64_t types = size_in(c, "token_types.weight", 0);
    if (!strncmp(p->prefix, "t5", 2)) {
        if (!lw_checkpoint_number(c, "context_length", &value))
            LW_TRY(lwi_pairs_int(p, ".context_length", LWI_GGUF_UINT32, 512));
        if (!lw_checkpoint_number(c, "scaled_output", &value)) return LW_OK;
        return lwi_pairs_int(p, ".scaled_output", LWI_GGUF_BOOL, value != 0);
    }
    if (!strstr(p->prefix, "bert")) return LW_OK;
    LW_TRY(lwi_pairs_int(p, ".attention.causal", LWI_GGUF_BOOL, 0));
    if (types) LW_TRY(lwi_pairs_int(p, "tokenizer.ggml.token_type_count", LWI_GGUF_UINT32, types));
    static const char *const texts[] = {".classifier_activation", ".classifier_pooling"};
    for (size_t i = 0; i < 2; i++) {
        const lw_string text = lw_checkpoint_text(c, texts[i] + 1);
        if (text.size) LW_TRY(lwi_pairs_text(p, texts[i], text));
    }
    return LW_OK;
}

static lw_status put_template(lwi_gguf_source *s, lwi_pairs *p, const char *folder) {
    lw_string text = {NULL, 0};
    LW_TRY(lwi_llm_template_text(folder, &s->arena, &text));
    return text.size ? lwi_pairs_text(p, "tokenizer.chat_template", text) : LW_OK;
}

static lw_status put_tokenizer(lwi_gguf_source *s, lwi_pairs *p, const char *folder) {
    const lw_status status = lw_tokenizer_load(folder, &s->tokenizer);
    if (status == LW_NOT_FOUND) return LW_OK;
    LW_TRY(status);
    double n = 0;
    if (!lw_checkpoint_number(s->checkpoint, "vocab_size", &n) || !(n >= 0 && n < 1e9)) n = 0;
    LW_TRY(lwi_pairs_tokenizer(p, s->tokenizer, (size_t)n));
    return put_template(s, p, folder);
}

static lw_string last_name(const char *path) {
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    return (lw_string){path + begin, end - begin};
}

static lw_status take_pairs(lwi_gguf_source *s, const char *folder) {
    char prefix[64];
    const char *architecture = lw_checkpoint_architecture(s->checkpoint);
    snprintf(prefix, sizeof prefix, "%s", architecture);
    lwi_pairs p = {.arena = &s->arena, .prefix = prefix};
    LW_TRY(lwi_pairs_text(&p, "general.architecture",
                          (lw_string){architecture, strlen(architecture)}));
    LW_TRY(lwi_pairs_text(&p, "general.type", (lw_string){"model", 5}));
    LW_TRY(lwi_pairs_text(&p, "general.name", last_name(folder)));
    LW_TRY(put_numbers(&p, s->checkpoint));
    LW_TRY(put_encoder(&p, s->checkpoint));
    LW_TRY(put_mamba(&p, s->checkpoint));
    LW_TRY(put_tokenizer(s, &p, folder));
    s->gguf.pairs = p.items;
    s->gguf.n_pairs = p.n;
    for (size_t i = 0; i < p.n; i++)
        LW_TRY(lwi_strmap_set(&s->gguf.pair_index, p.items[i].key, (int)i));
    return LW_OK;
}

static lw_status take_tensors(lwi_gguf_source *s) {
    lw_checkpoint_tensor t = {.size = sizeof t};
    size_t n = 0, capacity = 0;
    for (; lw_checkpoint_get(s->checkpoint, n, &t) == LW_OK; n++) {
        LW_TRY(
            lwi_arena_grow(&s->arena, &s->gguf.tensors, &capacity, n + 1, sizeof *s->gguf.tensors));
        lwi_gguf_tensor *to = s->gguf.tensors + n;
        *to = (lwi_gguf_tensor){
            .name = t.name, .type = t.type, .rank = t.rank, .data = t.data, .bytes = t.bytes};
        memcpy(to->dims, t.dims, sizeof t.dims);
        LW_TRY(lwi_strmap_set(&s->gguf.tensor_index, t.name, (int)n));
    }
    s->gguf.n_tensors = n;
    return LW_OK;
}

static lw_status open_folder(lwi_gguf_source *s, const char *folder) {
    LW_TRY(lw_checkpoint_open(folder, &s->checkpoint));
    s->gguf = (lwi_gguf){.arena = &s->arena, .version = 3};
    lwi_strmap_init(&s->gguf.pair_index, &lwi_malloc_allocator);
    lwi_strmap_init(&s->gguf.tensor_index, &lwi_malloc_allocator);
    LW_TRY(take_pairs(s, folder));
    return take_tensors(s);
}

/* --------------------------------------------------------------------- both */

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

lw_status lwi_gguf_source_open(const char *path, lwi_gguf_source *s) {
    lwi_file file = {0};
    *s = (lwi_gguf_source){0};
    lwi_arena_init(&s->arena, &lwi_malloc_allocator);
    const lw_status status = lwi_file_map(path, &file);
    if (status != LW_OK) return is_folder(path) ? open_folder(s, path) : status;
    if (lwi_is_gguf(file.data, file.size)) return open_file(s, path, &file);
    lwi_file_unmap(&file);
    return lwi_fail(LW_UNSUPPORTED, "'%s' is no GGUF file and no folder", path);
}

void lwi_gguf_source_close(lwi_gguf_source *s) {
    if (s->gguf.arena) lwi_gguf_free(&s->gguf);
    lw_tokenizer_free(s->tokenizer);
    lw_checkpoint_free(s->checkpoint);
    for (size_t i = 0; i < s->n_files; i++)
        lwi_file_unmap(s->files + i);
    lwi_arena_free(&s->arena);
}

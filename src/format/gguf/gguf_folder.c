/* SPDX-License-Identifier: MIT
 * A GGUF file as a Hugging Face folder: config.json and model.safetensors. Weights in blocks become
 * float16. */
#include "arch/architectures.h"

#include "base/text_end.h"
#include "arch/row_order.h"
#include "files/gguf_parts.h"
#include "format/gguf/gguf.h"
#include "format/gguf/gguf_folder.h"

#include <lampwick/llm_weights.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME = LWI_FOLDER_NAME, PATH = 4096, CHUNK = 1 << 16 };

static const lwi_folder_name llama_names[] = {
#define LWI_NAME(from, to) {from, to, false},
#define LWI_OUTER_NAME(from, to) {from, to, true},
#include "format/gguf/folder_names.def"
    {0}};

static lw_status keep(void *network, lwi_file *file) {
    return lwi_network_keep_file(network, file);
}

/* --------------------------------------------------------------------- names */

static const lwi_folder_name *look_up(const lwi_folder_name *names, const char *name, size_t n,
                                      bool inner) {
    for (; names && names->from; names++)
        if (strlen(names->from) == n && !memcmp(names->from, name, n) && names->outside != inner)
            return names;
    return NULL;
}

/* "blk.3.attn_q.weight", "dec.blk.3.attn_q.weight" */
static bool translate(const lwi_folder_work *w, const char *name, char to[NAME]) {
    const lwi_folder_family *f = w->family;
    const bool encoder = f->decoder_names && !strncmp(name, "enc.", 4);
    const bool named = f->decoder_names && !strncmp(name, "dec.", 4);
    const bool decoder = f->bare_decoder ? !encoder : named;
    const lwi_folder_name *names = decoder ? f->decoder_names : f->names;
    const char *layers = decoder ? f->decoder_layers : f->layers;
    int layer = -1, at = 0;
    if (encoder || named) name += 4;
    const bool inner = sscanf(name, "blk.%5d.%n", &layer, &at) == 1 && at > 0 && layer >= 0;
    const char *rest = inner ? name + at : name, *dot = strrchr(rest, '.');
    if (!dot || (strcmp(dot, ".weight") != 0 && strcmp(dot, ".bias") != 0)) return false;
    const size_t n = (size_t)(dot - rest);
    const lwi_folder_name *head = w->classifies ? look_up(f->head, rest, n, inner) : NULL;
    if (head) return snprintf(to, NAME, "%s%s", head->to, dot) < NAME;
    const lwi_folder_name *found = look_up(names, rest, n, inner);
    if (!found && f->like_llama) found = look_up(llama_names, rest, n, inner);
    if (!found) return false;
    const char *prefix = w->classifies ? f->prefix : "";
    const int size = inner
                         ? snprintf(to, NAME, "%s%s%d.%s%s", prefix, layers, layer, found->to, dot)
                         : snprintf(to, NAME, "%s%s%s", prefix, found->to, dot);
    return size < NAME;
}

/* "blk.3.ffn_gate_exps.weight": the name of one of the matrices in it, or, with "gate_inp", of what
 * chooses among them. */
static bool translate_expert(const lwi_folder_family *family, const char *name, int expert,
                             char to[NAME]) {
    static const char *const parts[][3] = {{"gate_exps", "gate_proj", "w1"},
                                           {"up_exps", "up_proj", "w3"},
                                           {"down_exps", "down_proj", "w2"}};
    int layer = -1, at = 0;
    if (!family->experts || sscanf(name, "blk.%5d.ffn_%n", &layer, &at) != 1 || !at || layer < 0)
        return false;
    if (!strcmp(name + at, "gate_inp.weight"))
        return snprintf(to, NAME, "%s%d.%s.gate.weight", family->layers, layer, family->experts) <
               NAME;
    const int style = !family->named_experts && strcmp(family->experts, "mlp") != 0;
    for (size_t i = 0; i < 3; i++) {
        const size_t n = strlen(parts[i][0]);
        if (!strncmp(name + at, parts[i][0], n) && !strcmp(name + at + n, ".weight"))
            return snprintf(to, NAME, "%s%d.%s.experts.%d.%s.weight", family->layers, layer,
                            family->experts, expert, parts[i][1 + style]) < NAME;
    }
    return false;
}

/* Blocks become float16. */
static void choose_type(lwi_folder_item *it) {
    static const struct {
        uint32_t id;
        const char *dtype;
    } types[] = {{LWI_BLOCK_F16, "F16"}, {LWI_BLOCK_F32, "F32"}, {LWI_BLOCK_BF16, "BF16"}};
    size_t i = 0;
    for (size_t k = 0; k < 3; k++)
        if (it->t.type->id == types[k].id) i = k;
    if (it->t.type->id == LWI_BLOCK_MXFP4) i = 2; /* exponents beyond float16's */
    it->dtype = types[i].dtype;
    it->type = lwi_block_type_find(types[i].id);
}

static void fill(lwi_folder_item *it) {
    choose_type(it);
    it->rank = it->t.rank;
    memcpy(it->dims, it->t.dims, sizeof it->dims);
    it->bytes = lwi_folder_count(&it->t) * it->type->bytes;
}

/* Rows of all queries, of all keys and of all values become groups: heads of queries, one of keys,
 * one of values. */
static lw_status mix(lwi_folder_work *w, lwi_checkpoint_tensor *t) {
    const double heads = lwi_folder_number(w, "attention.head_count", 0);
    const double kv = lwi_folder_number(w, "attention.head_count_kv", heads);
    const size_t rows = (size_t)t->dims[0], n = heads >= 1 && heads < 1e6 ? (size_t)heads : 0;
    const size_t groups = kv >= 1 && kv < 1e6 ? (size_t)kv : 0;
    uint8_t *to = NULL;
    if (!n || !groups || n % groups || rows % (n + 2 * groups))
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %zu rows for %zu and %zu heads", t->name, rows,
                        n, groups);
    const size_t each = n / groups, head = rows / (n + 2 * groups) * (t->bytes / rows);
    const uint8_t *from = t->data;
    LW_TRY(lwi_arena_alloc(&w->network.arena, t->bytes, 1, &to));
    t->data = to;
    for (size_t g = 0; g < groups; g++, to += (each + 2) * head) {
        memcpy(to, from + g * each * head, each * head);
        memcpy(to + each * head, from + (n + g) * head, head);
        memcpy(to + (each + 1) * head, from + (n + groups + g) * head, head);
    }
    return LW_OK;
}

/* [out, in] as [in, out], in the type that it is going to have. */
static lw_status turn(lwi_folder_work *w, lwi_folder_item *it) {
    const size_t rows = (size_t)it->t.dims[0], columns = (size_t)it->t.dims[1];
    float *numbers = NULL, *turned = NULL;
    uint8_t *made = NULL;
    LW_TRY(lwi_arena_alloc(&w->network.arena, it->bytes, 1, &made));
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, rows * columns, sizeof *numbers, &numbers);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, rows * columns, sizeof *turned, &turned);
    if (status == LW_OK) {
        lwi_blocks_decode(it->t.type, it->t.data, rows * columns, numbers);
        for (size_t i = 0; i < rows; i++)
            for (size_t k = 0; k < columns; k++)
                turned[k * rows + i] = numbers[i * columns + k];
        lwi_blocks_encode(it->type, turned, rows * columns, NULL, made);
        it->dims[0] = (int64_t)columns;
        it->dims[1] = (int64_t)rows;
        it->t.type = it->type;
        it->t.data = made;
        it->t.bytes = it->bytes;
    }
    lwi_free(&lwi_malloc_allocator, numbers);
    lwi_free(&lwi_malloc_allocator, turned);
    return status;
}

static lw_status order_heads(lwi_folder_work *w, lwi_checkpoint_tensor *t, bool keys) {
    const double heads = lwi_folder_number(w, "attention.head_count", 0);
    const double n = keys ? lwi_folder_number(w, "attention.head_count_kv", heads) : heads;
    if (!(n >= 1 && n <= 1 << 16)) return lwi_fail(LW_CORRUPT, "there are %g heads", n);
    return lwi_order_rows(&w->network.arena, t, (int64_t)n, false);
}

static lw_status read_item(lwi_folder_work *w, const lwi_gguf_tensor *from, lwi_folder_item *it) {
    const lwi_decoder_style *style = lwi_architecture_style(w->family->architecture);
    const bool q = strstr(from->name, ".attn_q."), k = strstr(from->name, ".attn_k.");
    if (!translate(w, from->name, it->name) &&
        !translate_expert(w->family, from->name, 0, it->name))
        return lwi_fail(LW_UNSUPPORTED, "the tensor '%s' has no name in such folders", from->name);
    it->t = lwi_gguf_checkpoint_tensor(from);
    const bool norm =
        lwi_ends_with(from->name, "norm.weight") && !lwi_ends_with(from->name, ".ssm_norm.weight");
    it->added = norm ? w->family->added : 0;
    if (style && style->permuted && (q || k)) LW_TRY(order_heads(w, &it->t, k));
    if (strstr(from->name, ".ffn_gate_inp_shexp.") && it->t.rank == 1) {
        it->t.rank = 2;
        it->t.dims[1] = it->t.dims[0];
        it->t.dims[0] = 1;
    }
    if (w->family->mixed && strstr(from->name, ".attn_qkv.")) LW_TRY(mix(w, &it->t));
    fill(it);
    const bool matrix = !strncmp(from->name, "blk.", 4) && it->t.rank == 2;
    return w->family->turned && matrix ? turn(w, it) : LW_OK;
}

/* A matrix for each expert. */
static lw_status read_experts(lwi_folder_work *w, const lwi_gguf_tensor *from, size_t *room) {
    lwi_checkpoint_tensor t = lwi_gguf_checkpoint_tensor(from);
    const int64_t n = t.dims[0];
    if (t.rank != 3 || n < 1 || n > 1 << 16)
        return lwi_fail(LW_CORRUPT, "the tensor '%s' is no stack of matrices", from->name);
    t.rank = 2;
    t.dims[0] = t.dims[1];
    t.dims[1] = t.dims[2];
    t.bytes /= (size_t)n;
    for (int64_t i = 0; i < n; i++) {
        LW_TRY(lwi_arena_grow(&w->network.arena, &w->items, room, w->n + 1, sizeof *w->items));
        lwi_folder_item *it = w->items + w->n;
        *it = (lwi_folder_item){.t = t};
        if (!translate_expert(w->family, from->name, (int)i, it->name))
            return lwi_fail(LW_UNSUPPORTED, "the tensor '%s' has no name in such folders",
                            from->name);
        it->t.data = (const uint8_t *)t.data + (size_t)i * t.bytes;
        fill(it);
        w->n++;
    }
    return LW_OK;
}

/* StableLM's norms of queries and keys: a vector for each head. */
static lw_status read_heads(lwi_folder_work *w, const lwi_gguf_tensor *from, size_t *room,
                            bool *done) {
    lwi_checkpoint_tensor t = lwi_gguf_checkpoint_tensor(from);
    int layer = -1;
    char kind = 0, end[8] = "";
    *done = !strcmp(w->family->architecture, "stablelm") && t.rank == 2 &&
            sscanf(from->name, "blk.%5d.attn_%c_norm.%7s", &layer, &kind, end) == 3 &&
            !strcmp(end, "weight");
    if (!*done) return LW_OK;
    const int64_t n = t.dims[0];
    if (n < 1 || n > 1 << 16)
        return lwi_fail(LW_CORRUPT, "the tensor '%s' has %lld rows", from->name, (long long)n);
    t.rank = 1;
    t.dims[0] = t.dims[1];
    t.bytes /= (size_t)n;
    for (int64_t i = 0; i < n; i++, w->n++) {
        LW_TRY(lwi_arena_grow(&w->network.arena, &w->items, room, w->n + 1, sizeof *w->items));
        lwi_folder_item *it = w->items + w->n;
        *it = (lwi_folder_item){.t = t};
        snprintf(it->name, NAME, "%s%d.self_attn.%c_layernorm.norms.%d.weight", w->family->layers,
                 layer, kind, (int)i);
        it->t.data = (const uint8_t *)t.data + (size_t)i * t.bytes;
        fill(it);
    }
    return LW_OK;
}

static const lwi_gguf_tensor *find_in_layer(const lwi_folder_work *w, int layer, const char *name) {
    char full[NAME];
    snprintf(full, sizeof full, "blk.%d.%s", layer, name);
    return lwi_gguf_find_tensor(&w->gguf, full);
}

static lw_status add_joint(lwi_folder_work *w, const lwi_folder_joint *j, int layer,
                           const lwi_gguf_tensor *first, size_t *room) {
    const lwi_gguf_tensor *second = j->second ? find_in_layer(w, layer, j->second) : NULL;
    LW_TRY(lwi_arena_grow(&w->network.arena, &w->items, room, w->n + 1, sizeof *w->items));
    lwi_folder_item *it = w->items + w->n;
    *it = (lwi_folder_item){.t = lwi_gguf_checkpoint_tensor(first), .make = j->make};
    const int size =
        layer < 0 ? snprintf(it->name, NAME, "%s%s", w->classifies ? w->family->prefix : "", j->to)
                  : snprintf(it->name, NAME, "%s%d.%s", w->family->layers, layer, j->to);
    if (size >= NAME) return lwi_fail(LW_LIMIT, "the tensor '%s' has too long a name", first->name);
    if (second) it->second = lwi_gguf_checkpoint_tensor(second);
    choose_type(it);
    LW_TRY(j->make(w, it, NULL));
    it->bytes = it->type->bytes;
    for (int i = 0; i < it->rank; i++)
        it->bytes *= (size_t)it->dims[i];
    w->n++;
    return LW_OK;
}

/* *done: the tensor is one of those that are made otherwise. The first one brings the second. One
 * whose other part is missing is left to be called by a name of its own. */
static lw_status read_joint(lwi_folder_work *w, const lwi_gguf_tensor *from, size_t *room,
                            bool *done) {
    int layer = -1, at = 0;
    *done = false;
    if (sscanf(from->name, "blk.%5d.%n", &layer, &at) != 1 || !at || layer < 0) layer = -1, at = 0;
    for (const lwi_folder_joint *j = w->family->joints; j && j->first && !*done; j++) {
        const bool first = !strcmp(from->name + at, j->first);
        const bool second = j->second && !strcmp(from->name + at, j->second);
        if ((!first && !second) ||
            (j->second && !find_in_layer(w, layer, first ? j->second : j->first)))
            continue;
        *done = true;
        if (first) return add_joint(w, j, layer, from, room);
    }
    return LW_OK;
}

/* "dense_2.weight": of a layer behind the model. */
static lw_status read_dense(lwi_folder_work *w, const lwi_gguf_tensor *from, size_t *room,
                            bool *done) {
    const bool bias = lwi_ends_with(from->name, ".bias");
    const char second = from->name[6];
    *done = !strncmp(from->name, "dense_", 6) && (second == '2' || second == '3') &&
            (bias || lwi_ends_with(from->name, ".weight"));
    if (!*done) return LW_OK;
    LW_TRY(lwi_arena_grow(&w->network.arena, &w->items, room, w->n + 1, sizeof *w->items));
    lwi_folder_item *it = w->items + w->n++;
    *it = (lwi_folder_item){.t = lwi_gguf_checkpoint_tensor(from), .part = second - '0'};
    snprintf(it->name, NAME, "linear.%s", bias ? "bias" : "weight");
    fill(it);
    return LW_OK;
}

static lw_status read_tensor(lwi_folder_work *w, const lwi_gguf_tensor *from, size_t *room) {
    bool done = false;
    if (!strncmp(from->name, "rope_f", 6)) return LW_OK; /* in config.json */
    LW_TRY(read_dense(w, from, room, &done));
    if (done) return LW_OK;
    LW_TRY(read_joint(w, from, room, &done));
    if (done) return LW_OK;
    LW_TRY(read_heads(w, from, room, &done));
    if (done) return LW_OK;
    if (strstr(from->name, "_exps.")) return read_experts(w, from, room);
    LW_TRY(lwi_arena_grow(&w->network.arena, &w->items, room, w->n + 1, sizeof *w->items));
    LW_TRY(read_item(w, from, w->items + w->n));
    w->n++;
    return LW_OK;
}

/* ------------------------------------------------------------------- weights */

static lw_status put_header(lwi_folder_work *w) {
    size_t at = 0;
    w->text.size = 0;
    for (size_t i = 0; i < w->n; i++) {
        const lwi_folder_item *it = w->items + i;
        char text[NAME];
        if (it->part != w->part) continue;
        LW_TRY(lwi_buffer_text(&w->text, w->text.size ? "," : "{"));
        LW_TRY(lwi_buffer_json_string(&w->text, it->name, strlen(it->name)));
        snprintf(text, sizeof text, ":{\"dtype\":\"%s\",\"shape\":[", it->dtype);
        LW_TRY(lwi_buffer_text(&w->text, text));
        for (int k = 0; k < it->rank; k++) {
            snprintf(text, sizeof text, "%s%lld", k ? "," : "", (long long)it->dims[k]);
            LW_TRY(lwi_buffer_text(&w->text, text));
        }
        snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", at, at + it->bytes);
        LW_TRY(lwi_buffer_text(&w->text, text));
        at += it->bytes;
    }
    LW_TRY(lwi_buffer_text(&w->text, w->text.size ? "}" : "{}"));
    while (w->text.size % 8)
        LW_TRY(lwi_buffer_text(&w->text, " "));
    return LW_OK;
}

/* Some rows at a time, through float32. */
static lw_status put_rows(lwi_file_writer *to, const lwi_folder_item *it) {
    const size_t row = (size_t)it->t.dims[it->t.rank - 1], count = it->bytes / it->type->bytes;
    const size_t from_row = row / it->t.type->elements * it->t.type->bytes;
    const size_t most = row < CHUNK ? CHUNK / row : 1, rows = count / row;
    float *numbers = NULL;
    uint8_t *made = NULL;
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, most * row, sizeof *numbers, &numbers);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, most * row, it->type->bytes, &made);
    for (size_t i = 0; i < rows && status == LW_OK; i += most) {
        const size_t n = rows - i < most ? rows - i : most;
        lwi_blocks_decode(it->t.type, (const uint8_t *)it->t.data + i * from_row, n * row, numbers);
        for (size_t k = 0; k < n * row; k++)
            numbers[k] -= it->added;
        lwi_blocks_encode(it->type, numbers, n * row, NULL, made);
        status = lwi_file_writer_add(to, made, n * row * it->type->bytes);
    }
    lwi_free(&lwi_malloc_allocator, numbers);
    lwi_free(&lwi_malloc_allocator, made);
    return status;
}

static lw_status put_made(const lwi_folder_work *w, lwi_file_writer *to, lwi_folder_item *it) {
    uint8_t *made = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, it->bytes, 1, &made));
    lw_status status = it->make(w, it, made);
    if (status == LW_OK) status = lwi_file_writer_add(to, made, it->bytes);
    lwi_free(&lwi_malloc_allocator, made);
    return status;
}

lw_status lwi_folder_put_weights(lwi_folder_work *w, lwi_file_writer *to) {
    uint8_t length[8];
    LW_TRY(put_header(w));
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)w->text.size >> 8 * i & 255);
    LW_TRY(lwi_file_writer_add(to, length, 8));
    LW_TRY(lwi_file_writer_add(to, w->text.data, w->text.size));
    for (size_t i = 0; i < w->n; i++) {
        lwi_folder_item *it = w->items + i;
        if (it->part != w->part) continue;
        if (it->make) LW_TRY(put_made(w, to, it));
        else if (it->type == it->t.type && it->added == 0)
            LW_TRY(lwi_file_writer_add(to, it->t.data, it->bytes));
        else LW_TRY(put_rows(to, it));
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- files */

lw_status lwi_folder_write(const char *folder, const char *name, lwi_folder_work *w,
                           lw_status (*put)(lwi_folder_work *w, lwi_file_writer *to)) {
    char path[PATH];
    lwi_file_writer writer;
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || n >= PATH) return lwi_fail(LW_IO, "the path '%.60s...' is too long", folder);
    LW_TRY(lwi_file_writer_open(path, &writer));
    return lwi_file_writer_close(&writer, put(w, &writer));
}

static lw_status write_config(lwi_folder_work *w, lwi_file_writer *to) {
    lwi_buffer b = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = lwi_folder_config(w, &b);
    if (status == LW_OK) status = lwi_file_writer_add(to, b.data, b.size);
    lwi_buffer_free(&b);
    return status;
}

static lw_status open_model(lwi_folder_work *w, const char *path) {
    lwi_file file = {0};
    LW_TRY(lwi_file_map(path, &file));
    const lwi_file kept = file;
    LW_TRY(keep(&w->network, &file));
    if (!lwi_is_gguf(kept.data, kept.size))
        return lwi_fail(LW_UNSUPPORTED, "'%s' is no GGUF file", path);
    LW_TRY(lwi_gguf_read(&w->network.arena, kept.data, kept.size, &w->gguf));
    LW_TRY(lwi_gguf_read_parts(&w->gguf, path, keep, &w->network));
    const lw_string name = lwi_gguf_string(&w->gguf, "general.architecture");
    w->family = lwi_folder_family_of(&w->gguf);
    w->classifies =
        w->family && w->family->classifier && lwi_gguf_find_tensor(&w->gguf, "cls.output.weight");
    if (w->family) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "models of the family '%.*s' cannot be converted yet",
                    name.size < 40 ? (int)name.size : 40, name.size ? name.data : "");
}

static lw_status write_folder(lwi_folder_work *w, const char *path, const char *folder) {
    size_t room = 0;
    LW_TRY(open_model(w, path));
    for (size_t i = 0; i < w->gguf.n_tensors; i++)
        LW_TRY(read_tensor(w, w->gguf.tensors + i, &room));
    mkdir(folder, 0777); /* it may be there */
    LW_TRY(lwi_folder_write(folder, "config.json", w, write_config));
    LW_TRY(lwi_folder_sentences(w, folder));
    return lwi_folder_write(folder, "model.safetensors", w, lwi_folder_put_weights);
}

lw_status lw_weights_to_folder(const char *path, const char *folder) {
    lwi_folder_work w = {.text = lwi_buffer_new(&lwi_malloc_allocator)};
    if (!path || !folder) return lwi_fail(LW_INVALID, "lw_weights_to_folder: an argument is NULL");
    lwi_network_init(&w.network, &lwi_malloc_allocator, false);
    const lw_status status = write_folder(&w, path, folder);
    if (w.gguf.arena) lwi_gguf_free(&w.gguf);
    lwi_buffer_free(&w.text);
    lwi_network_free(&w.network);
    return status;
}

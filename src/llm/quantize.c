/* SPDX-License-Identifier: MIT
 * A model as a GGUF file, whose tensors may get other types. */
#include "base/checked.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "files/gguf_writer.h"
#include "llm/gguf_source.h"
#include "llm/importance_file.h"
#include "llm/quantize_rules.h"

#include <lampwick/llm.h>

#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 32, CHUNK = 1 << 20, TASK = 1 << 14 /* elements, at least a row */ };

typedef struct work {
    const lwi_quantization *quantization; /* NULL: types stay */
    lwi_gguf_source source;
    lwi_gguf from; /* the source's */
    lwi_gguf_pair *pairs;
    size_t n_pairs;
    lwi_gguf_tensor *tensors; /* as they will be; data as it is */
    lwi_file_writer writer;
    lwi_importance importance; /* n 0: none */
    int threads;
} work;

static const uint8_t version[4] = {2, 0, 0, 0}; /* general.quantization_version */

/* What a file says of itself, or the type of a folder's weights. */
static uint8_t file_type(const lwi_gguf *gguf) {
    static const uint32_t types[] = {LWI_BLOCK_F32, LWI_BLOCK_F16, LWI_BLOCK_BF16};
    static const uint8_t names[] = {0, 1, 32};
    const int64_t said = lwi_gguf_int(gguf, "general.file_type", -1);
    for (size_t i = 0; i < gguf->n_tensors && said < 0; i++)
        for (size_t k = 0; k < 3 && gguf->tensors[i].rank > 1; k++)
            if (gguf->tensors[i].type == types[k]) return names[k];
    return said < 0 || said > 255 ? 0 : (uint8_t)said;
}

static lw_status choose_pairs(work *w) {
    static const char *const ours[] = {"general.file_type", "general.quantization_version",
                                       "general.alignment", "split.no",
                                       "split.count",       "split.tensors.count"};
    uint8_t *type = NULL;
    LW_TRY(lwi_arena_alloc(&w->source.arena, w->from.n_pairs + 2, sizeof *w->pairs, &w->pairs));
    LW_TRY(lwi_arena_alloc(&w->source.arena, 4, 1, &type));
    type[0] = w->quantization ? (uint8_t)w->quantization->file_type : file_type(&w->from);
    for (size_t i = 0; i < w->from.n_pairs; i++) {
        bool replaced = false;
        for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
            replaced |= !strcmp(w->from.pairs[i].key, ours[k]);
        if (!replaced) w->pairs[w->n_pairs++] = w->from.pairs[i];
    }
    w->pairs[w->n_pairs++] = (lwi_gguf_pair){ours[0], LWI_GGUF_UINT32, LWI_GGUF_UINT8, 1, type, 4};
    w->pairs[w->n_pairs++] =
        (lwi_gguf_pair){ours[1], LWI_GGUF_UINT32, LWI_GGUF_UINT8, 1, version, 4};
    return LW_OK;
}

/* 0: the model does not say, or it has one for each layer. */
static int64_t count_of(const lwi_gguf *gguf, const char *what) {
    char key[256];
    const lw_string name = lwi_gguf_string(gguf, "general.architecture");
    const int n = name.size < 200 ? (int)name.size : 0;
    snprintf(key, sizeof key, "%.*s.%s", n, n ? name.data : "", what);
    return lwi_gguf_int(gguf, key, 0);
}

static lwi_quantized_model describe(const lwi_gguf *gguf) {
    return (lwi_quantized_model){.n_layers = count_of(gguf, "block_count"),
                                 .n_heads = count_of(gguf, "attention.head_count"),
                                 .n_value_heads = count_of(gguf, "attention.head_count_kv"),
                                 .n_experts = count_of(gguf, "expert_count"),
                                 .tied = !lwi_gguf_find_tensor(gguf, "output.weight")};
}

static lw_status choose_types(work *w) {
    const lwi_quantized_model model = describe(&w->from);
    LW_TRY(lwi_arena_alloc(&w->source.arena, w->from.n_tensors, sizeof *w->tensors, &w->tensors));
    for (size_t i = 0; i < w->from.n_tensors; i++) {
        lwi_gguf_tensor *t = w->tensors + i;
        *t = w->from.tensors[i];
        if (w->quantization) t->type = lwi_quantization_type(w->quantization, t, &model);
        const lwi_block_type *type = lwi_block_type_find(t->type);
        t->bytes = (size_t)t->dims[t->rank - 1] / type->elements;
        bool fits = lwi_mul_size(t->bytes, type->bytes, &t->bytes);
        for (int k = 0; k + 1 < t->rank; k++)
            fits = fits && lwi_mul_size(t->bytes, (uint64_t)t->dims[k], &t->bytes);
        if (!fits) return lwi_fail(LW_LIMIT, "tensor '%s' would be too large", t->name);
    }
    return LW_OK;
}

/* Rows of a tensor on their way from one type to another, through float32. */
typedef struct passage {
    const lwi_gguf_tensor *from;
    const lwi_block_type *a, *b;
    size_t row, per_task, rows; /* elements; rows of a task, and of all that is under way */
    size_t first;               /* row */
    const float *weights;       /* [matrices, row]; NULL: none */
    size_t matrix;              /* rows of one */
    float *numbers;
    uint8_t *blocks;
} passage;

static void pass_rows(void *arg, size_t task) {
    const passage *p = arg;
    const size_t at = task * p->per_task, left = p->rows - at;
    const size_t n = (left < p->per_task ? left : p->per_task) * p->row;
    const size_t row_a = p->row / p->a->elements * p->a->bytes;
    const size_t row_b = p->row / p->b->elements * p->b->bytes;
    float *numbers = p->numbers + at * p->row;
    lwi_blocks_decode(p->a, p->from->data + (p->first + at) * row_a, n, numbers);
    uint8_t *blocks = p->blocks + at * row_b;
    if (!p->weights) {
        lwi_blocks_encode(p->b, numbers, n, NULL, blocks);
        return;
    }
    for (size_t i = 0; i < n / p->row; i++)
        lwi_blocks_encode(p->b, numbers + i * p->row, p->row,
                          p->weights + (p->first + at + i) / p->matrix * p->row,
                          blocks + i * row_b);
}

/* Many rows at a time, shared among the processors. */
static lw_status write_rows(work *w, const lwi_gguf_tensor *from, const lwi_gguf_tensor *to) {
    passage p = {.from = from,
                 .a = lwi_block_type_find(from->type),
                 .b = lwi_block_type_find(to->type),
                 .row = (size_t)to->dims[to->rank - 1]};
    const size_t row_bytes = p.row / p.b->elements * p.b->bytes, rows = to->bytes / row_bytes;
    const size_t most = p.row < CHUNK ? CHUNK / p.row : 1;
    p.matrix = to->rank > 1 ? (size_t)to->dims[to->rank - 2] : 1;
    p.weights = lwi_importance_find(&w->importance, to->name, rows / p.matrix, p.row);
    p.per_task = p.row < TASK ? TASK / p.row : 1;
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, most * p.row, sizeof(float), &p.numbers);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, most, row_bytes, &p.blocks);
    for (; p.first < rows && status == LW_OK; p.first += p.rows) {
        p.rows = rows - p.first < most ? rows - p.first : most;
        lwi_thread_pool_run(w->threads, (p.rows + p.per_task - 1) / p.per_task, pass_rows, &p);
        status = lwi_file_writer_add(&w->writer, p.blocks, p.rows * row_bytes);
    }
    lwi_free(&lwi_malloc_allocator, p.numbers);
    lwi_free(&lwi_malloc_allocator, p.blocks);
    return status;
}

static lw_status write_all(work *w) {
    LW_TRY(lwi_gguf_write_head(&w->writer, w->pairs, w->n_pairs, w->tensors, w->from.n_tensors,
                               ALIGNMENT));
    for (size_t i = 0; i < w->from.n_tensors; i++) {
        const lwi_gguf_tensor *from = w->from.tensors + i, *to = w->tensors + i;
        if (from->type == to->type) LW_TRY(lwi_file_writer_add(&w->writer, to->data, to->bytes));
        else LW_TRY(write_rows(w, from, to));
        LW_TRY(lwi_file_writer_pad(&w->writer, ALIGNMENT));
    }
    return LW_OK;
}

static lw_status convert(work *w, const char *from, const char *to) {
    LW_TRY(lwi_gguf_source_open(from, &w->source));
    w->from = w->source.gguf;
    LW_TRY(choose_pairs(w));
    LW_TRY(choose_types(w));
    LW_TRY(lwi_file_writer_open(to, &w->writer));
    return lwi_file_writer_close(&w->writer, write_all(w));
}

const char *lw_llm_quantization(size_t i) {
    const lwi_quantization *q = lwi_quantization_at(i);
    return q ? q->name : NULL;
}

static lw_status quantize(work *w, const char *from, const char *to, const char *importance) {
    if (importance) LW_TRY(lwi_importance_open(importance, &w->importance));
    w->threads = lwi_cpu_threads();
    if (w->threads > 1) LW_TRY(lwi_thread_pool_enter());
    const lw_status status = convert(w, from, to);
    if (w->threads > 1) lwi_thread_pool_leave();
    return status;
}

lw_status lw_llm_quantize_with(const char *from, const char *to, const lw_quantize_options *o) {
    if (!from || !to || !o || o->size < sizeof *o)
        return lwi_fail(LW_INVALID, "lw_llm_quantize_with: an argument is NULL or size not set");
    work w = {.quantization = o->type ? lwi_quantization_find(o->type) : NULL};
    if (o->type && !w.quantization)
        return lwi_fail(LW_INVALID, "there is no quantisation '%.40s'", o->type);
    const lw_status status = quantize(&w, from, to, o->importance);
    lwi_gguf_source_close(&w.source);
    lwi_importance_close(&w.importance);
    return status;
}

lw_status lw_llm_quantize(const char *from, const char *to, const char *type) {
    return lw_llm_quantize_with(
        from, to, &(lw_quantize_options){.size = sizeof(lw_quantize_options), .type = type});
}

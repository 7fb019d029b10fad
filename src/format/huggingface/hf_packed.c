/* SPDX-License-Identifier: MIT
 * Integers of 2, 4 or 8 bits in words of 32, with a scale and a zero for some of a row:
 *   compressed-tensors  weight_packed [out, words] along a row, less half of their range;
 *                       weight_scale [out, groups]
 *   GPTQ                qweight [words, out] along a row, qzeros [groups, words], scales
 *                       [groups, out]; zeros are stored less one, but for gptq_v2
 *   AWQ                 qweight [in, words] along a column, qzeros and scales likewise; the eight
 *                       integers of a word stand in another order */
#include "base/half.h"
#include "files/little_endian.h"
#include "format/huggingface/hf_quantized.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256, WORD = 32 };

typedef struct packed {
    const lwi_safetensor *weight, *zeros, *scale, *order;
    size_t in, out, groups, each; /* each: integers of a word */
    unsigned bits;
    int added; /* to zeros as they are stored */
    bool awq;
    float *scales;
} packed;

static uint32_t word_at(const lwi_safetensor *t, size_t i) {
    return (uint32_t)lwi_little_endian(t->data + 4 * i, 4);
}

static const lwi_safetensor *find(const lwi_hf_source *s, const lwi_safetensor *t, size_t stem,
                                  const char *with) {
    char name[NAME];
    const int n = snprintf(name, sizeof name, "%.*s%s", (int)stem, t->name, with);
    return n > 0 && (size_t)n < sizeof name ? lwi_safetensors_find(&s->files, name) : NULL;
}

static int integer(const lwi_safetensor *t, const packed *p, size_t word, size_t place) {
    static const unsigned order[8] = {0, 4, 1, 5, 2, 6, 3, 7};
    const unsigned at = p->awq && p->each == 8 ? order[place] : (unsigned)place;
    return (int)(word_at(t, word) >> (at * p->bits) & ((1u << p->bits) - 1));
}

static bool is_words(const lwi_safetensor *t) {
    return t && t->rank == 2 && (t->dtype == LW_INT32 || t->dtype == LW_UINT32);
}

static bool has_size(const lwi_safetensor *t, size_t rows, size_t columns) {
    return t && t->rank == 2 && t->dims[0] == (int64_t)rows && t->dims[1] == (int64_t)columns;
}

static lw_status odd_size(const lwi_safetensor *t) {
    return lwi_fail(LW_CORRUPT, "tensor '%s' has scales or zeros that do not fit", t->name);
}

/* The group of an input; an order says so, or they stand one behind the other. */
static lw_status find_groups(const packed *p, size_t **groups) {
    size_t *made = NULL;
    const lwi_safetensor *order = p->order;
    if (order && (order->rank != 1 || order->dims[0] != (int64_t)p->in ||
                  (order->dtype != LW_INT32 && order->dtype != LW_UINT32)))
        return odd_size(p->weight);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, p->in, sizeof *made, &made));
    const size_t size = (p->in + p->groups - 1) / p->groups;
    for (size_t i = 0; i < p->in; i++) {
        made[i] = order ? word_at(order, i) : i / size;
        if (made[i] < p->groups) continue;
        lwi_free(&lwi_malloc_allocator, made);
        return odd_size(p->weight);
    }
    *groups = made;
    return LW_OK;
}

static uint16_t narrow(const packed *p, float x) {
    return p->scale->dtype == LW_BFLOAT16 ? lwi_f32_to_bf16(x) : lwi_f32_to_f16(x);
}

/* In words of the weight: of an input and an output. */
static int weight_at(const packed *p, size_t i, size_t o) {
    if (p->awq) return integer(p->weight, p, i * (p->out / p->each) + o / p->each, o % p->each);
    return integer(p->weight, p, i / p->each * p->out + o, i % p->each);
}

static int zero_at(const packed *p, size_t group, size_t o) {
    return integer(p->zeros, p, group * (p->out / p->each) + o / p->each, o % p->each) + p->added;
}

static void fill_gptq(const packed *p, const size_t *groups, uint16_t *to) {
    for (size_t o = 0; o < p->out; o++)
        for (size_t i = 0; i < p->in; i++) {
            const size_t g = groups[i];
            const int level = weight_at(p, i, o) - zero_at(p, g, o);
            to[o * p->in + i] = narrow(p, (float)level * p->scales[g * p->out + o]);
        }
}

static lw_status name_weight(const lwi_safetensor *t, size_t stem, char name[NAME]) {
    const int n = snprintf(name, NAME, "%.*s.weight", (int)stem, t->name);
    return n > 0 && n < NAME ? LW_OK
                             : lwi_fail(LW_LIMIT, "tensor '%.60s...' has too long a name", t->name);
}

static lw_status make(lwi_hf_source *s, packed *p, size_t stem,
                      void (*fill)(const packed *p, const size_t *groups, uint16_t *to),
                      lwi_safetensor *to) {
    char name[NAME];
    uint16_t *data = NULL;
    size_t *groups = NULL;
    const lw_dtype dtype = p->scale->dtype == LW_BFLOAT16 ? LW_BFLOAT16 : LW_FLOAT16;
    LW_TRY(name_weight(p->weight, stem, name));
    LW_TRY(
        lwi_hf_new_weight(s, p->weight, name, dtype, (int64_t)p->out, (int64_t)p->in, to, &data));
    LW_TRY(find_groups(p, &groups));
    const lw_status status = lwi_hf_floats(p->scale, &p->scales);
    if (status == LW_OK) fill(p, groups, data);
    lwi_free(&lwi_malloc_allocator, p->scales);
    lwi_free(&lwi_malloc_allocator, groups);
    return status;
}

lw_status lwi_hf_unpack_gptq(lwi_hf_source *s, const lwi_safetensor *t, lwi_safetensor *to) {
    const lwi_json_item *config = lwi_json_get(s->root, "quantization_config");
    const int64_t bits = lwi_json_int(config, "bits", lwi_json_int(config, "w_bit", 4));
    const size_t stem = strlen(t->name) - strlen(".qweight");
    packed p = {.weight = t,
                .zeros = find(s, t, stem, ".qzeros"),
                .scale = find(s, t, stem, ".scales"),
                .order = find(s, t, stem, ".g_idx"),
                .awq = !strcmp(lwi_json_text(config, "quant_method", ""), "awq")};
    const char *version = lwi_json_text(config, "version", "gemm");
    const char *format = lwi_json_text(config, "checkpoint_format", "gptq");
    p.added = !p.awq && strcmp(format, "gptq_v2") != 0;
    if (p.awq && (strcmp(version, "gemm") != 0 || bits != 4))
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s': AWQ of %lld bits, version '%.20s'", t->name,
                        (long long)bits, version);
    if (bits != 2 && bits != 4 && bits != 8)
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s' has elements of %lld bits", t->name,
                        (long long)bits);
    if (!is_words(t) || !is_words(p.zeros) || !p.scale || p.scale->rank != 2) return odd_size(t);
    p.bits = (unsigned)bits;
    p.each = WORD / p.bits;
    p.in = (size_t)t->dims[0] * (p.awq ? 1 : p.each);
    p.out = (size_t)t->dims[1] * (p.awq ? p.each : 1);
    p.groups = (size_t)p.scale->dims[0];
    if (!p.groups || p.out % p.each || !has_size(p.scale, p.groups, p.out) ||
        !has_size(p.zeros, p.groups, p.out / p.each))
        return odd_size(t);
    return make(s, &p, stem, fill_gptq, to);
}

/* ------------------------------------------------------- compressed-tensors */

static void fill_compressed(const packed *p, const size_t *groups, uint16_t *to) {
    const size_t words = (p->in + p->each - 1) / p->each;
    for (size_t o = 0; o < p->out; o++)
        for (size_t i = 0; i < p->in; i++) {
            const int level =
                integer(p->weight, p, o * words + i / p->each, i % p->each) - (1 << (p->bits - 1));
            to[o * p->in + i] = narrow(p, (float)level * p->scales[o * p->groups + groups[i]]);
        }
}

/* The number of columns, which need not fill words. */
static size_t columns_of(const lwi_safetensor *shape) {
    if (!shape || shape->rank != 1 || shape->dims[0] != 2) return 0;
    const bool wide = shape->dtype == LW_INT64;
    if (!wide && shape->dtype != LW_INT32) return 0;
    return (size_t)lwi_little_endian(shape->data + (wide ? 8 : 4), 4);
}

lw_status lwi_hf_unpack_compressed(lwi_hf_source *s, const lwi_safetensor *t, lwi_safetensor *to) {
    const size_t stem = strlen(t->name) - strlen(".weight_packed");
    const size_t columns = columns_of(find(s, t, stem, ".weight_shape"));
    packed p = {.weight = t,
                .scale = find(s, t, stem, ".weight_scale"),
                .order = find(s, t, stem, ".weight_g_idx")};
    if (find(s, t, stem, ".weight_zero_point"))
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s' has zeros that are not in the middle",
                        t->name);
    if (!is_words(t) || !p.scale || p.scale->rank != 2 || !columns || !t->dims[1])
        return odd_size(t);
    const size_t words = (size_t)t->dims[1];
    for (p.bits = 4; p.bits <= 8; p.bits += 4) {
        p.each = WORD / p.bits;
        if ((columns + p.each - 1) / p.each == words) break;
    }
    p.in = columns;
    p.out = (size_t)t->dims[0];
    p.groups = (size_t)p.scale->dims[1];
    if (p.bits > 8 || !p.groups || !has_size(p.scale, p.out, p.groups)) return odd_size(t);
    return make(s, &p, stem, fill_compressed, to);
}

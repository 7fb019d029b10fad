/* SPDX-License-Identifier: MIT
 * Folders whose weights are quantised become folders with float16 or bfloat16 weights, in memory,
 * before names are looked at:
 *   NAME float8 or int8 with NAME_scale_inv or NAME_scale (DeepSeek, compressed-tensors, FBGEMM):
 * one scale for all, for a row, or for a block; X.weight_packed, integers of 4 or 8 bits
 * (compressed-tensors), X.qweight (GPTQ, AWQ): a scale for some elements of a row. */
#include "base/half.h"
#include "base/text_end.h"
#include "format/huggingface/hf_quantized.h"
#include "tensor/convert.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

static const lwi_safetensor *beside(const lwi_hf_source *s, const lwi_safetensor *t,
                                    const char *without, const char *with) {
    char name[NAME];
    const size_t stem = strlen(t->name) - strlen(without);
    const int n = snprintf(name, sizeof name, "%.*s%s", (int)stem, t->name, with);
    return n > 0 && (size_t)n < sizeof name ? lwi_safetensors_find(&s->files, name) : NULL;
}

size_t lwi_hf_elements(const lwi_safetensor *t) {
    size_t n = 1;
    for (int i = 0; i < t->rank; i++)
        n *= (size_t)t->dims[i];
    return n;
}

static bool is_float(lw_dtype dtype) {
    return dtype == LW_FLOAT32 || dtype == LW_FLOAT16 || dtype == LW_BFLOAT16 ||
           dtype == LW_FLOAT8E8M0;
}

lw_status lwi_hf_floats(const lwi_safetensor *t, float **floats) {
    uint8_t *aligned = NULL;
    float *made = NULL;
    if (!is_float(t->dtype))
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s': scales of the type %s", t->name,
                        lw_dtype_name(t->dtype));
    const size_t n = lwi_hf_elements(t);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, t->bytes, 1, &aligned));
    if (t->bytes) memcpy(aligned, t->data, t->bytes);
    const lw_status status = lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *made, &made);
    if (status == LW_OK) {
        lwi_convert(&lwi_convert_nearest, t->dtype, aligned, LW_FLOAT32, made, n);
        *floats = made;
    }
    lwi_free(&lwi_malloc_allocator, aligned);
    return status;
}

lw_status lwi_hf_new_weight(lwi_hf_source *s, const lwi_safetensor *from, const char *name,
                            lw_dtype dtype, int64_t rows, int64_t columns, lwi_safetensor *to,
                            uint16_t **data) {
    *to = (lwi_safetensor){.dtype = dtype, .rank = 2, .dims = {rows, columns}};
    if (rows < 1 || columns < 1 || rows > (INT64_C(1) << 40) / columns)
        return lwi_fail(LW_CORRUPT, "tensor '%s' would be %lld by %lld", from->name,
                        (long long)rows, (long long)columns);
    to->bytes = (size_t)(rows * columns) * sizeof **data;
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &to->name));
    LW_TRY(lwi_arena_alloc(&s->network->arena, to->bytes / sizeof **data, sizeof **data, data));
    to->data = (const uint8_t *)*data;
    return LW_OK;
}

/* ------------------------------------------------------------------- scaled */

typedef struct scaling {
    const float *scales;                                             /* NULL: 1 */
    size_t block[LWI_SAFETENSORS_RANK], count[LWI_SAFETENSORS_RANK]; /* by axis of the weight */
} scaling;

/* How many elements along an axis have one scale; 0: so many scales do not fit. DeepSeek's last
 * block may be smaller. */
static size_t block_of(const lwi_hf_source *s, size_t axis, size_t size, size_t scales) {
    enum { USUAL = 128 };
    const lwi_json_item *sizes =
        lwi_json_get(lwi_json_get(s->root, "quantization_config"), "weight_block_size");
    const bool said = lwi_json_is(sizes, LWI_JSON_ARRAY) && sizes->size == 2 &&
                      sizes->items[axis].is_integer && sizes->items[axis].integer > 0;
    const size_t block = said ? (size_t)sizes->items[axis].integer : USUAL;
    if (scales <= 1) return size;
    if (scales == size) return 1;
    if (size / block + (size % block != 0) == scales) return block;
    return !said && size % scales == 0 ? size / scales : 0;
}

/* Scales are of all axes, of the first, or one. */
static lw_status find_blocks(const lwi_hf_source *s, const lwi_safetensor *t,
                             const lwi_safetensor *scale, scaling *z) {
    const size_t n = lwi_hf_elements(scale);
    for (int i = 0; i < t->rank; i++) {
        z->count[i] = scale->rank == t->rank       ? (size_t)scale->dims[i]
                      : i == 0 && scale->rank == 1 ? n
                                                   : 1;
        /* Blocks are those of the last two axes. */
        const size_t axis = i == t->rank - 1;
        z->block[i] = block_of(s, axis, (size_t)t->dims[i], z->count[i]);
        if (t->dims[i] > 0 && z->block[i] > 0) continue;
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %zu scales for %lld elements", t->name,
                        z->count[i], (long long)t->dims[i]);
    }
    if (n == 0 || (scale->rank != t->rank && n > 1 && scale->rank != 1))
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %zu scales of rank %d", t->name, n,
                        scale->rank);
    return LW_OK;
}

/* Index of the first scale of a row. */
static size_t first_scale(const scaling *z, const lwi_safetensor *t, size_t row) {
    size_t at = 0, left = row, index[LWI_SAFETENSORS_RANK];
    for (int i = t->rank - 1; i-- > 0;) {
        index[i] = left % (size_t)t->dims[i];
        left /= (size_t)t->dims[i];
    }
    for (int i = 0; i + 1 < t->rank; i++)
        at = at * z->count[i] + index[i] / z->block[i];
    return at * z->count[t->rank - 1];
}

static void widen(const lwi_safetensor *t, size_t offset, size_t n, float *to) {
    if (t->dtype != LW_INT8) {
        lwi_widen(t->dtype, t->data, offset, n, to);
        return;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = (float)(int8_t)t->data[offset + i];
}

static lw_status fill_scaled(const lwi_safetensor *t, const scaling *z, uint16_t *to) {
    const size_t columns = (size_t)t->dims[t->rank - 1], rows = lwi_hf_elements(t) / columns;
    const size_t block = z->scales ? z->block[t->rank - 1] : 1;
    float *floats = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, columns, sizeof *floats, &floats));
    for (size_t r = 0; r < rows; r++) {
        const float *scales = z->scales ? z->scales + first_scale(z, t, r) : NULL;
        widen(t, r * columns, columns, floats);
        for (size_t i = 0; i < columns; i++)
            to[r * columns + i] =
                lwi_f32_to_bf16(scales ? floats[i] * scales[i / block] : floats[i]);
    }
    lwi_free(&lwi_malloc_allocator, floats);
    return LW_OK;
}

static lw_status unscale(lwi_hf_source *s, const lwi_safetensor *t, lwi_safetensor *to) {
    const lwi_safetensor *scale = beside(s, t, "", "_scale_inv");
    scaling z = {.scales = NULL};
    float *scales = NULL;
    uint16_t *data = NULL;
    *to = *t;
    if (!scale) scale = beside(s, t, "", "_scale");
    if (scale) LW_TRY(find_blocks(s, t, scale, &z));
    to->dtype = LW_BFLOAT16;
    to->bytes = 2 * t->bytes;
    to->data = NULL;
    if (t->bytes == 0) return LW_OK;
    LW_TRY(lwi_arena_alloc(&s->network->arena, t->bytes, sizeof *data, &data));
    to->data = (const uint8_t *)data;
    if (scale) LW_TRY(lwi_hf_floats(scale, &scales));
    z.scales = scales;
    const lw_status status = fill_scaled(t, &z, data);
    lwi_free(&lwi_malloc_allocator, scales);
    return status;
}

/* ---------------------------------------------------------------------- all */

static bool is_scaled(const lwi_hf_source *s, const lwi_safetensor *t) {
    if (t->rank < 1) return false;
    if (t->dtype == LW_FLOAT8E4M3FN || t->dtype == LW_FLOAT8E5M2) return true;
    return t->dtype == LW_INT8 && beside(s, t, "", "_scale");
}

/* What belongs to a weight, or to numbers that are quantised while the model runs. */
static bool is_helper(const char *name) {
    static const char *const names[] = {
        "_scale_inv",        "_scale",  "_scale_ub", ".weight_shape", ".weight_zero_point",
        ".qzeros",           ".scales", ".g_idx",    ".weight_g_idx", ".input_zero_point",
        ".output_zero_point"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lwi_ends_with(name, names[i])) return true;
    return false;
}

static lw_status check_method(const lwi_hf_source *s, bool *quantized) {
    static const char *const known[] = {"fp8", "fbgemm_fp8", "compressed-tensors", "gptq", "awq"};
    const lwi_json_item *config = lwi_json_get(s->root, "quantization_config");
    const char *method = lwi_json_text(config, "quant_method", "");
    for (size_t i = 0; i < s->files.n && !*quantized; i++)
        *quantized = is_scaled(s, s->files.tensors + i);
    if (!*method || !strcmp(method, "mxfp4")) return LW_OK; /* hf_mxfp4.c */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(method, known[i])) {
            *quantized = true;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED,
                    "config.json: weights quantised by '%.40s' are not known (those by fp8, "
                    "fbgemm_fp8, compressed-tensors, gptq and awq are)",
                    method);
}

static lw_status add(lwi_hf_source *s, const lwi_safetensor *t, lwi_safetensors *to) {
    lwi_safetensor made = *t;
    if (is_scaled(s, t)) LW_TRY(unscale(s, t, &made));
    else if (lwi_ends_with(t->name, ".weight_packed"))
        LW_TRY(lwi_hf_unpack_compressed(s, t, &made));
    else if (lwi_ends_with(t->name, ".qweight")) LW_TRY(lwi_hf_unpack_gptq(s, t, &made));
    else if (is_helper(t->name)) return LW_OK;
    return lwi_safetensors_put(to, &made);
}

lw_status lwi_hf_unquantize(lwi_hf_source *s) {
    bool quantized = false;
    LW_TRY(check_method(s, &quantized));
    if (!quantized) return LW_OK;
    lwi_safetensors made;
    lwi_safetensors_init(&made, &s->network->arena);
    lw_status status = LW_OK;
    for (size_t i = 0; i < s->files.n && status == LW_OK; i++)
        status = add(s, s->files.tensors + i, &made);
    if (status == LW_OK) {
        lwi_safetensors_free(&s->files);
        s->files = made;
    } else lwi_safetensors_free(&made);
    return status;
}

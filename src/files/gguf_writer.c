/* SPDX-License-Identifier: MIT */
#include "files/gguf_writer.h"

#include "base/byte_buffer.h"
#include "base/checked.h"

#include <string.h>

static lw_status put_number(lwi_buffer *b, uint64_t number, size_t bytes) {
    uint8_t little[8];
    for (size_t i = 0; i < bytes; i++)
        little[i] = (uint8_t)(number >> 8 * i & 255);
    return lwi_buffer_put(b, little, bytes);
}

static lw_status put_text(lwi_buffer *b, const char *text) {
    const size_t n = strlen(text);
    LW_TRY(put_number(b, n, 8));
    return lwi_buffer_put(b, text, n);
}

static lw_status put_pair(lwi_buffer *b, const lwi_gguf_pair *pair) {
    LW_TRY(put_text(b, pair->key));
    LW_TRY(put_number(b, pair->kind, 4));
    if (pair->kind == LWI_GGUF_ARRAY) LW_TRY(put_number(b, pair->element, 4));
    if (pair->kind == LWI_GGUF_ARRAY || pair->kind == LWI_GGUF_STRING)
        LW_TRY(put_number(b, pair->count, 8));
    return lwi_buffer_put(b, pair->data, pair->bytes);
}

/* Dimensions are stored fastest first. */
static lw_status put_tensor(lwi_buffer *b, const lwi_gguf_tensor *tensor, size_t offset) {
    LW_TRY(put_text(b, tensor->name));
    LW_TRY(put_number(b, (uint64_t)tensor->rank, 4));
    for (int i = tensor->rank; i-- > 0;)
        LW_TRY(put_number(b, (uint64_t)tensor->dims[i], 8));
    LW_TRY(put_number(b, tensor->type, 4));
    return put_number(b, offset, 8);
}

static lw_status put_head(lwi_buffer *b, const lwi_gguf_pair *pairs, size_t n_pairs,
                          const lwi_gguf_tensor *tensors, size_t n_tensors, size_t alignment) {
    size_t offset = 0;
    LW_TRY(lwi_buffer_text(b, "GGUF"));
    LW_TRY(put_number(b, 3, 4));
    LW_TRY(put_number(b, n_tensors, 8));
    LW_TRY(put_number(b, n_pairs, 8));
    for (size_t i = 0; i < n_pairs; i++)
        LW_TRY(put_pair(b, pairs + i));
    for (size_t i = 0; i < n_tensors; i++) {
        size_t end = 0;
        LW_TRY(put_tensor(b, tensors + i, offset));
        if (!lwi_add_size(offset, tensors[i].bytes, &end) ||
            !lwi_add_size(end, alignment - 1, &end))
            return lwi_fail(LW_LIMIT, "GGUF: the file would be too large");
        offset = end & ~(alignment - 1);
    }
    return LW_OK;
}

lw_status lwi_gguf_write_head(lwi_file_writer *w, const lwi_gguf_pair *pairs, size_t n_pairs,
                              const lwi_gguf_tensor *tensors, size_t n_tensors, size_t alignment) {
    lwi_buffer b = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = put_head(&b, pairs, n_pairs, tensors, n_tensors, alignment);
    if (status == LW_OK) status = lwi_file_writer_add(w, b.data, b.size);
    if (status == LW_OK) status = lwi_file_writer_pad(w, alignment);
    lwi_buffer_free(&b);
    return status;
}

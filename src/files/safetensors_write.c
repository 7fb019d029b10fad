/* SPDX-License-Identifier: MIT
 * Tensors with larger elements come first, so that all are aligned. */
#include "base/byte_buffer.h"
#include "files/little_endian.h"
#include "files/safetensors_file.h"
#include "files/weight_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LENGTH = 8, WIDEST = 128 };

static lw_status put_entry(lwi_buffer *header, const lwi_stored_tensor *t, size_t begin) {
    char text[64];
    const char *type = lwi_safetensors_type(lwi_written_type(t));
    if (!type)
        return lwi_fail(LW_UNSUPPORTED,
                        "tensor '%s': safetensors has no type for its elements of %zu bits",
                        t->name, lwi_stored_bits(t->dtype));
    LW_TRY(lwi_buffer_text(header, header->size ? "," : "{"));
    LW_TRY(lwi_buffer_json_string(header, t->name, strlen(t->name)));
    snprintf(text, sizeof text, ":{\"dtype\":\"%s\",\"shape\":[", type);
    LW_TRY(lwi_buffer_text(header, text));
    for (int d = 0; d < t->rank; d++) {
        snprintf(text, sizeof text, "%s%" PRId64, d ? "," : "", t->dims[d]);
        LW_TRY(lwi_buffer_text(header, text));
    }
    snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", begin,
             begin + lwi_written_size(t));
    return lwi_buffer_text(header, text);
}

static lw_status put_header(lwi_buffer *header, const lwi_weight_file *file) {
    size_t at = 0;
    for (size_t bits = WIDEST; bits; bits /= 2)
        for (size_t i = 0; i < file->n; i++) {
            if (lwi_stored_bits(lwi_written_type(file->tensors + i)) != bits) continue;
            LW_TRY(put_entry(header, file->tensors + i, at));
            at += lwi_written_size(file->tensors + i);
        }
    LW_TRY(lwi_buffer_text(header, file->n ? "}" : "{}"));
    while (header->size % LENGTH)
        LW_TRY(lwi_buffer_text(header, " "));
    return LW_OK;
}

static lw_status put_tensor(const lwi_stored_tensor *t, lwi_file_writer *to) {
    lwi_arena arena;
    const uint8_t *bytes = NULL;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_written_bytes(t, &arena, &bytes);
    if (status == LW_OK) status = lwi_file_writer_add(to, bytes, lwi_written_size(t));
    lwi_arena_free(&arena);
    return status;
}

static lw_status write_all(const lwi_weight_file *file, const lwi_buffer *header,
                           lwi_file_writer *to) {
    uint8_t length[LENGTH];
    lwi_put_little_endian(length, LENGTH, header->size);
    LW_TRY(lwi_file_writer_add(to, length, LENGTH));
    LW_TRY(lwi_file_writer_add(to, header->data, header->size));
    for (size_t bits = WIDEST; bits; bits /= 2)
        for (size_t i = 0; i < file->n; i++)
            if (lwi_stored_bits(lwi_written_type(file->tensors + i)) == bits)
                LW_TRY(put_tensor(file->tensors + i, to));
    return LW_OK;
}

lw_status lwi_safetensors_write(const lwi_weight_file *file, lwi_file_writer *to) {
    lwi_buffer header = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = put_header(&header, file);
    if (status == LW_OK) status = write_all(file, &header, to);
    lwi_buffer_free(&header);
    return status;
}

/* SPDX-License-Identifier: MIT
 * A state_dict as torch.save writes it, in a zip file: what its own reader accepts without leave to
 * run code. */
#include "base/byte_buffer.h"
#include "files/little_endian.h"
#include "files/weight_writer.h"
#include "files/zip_writer.h"

#include <stdio.h>
#include <string.h>

/* Types with a class of storages of their own, and those that only bytes are stored of. */
static const char *storage_of(lw_dtype dtype) {
    static const char *const names[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = "FloatStorage",
        [LW_FLOAT64] = "DoubleStorage",
        [LW_FLOAT16] = "HalfStorage",
        [LW_BFLOAT16] = "BFloat16Storage",
        [LW_INT64] = "LongStorage",
        [LW_INT32] = "IntStorage",
        [LW_INT16] = "ShortStorage",
        [LW_INT8] = "CharStorage",
        [LW_UINT8] = "ByteStorage",
        [LW_BOOL] = "BoolStorage",
        [LW_COMPLEX64] = "ComplexFloatStorage",
        [LW_COMPLEX128] = "ComplexDoubleStorage",
    };
    return names[dtype];
}

static const char *type_of(lw_dtype dtype) {
    static const char *const names[LW_DTYPE_COUNT] = {
        [LW_UINT16] = "uint16",
        [LW_UINT32] = "uint32",
        [LW_UINT64] = "uint64",
        [LW_FLOAT8E4M3FN] = "float8_e4m3fn",
        [LW_FLOAT8E4M3FNUZ] = "float8_e4m3fnuz",
        [LW_FLOAT8E5M2] = "float8_e5m2",
        [LW_FLOAT8E5M2FNUZ] = "float8_e5m2fnuz",
        [LW_FLOAT8E8M0] = "float8_e8m0fnu",
    };
    return names[dtype];
}

/* ------------------------------------------------------------------- pickle */

static lw_status put_number(lwi_buffer *b, const char *opcode, size_t n, uint64_t number) {
    uint8_t bytes[8];
    lwi_put_little_endian(bytes, n, number);
    LW_TRY(lwi_buffer_text(b, opcode));
    return lwi_buffer_put(b, bytes, n);
}

static lw_status put_int(lwi_buffer *b, uint64_t number) {
    if (number < 1u << 8) return put_number(b, "K", 1, number);
    if (number < 1u << 16) return put_number(b, "M", 2, number);
    if (number <= INT32_MAX) return put_number(b, "J", 4, number);
    return put_number(b, "\x8a\x08", 8, number);
}

static lw_status put_string(lwi_buffer *b, const char *text) {
    LW_TRY(put_number(b, "X", 4, strlen(text)));
    return lwi_buffer_text(b, text);
}

static lw_status put_global(lwi_buffer *b, const char *module, const char *name) {
    char text[96];
    snprintf(text, sizeof text, "c%s\n%s\n", module, name);
    return lwi_buffer_text(b, text);
}

static lw_status put_tuple(lwi_buffer *b, const int64_t *numbers, int n) {
    LW_TRY(lwi_buffer_text(b, "("));
    for (int i = 0; i < n; i++)
        LW_TRY(put_int(b, (uint64_t)numbers[i]));
    return lwi_buffer_text(b, "t");
}

/* ('storage', class, key, 'cpu', elements), as a persistent id */
static lw_status put_storage(lwi_buffer *b, const lwi_stored_tensor *t, size_t key) {
    char text[24];
    const char *storage = storage_of(lwi_written_type(t));
    snprintf(text, sizeof text, "%zu", key);
    LW_TRY(lwi_buffer_text(b, "("));
    LW_TRY(put_string(b, "storage"));
    if (storage) LW_TRY(put_global(b, "torch", storage));
    else LW_TRY(put_global(b, "torch.storage", "UntypedStorage"));
    LW_TRY(put_string(b, text));
    LW_TRY(put_string(b, "cpu"));
    LW_TRY(put_int(b, storage ? lwi_stored_count(t) : lwi_written_size(t)));
    return lwi_buffer_text(b, "tQ");
}

static lw_status put_empty_dict(lwi_buffer *b) {
    LW_TRY(put_global(b, "collections", "OrderedDict"));
    return lwi_buffer_text(b, ")R");
}

/* rebuild(storage, 0, sizes, strides, False, OrderedDict()[, dtype]) */
static lw_status put_tensor(lwi_buffer *b, const lwi_stored_tensor *t, size_t key) {
    const lw_dtype dtype = lwi_written_type(t);
    const bool typed = storage_of(dtype);
    lwi_stored_tensor plain = *t;
    if (!typed && !type_of(dtype))
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s': PyTorch has no type of its elements",
                        t->name);
    lwi_stored_row_major(&plain);
    LW_TRY(put_string(b, t->name));
    LW_TRY(put_global(b, "torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3"));
    LW_TRY(lwi_buffer_text(b, "("));
    LW_TRY(put_storage(b, t, key));
    LW_TRY(put_int(b, 0));
    LW_TRY(put_tuple(b, plain.dims, plain.rank));
    LW_TRY(put_tuple(b, plain.strides, plain.rank));
    LW_TRY(lwi_buffer_text(b, "\x89"));
    LW_TRY(put_empty_dict(b));
    if (!typed) LW_TRY(put_global(b, "torch", type_of(dtype)));
    return lwi_buffer_text(b, "tR");
}

/* Tied tensors have the storage of the first of them: names come in order, so it is known. */
static lw_status put_object(lwi_buffer *b, const lwi_weight_file *file, const char *const *ties,
                            const lwi_strmap *places) {
    LW_TRY(lwi_buffer_text(b, "\x80\x02"));
    LW_TRY(put_empty_dict(b));
    LW_TRY(lwi_buffer_text(b, "("));
    for (size_t i = 0; i < file->n; i++)
        LW_TRY(put_tensor(b, file->tensors + i,
                          ties[i] ? (size_t)lwi_strmap_get(places, ties[i]) : i));
    return lwi_buffer_text(b, "u.");
}

/* --------------------------------------------------------------------- file */

static lw_status put_pickle(const lwi_weight_file *file, const char *const *ties,
                            lwi_zip_writer *zip) {
    lwi_buffer b = lwi_buffer_new(&lwi_malloc_allocator);
    lwi_strmap places;
    lwi_strmap_init(&places, &lwi_malloc_allocator);
    lw_status status = LW_OK;
    for (size_t i = 0; i < file->n && status == LW_OK; i++)
        status = lwi_strmap_set(&places, file->tensors[i].name, (int)i);
    if (status == LW_OK) status = put_object(&b, file, ties, &places);
    if (status == LW_OK) status = lwi_zip_writer_add(zip, "archive/data.pkl", b.data, b.size);
    lwi_strmap_free(&places);
    lwi_buffer_free(&b);
    return status;
}

static lw_status put_record(const lwi_stored_tensor *t, size_t key, lwi_zip_writer *zip) {
    char name[48];
    lwi_arena arena;
    const uint8_t *bytes = NULL;
    snprintf(name, sizeof name, "archive/data/%zu", key);
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_written_bytes(t, &arena, &bytes);
    if (status == LW_OK) status = lwi_zip_writer_add(zip, name, bytes, lwi_written_size(t));
    lwi_arena_free(&arena);
    return status;
}

static lw_status write_records(const lwi_weight_file *file, const char *const *ties,
                               lwi_zip_writer *zip) {
    LW_TRY(put_pickle(file, ties, zip));
    LW_TRY(lwi_zip_writer_add(zip, "archive/byteorder", "little", 6));
    for (size_t i = 0; i < file->n; i++)
        if (!ties[i]) LW_TRY(put_record(file->tensors + i, i, zip));
    LW_TRY(lwi_zip_writer_add(zip, "archive/version", "3\n", 2));
    return lwi_zip_writer_end(zip);
}

lw_status lwi_torch_write(const lwi_weight_file *file, const char *const *ties,
                          lwi_file_writer *to) {
    lwi_zip_writer zip = lwi_zip_writer_new(to, &lwi_malloc_allocator);
    const lw_status status = write_records(file, ties, &zip);
    lwi_zip_writer_free(&zip);
    return status;
}

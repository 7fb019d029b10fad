/* SPDX-License-Identifier: MIT */
#include "files/weight_file.h"

#include "base/blocks.h"
#include "files/foreign_file.h"
#include "files/gguf_file.h"
#include "files/safetensors_file.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------- safetensors */

static lw_status list_safetensors(lwi_arena *arena, const lwi_safetensors *all,
                                  lwi_weight_file *file) {
    file->format = "safetensors";
    LW_TRY(lwi_arena_alloc(arena, all->n, sizeof *file->tensors, &file->tensors));
    for (size_t i = 0; i < all->n; i++) {
        const lwi_safetensor *from = all->tensors + i;
        lwi_stored_tensor *t = file->tensors + i;
        *t = (lwi_stored_tensor){.name = from->name,
                                 .dtype = from->dtype,
                                 .rank = from->rank,
                                 .storage = from->data,
                                 .storage_bytes = from->bytes};
        memcpy(t->dims, from->dims, (size_t)from->rank * sizeof *t->dims);
        lwi_stored_row_major(t);
        LW_TRY(lwi_stored_check(t));
    }
    file->n = all->n;
    return LW_OK;
}

static lw_status read_safetensors(lwi_arena *arena, const void *data, size_t size,
                                  lwi_weight_file *file) {
    lwi_safetensors all;
    lwi_safetensors_init(&all, arena);
    lw_status status = lwi_safetensors_add(&all, data, size);
    if (status == LW_OK) status = list_safetensors(arena, &all, file);
    lwi_safetensors_free(&all);
    return status;
}

/* -------------------------------------------------------------------- GGUF */

static lw_status plain_type(const lwi_gguf_tensor *t, lw_dtype *dtype) {
    static const struct {
        uint32_t type;
        lw_dtype dtype;
    } types[] = {{0, LW_FLOAT32}, {1, LW_FLOAT16}, {24, LW_INT8},    {25, LW_INT16},
                 {26, LW_INT32},  {27, LW_INT64},  {28, LW_FLOAT64}, {30, LW_BFLOAT16}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == t->type) {
            *dtype = types[i].dtype;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED, "GGUF: tensor '%s' is in blocks of the type %s", t->name,
                    lwi_block_type_find(t->type)->name);
}

static lw_status list_gguf(lwi_arena *arena, const lwi_gguf *gguf, lwi_weight_file *file) {
    file->format = "GGUF";
    LW_TRY(lwi_arena_alloc(arena, gguf->n_tensors, sizeof *file->tensors, &file->tensors));
    for (size_t i = 0; i < gguf->n_tensors; i++) {
        const lwi_gguf_tensor *from = gguf->tensors + i;
        lwi_stored_tensor *t = file->tensors + i;
        *t = (lwi_stored_tensor){.name = from->name,
                                 .rank = from->rank,
                                 .storage = from->data,
                                 .storage_bytes = from->bytes};
        LW_TRY(plain_type(from, &t->dtype));
        memcpy(t->dims, from->dims, (size_t)from->rank * sizeof *t->dims);
        lwi_stored_row_major(t);
        LW_TRY(lwi_stored_check(t));
    }
    file->n = gguf->n_tensors;
    return LW_OK;
}

static lw_status read_gguf(lwi_arena *arena, const void *data, size_t size, lwi_weight_file *file) {
    lwi_gguf gguf;
    LW_TRY(lwi_gguf_read(arena, data, size, &gguf));
    const lw_status status = list_gguf(arena, &gguf, file);
    lwi_gguf_free(&gguf);
    return status;
}

/* ----------------------------------------------------------------- PyTorch */

static lw_status read_torch(lwi_arena *arena, const void *data, size_t size,
                            const lwi_torch_options *options, lwi_weight_file *file) {
    lwi_torch_file torch;
    char format[32];
    LW_TRY(lwi_torch_read(arena, data, size, options, &torch));
    const int n = snprintf(format, sizeof format, "PyTorch (%s)", torch.form);
    *file = (lwi_weight_file){.tensors = torch.tensors,
                              .n = torch.n,
                              .key = torch.key,
                              .prefix = torch.prefix,
                              .others = torch.others};
    return lwi_arena_string(arena, format, (size_t)n, &file->format);
}

lw_status lwi_weight_file_read(lwi_arena *arena, const void *data, size_t size,
                               const lwi_torch_options *options, lwi_weight_file *file) {
    lwi_weight_file made = {.key = "", .prefix = ""};
    if (lwi_is_gguf(data, size)) LW_TRY(read_gguf(arena, data, size, &made));
    else if (!lwi_is_safetensors(data, size) && lwi_is_torch(data, size))
        LW_TRY(read_torch(arena, data, size, options, &made));
    else if (lwi_is_safetensors(data, size) || !lwi_foreign_file(data, size))
        LW_TRY(read_safetensors(arena, data, size, &made));
    else return lwi_fail(LW_UNSUPPORTED, "%s", lwi_foreign_file(data, size));
    *file = made;
    return LW_OK;
}

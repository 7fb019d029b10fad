/* SPDX-License-Identifier: MIT
 * safetensors files (https://github.com/huggingface/safetensors): a length, a JSON header that says
 * where each tensor lies, and the bytes. One file, or several by the index beside them. */
#ifndef LWI_SAFETENSORS_FILE_H
#define LWI_SAFETENSORS_FILE_H

#include "base/file.h"
#include "base/strmap.h"

enum { LWI_SAFETENSORS_RANK = 8 };

typedef struct lwi_safetensor {
    const char *name;
    lw_dtype dtype;
    int rank;
    int64_t dims[LWI_SAFETENSORS_RANK];
    const uint8_t *data;
    size_t bytes;
} lwi_safetensor;

typedef struct lwi_safetensors {
    lwi_arena *arena;
    lwi_safetensor *tensors;
    size_t n, capacity;
    lwi_strmap index; /* by name */
} lwi_safetensors;

/* The data begins with the length of a header in JSON, and its begin. */
bool lwi_is_safetensors(const void *data, size_t size);
void lwi_safetensors_init(lwi_safetensors *all, lwi_arena *arena);
void lwi_safetensors_free(lwi_safetensors *all);
/* Adds the tensors of a file, whose bytes must live as long as the arena. LW_CORRUPT: the header is
 * no such JSON, tensors overlap, leave gaps or lie beyond the end, or a name occurs twice.
 * LW_UNSUPPORTED: a type that is not known. */
lw_status lwi_safetensors_add(lwi_safetensors *all, const void *data, size_t size);
/* Adds a tensor of another file, whose name and bytes must live as long as the arena. LW_CORRUPT:
 * the name occurs twice. */
lw_status lwi_safetensors_put(lwi_safetensors *all, const lwi_safetensor *tensor);
const lwi_safetensor *lwi_safetensors_find(const lwi_safetensors *all, const char *name);
/* "F32"; NULL: the format does not have it. */
const char *lwi_safetensors_type(lw_dtype dtype);

#endif

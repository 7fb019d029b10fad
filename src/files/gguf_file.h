/* SPDX-License-Identifier: MIT
 * GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3: a
 * header, key-value pairs, descriptions of tensors and their bytes. What the file says is checked
 * once, here: afterwards every string, array and tensor lies within the mapping. */
#ifndef LWI_GGUF_FILE_H
#define LWI_GGUF_FILE_H

#include "base/file.h"
#include "base/strmap.h"

typedef enum lwi_gguf_kind {
    LWI_GGUF_UINT8 = 0,
    LWI_GGUF_INT8 = 1,
    LWI_GGUF_UINT16 = 2,
    LWI_GGUF_INT16 = 3,
    LWI_GGUF_UINT32 = 4,
    LWI_GGUF_INT32 = 5,
    LWI_GGUF_FLOAT32 = 6,
    LWI_GGUF_BOOL = 7,
    LWI_GGUF_STRING = 8,
    LWI_GGUF_ARRAY = 9,
    LWI_GGUF_UINT64 = 10,
    LWI_GGUF_INT64 = 11,
    LWI_GGUF_FLOAT64 = 12,
    LWI_GGUF_KINDS = 13
} lwi_gguf_kind;

/* data points into the file, little-endian, not aligned. */
typedef struct lwi_gguf_pair {
    const char *key; /* zero-terminated copy */
    lwi_gguf_kind kind;
    lwi_gguf_kind element; /* of an array: a number, bool or string */
    size_t count;          /* elements of an array, bytes of a string; else 1 */
    const uint8_t *data;   /* of a string its bytes; of an array its first element */
    size_t bytes;          /* from data */
} lwi_gguf_pair;

enum { LWI_GGUF_RANK = 4 };

typedef struct lwi_gguf_tensor {
    const char *name;            /* zero-terminated copy */
    uint32_t type;               /* a GGML type that base/blocks.h knows */
    int rank;                    /* 1 to 4 */
    int64_t dims[LWI_GGUF_RANK]; /* row-major: the last is the row that blocks divide */
    const uint8_t *data;
    size_t bytes;
} lwi_gguf_tensor;

typedef struct lwi_gguf {
    lwi_arena *arena;
    uint32_t version;
    lwi_gguf_pair *pairs;
    size_t n_pairs;
    lwi_gguf_tensor *tensors; /* of all parts of a file that was split */
    size_t n_tensors;
    lwi_strmap pair_index, tensor_index;
} lwi_gguf;

/* The data begins with GGUF's magic number. */
bool lwi_is_gguf(const void *data, size_t size);
/* Reads a file; what it keeps is in the arena, and data must live as long. LW_CORRUPT where it
 * breaks the format, LW_UNSUPPORTED for another version, byte order or type of tensors. */
lw_status lwi_gguf_read(lwi_arena *arena, const void *data, size_t size, lwi_gguf *gguf);
void lwi_gguf_free(lwi_gguf *gguf);
/* Adds the tensors of another part (split.no, split.count) of the same model. */
lw_status lwi_gguf_add_part(lwi_gguf *gguf, const void *data, size_t size, size_t number);

/* NULL: no such key or tensor. */
const lwi_gguf_pair *lwi_gguf_find(const lwi_gguf *gguf, const char *key);
const lwi_gguf_tensor *lwi_gguf_find_tensor(const lwi_gguf *gguf, const char *name);

/* A value of any number type or bool as a number; absent if the key is not there or no number. An
 * array gives element i. */
int64_t lwi_gguf_int(const lwi_gguf *gguf, const char *key, int64_t absent);
double lwi_gguf_number(const lwi_gguf *gguf, const char *key, double absent);
/* Not zero-terminated; {NULL, 0} if the key is not there or no string. */
lw_string lwi_gguf_string(const lwi_gguf *gguf, const char *key);
/* Element i < count of an array of numbers or bools. */
double lwi_gguf_element(const lwi_gguf_pair *array, size_t i);
int64_t lwi_gguf_element_int(const lwi_gguf_pair *array, size_t i);
/* All strings of an array, pointing into the file; [array->count], in the arena. */
lw_status lwi_gguf_strings(lwi_arena *arena, const lwi_gguf_pair *array, const lw_string **strings);

#endif

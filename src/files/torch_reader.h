/* SPDX-License-Identifier: MIT
 * What the parts of the reader of PyTorch's weights share. */
#ifndef LWI_TORCH_READER_H
#define LWI_TORCH_READER_H

#include "base/strmap.h"
#include "files/pickle.h"
#include "files/torch_file.h"
#include "files/zip_file.h"

/* A storage by the key that pickles know it by. */
typedef struct lwi_torch_storage {
    lw_dtype dtype; /* LW_DTYPE_NONE: bytes, the tensor has the type */
    const uint8_t *data;
    size_t bytes;
} lwi_torch_storage;

typedef struct lwi_torch_reader {
    lwi_arena *arena;
    const lwi_torch_options *options;
    lwi_torch_file *file;
    lwi_zip zip; /* the zip form */
    bool is_zip, swapped;
    lwi_strmap keys; /* of storages, and of what stands for them */
    lwi_torch_storage *storages;
    size_t n_storages, capacity;
    lwi_stored_tensor **tar_tensors; /* the tar form: behind persistent ids */
    size_t n_tar, capacity_tar;
    lwi_strmap tar_keys;
    size_t steps; /* how many items may still be looked at: what is shared counts each time */
} lwi_torch_reader;

/* Pickles may name only what is listed. */
lw_status lwi_torch_unpickle(lwi_torch_reader *r, const char *file, const void *data, size_t size,
                             const lwi_pickle_item **root, size_t *used);

/* torch_storage.c */
/* The type in a class of storages or tensors ("torch FloatStorage") or a dtype ("torch float32");
 * LW_DTYPE_NONE for bytes without type. */
lw_status lwi_torch_type(const lwi_pickle_item *name, lw_dtype *dtype);
/* The elements' type, key and number of a storage's id, and its view of another, or NULL. */
typedef struct lwi_torch_id {
    lw_dtype dtype;
    const char *key;
    uint64_t count;
    const lwi_pickle_item *view;
} lwi_torch_id;
lw_status lwi_torch_read_id(const lwi_pickle_item *item, lwi_torch_id *id);
/* An integer or a string as a key. */
lw_status lwi_torch_key(lwi_arena *arena, const lwi_pickle_item *item, const char **key);
lw_status lwi_torch_add_storage(lwi_torch_reader *r, const char *key, lwi_torch_storage storage);
lw_status lwi_torch_find_storage(lwi_torch_reader *r, const lwi_pickle_item *item,
                                 lwi_torch_storage *storage);

/* torch_tensor.c: *is false if the item makes no tensor. */
lw_status lwi_torch_tensor(lwi_torch_reader *r, const char *name, const lwi_pickle_item *item,
                           bool *is, lwi_stored_tensor *tensor);

/* The item would be a tensor, if it is a proper one. */
bool lwi_torch_is_tensor(const lwi_torch_reader *r, const lwi_pickle_item *item);

/* torch_names.c: all tensors of the tree, with their names. */
lw_status lwi_torch_collect(lwi_torch_reader *r, const lwi_pickle_item *root);
lw_status lwi_torch_step(lwi_torch_reader *r);

/* The other forms. */
lw_status lwi_torch_legacy(lwi_torch_reader *r, const uint8_t *data, size_t size);
bool lwi_is_torch_tar(const uint8_t *data, size_t size);
lw_status lwi_torch_tar(lwi_torch_reader *r, const uint8_t *data, size_t size);

#endif

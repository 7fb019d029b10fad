/* SPDX-License-Identifier: MIT
 * The records of a file that torch.jit.save wrote, and what its pickles say. */
#ifndef LWI_TS_ARCHIVE_H
#define LWI_TS_ARCHIVE_H

#include "files/pickle.h"
#include "files/stored_tensor.h"
#include "files/zip_file.h"
#include "format/torchscript/ts_interp.h"

typedef struct lwi_ts_archive {
    lwi_arena *arena; /* of what lives as long as the model */
    const lwi_zip *zip;
    lwi_ts_program program;
    const lwi_pickle_item *module, *constants; /* data.pkl, constants.pkl */
    const lwi_pickle_item *traced;             /* traced_inputs.pkl; NULL: none */
} lwi_ts_archive;

/* Reads everything but tensors. */
lw_status lwi_ts_open(lwi_ts_archive *archive, lwi_arena *arena, const lwi_zip *zip);
/* A record's bytes, inflated if need be; NULL: there is none. */
lw_status lwi_ts_record(const lwi_ts_archive *archive, const char *name, const void **data,
                        size_t *size);

/* ts_module.c: makes the values of pickles. */
typedef struct lwi_ts_module_reader {
    lwi_ts_interp *in;
    const lwi_ts_archive *archive;
    const char *folder; /* of tensors: "data/", "constants/" */
    struct lwi_ts_made {
        const lwi_pickle_item *item;
        lwi_ts_value value;
    } * made; /* a hash, by the item's address */
    size_t n_made, cap_made;
    int depth;
} lwi_ts_module_reader;

lw_status lwi_ts_unpickle(lwi_ts_module_reader *reader, const lwi_pickle_item *item,
                          lwi_ts_value *value);

/* ts_tensor_record.c: the arguments of _rebuild_tensor_v2, all but the storage, whose key becomes
 * the name. */
lw_status lwi_ts_read_tensor_record(const lwi_pickle_item *args, lwi_stored_tensor *tensor);
/* Finds the storage, and the elements in order: in the file where they lie in order there, else a
 * copy in the arena. */
lw_status lwi_ts_tensor_data(const lwi_ts_archive *archive, const char *folder,
                             lwi_stored_tensor *tensor, const uint8_t **data);

#endif

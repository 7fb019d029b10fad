/* SPDX-License-Identifier: MIT
 * What `--input NAME=SOURCE` may be, as a value for that input. */
#ifndef LWI_LOAD_INPUT_H
#define LWI_LOAD_INPUT_H

#include <lampwick.h>

#include "command.h"

typedef struct lwi_input_options {
    lwi_texts shapes;
    const char *resize, *crop, *layout, *filter, *mean, *std;
    double scale; /* 0: not given */
    bool bgr, gray;
    int rate; /* 0: as in the file */
} lwi_input_options;

/* SOURCE is a file (npy, npz, npz:member, pb, a picture, a sound, raw bytes), numbers "1,2,3",
 * "@zeros", "@ones", "@random", or text for an input of strings. Complains and returns false when
 * it cannot be read. */
bool lwi_load_input(const char *source, const lw_model *model, const lw_io_info *info,
                    const lwi_input_options *options, lw_value **value);

/* Parts of it, each in a file of its own. dims and rank as lwi_input_dims gives them. */
bool lwi_load_picture(const char *path, const lw_io_info *info, const lwi_input_options *options,
                      const int64_t *dims, int rank, lw_value **value);
bool lwi_load_sound(const char *path, const lw_io_info *info, const lwi_input_options *options,
                    const int64_t *dims, int rank, lw_value **value);
/* Fills in the one dimension that is not known so that the tensor has n elements. False, with a
 * complaint, if that is not possible. */
bool lwi_settle_dims(const lw_io_info *info, int64_t *dims, int *rank, size_t n);
/* Replaces *value by the same data with other dimensions and another type. */
bool lwi_reshape_input(const lw_io_info *info, const int64_t *dims, int rank, lw_value **value);

#endif

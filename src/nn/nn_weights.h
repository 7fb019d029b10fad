/* SPDX-License-Identifier: MIT
 * Parameters by name, from files that are mapped and from memory. */
#ifndef LWI_NN_WEIGHTS_H
#define LWI_NN_WEIGHTS_H

#include "base/file.h"
#include "base/strmap.h"
#include "files/stored_tensor.h"
#include "lampwick/nn.h"

typedef struct lwi_nn_weight {
    const char *name;
    const lwi_stored_tensor *stored; /* in a file; NULL: it is from memory */
    const lw_value *value;           /* NULL until it is asked for */
    lw_array *array;                 /* NULL: nothing has asked for it */
} lwi_nn_weight;

typedef struct lwi_nn_weights {
    lwi_nn_weight *all;
    size_t n, capacity;
    lwi_strmap index;
    struct lwi_nn_file *files; /* newest first */
} lwi_nn_weights;

void lwi_nn_weights_free(lwi_nn_weights *weights);

#endif

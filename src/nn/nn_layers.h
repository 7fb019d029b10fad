/* SPDX-License-Identifier: MIT
 * Parameters of layers. */
#ifndef LWI_NN_LAYERS_H
#define LWI_NN_LAYERS_H

#include "nn/nn_state.h"

/* NAME.part; name "": part alone. needed: it is an error if there is none. */
lw_array *lwi_nn_part(lw_nn *nn, const char *name, const char *part, bool needed);
static inline lw_array *lwi_nn_weight_of(lw_nn *nn, const char *name) {
    return lwi_nn_part(nn, name, "weight", true);
}
static inline lw_array *lwi_nn_bias_of(lw_nn *nn, const char *name) {
    return lwi_nn_part(nn, name, "bias", false);
}

#endif

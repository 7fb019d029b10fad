/* SPDX-License-Identifier: MIT
 * Constant folding: nodes whose inputs are all constants are computed once, at load. */
#ifndef LWI_FOLD_CONSTANTS_H
#define LWI_FOLD_CONSTANTS_H

#include "graph/network.h"

/* Folds the main graph and its subgraphs. Only small tensors take part, so that loading stays
 * cheap. A node that fails is left for the run to report. */
lw_status lwi_fold_constants(lwi_network *network);

#endif

/* SPDX-License-Identifier: MIT
 * Low-rank adapters (LoRA; Hu et al. 2021, arXiv 2106.09685): for a weight W they add scale * B A,
 * as two thin products beside W's, which may be quantised. */
#ifndef LWI_ADAPTERS_H
#define LWI_ADAPTERS_H

#include "arch/checkpoint.h"
#include "graph/network.h"

typedef struct lwi_adapter {
    const char *name;           /* of the weight: "blk.0.attn_q.weight" */
    lwi_checkpoint_tensor a, b; /* [rank, in], [out, rank]; of stacked experts with their number in
                                   front; of token_embd a is [vocabulary, rank] */
    const char *architecture;   /* NULL: any */
    bool unpermuted;            /* rows of b are as lwi_checkpoint.unpermuted says */
    float scale;
    bool used;
} lwi_adapter;

typedef struct lwi_adapters {
    lwi_arena *arena;
    lwi_adapter *items;
    size_t n, capacity;
    size_t first; /* of the file that is being read */
} lwi_adapters;

/* Those of a network, which has none at first. */
lw_status lwi_adapters_of(lwi_network *network, lwi_adapters **all);
/* The tensor is A or B of the weight. */
lw_status lwi_adapters_add(lwi_adapters *all, const char *weight, bool is_b,
                           const lwi_checkpoint_tensor *tensor);
/* Ends a file: each weight has both, of one rank. alpha: 0 leaves the scale as it is, otherwise it
 * is divided by the rank, or by the rank's root. */
lw_status lwi_adapters_close(lwi_adapters *all, const char *architecture, bool unpermuted,
                             double scale, double alpha, bool by_root);

#endif

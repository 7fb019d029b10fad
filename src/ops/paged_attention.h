/* SPDX-License-Identifier: MIT
 * PagedAttention (domain lampwick): attention of tokens of several sequences over a cache of keys
 * and values in blocks (Kwon et al. 2023, arXiv 2309.06180), which the run itself extends. A block
 * of the cache holds, for each layer at an offset of its own, keys [kv_heads, positions, key] and
 * values [kv_heads, positions, value]. Numbers are float32 or float16, or in bytes: rows of blocks
 * of Q8_0 (base/q8_row.h). */
#ifndef LWI_PAGED_ATTENTION_H
#define LWI_PAGED_ATTENTION_H

#include "ops/op.h"

typedef struct lwi_paged {
    size_t tokens, heads, kv_heads, key, value; /* key, value: elements of a head */
    size_t positions;                           /* of a block */
    size_t per_sequence;                        /* blocks that a row of the table names */
    size_t block;                               /* bytes of a block of the cache */
    size_t layer;                               /* where this layer begins in one */
    size_t key_bytes, value_bytes;              /* of a row of keys, of values in the cache */
    size_t window;                              /* 0: all */
    size_t chunk; /* tokens see those from the last multiple of it on; 0: all */
    size_t half;  /* pairs that are turned; 0: none */
    bool interleaved;
    float scale, softcap;
    lw_dtype dtype; /* of the cache: float32, float16 or uint8 */
    const float *q, *k, *v, *cosines, *sines, *sinks;
    const float *bias; /* of scores [heads, reach + 1], by how far back a token is; NULL: none */
    size_t reach;      /* the last one holds for all beyond */
    float *y;
    const int32_t *position, *sequence, *table;
    char *cache;
} lwi_paged;

/* Sizes and options, from types and shapes; what depends on data stays NULL. */
lw_status lwi_paged_read(const lwi_call *call, lwi_paged *paged);
/* Where the rows of keys (or values) of a head lie in a block. */
char *lwi_paged_keys(const lwi_paged *p, int32_t block, size_t kv_head);
char *lwi_paged_values(const lwi_paged *p, int32_t block, size_t kv_head);

enum { LWI_PAGED_RUN = 32 }; /* tokens that are attended together at most */

/* Tokens of one sequence at positions that follow each other. */
typedef struct lwi_paged_tokens {
    size_t first, n;
} lwi_paged_tokens;

/* What is added to the scores of a head's query at `last` for keys at `at` and before. */
static inline float lwi_paged_bias(const lwi_paged *p, size_t head, size_t last, size_t at) {
    const size_t back = last - at < p->reach ? last - at : p->reach;
    return p->bias[head * (p->reach + 1) + back];
}

/* The first position that the one at `last` sees. */
size_t lwi_paged_first_seen(const lwi_paged *p, size_t last);

/* The queries of some tokens that share a head of keys, q [n, heads / kv_heads, key] turned
 * already; into y, where the rows of a token follow those of the one before by heads * value.
 * What a token gets must not depend on the others. */
typedef void lwi_paged_attend_fn(const lwi_paged *p, const float *q, lwi_paged_tokens tokens,
                                 size_t kv_head, float *scratch, float *y);
/* What is particular to a backend: the attention itself, the floats of scratch that it needs for so
 * many tokens, aligned to 64 bytes, and how n numbers become float16. */
typedef struct lwi_paged_functions {
    lwi_paged_attend_fn *attend;
    size_t (*scratch)(const lwi_paged *p, size_t tokens);
    void (*narrow_f16)(const float *from, size_t n, uint16_t *to);
} lwi_paged_functions;
/* The operator's prepare, and its run with such functions. */
lw_status lwi_paged_prepare(lwi_call *call);
lw_status lwi_paged_run(lwi_call *call, const lwi_paged_functions *functions);

#endif

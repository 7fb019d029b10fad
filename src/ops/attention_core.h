/* SPDX-License-Identifier: MIT
 * Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762), the one that all attention
 * operators share: Y = softmax(cap(Q K^T scale) + biases) V, where several query heads may share a
 * key head (Ainslie et al. 2023, arXiv 2305.13245). Types: float32 and float64. */
#ifndef LWI_ATTENTION_CORE_H
#define LWI_ATTENTION_CORE_H

#include "ops/matrix_product.h"

/* Rows of a tensor by batch, head and position; strides in elements. */
typedef struct lwi_heads {
    void *data;
    size_t batch, head, row;
} lwi_heads;

/* Something added to the scores, by batch, head, query and key; keys from `keys` on are masked. */
typedef struct lwi_score_bias {
    const void *data;
    size_t strides[4];
    size_t keys;
} lwi_score_bias;

/* Where `data`, by batch, head, query and key, is 0, the score becomes `otherwise`, before biases
 * are added. data NULL: nowhere. */
typedef struct lwi_score_choice {
    const uint8_t *data;
    size_t strides[4];
    double otherwise;
} lwi_score_choice;

typedef enum lwi_score_stage {
    LWI_SCORES_RAW,
    LWI_SCORES_CAPPED,
    LWI_SCORES_BIASED,
    LWI_SCORES_SOFTMAX
} lwi_score_stage;

typedef struct lwi_attention {
    lw_dtype dtype;
    size_t batch, q_heads, kv_heads, q_len, kv_len, head, v_head;
    lwi_heads q, k, v, y;
    size_t k_column;       /* from element to element of a key; 0: 1 */
    double scale, softcap; /* softcap 0: none */
    lwi_score_bias bias[2];
    size_t n_bias;
    /* Query i of batch b stands at position[b] + i (NULL: i) and sees keys from left before that
     * to right after it (-1: no bound), of the first keys[b] ones (NULL: of all). */
    const int64_t *position, *keys;
    int64_t left, right;
    double outside; /* the score of a key that is not seen */
    lwi_score_choice choice;
    bool empty_nan;   /* a query whose scores are all -infinity gives NaN, not 0 */
    bool nan_zero;    /* a query whose probabilities are NaN gives 0 after all */
    const void *sink; /* [q_heads]: the score of a key that has no value; NULL: there is none */
    void *scores;     /* [batch, q_heads, q_len, kv_len] to be stored at a stage, or NULL */
    lwi_score_stage stage;
} lwi_attention;

lw_status lwi_attend(lwi_call *call, const lwi_attention *attention);
/* Which keys a query of a batch sees, biases aside: [*first, *last). */
void lwi_attention_window(const lwi_attention *attention, size_t batch, size_t query, size_t *first,
                          size_t *last);

/* How an operator computes: lwi_attend and lwi_multiply with a tile kernel, or something faster. */
typedef struct lwi_attention_engine {
    lw_status (*attend)(lwi_call *call, const lwi_attention *attention);
    const lwi_tile *tile;
} lwi_attention_engine;
/* The runs of the operators. */
lw_status lwi_attention_run(lwi_call *call, const lwi_attention_engine *engine);
lw_status lwi_multi_head_attention_run(lwi_call *call, const lwi_attention_engine *engine);
lw_status lwi_ms_attention_run(lwi_call *call, const lwi_attention_engine *engine);
lw_status lwi_attention_fused_run(lwi_call *call, const lwi_attention_engine *engine);
lw_status lwi_group_query_attention_run(lwi_call *call, const lwi_attention_engine *engine);
extern const lwi_attention_engine lwi_attention_plain;

/* The parts, on all of a->scores: scores of the first stage, softmax of rows, and Y from the
 * probabilities. */
void lwi_attention_scores(const lwi_call *call, const lwi_attention *attention);
void lwi_attention_softmax(const lwi_call *call, const lwi_attention *attention);
void lwi_attention_mix(const lwi_call *call, const lwi_attention *attention);

/* Heads of a tensor [batch, heads, length, size]; of [batch, length, heads * size]. */
lwi_heads lwi_heads_apart(const lw_value *value);
lwi_heads lwi_heads_packed(const lw_value *value, size_t heads);
/* The elements of a tensor in another float type (of lwi_attention), in scratch memory if they must
 * be converted. bool and integers too. */
lw_status lwi_as_type(lwi_call *call, const lw_value *value, lw_dtype dtype, void **data);
/* A bias from a tensor whose shape broadcasts to [batch, q_heads, q_len, kv_len]; only the last
 * dimension may be shorter. */
lw_status lwi_score_bias_of(const lwi_call *call, const lwi_attention *attention,
                            const lw_value *shape, const void *data, lwi_score_bias *bias);
/* present = past (may be NULL) followed by `length` new rows; [batch, heads, ., size] with room for
 * `capacity` rows. */
typedef struct lwi_cache {
    size_t batch, heads, size, past, length, capacity, element;
} lwi_cache;
void lwi_cache_append(const lwi_cache *cache, const void *past, lwi_heads rows, void *present);

#endif

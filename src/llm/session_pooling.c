/* SPDX-License-Identifier: MIT
 * Sessions whose result is one vector made of the states of several tokens. */
#include "llm/llm_session.h"

#include <string.h>

/* Sums over tokens are gone when tokens were dropped, and an encoder sees a text whole or not. */
lw_status lwi_pooling_begin(lw_session *s) {
    if (s->pooled != s->done || s->llm->encoder) {
        lwi_sequence_release(s, 0);
        s->done = s->pooled = 0;
    }
    const size_t rows = s->pooling == LW_POOLING_NONE ? s->n : 1;
    LW_TRY(
        lwi_grow(&s->allocator, &s->state, &s->cap_state, rows * s->llm->width, sizeof *s->state));
    if (s->pooling != LW_POOLING_MEAN || s->done > 0) return LW_OK;
    if (!s->sum) LW_TRY(lwi_alloc_array(&s->allocator, s->llm->width, sizeof *s->sum, &s->sum));
    memset(s->sum, 0, s->llm->width * sizeof *s->sum);
    return LW_OK;
}

bool lwi_pooling_wants(const lw_session *s, size_t at) {
    switch (s->pooling) {
    case LW_POOLING_CLS:
        return at == 0;
    case LW_POOLING_LAST:
        return at + 1 == s->n;
    default:
        return true;
    }
}

void lwi_pooling_take(lw_session *s, size_t at, const float *state) {
    const size_t width = s->llm->width;
    if (s->pooling == LW_POOLING_MEAN)
        for (size_t i = 0; i < width; i++)
            s->sum[i] += (double)state[i];
    else
        memcpy(s->state + (s->pooling == LW_POOLING_NONE ? at * width : 0), state,
               width * sizeof *state);
}

void lwi_pooling_advance(lw_session *s) {
    s->pooled = s->done;
    s->has_state = s->done == s->n;
    if (s->pooling != LW_POOLING_MEAN || !s->has_state) return;
    for (size_t i = 0; i < s->llm->width; i++)
        s->state[i] = (float)(s->sum[i] / (double)s->n);
}

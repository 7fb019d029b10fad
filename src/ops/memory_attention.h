/* SPDX-License-Identifier: MIT
 * MemoryAttention (domain lampwick): tokens of several sequences look at what an encoder left for
 * each: keys and values in rows, those of sequence s from ranges[s, 0] on, ranges[s, 1] of them.
 * What a token gets depends on its own sequence's rows only. */
#ifndef LWI_MEMORY_ATTENTION_H
#define LWI_MEMORY_ATTENTION_H

#include "ops/attention_core.h"

lw_status lwi_memory_attention_run(lwi_call *call, const lwi_attention_engine *engine);

#endif

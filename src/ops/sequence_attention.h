/* SPDX-License-Identifier: MIT
 * SequenceAttention (domain lampwick): self-attention of tokens of several sequences, one behind
 * the other, each over all tokens of its own sequence, or over those that are near. What a token
 * gets depends on its own sequence only. */
#ifndef LWI_SEQUENCE_ATTENTION_H
#define LWI_SEQUENCE_ATTENTION_H

#include "ops/attention_core.h"

lw_status lwi_sequence_attention_run(lwi_call *call, const lwi_attention_engine *engine);

#endif

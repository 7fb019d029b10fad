/* SPDX-License-Identifier: MIT
 * Heads of attention whose inputs 0 to 2 are queries, keys and values of tokens: [tokens, heads *
 * key], [tokens, kv_heads * key], [tokens, kv_heads * value]; attributes num_heads, kv_num_heads.
 */
#ifndef LWI_TOKEN_HEADS_H
#define LWI_TOKEN_HEADS_H

#include "ops/op.h"

typedef struct lwi_token_heads {
    size_t tokens, heads, kv_heads, key, value; /* key, value: elements of a head */
} lwi_token_heads;

lw_status lwi_token_heads_read(const lwi_call *call, lwi_token_heads *heads);

#endif

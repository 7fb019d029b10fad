/* SPDX-License-Identifier: MIT
 * MurmurHash3 of com.microsoft: a 32-bit hash of every element (Austin Appleby's
 * MurmurHash3_x86_32, in the public domain). Numbers are hashed as their bytes. */
#include "ops/op.h"

#include <string.h>

static uint32_t rotate(uint32_t x, int by) { return x << by | x >> (32 - by); }

static uint32_t scramble(uint32_t k) { return rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u; }

static uint32_t finish(uint32_t h) {
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

static uint32_t hash(const uint8_t *data, size_t size, uint32_t seed) {
    uint32_t h = seed;
    size_t i = 0;
    for (; i + 4 <= size; i += 4) {
        const uint32_t k = data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16 |
                           (uint32_t)data[i + 3] << 24;
        h = rotate(h ^ scramble(k), 13) * 5 + 0xe6546b64u;
    }
    uint32_t tail = 0;
    for (size_t k = i; k < size; k++)
        tail |= (uint32_t)data[k] << 8 * (k - i);
    h ^= scramble(tail);
    return finish(h ^ (uint32_t)size);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const uint32_t seed = (uint32_t)lwi_attr_int(c->node, "seed", 0);
    uint32_t *y = c->out[0]->data;
    const size_t size = lwi_dtype_size(x->dtype);
    for (size_t i = 0; i < x->count; i++) {
        if (x->dtype == LW_STRING) {
            const lw_string *s = (const lw_string *)x->data + i;
            y[i] = hash((const uint8_t *)s->data, s->size, seed);
        } else {
            y[i] = hash((const uint8_t *)x->data + i * size, size, seed);
        }
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const bool positive = lwi_attr_int(c->node, "positive", 1) != 0;
    return lwi_out(c, 0, positive ? LW_UINT32 : LW_INT32, c->in[0]->rank, c->in[0]->dims);
}

const lwi_op lwi_op_murmur_hash3 = {.infer = infer, .run = run};

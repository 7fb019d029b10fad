/* SPDX-License-Identifier: MIT
 * DepthToSpace and SpaceToDepth (ONNX 28): blocks of channels become blocks of pixels and back. */
#include "ops/op.h"

#include <string.h>

typedef struct blocks {
    char *deep; /* [N, block x block x C or C x block x block, H, W] */
    char *wide; /* [N, C, H x block, W x block] */
    bool to_space, channel_first;
    size_t size, channels, height, width, element; /* of one element of `deep` */
} blocks;

static lw_status read_block(const lwi_call *c, int64_t *block) {
    *block = lwi_attr_int(c->node, "blocksize", 0);
    LW_TRY(lwi_need_rank(c, 0, 4, 4));
    if (*block >= 1 && *block <= 1 << 20) return LW_OK;
    return lwi_call_fail(c, LW_RANGE, "blocksize is %lld", (long long)*block);
}

static lw_status infer_to_space(lwi_call *c) {
    int64_t block;
    const int64_t *x = c->in[0]->dims;
    LW_TRY(read_block(c, &block));
    if (x[1] % (block * block))
        return lwi_call_fail(c, LW_SHAPE, "%lld channels are not a multiple of %lld",
                             (long long)x[1], (long long)(block * block));
    if (x[2] > INT64_C(1) << 40 || x[3] > INT64_C(1) << 40)
        return lwi_call_fail(c, LW_LIMIT, "the output is too large");
    return lwi_out(c, 0, c->in[0]->dtype, 4,
                   (int64_t[]){x[0], x[1] / (block * block), x[2] * block, x[3] * block});
}

static lw_status infer_to_depth(lwi_call *c) {
    int64_t block;
    const int64_t *x = c->in[0]->dims;
    LW_TRY(read_block(c, &block));
    if (x[2] % block || x[3] % block)
        return lwi_call_fail(c, LW_SHAPE, "an image of %lld x %lld cannot be cut in blocks of %lld",
                             (long long)x[2], (long long)x[3], (long long)block);
    if (x[1] > INT64_C(1) << 20)
        return lwi_call_fail(c, LW_LIMIT, "the output has too many channels");
    return lwi_out(c, 0, c->in[0]->dtype, 4,
                   (int64_t[]){x[0], x[1] * block * block, x[2] / block, x[3] / block});
}

/* Elements that lie side by side in one of them and `size` apart in the other. */
#define MOVE(BYTES)                                                                                \
    static void move_##BYTES(const blocks *b, char *restrict deep, char *restrict wide) {          \
        const size_t step = b->size * (BYTES), width = b->width;                                   \
        if (b->to_space)                                                                           \
            for (size_t k = 0; k < width; k++)                                                     \
                memcpy(wide + k * step, deep + k * (BYTES), BYTES);                                \
        else if (b->size == 2) /* known: vectors */                                                \
            for (size_t k = 0; k < width; k++)                                                     \
                memcpy(deep + k * (BYTES), wide + 2 * k * (BYTES), BYTES);                         \
        else                                                                                       \
            for (size_t k = 0; k < width; k++)                                                     \
                memcpy(deep + k * (BYTES), wide + k * step, BYTES);                                \
    }
MOVE(1)
MOVE(2)
MOVE(4)
MOVE(8)
MOVE(16)

/* Moves one row of one channel of the deep tensor: row i, counted over all of it. */
static void move_row(const blocks *b, size_t i) {
    const size_t square = b->size * b->size, y = i % b->height;
    const size_t depth = i / b->height % (b->channels * square);
    const size_t image = i / b->height / (b->channels * square);
    const size_t channel = b->channel_first ? depth / square : depth % b->channels;
    const size_t cell = b->channel_first ? depth % square : depth / b->channels;
    const size_t line =
        (image * b->channels + channel) * b->height * b->size + y * b->size + cell / b->size;
    char *deep = b->deep + i * b->width * b->element;
    char *wide = b->wide + (line * b->width * b->size + cell % b->size) * b->element;
    switch (b->element) {
    case 1:
        move_1(b, deep, wide);
        break;
    case 2:
        move_2(b, deep, wide);
        break;
    case 4:
        move_4(b, deep, wide);
        break;
    case 8:
        move_8(b, deep, wide);
        break;
    default:
        move_16(b, deep, wide);
    }
}

static void move_rows(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        move_row(arg, i);
}

static lw_status move(lwi_call *c, blocks *b, const lw_value *deep) {
    int64_t size;
    if (deep->count == 0) return LW_OK;
    LW_TRY(read_block(c, &size));
    b->size = (size_t)size;
    b->channels = (size_t)(deep->dims[1] / (size * size));
    b->height = (size_t)deep->dims[2];
    b->width = (size_t)deep->dims[3];
    b->element = lwi_dtype_size(deep->dtype);
    lwi_parallel(c, deep->count / b->width, 1 + 4096 / b->width, move_rows, b);
    return LW_OK;
}

static lw_status run_to_space(lwi_call *c) {
    blocks b = {.deep = c->in[0]->data,
                .wide = c->out[0]->data,
                .to_space = true,
                .channel_first = lwi_attr_is(c->node, "mode", "CRD")};
    return move(c, &b, c->in[0]);
}

static lw_status run_to_depth(lwi_call *c) {
    blocks b = {.deep = c->out[0]->data,
                .wide = c->in[0]->data,
                .channel_first = lwi_attr_is(c->node, "mode", "CRD")};
    return move(c, &b, c->out[0]);
}

const lwi_op lwi_op_depth_to_space = {.infer = infer_to_space, .run = run_to_space};
const lwi_op lwi_op_space_to_depth = {.infer = infer_to_depth, .run = run_to_depth};

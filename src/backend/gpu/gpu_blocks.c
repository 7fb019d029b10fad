/* SPDX-License-Identifier: MIT
 * BlockMatMul, BlockMatMulExperts and BlockGather: weights stay in the blocks of their file. */
#include "backend/gpu/gpu_backend.h"
#include "ops/block_matmul.h"

enum { TILE = 64, ROWS = 4, COLUMNS = 8, FEW = 16 /* rows of A */, PART = 32 };

/* What kernels/blocks.k decodes. */
static bool knows(const lwi_block_type *type) {
    static const uint32_t formats[] = {
        LWI_BLOCK_F32,  LWI_BLOCK_F16,  LWI_BLOCK_BF16, LWI_BLOCK_Q4_0,   LWI_BLOCK_Q4_1,
        LWI_BLOCK_Q5_0, LWI_BLOCK_Q5_1, LWI_BLOCK_Q8_0, LWI_BLOCK_Q2_K,   LWI_BLOCK_Q3_K,
        LWI_BLOCK_Q4_K, LWI_BLOCK_Q5_K, LWI_BLOCK_Q6_K, LWI_BLOCK_IQ4_NL, LWI_BLOCK_IQ4_XS};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i] == type->id) return true;
    return false;
}

static bool is_rounded(const lwi_block_type *type) {
    return type->id != LWI_BLOCK_F32 && type->id != LWI_BLOCK_F16 && type->id != LWI_BLOCK_BF16;
}

/* Rows of A as small integers, for weights that are such (kernels/block_rounded.k). */
static lw_status launch_round(const lwi_call *c, size_t bytes, lwi_gpu_step *step) {
    const size_t n = c->in[0]->count;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "round_rows", n / 4, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_scratch(step, launch, bytes);
    lwi_gpu_int(launch, (int64_t)(n / PART));
    return LW_OK;
}

lw_status lwi_gpu_block_matmul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    if (c->in[0]->dtype != LW_FLOAT32 || c->out[0]->dtype != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types");
    if (!knows(rows.type)) return lwi_gpu_refuse(step, "the format of its weights");
    const size_t m = c->in[0]->count / rows.k;
    const size_t bytes = c->in[0]->count + c->in[0]->count / PART * sizeof(float);
    const bool rounded = is_rounded(rows.type), few = m <= FEW;
    if (rounded) LW_TRY(launch_round(c, bytes, step));
    if (few)
        LW_TRY(lwi_gpu_groups(step, rounded ? "block_dot_gemv" : "block_gemv",
                              (rows.n + ROWS - 1) / ROWS, (m + COLUMNS - 1) / COLUMNS, 1, &launch));
    else
        LW_TRY(lwi_gpu_groups(step, rounded ? "block_dot_gemm" : "block_gemm",
                              (rows.n + TILE - 1) / TILE, (m + TILE - 1) / TILE, 1, &launch));
    if (rounded) lwi_gpu_scratch(step, launch, bytes);
    else lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)m);
    lwi_gpu_int(launch, (int64_t)rows.n);
    lwi_gpu_int(launch, (int64_t)rows.k);
    lwi_gpu_int(launch, rows.type->id);
    lwi_gpu_int(launch, (int64_t)rows.bytes);
    lwi_gpu_int(launch, lwi_has(c, 2));
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_block_matmul_experts(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    if (!knows(rows.type)) return lwi_gpu_refuse(step, "the format of its weights");
    const size_t lines = c->in[0]->count / rows.k, pairs = c->in[2]->count;
    const size_t bytes = c->in[0]->count + c->in[0]->count / PART * sizeof(float);
    const bool rounded = is_rounded(rows.type);
    if (rounded) LW_TRY(launch_round(c, bytes, step));
    LW_TRY(lwi_gpu_groups(step, rounded ? "block_dot_experts" : "block_experts", pairs,
                          (rows.n + ROWS - 1) / ROWS, 1, &launch));
    if (rounded) lwi_gpu_scratch(step, launch, bytes);
    else lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)rows.n);
    lwi_gpu_int(launch, (int64_t)rows.k);
    lwi_gpu_int(launch, rows.type->id);
    lwi_gpu_int(launch, (int64_t)rows.bytes);
    lwi_gpu_int(launch, (int64_t)rows.experts);
    lwi_gpu_int(launch, (int64_t)(lines ? pairs / lines : 1));
    if (rounded) lwi_gpu_int(launch, (int64_t)lines);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_block_gather(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_block_rows_read(c, 0, &rows));
    if (!knows(rows.type) || c->out[0]->count >= INT32_MAX)
        return lwi_gpu_refuse(step, "the format of its weights");
    const size_t n = c->in[1]->count * ((rows.k + 7) / 8);
    LW_TRY(lwi_gpu_items(step, "block_gather", n, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)rows.n);
    lwi_gpu_int(launch, (int64_t)rows.k);
    lwi_gpu_int(launch, rows.type->id);
    lwi_gpu_int(launch, (int64_t)rows.bytes);
    lwi_gpu_int(launch, (int64_t)n);
    *taken = true;
    return LW_OK;
}

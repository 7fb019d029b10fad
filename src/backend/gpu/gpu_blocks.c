/* SPDX-License-Identifier: MIT
 * BlockMatMul, BlockMatMulExperts and BlockGather: weights stay in the blocks of their file. Rows
 * are rounded to 8 bits as the processor rounds them, unless weights are floats. */
#include "backend/gpu/gpu_few.h"
#include "base/iq_grids.h"
#include "ops/block_matmul.h"

enum { TILE = 64, ROWS = 4, FEW = 16 /* rows of A */, PART = 32, GROUP = 256 };
enum { MANY = 4 }; /* pairs of an expert */

static bool is_rounded(const lwi_block_type *type) {
    return type->id != LWI_BLOCK_F32 && type->id != LWI_BLOCK_F16 && type->id != LWI_BLOCK_BF16;
}

/* The codebook of a format, where it has one; else any memory, input 0. */
static lw_status add_grid(const lwi_call *c, const lwi_block_type *type, lwi_gpu_step *step,
                          lwi_gpu_launch *launch) {
    static const struct {
        uint32_t format;
        const uint16_t *entries;
        size_t bytes;
    } grids[] = {{LWI_BLOCK_IQ2_XXS, lwi_grid_iq2_xxs, sizeof lwi_grid_iq2_xxs},
                 {LWI_BLOCK_IQ2_XS, lwi_grid_iq2_xs, sizeof lwi_grid_iq2_xs},
                 {LWI_BLOCK_IQ2_S, lwi_grid_iq2_s, sizeof lwi_grid_iq2_s},
                 {LWI_BLOCK_IQ3_XXS, lwi_grid_iq3_xxs, sizeof lwi_grid_iq3_xxs},
                 {LWI_BLOCK_IQ3_S, lwi_grid_iq3_s, sizeof lwi_grid_iq3_s},
                 {LWI_BLOCK_IQ1_S, lwi_grid_iq1_s, sizeof lwi_grid_iq1_s},
                 {LWI_BLOCK_IQ1_M, lwi_grid_iq1_s, sizeof lwi_grid_iq1_s}};
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++)
        if (grids[i].format == type->id)
            return lwi_gpu_shared_data(step, launch, grids[i].entries, grids[i].bytes);
    lwi_gpu_in(launch, c, 0);
    return LW_OK;
}

/* Its number, and the bytes of a block (kernels/block_rounded.k). */
static void add_type(const lwi_block_type *type, lwi_gpu_launch *launch) {
    lwi_gpu_int(launch, (int64_t)(type->id | type->bytes << 8));
}

/* Rows of A as small integers, for weights that are such. */
static lw_status launch_round(const lwi_call *c, lwi_gpu_step *step) {
    const size_t n = c->in[0]->count;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "round_rows", n / 4, &launch));
    lwi_gpu_in(launch, c, 0);
    launch->stays = true;
    lwi_gpu_scratch(step, launch, lwi_gpu_rounded_bytes(n));
    lwi_gpu_int(launch, (int64_t)(n / PART));
    return LW_OK;
}

static size_t tiles_of(size_t n) { return (n + TILE - 1) / TILE; }

/* A few rows of A, one matrix (gpu_few.h). */
static lw_status launch_few(const lwi_call *c, const lwi_block_rows *rows, lwi_gpu_step *step) {
    const bool rounded = is_rounded(rows->type), bias = lwi_has(c, 2);
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, rounded ? "block_few" : "block_few_floats", 1, 1, 1, &launch));
    if (rounded) lwi_gpu_scratch(step, launch, lwi_gpu_rounded_bytes(c->in[0]->count));
    else lwi_gpu_in(launch, c, 0);
    for (int i = 0; i < LWI_FEW_MATRICES; i++) {
        lwi_gpu_in(launch, c, 1);
        lwi_gpu_in(launch, c, bias ? 2 : 1);
        LW_TRY(add_grid(c, rows->type, step, launch));
        lwi_gpu_out(launch, 0);
    }
    lwi_gpu_in(launch, c, 1); /* no program, and no other input of it */
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_int(launch, (int64_t)(c->in[0]->count / rows->k));
    lwi_gpu_int(launch, (int64_t)rows->k);
    for (int i = 0; i < LWI_FEW_MATRICES; i++) {
        lwi_gpu_int(launch, i ? 0 : (int64_t)rows->n);
        add_type(rows->type, launch);
    }
    lwi_gpu_int(launch, bias);
    const size_t groups = lwi_gpu_few_groups(launch);
    step->too_large |= groups > UINT32_MAX / GROUP;
    launch->groups[0] = (uint32_t)groups;
    return LW_OK;
}

/* Pairs of a row and an expert, each. */
static lw_status launch_pairs(const lwi_call *c, const lwi_block_rows *rows, lwi_gpu_step *step) {
    const size_t lines = c->in[0]->count / rows->k, pairs = c->in[2]->count;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(
        lwi_gpu_groups(step, "block_dot_experts", (rows->n + ROWS - 1) / ROWS, pairs, 1, &launch));
    lwi_gpu_scratch(step, launch, lwi_gpu_rounded_bytes(c->in[0]->count));
    lwi_gpu_in(launch, c, 1);
    LW_TRY(add_grid(c, rows->type, step, launch));
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)lines);
    lwi_gpu_int(launch, (int64_t)rows->n);
    lwi_gpu_int(launch, (int64_t)rows->k);
    add_type(rows->type, launch);
    lwi_gpu_int(launch, (int64_t)rows->bytes);
    lwi_gpu_int(launch, (int64_t)rows->experts);
    lwi_gpu_int(launch, (int64_t)(lines ? pairs / lines : 1));
    return LW_OK;
}

/* Pairs sorted by their experts, behind as many bytes of scratch memory. */
static lw_status launch_order(const lwi_call *c, const lwi_block_rows *rows, size_t tiles,
                              size_t behind, lwi_gpu_step *step) {
    const size_t pairs = c->in[2]->count;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "order_pairs", 1, 1, 1, &launch));
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_scratch_at(step, launch, behind, (3 * tiles + pairs) * sizeof(int32_t));
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)pairs);
    lwi_gpu_int(launch, (int64_t)rows->experts);
    lwi_gpu_int(launch, (int64_t)tiles);
    return LW_OK;
}

/* Many rows of A, or pairs. */
static lw_status launch_many(const lwi_call *c, const lwi_block_rows *rows, size_t pairs,
                             lwi_gpu_step *step) {
    const size_t lines = c->in[0]->count / rows->k,
                 rounded = lwi_gpu_rounded_bytes(c->in[0]->count);
    const size_t tiles = pairs ? tiles_of(pairs) + rows->experts : 0;
    lwi_gpu_launch *launch = NULL;
    if (pairs) LW_TRY(launch_order(c, rows, tiles, rounded, step));
    LW_TRY(lwi_gpu_groups(step, "block_dot_gemm", tiles_of(rows->n),
                          pairs ? tiles : tiles_of(lines), 1, &launch));
    lwi_gpu_scratch(step, launch, rounded);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, pairs ? 0 : 2);
    LW_TRY(add_grid(c, rows->type, step, launch));
    lwi_gpu_scratch_at(step, launch, rounded, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)lines);
    lwi_gpu_int(launch, (int64_t)rows->n);
    lwi_gpu_int(launch, (int64_t)rows->k);
    add_type(rows->type, launch);
    lwi_gpu_int(launch, (int64_t)rows->bytes);
    lwi_gpu_int(launch, !pairs && lwi_has(c, 2));
    lwi_gpu_int(launch, (int64_t)tiles);
    lwi_gpu_int(launch, (int64_t)(pairs ? pairs / lines : 1));
    return LW_OK;
}

/* The same of weights that are floats. */
static lw_status launch_floats(const lwi_call *c, const lwi_block_rows *rows, size_t pairs,
                               lwi_gpu_step *step) {
    const size_t m = c->in[0]->count / rows->k;
    const size_t tiles = pairs ? tiles_of(pairs) + rows->experts : 0;
    const bool bias = !pairs && lwi_has(c, 2);
    lwi_gpu_launch *launch = NULL;
    if (pairs) LW_TRY(launch_order(c, rows, tiles, 0, step));
    LW_TRY(lwi_gpu_groups(step, "block_gemm", tiles_of(rows->n), pairs ? tiles : tiles_of(m), 1,
                          &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, bias ? 2 : 0);
    lwi_gpu_scratch(step, launch, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)m);
    lwi_gpu_int(launch, (int64_t)rows->n);
    lwi_gpu_int(launch, (int64_t)rows->k);
    lwi_gpu_int(launch, rows->type->id);
    lwi_gpu_int(launch, (int64_t)rows->bytes);
    lwi_gpu_int(launch, bias);
    lwi_gpu_int(launch, (int64_t)tiles);
    lwi_gpu_int(launch, (int64_t)(pairs ? pairs / m : 1));
    return LW_OK;
}

lw_status lwi_gpu_block_matmul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    if (c->in[0]->dtype != LW_FLOAT32 || c->out[0]->dtype != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types");
    *taken = true;
    const bool rounded = is_rounded(rows.type);
    if (rounded) LW_TRY(launch_round(c, step));
    if (c->in[0]->count / rows.k <= FEW) return launch_few(c, &rows, step);
    return rounded ? launch_many(c, &rows, 0, step) : launch_floats(c, &rows, 0, step);
}

/* Pairs one by one. */
static lw_status launch_float_pairs(const lwi_call *c, const lwi_block_rows *rows,
                                    lwi_gpu_step *step) {
    const size_t lines = c->in[0]->count / rows->k, pairs = c->in[2]->count;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "block_experts", pairs, (rows->n + ROWS - 1) / ROWS, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)rows->n);
    lwi_gpu_int(launch, (int64_t)rows->k);
    lwi_gpu_int(launch, rows->type->id);
    lwi_gpu_int(launch, (int64_t)rows->bytes);
    lwi_gpu_int(launch, (int64_t)rows->experts);
    lwi_gpu_int(launch, (int64_t)(lines ? pairs / lines : 1));
    return LW_OK;
}

lw_status lwi_gpu_block_matmul_experts(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    const size_t pairs = c->in[2]->count;
    *taken = true;
    const bool few = pairs < MANY * rows.experts;
    if (!is_rounded(rows.type))
        return few ? launch_float_pairs(c, &rows, step) : launch_floats(c, &rows, pairs, step);
    LW_TRY(launch_round(c, step));
    if (few) return launch_pairs(c, &rows, step);
    return launch_many(c, &rows, pairs, step);
}

lw_status lwi_gpu_block_gather(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_block_rows rows;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_block_rows_read(c, 0, &rows));
    if (c->out[0]->count >= INT32_MAX) return lwi_gpu_refuse(step, "2^31 elements");
    const size_t n = c->in[1]->count * ((rows.k + PART - 1) / PART);
    LW_TRY(lwi_gpu_items(step, "block_gather", n, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    LW_TRY(add_grid(c, rows.type, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)rows.n);
    lwi_gpu_int(launch, (int64_t)rows.k);
    add_type(rows.type, launch);
    lwi_gpu_int(launch, (int64_t)rows.bytes);
    lwi_gpu_int(launch, (int64_t)n);
    *taken = true;
    return LW_OK;
}

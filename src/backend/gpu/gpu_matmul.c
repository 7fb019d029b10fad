/* SPDX-License-Identifier: MIT
 * MatMul, Gemm, lampwick.MatMul, and FusedMatMul and TransposeMatMul of com.microsoft. */
#include "backend/gpu/gpu_library.h"
#include "backend/gpu/gpu_parts.h"
#include "backend/gpu/gpu_program.h"
#include "backend/gpu/gpu_tiles.h"
#include "ops/matmul.h"
#include "ops/matmul_fused.h"

#include <stdlib.h>

enum { FEW = 8, FEW_ROWS = 4 }; /* rows of A: for the kernel that reads B once, of a group */
enum { ROWS = 128 };            /* of a tile of kernels/half_mapped.k */

typedef struct numbers {
    lwi_gpu_type type;
    size_t m, n, k, batch;
    size_t a_row, a_column, b_row, b_column;
    double alpha;
    bool bias;
    int32_t plan[32]; /* of the batch, see batch_place */
} numbers;

static lwi_gpu_product_size size_of(const numbers *x) {
    return (lwi_gpu_product_size){x->m, x->n, x->k, x->batch};
}

/* What all kernels of products but those of maps begin with. */
static lw_status add_operands(const lwi_call *c, const numbers *x, lwi_gpu_step *step,
                              lwi_gpu_launch *launch) {
    LW_TRY(lwi_gpu_data(step, launch, x->plan, sizeof x->plan));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    return LW_OK;
}

static void add_numbers(const numbers *x, bool whole, lwi_gpu_launch *launch) {
    const size_t sizes[7] = {x->m, x->n, x->k, x->a_row, x->a_column, x->b_row, x->b_column};
    for (size_t i = 0; i < 7; i++)
        lwi_gpu_int(launch, (int64_t)sizes[i]);
    lwi_gpu_float(launch, whole ? x->alpha : 1);
    lwi_gpu_int(launch, whole && x->bias);
}

/* Few rows: what counts is how fast B is read. */
static lw_status launch_few(const lwi_call *c, const numbers *x, size_t own_inputs,
                            lwi_gpu_step *step) {
    const bool half = x->type != LWI_GPU_F32, deep = x->b_row == 1;
    const size_t lanes = deep ? 64 : 4, columns = half ? (deep ? 4 : 64) : 256 / lanes;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, half ? "matmul_few_half" : "matmul_few_f32",
                          (x->n + columns - 1) / columns, (x->m + FEW_ROWS - 1) / FEW_ROWS,
                          x->batch, &launch));
    LW_TRY(add_operands(c, x, step, launch));
    LW_TRY(lwi_gpu_epilogue(c, own_inputs, step, launch));
    lwi_gpu_out(launch, 0);
    add_numbers(x, true, launch);
    lwi_gpu_int(launch, half ? x->type == LWI_GPU_BF16 : (int64_t)lanes);
    return LW_OK;
}

static const char *name_tiles(const numbers *x, bool wide) {
    static const char *const names[][2] = {
        [LWI_GPU_F32] = {"matmul_f32", "matmul_wide_f32"},
        [LWI_GPU_F16] = {"matmul_narrow_f16", "matmul_f16"},
        [LWI_GPU_BF16] = {"matmul_narrow_bf16", "matmul_bf16"},
    };
    return names[x->type][wide];
}

/* Small tiles of 16 bits are for tensor cores alone. */
static bool has_narrow(const numbers *x, const lwi_device *device) {
    return x->type == LWI_GPU_F32 ||
           (x->type == LWI_GPU_F16 ? device->multiplies_f16 : device->multiplies_bf16);
}

/* whole: a library may take it, which makes whole sums. */
static lwi_gpu_tiles choose_tiles(const numbers *x, const lwi_device *device, bool whole) {
    const lwi_gpu_product_size size = size_of(x);
    if (has_narrow(x, device)) return lwi_gpu_choose_tiles(device, &size, whole);
    if (!whole) return lwi_gpu_divide_sum(device, &size, ROWS, ROWS);
    return (lwi_gpu_tiles){ROWS, ROWS, 1, x->k ? x->k : 1};
}

/* Where the sums go, and what is done to them. */
static lw_status add_result(const lwi_call *c, const numbers *x, size_t own_inputs,
                            const lwi_gpu_tiles *t, lwi_gpu_step *step, lwi_gpu_launch *launch) {
    const lwi_gpu_product_size size = size_of(x);
    if (t->parts > 1) {
        LW_TRY(lwi_gpu_no_epilogue(c, step, launch));
        lwi_gpu_parts_memory(step, launch, &size, t);
        return LW_OK;
    }
    LW_TRY(lwi_gpu_epilogue(c, own_inputs, step, launch));
    lwi_gpu_out(launch, 0);
    return LW_OK;
}

static lw_status launch_tiles(const lwi_call *c, const numbers *x, size_t own_inputs,
                              const lwi_gpu_tiles *t, lwi_gpu_step *step) {
    const lwi_gpu_product_size size = size_of(x);
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_launch_tiles(step, name_tiles(x, lwi_gpu_is_wide(t)), &size, t, &launch));
    LW_TRY(add_operands(c, x, step, launch));
    LW_TRY(add_result(c, x, own_inputs, t, step, launch));
    add_numbers(x, t->parts == 1, launch);
    lwi_gpu_parts_arguments(launch, &size, t);
    return LW_OK;
}

static lw_status launch_addition_of_parts(const lwi_call *c, const numbers *x, size_t own_inputs,
                                          const lwi_gpu_tiles *t, lwi_gpu_step *step) {
    const lwi_gpu_product_size size = size_of(x);
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "add_parts", x->m * x->n * x->batch, &launch));
    lwi_gpu_parts_memory(step, launch, &size, t);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_in(launch, c, 0); /* no factors */
    LW_TRY(lwi_gpu_epilogue(c, own_inputs, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)t->parts);
    lwi_gpu_int(launch, (int64_t)(x->m * x->n * x->batch));
    lwi_gpu_int(launch, (int64_t)x->n);
    lwi_gpu_float(launch, x->alpha);
    lwi_gpu_int(launch, x->bias);
    lwi_gpu_int(launch, (int64_t)x->type | (int64_t)x->type << 4);
    return LW_OK;
}

/* ------------------------------------------------ kernels/half_mapped.k, for Hopper's cards */

enum { MAPPED_GROUP = 288, DEPTH = 64 /* numbers of a tile along the sum */, LEAST_ROWS = 65 };
enum { LOCAL_128 = 3 * 32768 + 64, LOCAL_256 = 4 * 49152 + 64 }; /* a ring of tiles, its barriers */

/* Elements from matrix to matrix, 0: all use one; false: not the same number everywhere. */
static bool find_batch_stride(const numbers *x, int which, size_t *stride) {
    size_t count = 1;
    *stride = 0;
    for (int d = x->plan[0] - 1; d >= 0; d--) {
        const size_t own = (size_t)x->plan[1 + 8 * which + d], dim = (size_t)x->plan[1 + d];
        if (dim == 1) continue;
        if (count == 1) *stride = own;
        else if (own != count * *stride) return false;
        count *= dim;
    }
    return true;
}

/* An operand of n rows or columns; along, across: strides along the sum and across it. false where
 * rows begin at no multiple of 16 bytes. */
static bool write_map(const numbers *x, int which, size_t n, size_t along, size_t across,
                      uint32_t tile, lwi_device_map *map) {
    size_t batch = 0;
    const bool deep = along == 1;
    const size_t far = deep ? across : along, lines = deep ? n : x->k;
    if ((along != 1 && across != 1) || far % 8 != 0 || far == 0) return false;
    if (!find_batch_stride(x, which, &batch) || batch % 8 != 0) return false;
    *map = (lwi_device_map){.is_bf16 = x->type == LWI_GPU_BF16,
                            .dims = {deep ? x->k : n, lines, batch ? x->batch : 1},
                            .strides = {2 * far, 2 * (batch ? batch : far * lines)},
                            .box = {DEPTH, deep ? tile : DEPTH}};
    return true;
}

/* Wide ones read less for each product, but leave multiprocessors idle where they are few. */
static const char *choose_mapped(const numbers *x, bool turned, const lwi_gpu_tiles *t) {
    static const char *const kernels[2][2][2] = {
        {{"matmul_f16_mapped_128", "matmul_f16_mapped_128_turned"},
         {"matmul_f16_mapped_256", "matmul_f16_mapped_256_turned"}},
        {{"matmul_bf16_mapped_128", "matmul_bf16_mapped_128_turned"},
         {"matmul_bf16_mapped_256", "matmul_bf16_mapped_256_turned"}}};
    return kernels[x->type == LWI_GPU_BF16][t->columns == 256][turned];
}

static lwi_gpu_tiles choose_mapped_tiles(const numbers *x, const lwi_device *device, bool whole) {
    const lwi_gpu_product_size size = size_of(x);
    lwi_gpu_tiles t = {ROWS, 256, 1, x->k};
    const size_t many = (x->m + ROWS - 1) / ROWS * ((x->n + 255) / 256) * x->batch;
    if (x->n > 128 && 2 * many >= device->units) return t;
    t.columns = 128;
    return whole ? t : lwi_gpu_divide_sum(device, &size, ROWS, 128);
}

static lw_status launch_maps(const lwi_call *c, const numbers *x, size_t own_inputs,
                             const char *kernel, const lwi_device_map maps[2],
                             const lwi_gpu_tiles *t, lwi_gpu_step *step) {
    const lwi_gpu_product_size size = size_of(x);
    const bool whole = t->parts == 1;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_launch_tiles(step, kernel, &size, t, &launch));
    launch->size = MAPPED_GROUP;
    for (size_t i = 0; i < 2; i++)
        LW_TRY(lwi_gpu_map(step, launch, i, &maps[i]));
    lwi_gpu_in(launch, c, 2);
    LW_TRY(add_result(c, x, own_inputs, t, step, launch));
    const size_t sizes[3] = {x->m, x->n, x->k};
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_int(launch, (int64_t)sizes[i]);
    lwi_gpu_int(launch, (maps[0].dims[2] > 1) | (maps[1].dims[2] > 1) << 1);
    lwi_gpu_float(launch, whole ? x->alpha : 1);
    lwi_gpu_int(launch, whole && x->bias);
    lwi_gpu_parts_arguments(launch, &size, t);
    lwi_gpu_local(launch, t->columns == 128 ? LOCAL_128 : LOCAL_256);
    return LW_OK;
}

/* false: the operands cannot have maps. */
static bool write_maps(const numbers *x, const lwi_gpu_tiles *t, lwi_device_map maps[2]) {
    return x->a_column == 1 && write_map(x, 1, x->m, x->a_column, x->a_row, ROWS, &maps[0]) &&
           write_map(x, 2, x->n, x->b_row, x->b_column, (uint32_t)t->columns, &maps[1]);
}

/* With tiles, in the same parts, as what is launched otherwise. */
static lw_status launch_mapped(const lwi_call *c, const numbers *x, size_t own_inputs,
                               const lwi_device_map maps[2], const lwi_gpu_tiles *t,
                               lwi_gpu_step *step) {
    lwi_gpu_launch *otherwise = NULL;
    const lwi_gpu_tiles others = {ROWS, ROWS, t->parts, t->depth};
    LW_TRY(launch_tiles(c, x, own_inputs, &others, step));
    LW_TRY(lwi_arena_alloc(step->memory, 1, sizeof *otherwise, &otherwise));
    *otherwise = step->launches[--step->n];
    LW_TRY(launch_maps(c, x, own_inputs, choose_mapped(x, x->b_row != 1, t), maps, t, step));
    step->launches[step->n - 1].otherwise = otherwise;
    return LW_OK;
}

static lw_status launch_own(const lwi_call *c, const numbers *x, size_t own_inputs, bool whole,
                            lwi_gpu_step *step) {
    lwi_device_map maps[2];
    if (x->m <= FEW) return launch_few(c, x, own_inputs, step);
    lwi_gpu_tiles t = choose_mapped_tiles(x, step->device, whole);
    if (x->type != LWI_GPU_F32 && step->device->maps && x->m >= LEAST_ROWS && x->k > 0 &&
        write_maps(x, &t, maps)) {
        LW_TRY(launch_mapped(c, x, own_inputs, maps, &t, step));
    } else {
        t = choose_tiles(x, step->device, whole);
        LW_TRY(launch_tiles(c, x, own_inputs, &t, step));
    }
    return t.parts > 1 ? launch_addition_of_parts(c, x, own_inputs, &t, step) : LW_OK;
}

/* --------------------------------------------- a library of products (cuBLASLt), if it is there */

enum { LARGE_BITS = 31 }; /* 2 to that many products of two numbers are worth a library */

/* LAMPWICK_CUBLASLT in the environment: 0 for never, 1 for all that it takes. It goes by sizes and
 * measures nothing, so that what runs, and with it the last bits of results, is the same in each
 * run. */
static bool is_for_library(const numbers *x) {
    const char *wanted = getenv("LAMPWICK_CUBLASLT");
    if (x->m <= FEW || x->k == 0 || (wanted && *wanted == '0')) return false;
    return (wanted && *wanted == '1') ||
           (double)x->m * (double)x->n * (double)x->k * (double)x->batch >=
               (double)(1ULL << LARGE_BITS);
}

static bool describe_product(const numbers *x, lwi_device_product *p) {
    static const lwi_device_float types[] = {[LWI_GPU_F32] = LWI_DEVICE_F32,
                                             [LWI_GPU_F16] = LWI_DEVICE_F16,
                                             [LWI_GPU_BF16] = LWI_DEVICE_BF16};
    *p = (lwi_device_product){.type = types[x->type],
                              .bias = x->bias,
                              .alpha = (float)x->alpha,
                              .m = x->m,
                              .n = x->n,
                              .k = x->k,
                              .batch = x->batch,
                              .a_row = x->a_row,
                              .a_column = x->a_column,
                              .b_row = x->b_row,
                              .b_column = x->b_column};
    return (x->a_row == 1 || x->a_column == 1) && (x->b_row == 1 || x->b_column == 1) &&
           find_batch_stride(x, 1, &p->a_batch) && find_batch_stride(x, 2, &p->b_batch);
}

static lw_status launch_product(const lwi_call *c, const numbers *x, size_t own_inputs,
                                lwi_gpu_step *step) {
    lwi_device_product wanted;
    const bool library =
        step->device->api->prepare_product && is_for_library(x) && describe_product(x, &wanted);
    LW_TRY(launch_own(c, x, own_inputs, library, step));
    if (!library) return LW_OK;
    return lwi_gpu_launch_library(c, &wanted, own_inputs, step);
}

/* All are floats of one width. */
static bool find_type(const lwi_call *c, size_t own_inputs, lwi_gpu_type *type) {
    *type = lwi_gpu_type_of(c->in[0]->dtype);
    if (!lwi_gpu_takes_epilogue(c, own_inputs)) return false;
    if (*type == LWI_GPU_F32) return lwi_gpu_all_float(c);
    return lwi_gpu_is_float(*type) && lwi_gpu_moves(c) && c->out[0]->dtype == c->in[0]->dtype &&
           c->in[1]->dtype == c->in[0]->dtype;
}

/* ------------------------------------- in double, or of integers: kernels/wide_product.k */

enum { EXACT_TILE = 32 };

static bool is_exact(const lwi_gpu_step *step, lwi_gpu_type type) {
    return type == LWI_GPU_F64 ? lwi_device_has(step->device, "matmul_f64")
                               : type == LWI_GPU_U64 || lwi_gpu_is_integer(type);
}

/* All are of one such type; integers have no factor. */
static bool takes_exact(const lwi_call *c, double alpha, const lwi_gpu_step *step) {
    const lw_dtype dtype = c->in[0]->dtype;
    return is_exact(step, lwi_gpu_type_of(dtype)) && lwi_gpu_moves(c) && c->in[1]->dtype == dtype &&
           c->out[0]->dtype == dtype && (dtype == LW_FLOAT64 || alpha == 1) &&
           !lwi_gpu_has_epilogue(c->node);
}

static lw_status launch_exact(const lwi_call *c, const numbers *x, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, x->type == LWI_GPU_F64 ? "matmul_f64" : "matmul_integers",
                          (x->n + EXACT_TILE - 1) / EXACT_TILE,
                          (x->m + EXACT_TILE - 1) / EXACT_TILE, x->batch, &launch));
    LW_TRY(add_operands(c, x, step, launch));
    lwi_gpu_out(launch, 0);
    add_numbers(x, true, launch);
    lwi_gpu_int(launch, (int64_t)x->type);
    return LW_OK;
}

/* Y + beta C, after the product. */
static lw_status add_exact(const lwi_call *c, float beta, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value y = lwi_gpu_output(&parts, 0), term = lwi_gpu_input(&parts, 2);
    const double factor = beta;
    if (beta != 1) {
        lwi_gpu_value times = {0}, scaled = {0};
        LW_TRY(lwi_gpu_constant(&parts, LW_FLOAT64, 0, NULL, &factor, &times));
        LW_TRY(lwi_gpu_add_two(&parts, "Mul", term, times, &scaled));
        term = scaled;
    }
    LW_TRY(lwi_gpu_add_two(&parts, "Add", y, term, &y));
    return lwi_gpu_finish(&parts, taken);
}

static void read_batch(const lwi_matmul *x, numbers *n) {
    n->plan[0] = x->batch_rank;
    for (int d = 0; d < x->batch_rank; d++) {
        n->plan[1 + d] = (int32_t)x->dims[d];
        n->plan[9 + d] = (int32_t)x->a.strides[d];
        n->plan[17 + d] = (int32_t)x->b.strides[d];
    }
}

/* own: inputs of the operator itself, those that follow are the epilogue's. Attributes that an
 * operator does not have are as if left out. */
static lw_status plan_matmul(const lwi_call *c, size_t own, lwi_gpu_step *step, bool *taken) {
    lwi_matmul x;
    lwi_gpu_type type;
    const bool exact = takes_exact(c, lwi_attr_float(c->node, "alpha", 1), step);
    if (!find_type(c, own, &type) && !exact)
        return lwi_gpu_refuse(step, "its types, or an epilogue with many operands");
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    if (x.batch_rank > 8 || x.batch > 65535) return lwi_gpu_refuse(step, "too large a batch");
    numbers n = {.type = type,
                 .m = x.m,
                 .n = x.n,
                 .k = x.k,
                 .batch = x.batch,
                 .a_row = x.a.row,
                 .a_column = x.a.column,
                 .b_row = x.b.row,
                 .b_column = x.b.column,
                 .alpha = lwi_attr_float(c->node, "alpha", 1),
                 .bias = own > 2 && lwi_has(c, 2)};
    read_batch(&x, &n);
    *taken = true;
    if (exact) return launch_exact(c, &n, step);
    step->mixes = true;
    return launch_product(c, &n, own, step);
}

lw_status lwi_gpu_matmul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_matmul(c, 2, step, taken);
}

lw_status lwi_gpu_matmul_fused(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_matmul(c, LWI_MATMUL_FUSED_INPUTS, step, taken);
}

/* Y += beta C, where C is broadcast. */
static lw_status launch_addition(const lwi_call *c, float beta, lwi_gpu_step *step) {
    const lwi_program program = {.n_inputs = 2,
                                 .n_steps = 1,
                                 .n_constants = 1,
                                 .constants = {beta},
                                 .steps = {{LWI_POINTWISE_multiply_add, {1, -1, 0}}}};
    const lw_value *in[2] = {c->out[0], c->in[2]};
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_program_write(&program, c->out[0], in, &p);
    LW_TRY(lwi_gpu_items(step, "pointwise", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    lwi_gpu_out(launch, 0);
    for (size_t k = 1; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

/* alpha A' B' + beta C: a row that is added once is added with the product, any other C after it.
 */
lw_status lwi_gpu_gemm(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const bool ta = lwi_attr_int(c->node, "transA", 0), tb = lwi_attr_int(c->node, "transB", 0);
    const lw_value *a = c->in[0], *y = c->out[0];
    const size_t m = (size_t)y->dims[0], n = (size_t)y->dims[1], k = (size_t)a->dims[ta ? 0 : 1];
    const float beta = lwi_attr_float(c->node, "beta", 1);
    const bool row = lwi_has(c, 2) && beta == 1 && c->in[2]->rank >= 1 && c->in[2]->count == n &&
                     c->in[2]->dims[c->in[2]->rank - 1] == (int64_t)n;
    lwi_gpu_type type;
    const float alpha = lwi_attr_float(c->node, "alpha", 1);
    const bool exact = takes_exact(c, alpha, step) && (beta == 1 || c->in[0]->dtype == LW_FLOAT64);
    if (!find_type(c, 3, &type) && !exact) return lwi_gpu_refuse(step, "its types");
    const numbers x = {.type = type,
                       .m = m,
                       .n = n,
                       .k = k,
                       .batch = 1,
                       .a_row = ta ? 1 : k,
                       .a_column = ta ? m : 1,
                       .b_row = tb ? 1 : n,
                       .b_column = tb ? k : 1,
                       .alpha = alpha,
                       .bias = row};
    *taken = true;
    if (exact) {
        LW_TRY(launch_exact(c, &x, step));
        return lwi_has(c, 2) && !row ? add_exact(c, beta, step, taken) : LW_OK;
    }
    LW_TRY(launch_product(c, &x, 3, step));
    return lwi_has(c, 2) && !row ? launch_addition(c, beta, step) : LW_OK;
}

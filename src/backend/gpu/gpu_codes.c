/* SPDX-License-Identifier: MIT
 * Numbers of small codes: Cast, DequantizeLinear, and com.microsoft's GatherBlockQuantized. */
#include "backend/gpu/gpu_codes.h"

#include "tensor/convert.h"

#include <string.h>

enum { PLAN = 10, CODES = 256 };
/* Places in the plan of kernels/codes.k. */
enum { BITS, HAS, GATHER_DIM, GATHER_INNER, INDICES, DIM, INNER, BLOCK, BLOCKS, ZERO };
enum { GATHERED = 1, SCALED = 2, ZEROS = 4, ZERO_ROWS = 8 };

bool lwi_gpu_is_small_code(lw_dtype dtype) {
    return lwi_gpu_type_of(dtype) == LWI_GPU_TYPES && lw_dtype_bits(dtype) <= 8;
}

/* What each code stands for. of_bits: those of integers without a sign, of so many bits. */
static void write_numbers(lw_dtype dtype, int of_bits, float numbers[CODES]) {
    uint8_t codes[CODES] = {0};
    const int bits = of_bits ? of_bits : lw_dtype_bits(dtype);
    memset(numbers, 0, CODES * sizeof *numbers);
    for (int i = 0; i < 1 << bits; i++) {
        if (of_bits) numbers[i] = (float)i;
        else codes[i * bits / 8] |= (uint8_t)(i << i * bits % 8);
    }
    if (!of_bits)
        lwi_convert(&lwi_convert_nearest, dtype, codes, LW_FLOAT32, numbers, (size_t)1 << bits);
}

void lwi_gpu_code_numbers(lw_dtype dtype, float numbers[LWI_GPU_CODES]) {
    write_numbers(dtype, 0, numbers);
}

/* Integers for Cast alone; doubles where the device has them. */
static bool takes(const lwi_call *c, bool scales, const lwi_gpu_step *step) {
    const lwi_gpu_type to = lwi_gpu_type_of(c->out[0] ? c->out[0]->dtype : LW_DTYPE_NONE);
    return lwi_gpu_moves(c) && (scales ? lwi_gpu_is_float(to) : lwi_gpu_orders(step, to));
}

/* at: the inputs with indices, scales and zero points. */
static lw_status launch_codes(const lwi_call *c, const int32_t plan[PLAN],
                              const float numbers[CODES], const size_t at[3], lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    int types = (int)lwi_gpu_type_of(c->out[0]->dtype) << 8;
    for (int i = 0; i < 2; i++)
        if (lwi_has(c, at[i])) types |= (int)lwi_gpu_type_of(c->in[at[i]]->dtype) << (4 * i);
    LW_TRY(lwi_gpu_items(step, "numbers_of_codes", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    LW_TRY(lwi_gpu_data(step, launch, numbers, CODES * sizeof *numbers));
    lwi_gpu_in(launch, c, 0);
    for (int i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, at[i]);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_small_codes(const lwi_call *c, bool scales, size_t dim, size_t inner,
                              int64_t block, lwi_gpu_step *step, bool *taken) {
    const size_t at[3] = {SIZE_MAX, scales ? 1 : SIZE_MAX, 2};
    const int32_t plan[PLAN] = {[BITS] = lw_dtype_bits(c->in[0]->dtype),
                                [HAS] = scales ? SCALED | (lwi_has(c, 2) ? ZEROS : 0) : 0,
                                [DIM] = (int32_t)dim,
                                [INNER] = (int32_t)inner,
                                [BLOCK] = (int32_t)block};
    float numbers[CODES];
    if (!takes(c, scales, step) || (scales && !lwi_gpu_is_float(lwi_gpu_type_of(c->in[1]->dtype))))
        return lwi_gpu_refuse(step, scales ? "its types, or how scales are spread"
                                           : "its types or shapes");
    write_numbers(c->in[0]->dtype, 0, numbers);
    *taken = step->mixes = true;
    return launch_codes(c, plan, numbers, at, step);
}

/* -------------------------------------------------------------- GatherBlockQuantized */

typedef struct table {
    int bits, gather, spread;
    int64_t dims[LW_MAX_RANK]; /* in elements */
    bool packed;               /* integers without a sign, packed in bytes */
} table;

static bool is_spread(const lw_value *scales, const table *t, int rank, int64_t block) {
    bool fits = scales->rank == rank;
    for (int d = 0; d < rank && fits; d++)
        fits = scales->dims[d] == (d == t->spread ? (t->dims[d] + block - 1) / block : t->dims[d]);
    return fits;
}

static void split(const table *t, int rank, int axis, int32_t *dim, int32_t *inner) {
    *dim = (int32_t)t->dims[axis];
    *inner = 1;
    for (int d = axis + 1; d < rank; d++)
        *inner *= (int32_t)t->dims[d];
}

static lw_status read_table(const lwi_call *c, table *t) {
    const lw_value *data = c->in[0];
    *t = (table){.packed = data->dtype == LW_UINT8};
    t->bits = t->packed ? (int)lwi_attr_int(c->node, "bits", 4) : lw_dtype_bits(data->dtype);
    memcpy(t->dims, data->dims, sizeof t->dims);
    if (t->packed) t->dims[data->rank - 1] *= 8 / t->bits;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "gather_axis", 0), data->rank, &t->gather));
    return lwi_axis(c, lwi_attr_int(c->node, "quantize_axis", 1), data->rank, &t->spread);
}

lw_status lwi_gpu_gather_block_quantized(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { TABLE, PLACES, SCALES, POINTS };
    static const size_t at[3] = {PLACES, SCALES, POINTS};
    const int rank = c->in[TABLE]->rank;
    int64_t block = lwi_attr_int(c->node, "block_size", 128), all = 1;
    int32_t plan[PLAN] = {[HAS] = GATHERED | SCALED};
    float numbers[CODES], middle = 0;
    table t;
    LW_TRY(read_table(c, &t));
    for (int d = 0; d < rank; d++)
        all *= t.dims[d];
    if (block == 0) block = t.dims[t.spread];
    if (!takes(c, true, step) || all >= INT32_MAX || !is_spread(c->in[SCALES], &t, rank, block) ||
        !lwi_gpu_is_float(lwi_gpu_type_of(c->in[SCALES]->dtype)) ||
        !lwi_gpu_is_integer(lwi_gpu_type_of(c->in[PLACES]->dtype)))
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    write_numbers(c->in[TABLE]->dtype, t.packed ? t.bits : 0, numbers);
    if (t.packed) middle = (float)(1 << (t.bits - 1));
    memcpy(&plan[ZERO], &middle, sizeof middle);
    if (lwi_has(c, POINTS)) plan[HAS] |= t.packed ? ZERO_ROWS : ZEROS;
    plan[BITS] = t.bits;
    split(&t, rank, t.gather, &plan[GATHER_DIM], &plan[GATHER_INNER]);
    split(&t, rank, t.spread, &plan[DIM], &plan[INNER]);
    plan[INDICES] = (int32_t)c->in[PLACES]->count;
    plan[BLOCK] = (int32_t)block;
    plan[BLOCKS] = (int32_t)((t.dims[t.spread] + block - 1) / block);
    *taken = step->mixes = true;
    return launch_codes(c, plan, numbers, at, step);
}

/* SPDX-License-Identifier: MIT
 * Numbers to small codes: Cast and QuantizeLinear to float8, float4, and integers of 2 and 4 bits.
 */
#include "backend/gpu/gpu_codes.h"
#include "backend/gpu/gpu_parts.h"
#include "base/half.h"
#include "tensor/convert.h"

#include <string.h>

/* Places in the ints of kernels/small_codes.k. */
enum { BITS, HAS, PRECISION, LOW, HIGH, DIM, INNER, BLOCK, NONE, PLAN = 10 };
enum { WHOLE = 1, SCALED = 2, ZEROS = 4 };
enum { STEPS = 257, ROW = 513 };
enum { INFINITE = 0x7f800000 };

static lwi_conversion conversion(const lwi_node *node, bool scales) {
    lwi_conversion how = lwi_convert_nearest;
    how.saturate = lwi_attr_int(node, "saturate", 1) != 0;
    if (scales) return how;
    how.e8m0 = lwi_attr_is(node, "round_mode", "down")      ? LWI_E8M0_DOWN
               : lwi_attr_is(node, "round_mode", "nearest") ? LWI_E8M0_NEAREST
                                                            : LWI_E8M0_UP;
    return how;
}

static int32_t code_of(const lwi_conversion *how, lw_dtype dtype, uint32_t bits) {
    const float v = lwi_bits_float(bits);
    uint8_t code = 0;
    lwi_convert(how, LW_FLOAT32, &v, dtype, &code, 1);
    return code;
}

/* What the processor makes of magnitudes from 0 to infinity, as steps: the magnitude where each of
 * its codes begins is looked for by halves. */
static void write_steps(const lwi_conversion *how, lw_dtype dtype, uint32_t sign, int32_t *row) {
    uint32_t at = 0;
    for (int n = 0; n < 256; n++) {
        uint32_t same = at, other = INFINITE + 1u;
        row[0] = n + 1;
        row[1 + n] = (int32_t)at;
        row[STEPS + n] = code_of(how, dtype, sign | at);
        while (other - same > 1) {
            const uint32_t middle = same + (other - same) / 2;
            if (code_of(how, dtype, sign | middle) == row[STEPS + n]) same = middle;
            else other = middle;
        }
        if (other > INFINITE) return;
        at = other;
    }
}

static void write_bounds(const lwi_call *c, bool scales, int32_t *plan, int32_t *bounds) {
    const lw_dtype dtype = c->out[0]->dtype;
    const lwi_conversion how = conversion(c->node, scales);
    for (uint32_t s = 0; s < 2; s++) {
        write_steps(&how, dtype, s << 31, bounds + ROW * s);
        plan[NONE + s] = code_of(&how, dtype, s << 31 | 0x7fc00000);
    }
}

static lw_status launch(const lwi_call *c, const int32_t plan[PLAN], const int32_t *bounds,
                        bool scales, lwi_gpu_step *step) {
    const int per = 8 / plan[BITS], from = (int)lwi_gpu_type_of(c->in[0]->dtype);
    const size_t n = c->out[0]->count;
    float numbers[LWI_GPU_CODES];
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_code_numbers(c->out[0]->dtype, numbers);
    LW_TRY(lwi_gpu_items(step, "codes_of_numbers", (n + (size_t)per - 1) / (size_t)per, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    LW_TRY(lwi_gpu_data(step, launch, bounds, 2 * ROW * sizeof *bounds));
    LW_TRY(lwi_gpu_data(step, launch, numbers, sizeof numbers));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, scales ? 1 : 0);
    lwi_gpu_in(launch, c, scales ? 2 : 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, from | (scales ? (int)lwi_gpu_type_of(c->in[1]->dtype) << 4 : 0));
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

/* From codes of one type to those of another: by way of numbers, which hold all of them. */
static lw_status by_numbers(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value numbers = {0}, y = lwi_gpu_output(&parts, 0);
    lwi_gpu_part part = {
        .domain = "", .op_type = c->node->op_type, .n_in = 2, .out = {&y}, .n_out = 1};
    LW_TRY(lwi_gpu_add_cast(&parts, lwi_gpu_input(&parts, 0), LW_FLOAT32, &numbers));
    lwi_gpu_copy_attributes(c->node, NULL, &part);
    part.in[0] = numbers;
    part.in[1] = lwi_gpu_input(&parts, 1);
    LW_TRY(lwi_gpu_add(&parts, &part));
    return lwi_gpu_finish(&parts, taken);
}

static bool takes(const lwi_call *c, bool scales, const lwi_gpu_step *step) {
    const lwi_gpu_type from = lwi_gpu_type_of(c->in[0]->dtype);
    if (c->in[0]->kind != LW_KIND_TENSOR || c->in[0]->count >= INT32_MAX) return false;
    if (!scales) return lwi_gpu_orders(step, from);
    return (lwi_gpu_is_float(from) || from == LWI_GPU_I32) &&
           lwi_gpu_is_float(lwi_gpu_type_of(c->in[1]->dtype));
}

lw_status lwi_gpu_to_small_codes(const lwi_call *c, bool scales, size_t dim, size_t inner,
                                 int64_t block, lw_dtype precision, lwi_gpu_step *step,
                                 bool *taken) {
    const lw_dtype dtype = c->out[0]->dtype;
    const int bits = lw_dtype_bits(dtype);
    const bool whole = lwi_dtype_is_integer(dtype), is_signed = lwi_dtype_is_signed(dtype);
    int32_t plan[PLAN] = {[BITS] = bits,
                          [HAS] = (whole ? WHOLE : 0) | (scales ? SCALED : 0) |
                                  (scales && lwi_has(c, 2) ? ZEROS : 0),
                          [PRECISION] = (int32_t)lwi_gpu_type_of(precision),
                          [LOW] = is_signed ? -(1 << (bits - 1)) : 0,
                          [HIGH] = (1 << (is_signed ? bits - 1 : bits)) - 1,
                          [DIM] = (int32_t)dim,
                          [INNER] = (int32_t)inner,
                          [BLOCK] = (int32_t)block};
    int32_t bounds[2 * ROW] = {0};
    if (!scales && lwi_gpu_is_small_code(c->in[0]->dtype)) return by_numbers(c, step, taken);
    if (!takes(c, scales, step))
        return lwi_gpu_refuse(step, scales ? "its types, or how scales are spread"
                                           : "its types or shapes");
    if (!whole) write_bounds(c, scales, plan, bounds);
    *taken = step->mixes = true;
    return launch(c, plan, bounds, scales, step);
}

/* SPDX-License-Identifier: MIT
 * Calls that are made of other operators': each part is a call of its own, whose inputs are those
 * of the whole, constants, or what parts before it have made, which lies in memory of the step. */
#ifndef LWI_GPU_PARTS_H
#define LWI_GPU_PARTS_H

#include "backend/gpu/gpu_backend.h"

typedef struct lwi_gpu_value {
    const lw_value *value; /* its type and shape; NULL: left out, or, of an output, not made yet */
    lwi_gpu_argument at;
} lwi_gpu_value;

typedef struct lwi_gpu_parts {
    const lwi_call *call;
    lwi_gpu_step *step;
    size_t scratch; /* bytes of values between parts */
    bool refused;   /* a part is not taken; those after it are left out */
    bool mixes;     /* as in the step, of all parts */
} lwi_gpu_parts;

enum { LWI_GPU_PART_VALUES = 8, LWI_GPU_PART_ATTRS = 10 };

typedef struct lwi_gpu_part {
    const char *domain, *op_type;
    lwi_attr attrs[LWI_GPU_PART_ATTRS]; /* up to one without a name */
    lwi_gpu_value in[LWI_GPU_PART_VALUES];
    /* Values that have a type and a shape are made where they lie; others get memory. */
    lwi_gpu_value *out[LWI_GPU_PART_VALUES]; /* NULL: not wanted */
    size_t n_in, n_out;
} lwi_gpu_part;

static inline lwi_gpu_parts lwi_gpu_parts_of(const lwi_call *call, lwi_gpu_step *step) {
    return (lwi_gpu_parts){.call = call, .step = step, .mixes = true};
}
static inline lwi_attr lwi_gpu_attr_int(const char *name, int64_t i) {
    return (lwi_attr){.name = name, .kind = LWI_ATTR_INT, .i = i};
}
static inline lwi_attr lwi_gpu_attr_float(const char *name, float f) {
    return (lwi_attr){.name = name, .kind = LWI_ATTR_FLOAT, .f = f};
}
/* The attributes of the node of the whole, but for those whose names begin with `without` (NULL:
 * all). */
void lwi_gpu_copy_attributes(const lwi_node *node, const char *without, lwi_gpu_part *part);
/* An input or an output of the whole; without a value where it is not there. */
lwi_gpu_value lwi_gpu_input(const lwi_gpu_parts *parts, size_t input);
lwi_gpu_value lwi_gpu_output(const lwi_gpu_parts *parts, size_t output);
/* The elements of a tensor from number `first` on, in a shape. */
lw_status lwi_gpu_part_of(const lwi_gpu_parts *parts, lwi_gpu_value from, size_t first, int rank,
                          const int64_t *dims, lwi_gpu_value *to);
/* A tensor whose elements are copied, here and to the device. */
lw_status lwi_gpu_constant(const lwi_gpu_parts *parts, lw_dtype dtype, int rank,
                           const int64_t *dims, const void *data, lwi_gpu_value *to);
/* Memory for a tensor. */
lw_status lwi_gpu_room(lwi_gpu_parts *parts, lw_dtype dtype, int rank, const int64_t *dims,
                       lwi_gpu_value *to);
/* The argument of a launch of one's own. */
void lwi_gpu_give_value(const lwi_gpu_parts *parts, const lwi_gpu_value *value,
                        lwi_gpu_launch *launch);
/* Launches of a part; attributes are copied. */
lw_status lwi_gpu_add(lwi_gpu_parts *parts, const lwi_gpu_part *part);
/* An operator of ONNX with one output and up to two inputs, without attributes. */
lw_status lwi_gpu_add_two(lwi_gpu_parts *parts, const char *op_type, lwi_gpu_value a,
                          lwi_gpu_value b, lwi_gpu_value *y);
/* To a type, which may be its own: then *y is x. */
lw_status lwi_gpu_add_cast(lwi_gpu_parts *parts, lwi_gpu_value x, lw_dtype dtype, lwi_gpu_value *y);
/* After the last part. */
lw_status lwi_gpu_finish(const lwi_gpu_parts *parts, bool *taken);

#endif

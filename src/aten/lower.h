/* SPDX-License-Identifier: MIT
 * What functions that lower operators use. One gets the arguments in the schema's order, omitted
 * ones as their defaults, each of a kind that the schema allows, and sets results:
 *
 *     void lwi_aten_softplus(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out)
 *
 * Ids are values of the present graph; -1: none. */
#ifndef LWI_ATEN_LOWER_H
#define LWI_ATEN_LOWER_H

#include "aten/aten.h"

typedef void lwi_aten_lower(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out);

enum {
    LWI_ATEN_VIEW = 1,    /* result 0, or what it lists, shares the memory of argument 0 */
    LWI_ATEN_SAME = 2,    /* and has all of its elements in the same order */
    LWI_ATEN_SCALARS = 4, /* numbers only: of a program's control, not of tensors */
    LWI_ATEN_COMPLEX = 8, /* takes complex tensors */
    LWI_ATEN_PARTS = 16, /* moves elements, or is linear: so it is with each part of complex ones */
    LWI_ATEN_PRODUCT = 32 /* linear in each of arguments 0 and 1 */
};

/* A row of aten.def. */
struct lwi_aten_row {
    const char *name, *overload;
    const char *schema; /* "Tensor self, int[2] stride=1, *, bool b=False"; "Tensor! self" is
                           written to: result 0 becomes its contents */
    const char *onnx;   /* what it becomes, in the words of ONNX; several are separated by spaces */
    lwi_aten_lower *lower;
    unsigned flags;
};

/* ------------------------------------------------------------------ results */

static inline void lwi_aten_return(lwi_aten *a, lwi_aten_value *out, int id) {
    *out = lwi_aten_tensor_of(a, id);
}

/* --------------------------------------------------------------------- nodes */

/* NODE(a, "Conv", x, w): its output. */
#define NODE(a, op, ...)                                                                           \
    lwi_build(&(a)->b, op, sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})
/* The same for an operator of lampwick's own domain. */
#define FUSED(a, op, ...)                                                                          \
    lwi_build_fused(&(a)->b, op, sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})
/* Nodes with several outputs; lwi_build_outputs also makes those of other domains. */
static inline void lwi_aten_nodes(lwi_aten *a, const char *op, size_t n_in, const int *in,
                                  size_t n_out, int *out) {
    lwi_build_outputs(&a->b, "", op, n_in, in, n_out, out);
}

/* ---------------------------------------------------------------- constants */

/* 1-D int64 from numbers. */
#define INTS(a, ...)                                                                               \
    lwi_build_ints(&(a)->b, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                    \
                   (int64_t[]){__VA_ARGS__})
/* A scalar of rank 0 of the type. */
int lwi_aten_fill(lwi_aten *a, lw_dtype dtype, double value);
int lwi_aten_int_scalar(lwi_aten *a, int64_t value);

/* ---------------------------------------------------------------- arguments */

static inline bool lwi_aten_given(const lwi_aten_value *v) { return v->kind != LWI_ATEN_NONE; }
/* Numbers that must be known now. */
int64_t lwi_aten_get_int(lwi_aten *a, const lwi_aten_value *v);
double lwi_aten_get_float(lwi_aten *a, const lwi_aten_value *v);
bool lwi_aten_get_bool(lwi_aten *a, const lwi_aten_value *v);
bool lwi_aten_is(const lwi_aten_value *v, const char *text);
/* A list (or one number) of known ints, at most max; returns how many. */
size_t lwi_aten_get_ints(lwi_aten *a, const lwi_aten_value *v, size_t max, int64_t *values);
/* All numbers of a list are known. */
bool lwi_aten_all_known(const lwi_aten_value *v);
/* A list of numbers, known or not, as a 1-D int64 value. One number is a list of one. */
int lwi_aten_ints(lwi_aten *a, const lwi_aten_value *v);
/* A number or rank-0 tensor as a scalar of the type. */
int lwi_aten_scalar(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype);
/* An axis from 0; a tensor of rank 0 counts as one of rank 1. */
int lwi_aten_axis(lwi_aten *a, const lwi_aten_value *v, int rank);
/* Axes of a list, an int, or all of them if there are none; returns how many. */
size_t lwi_aten_axes(lwi_aten *a, const lwi_aten_value *v, int rank, int64_t *axes);
/* An argument that is an element type; absent where it is none. */
lw_dtype lwi_aten_get_dtype(lwi_aten *a, const lwi_aten_value *v, lw_dtype absent);

/* -------------------------------------------------------------------- shapes */

/* The shape as 1-D int64, a constant where all is fixed. */
int lwi_aten_shape(lwi_aten *a, int id);
/* One size as a number (known if fixed), or as a 1-D value of one element. */
lwi_aten_value lwi_aten_size(lwi_aten *a, int id, int axis);
int lwi_aten_size_id(lwi_aten *a, int id, int axis);
int lwi_aten_reshape(lwi_aten *a, int id, size_t rank, const int64_t *dims); /* 0 is as it is */
int lwi_aten_transpose(lwi_aten *a, int id, size_t rank, const int64_t *permutation);
int lwi_aten_unsqueeze(lwi_aten *a, int id, int64_t axis);
int lwi_aten_squeeze(lwi_aten *a, int id, int64_t axis);
/* Elements [first, last) of an axis; INT64_MAX: to the end. */
int lwi_aten_slice(lwi_aten *a, int id, int64_t axis, int64_t first, int64_t last);

int lwi_aten_concat(lwi_aten *a, int axis, size_t n, const int *ids);
/* Axes `from` go to places `to`, the others keep their order. */
int lwi_aten_move(lwi_aten *a, int x, size_t n, const int64_t *from, const int64_t *to);
/* As torch.atleast_2d has it; least is at most 3. */
int lwi_aten_at_least(lwi_aten *a, int x, int least);
/* A list of n tensors, parts of an axis with these sizes. */
lwi_aten_value lwi_aten_split_into(lwi_aten *a, int x, int axis, size_t n, const int64_t *sizes);
/* Elements in reverse along n axes. */
int lwi_aten_flipped(lwi_aten *a, int x, size_t n, const int64_t *axes);
/* 0, step, 2 step ...: n numbers of int64, 1-D. */
int lwi_aten_steps(lwi_aten *a, const lwi_aten_value *n, int64_t step);
/* 0, 1, 2 ... in a shape. */
int lwi_aten_numbered(lwi_aten *a, int shape);
/* The tensors of a list as ids in one type; returns how many, at most max. */
size_t lwi_aten_tensors(lwi_aten *a, const lwi_aten_value *v, size_t max, int *ids);
/* How many windows fit: (size + before + after - dilation (kernel - 1) - 1) / stride + 1. */
lwi_aten_value lwi_aten_windows(lwi_aten *a, int x, int axis, int64_t around, int64_t span,
                                int64_t stride);

/* --------------------------------------------------------------------- types */

int lwi_aten_cast(lwi_aten *a, int id, lw_dtype dtype); /* id itself if it has the type */
/* The type that PyTorch computes in: tensors with dimensions before those without before numbers,
 * floats before integers before bools (torch.result_type). Arguments that are none are skipped. */
lw_dtype lwi_aten_promoted(lwi_aten *a, size_t n, const lwi_aten_value *const *args);
/* The argument in that type, a number as a scalar. */
int lwi_aten_as(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype);
static inline bool lwi_aten_is_integral(lw_dtype dtype) {
    return dtype == LW_BOOL || lwi_dtype_is_integer(dtype);
}

/* Both arguments in the type they are promoted to, which is returned. */
lw_dtype lwi_aten_pair(lwi_aten *a, const lwi_aten_value *in, int *x, int *y);
/* Integers and bools as float32. */
int lwi_aten_floats(lwi_aten *a, const lwi_aten_value *v);
/* A number as a scalar of x's type. */
int lwi_aten_like(lwi_aten *a, int x, double value);

/* ------------------------------------------------------------ complex numbers */

/* Complex tensors are real ones with a last axis of two: real and imaginary part. */
static inline bool lwi_aten_is_complex(const lwi_aten_value *v) {
    return v->kind == LWI_ATEN_TENSOR && v->tensor->complex;
}
void lwi_aten_return_complex(lwi_aten *a, lwi_aten_value *out, int id);
/* Part 0, the real one, or 1 of a complex value. */
int lwi_aten_part(lwi_aten *a, int id, int part);
int lwi_aten_join(lwi_aten *a, int real, int imaginary);
/* A real tensor with imaginary parts of 0. */
lwi_aten_value lwi_aten_as_complex(lwi_aten *a, const lwi_aten_value *v);

/* -------------------------------------------------------------- compositions */

/* A 1-D constant of numbers that fn makes, in the type. */
int lwi_aten_table(lwi_aten *a, int64_t n, double (*fn)(void *arg, int64_t i), void *arg,
                   lw_dtype dtype);
/* ReduceSum and the like over axes; of none: x. */
int lwi_aten_reduced(lwi_aten *a, const char *op, int x, size_t n, const int64_t *axes, bool keep);
/* The p-norm over axes. */
int lwi_aten_norm(lwi_aten *a, int x, double p, size_t n, const int64_t *axes, bool keep);
/* Of the matrices in two axes, the largest first: in one last axis. */
int lwi_aten_singular_values(lwi_aten *a, int x, const int64_t axes[2]);
/* ArgMax or ArgMin. */
int lwi_aten_arg_extreme(lwi_aten *a, const char *op, int x, int axis, bool keep);
/* The p-norm of the difference of rows, plus eps. */
int lwi_aten_row_distance(lwi_aten *a, int x, int y, double p, double eps, bool keep);
/* The angle of (x, y) as atan2 gives it. */
int lwi_aten_angle_of(lwi_aten *a, int y, int x);

/* An LSTM of one direction whose outputs are projected. x: [length, batch, in]; params: w_ih, w_hh,
 * b_ih and b_hh if there are biases, w_hr; lengths: of each sequence, [batch] int32, or -1: all are
 * as long as x; states: h [batch, out] and c [batch, hidden] before the first step, then behind the
 * last. Returns [length, batch, out]. */
int lwi_aten_projected_lstm(lwi_aten *a, int x, const lwi_aten_value *params, bool biases,
                            int lengths, int states[2]);
/* Packed sequences: all that have a step stand beside each other, the longest first, step after
 * step. batch_sizes: [length] how many do. The mask: [length, batch], which they are. */
int lwi_aten_packed_mask(lwi_aten *a, int batch_sizes);
int lwi_aten_packed_lengths(lwi_aten *a, int mask); /* [batch] int64 */
/* [elements, ...] as [length, batch, ...], with anything where the mask is not set; and back. */
int lwi_aten_unpacked(lwi_aten *a, int data, int mask);
int lwi_aten_packed(lwi_aten *a, int x, int mask);

int lwi_aten_truncated(lwi_aten *a, int x);
int lwi_aten_log1p_of(lwi_aten *a, int x);
/* A quotient of which one is complex at least. */
void lwi_aten_complex_div(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out);

/* The functions that rows name. */
#define ATEN(name, overload, flags, schema, onnx, lower) lwi_aten_lower lwi_aten_##lower;
#include "aten/aten.def"
#undef ATEN

#endif

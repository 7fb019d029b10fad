/* SPDX-License-Identifier: MIT
 * A convolution with the channels last, as its kernels see it: three spatial axes, of which the
 * outer ones have size 1 where there are fewer. */
#ifndef LWI_CONV_PLAN_H
#define LWI_CONV_PLAN_H

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/cpu_epilogue.h"
#include "ops/conv.h"

/* A convolution proper. A transposed convolution is several: each residue of the output's indices
 * modulo the strides sees its own part of the kernel. */
typedef struct lwi_conv_part {
    int64_t out[3], kernel[3], stride[3], dilation[3], begin[3];
    int64_t tap_first[3], tap_step[3]; /* indices in the whole kernel */
    int64_t y_first[3], y_step[3];     /* indices in the output */
    size_t weights;                    /* where its packed weights begin, in floats */
    /* How it is computed (conv_direct.c): */
    bool in_place; /* reads the input itself; otherwise a copy of some rows, with the padding */
    bool gather;   /* the copy has what each output sees, one after the other */
    bool apart;    /* the copy has only the rows that one row of outputs sees */
    int64_t block_rows, block_columns; /* outputs that are made together */
    int64_t copy[3];                   /* size of the copy in pixels */
    size_t run, runs;       /* the kernel sees `runs` runs of `run` floats in the input */
    const int64_t *offsets; /* [runs] */
    size_t filter_block;
} lwi_conv_part;

typedef enum lwi_conv_kind {
    LWI_CONV_DIRECT,    /* matrix products over runs of the input */
    LWI_CONV_DOT,       /* few filters: dot products over runs of the input */
    LWI_CONV_DEPTHWISE, /* one channel for each filter */
    LWI_CONV_WINOGRAD
} lwi_conv_kind;

typedef struct lwi_conv_plan {
    lwi_conv_kind kind;
    bool transposed;
    size_t batch;
    size_t groups, channels, filters; /* in each group; small groups are joined */
    size_t joined;                    /* groups of the operator in one of ours */
    int64_t in[3], out[3], kernel[3];
    lwi_conv_part *parts;
    size_t n_parts;
    size_t tile;         /* of Winograd's algorithm: outputs along an axis */
    bool halves;         /* single pixels are multiplied in float16 (kern/gemm_f16.h) */
    bool planes;         /* the input still has the channels first: what is copied is turned */
    bool in_run;         /* and its weights are transformed in each run, when they are needed */
    size_t packed_bytes; /* of the weights */
    const float *packed; /* NULL: not constant, run packs */
    float low, high;
    lwi_epilogue epilogue;
} lwi_conv_plan;

/* For one run. */
typedef struct lwi_conv_args {
    const lwi_conv_plan *plan;
    lwi_call *call;
    const float *x, *weights, *bias; /* bias may be NULL */
    float *y;
} lwi_conv_args;

static inline size_t lwi_conv_taps(const int64_t size[3]) {
    return (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}
static inline size_t lwi_conv_x_pixel(const lwi_conv_plan *p) { return p->groups * p->channels; }
static inline size_t lwi_conv_y_pixel(const lwi_conv_plan *p) { return p->groups * p->filters; }

/* conv_pack.c: the weights in the order of the plan's kind; w is as ONNX has it, and need not
 * be aligned. scale: a factor for each filter, or NULL. */
size_t lwi_conv_packed_floats(lwi_conv_plan *plan);
void lwi_conv_pack(const lwi_conv_plan *plan, const lwi_call *call, const float *w,
                   const float *scale, float *packed);

/* conv_direct.c */
/* offsets: room for as many as the kernel has elements. */
void lwi_conv_direct_plan(lwi_conv_plan *plan, int64_t *offsets);
lw_status lwi_conv_direct_run(const lwi_conv_args *args);
/* Whether its product can be made in float16, and gains by that. */
bool lwi_conv_direct_fits_halves(const lwi_conv_plan *plan);
/* The kernel that multiplies runs of the input with weights. */
lwi_gemm_f32_fn *lwi_conv_direct_kernel(const lwi_conv_plan *plan, const lwi_conv_part *part);
/* How many rows of an image can be made at once by lwi_conv_direct_rows, which does what the run
 * does on one thread; 0: it is not made for such a plan. */
size_t lwi_conv_direct_most_rows(const lwi_conv_plan *plan);
size_t lwi_conv_direct_copy(const lwi_conv_plan *plan); /* floats of memory that it needs */
/* args->y: where the first of the rows [row, row + n) goes. */
void lwi_conv_direct_rows(const lwi_conv_args *args, size_t image, size_t row, size_t n,
                          float *copy);
/* conv_winograd.c, for plans with a tile of 2 or 4 */
lw_status lwi_conv_winograd_run(const lwi_conv_args *args);
/* Whether weights can be kept as they are to save memory: transformed ones are 16/9 or 36/9 as
 * many. The results are the same bits. */
bool lwi_conv_winograd_in_run(const lwi_conv_plan *plan);
/* Transforms one row of points of a panel whose channels lie as the packed weights say (kern). */
void lwi_conv_winograd_weights(const lwi_conv_plan *plan, const lwi_winograd_f32_weights *job);
/* conv_cost.c: the fastest tile for a plan with one part and a kernel of 3x3 with strides and
 * dilations of 1; 1: a direct convolution is faster. */
size_t lwi_conv_choose_tile(const lwi_conv_plan *plan);
/* conv_depthwise.c, for kernels of at most so many rows in all slices */
enum { LWI_DEPTHWISE_ROWS = 64 };
lw_status lwi_conv_depthwise_run(const lwi_conv_args *args);
/* Row number `row` of the output, counted over slices and images. x: the rows of the input that the
 * kernel's rows meet, NULL where there are none. */
void lwi_conv_depthwise_row(const lwi_conv_args *args, const float *const *x, size_t row, float *y);
/* Whether two rows of the output, one below the other, are made faster together; x has one row
 * more then, and none is NULL. */
bool lwi_conv_depthwise_in_pairs(const lwi_conv_plan *plan);
void lwi_conv_depthwise_pair(const lwi_conv_args *args, const float *const *x, size_t row, float *y,
                             float *next);
/* cpu_conv.c: what runs a Transpose that puts the channels last and the convolution that reads it;
 * both->run is NULL if they are others, or it copies nothing. */
lw_status lwi_conv_read_planes(const lwi_cpu_step *first, const lwi_cpu_step *second,
                               lwi_cpu_step *both);
/* cpu_conv.c: the plan of a call that this backend's kernel for lampwick.Conv runs, or NULL. */
const lwi_conv_plan *lwi_conv_plan_of(const lwi_cpu_step *step);

#endif

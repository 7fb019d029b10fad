/* SPDX-License-Identifier: MIT
 * Convolution of 8-bit tensors: what the general form and the depthwise one share. */
#ifndef LWI_CPU_Q_CONV_H
#define LWI_CPU_Q_CONV_H

#include "backend/cpu/cpu_q_gemm.h"
#include "ops/conv.h"

typedef struct lwi_q_conv {
    lwi_conv v;
    lwi_q_roles roles;
    bool last;       /* x and y have their channels last */
    size_t channels; /* of all groups, in the padded input */
    size_t filters;  /* of all groups */
    /* The input as it is read: padded with its zero point, channels last. */
    bool copied;
    int64_t size[LW_MAX_RANK]; /* with its padding */
    size_t padded_bytes;       /* of one image */
    uint8_t fill;              /* the zero point */
    bool zero_known;           /* fill and the start values of columns hold for all runs; of
                                  ConvIntegerToFloat, neither they nor the scales do */
    lwi_q_columns columns;
    /* general: */
    int64_t *offsets;                    /* of runs */
    size_t segments, length, depth, row; /* as in lwi_gemm_i8_job; bytes from row to row */
    size_t real;                         /* length without what is read beside it */
    size_t lines, rows;                  /* of output, for each image */
    const char *packed;                  /* groups one after another */
    size_t packed_step;
    /* depthwise: */
    bool depthwise;
    size_t taps, period;
    bool flat;      /* neighbouring outputs are one run */
    bool by_column; /* 3 x 3 */
    bool halves;    /* of weights that are no int8 less their zero point, taps have one each */
    const uint8_t *zeros; /* a row of padding */
    const int8_t *weights;
    int32_t *start;
    float *scale;
} lwi_q_conv;

/* x as the kernels read it: call input 0, or a copy in scratch memory. */
lw_status lwi_q_conv_input(lwi_call *call, const lwi_q_conv *conv, const uint8_t **x);
/* Can the depthwise kernel do it? Prepares it; runs it for images without padding. */
bool lwi_q_depthwise_fits(const lwi_call *call, const lwi_conv *v);
lw_status lwi_q_depthwise_prepare(lwi_call *call, lwi_q_conv *conv);
void lwi_q_depthwise_run(const lwi_call *call, const lwi_q_conv *conv, const uint8_t *x,
                         uint8_t *y);

#endif

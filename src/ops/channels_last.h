/* SPDX-License-Identifier: MIT
 * Operators of the domain lampwick that are ONNX operators over tensors with the channels last:
 * input 0 and output 0 are [N, spatial ..., C]; attributes and the other inputs are as ONNX has
 * them (weights [M, C / group, kernel ...]; pads, scales and sizes in the order of N, C, spatial
 * ...). The layout pass makes them. */
#ifndef LWI_CHANNELS_LAST_H
#define LWI_CHANNELS_LAST_H

#include "ops/op.h"

enum { LWI_CHANNELS_LAST_INPUTS = 8 };

/* The call of the ONNX operator that stands behind one of ours; its tensors have no data. */
typedef struct lwi_channels_first {
    lwi_call call;
    const lw_value *in[LWI_CHANNELS_LAST_INPUTS];
    lw_value x, y, *out[1];
    bool declared[1];
} lwi_channels_first;

/* Makes it, with at most n_in inputs; output 0 is not declared yet. */
lw_status lwi_channels_first_call(const lwi_call *call, size_t n_in, lwi_channels_first *first);
/* The infer function of the ONNX operator, over the first n_in inputs. */
lw_status lwi_channels_last_infer(lwi_call *call, const lwi_op *op, size_t n_in);
/* The reference: turns input 0, runs the ONNX operator's code, turns output 0 back. */
lw_status lwi_channels_last_run(lwi_call *call, const lwi_op *op, size_t n_in);

#endif

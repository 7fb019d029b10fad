/* SPDX-License-Identifier: MIT
 * What stands for a vendor's engine in tests: an ONNX model, which lampwick itself runs. */
#ifndef RUN_ONNX_H
#define RUN_ONNX_H

#include <stdlib.h>
#include <string.h>

#include <lampwick.h>

enum { RUN_ONNX_ENDS = 32 };

typedef struct run_onnx {
    void *bytes;
    lw_model *model;
    lw_context *context;
} run_onnx;

/* A tensor of the caller's memory. */
typedef struct run_onnx_tensor {
    lw_dtype dtype;
    int rank;
    const int64_t *dims;
    void *data;
} run_onnx_tensor;

static inline void run_onnx_close(run_onnx *r) {
    lw_context_free(r->context);
    lw_model_free(r->model);
    free(r->bytes);
    *r = (run_onnx){0};
}

static inline lw_status run_onnx_open(run_onnx *r, const void *bytes, size_t size) {
    *r = (run_onnx){.bytes = malloc(size ? size : 1)};
    if (!r->bytes) return LW_NO_MEMORY;
    memcpy(r->bytes, bytes, size);
    const lw_context_options options = {.size = sizeof options, .threads = 1};
    lw_status status = lw_model_load_memory(r->bytes, size, NULL, &r->model);
    if (status == LW_OK) status = lw_context_new(r->model, &options, &r->context);
    if (status != LW_OK) run_onnx_close(r);
    return status;
}

/* Inputs and outputs in the model's order. */
static inline lw_status run_onnx_run(run_onnx *r, const run_onnx_tensor *in, size_t n_in,
                                     const run_onnx_tensor *out, size_t n_out) {
    lw_io inputs[RUN_ONNX_ENDS] = {{0}}, outputs[RUN_ONNX_ENDS] = {{0}};
    lw_status status = n_in > RUN_ONNX_ENDS || n_out > RUN_ONNX_ENDS ? LW_LIMIT : LW_OK;
    for (size_t i = 0; status == LW_OK && i < n_in + n_out; i++) {
        const run_onnx_tensor *t = i < n_in ? &in[i] : &out[i - n_in];
        lw_io *io = i < n_in ? &inputs[i] : &outputs[i - n_in];
        lw_io_info info = {.size = sizeof info};
        status = i < n_in ? lw_model_input(r->model, i, &info)
                          : lw_model_output(r->model, i - n_in, &info);
        io->name = info.name;
        if (status == LW_OK)
            status = lw_tensor_wrap(t->dtype, t->rank, t->dims, t->data, &io->value);
    }
    if (status == LW_OK) status = lw_context_run(r->context, inputs, n_in, outputs, n_out);
    for (size_t i = 0; i < RUN_ONNX_ENDS; i++) {
        lw_value_free(inputs[i].value);
        lw_value_free(outputs[i].value);
    }
    return status;
}

#endif

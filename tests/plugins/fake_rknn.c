/* SPDX-License-Identifier: MIT
 * A librknnrt.so for tests. Its files are "FAKERKNN" and an ONNX model; pictures that go in have
 * channels last. */
#include "fake.h"

typedef uint64_t rknn_context;

typedef struct rknn_attributes {
    uint32_t index, n_dims, dims[16];
    char name[256];
    uint32_t n_elements, bytes;
    int32_t format, type, quantised;
    int8_t fraction;
    int32_t zero;
    float scale;
    uint32_t width_stride, bytes_with_stride;
    uint8_t pass_through;
    uint32_t height_stride;
} rknn_attributes;

typedef struct rknn_input {
    uint32_t index;
    void *data;
    uint32_t bytes;
    uint8_t pass_through;
    int32_t type, format;
} rknn_input;

typedef struct rknn_output {
    uint8_t want_float, allocated;
    uint32_t index;
    void *data;
    uint32_t bytes;
} rknn_output;

enum { OK = 0, BAD = -1, FLOAT32 = 0, CHANNELS_FIRST = 0, CHANNELS_LAST = 1 };

typedef struct session {
    run_onnx engine;
    size_t n_in, n_out;
    void *in[RUN_ONNX_ENDS], *out[RUN_ONNX_ENDS];
    int set, run; /* what was done since */
} session;

static session *of(rknn_context context) {
    CHECK(context);
    return (session *)(uintptr_t)context;
}

FAKE int rknn_init(rknn_context *context, void *model, uint32_t size, uint32_t flag, void *extend) {
    CHECK(model && flag == 0 && !extend);
    if (fake_fails(__func__)) return BAD;
    session *s = fake_make(sizeof *s);
    if (fake_read("FAKERKNN", model, size, &s->engine) != LW_OK) {
        fake_destroy(s);
        return -6; /* RKNN_ERR_MODEL_INVALID */
    }
    s->n_in = lw_model_input_count(s->engine.model);
    s->n_out = lw_model_output_count(s->engine.model);
    *context = (rknn_context)(uintptr_t)s;
    return OK;
}

FAKE int rknn_destroy(rknn_context context) {
    session *s = of(context);
    for (size_t i = 0; i < RUN_ONNX_ENDS; i++) {
        free(s->in[i]);
        free(s->out[i]);
    }
    run_onnx_close(&s->engine);
    fake_destroy(s);
    return OK;
}

static int describe(const session *s, rknn_attributes *a, int output) {
    if (a->index >= (output ? s->n_out : s->n_in)) return BAD;
    const lw_io_info info = fake_info(&s->engine, a->index, output);
    const int turned = info.rank == 4 && !output;
    const int order[4] = {0, turned ? 2 : 1, turned ? 3 : 2, turned ? 1 : 3};
    a->n_dims = (uint32_t)info.rank;
    for (int d = 0; d < info.rank; d++)
        a->dims[d] = (uint32_t)info.dims[info.rank == 4 ? order[d] : d];
    snprintf(a->name, sizeof a->name, "%s", info.name);
    a->n_elements = (uint32_t)fake_count_of(&info);
    a->format = turned ? CHANNELS_LAST : CHANNELS_FIRST;
    a->type = FLOAT32;
    return OK;
}

FAKE int rknn_query(rknn_context context, int command, void *info, uint32_t size) {
    const session *s = of(context);
    if (fake_fails(__func__)) return BAD;
    if (command == 0) {
        CHECK(size == 2 * sizeof(uint32_t));
        ((uint32_t *)info)[0] = (uint32_t)s->n_in;
        ((uint32_t *)info)[1] = (uint32_t)s->n_out;
        return OK;
    }
    CHECK(size == sizeof(rknn_attributes) && (command == 1 || command == 2));
    return describe(s, info, command == 2);
}

static void take_input(session *s, const rknn_input *in) {
    const lw_io_info info = fake_info(&s->engine, in->index, 0);
    const size_t bytes = fake_bytes(&info);
    CHECK(in->bytes == bytes && in->type == FLOAT32 && !in->pass_through);
    CHECK(in->format == (info.rank == 4 ? CHANNELS_LAST : CHANNELS_FIRST));
    float *to = realloc(s->in[in->index], bytes + 1);
    CHECK(to);
    s->in[in->index] = to;
    const float *from = in->data;
    if (info.rank != 4) {
        memcpy(to, from, bytes);
        return;
    }
    const size_t c = (size_t)info.dims[1], inner = (size_t)(info.dims[2] * info.dims[3]);
    for (size_t i = 0; i < bytes / sizeof *to; i++)
        to[i] = from[(i / (c * inner)) * c * inner + (i % inner) * c + i / inner % c];
}

FAKE int rknn_inputs_set(rknn_context context, uint32_t n, rknn_input *inputs) {
    session *s = of(context);
    CHECK(n == s->n_in);
    if (fake_fails(__func__)) return BAD;
    for (uint32_t i = 0; i < n; i++) {
        CHECK(inputs[i].index == i && inputs[i].data);
        take_input(s, &inputs[i]);
    }
    s->set = 1;
    return OK;
}

FAKE int rknn_run(rknn_context context, void *extend) {
    session *s = of(context);
    run_onnx_tensor in[RUN_ONNX_ENDS], out[RUN_ONNX_ENDS];
    CHECK(s->set && !extend);
    if (fake_fails(__func__)) return BAD;
    for (size_t i = 0; i < s->n_in + s->n_out; i++) {
        const int output = i >= s->n_in;
        const size_t k = output ? i - s->n_in : i;
        const lw_io_info info = fake_info(&s->engine, k, output);
        if (output && !s->out[k]) s->out[k] = malloc(fake_bytes(&info) + 1);
        (output ? out : in)[k] =
            (run_onnx_tensor){info.dtype, info.rank, info.dims, output ? s->out[k] : s->in[k]};
    }
    CHECK(run_onnx_run(&s->engine, in, s->n_in, out, s->n_out) == LW_OK);
    s->run = 1;
    return OK;
}

FAKE int rknn_outputs_get(rknn_context context, uint32_t n, rknn_output *outputs, void *extend) {
    session *s = of(context);
    CHECK(s->run && n == s->n_out && !extend);
    if (fake_fails(__func__)) return BAD;
    for (uint32_t i = 0; i < n; i++) {
        const lw_io_info info = fake_info(&s->engine, i, 1);
        CHECK(outputs[i].want_float == 1 && outputs[i].allocated == 1 && outputs[i].index == i);
        CHECK(outputs[i].bytes == fake_bytes(&info));
        memcpy(outputs[i].data, s->out[i], outputs[i].bytes);
    }
    fake_alive++;
    return OK;
}

FAKE int rknn_outputs_release(rknn_context context, uint32_t n, rknn_output *outputs) {
    CHECK(n == of(context)->n_out && outputs && fake_alive > 1);
    fake_alive--;
    return OK;
}

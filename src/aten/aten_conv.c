/* SPDX-License-Identifier: MIT
 * Convolutions. */
#include "aten/lower.h"

#include <string.h>

typedef struct convolution {
    const lwi_aten_value *stride, *padding, *dilation, *output_padding, *groups;
    bool transposed;
} convolution;

/* A number for each spatial axis, as PyTorch gives them. */
static void set_list(lwi_aten *a, const char *name, const lwi_aten_value *v, size_t n) {
    int64_t values[LW_MAX_RANK];
    const size_t given = lwi_aten_get_ints(a, v, n, values);
    for (size_t i = given; i < n && given == 1; i++)
        values[i] = values[0];
    lwi_build_list(&a->b, name, n, values);
}

static void set_padding(lwi_aten *a, const lwi_aten_value *v, size_t n) {
    int64_t pads[2 * LW_MAX_RANK];
    if (v->kind == LWI_ATEN_STRING) {
        lwi_build_text(&a->b, "auto_pad", lwi_aten_is(v, "same") ? "SAME_UPPER" : "VALID");
        return;
    }
    const size_t given = lwi_aten_get_ints(a, v, n, pads);
    for (size_t i = 0; i < n && given > 0; i++) {
        if (i >= given) pads[i] = pads[0];
        pads[n + i] = pads[i];
    }
    lwi_build_list(&a->b, "pads", 2 * n, pads);
}

/* in: input, weight, bias; the input may have no batch. */
static void convolved(lwi_aten *a, const lwi_aten_value *in, const convolution *c,
                      lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int w = lwi_aten_id(a, &in[1]), rank = lwi_aten_rank(a, w);
    const bool batch = lwi_aten_rank(a, x) == rank;
    const size_t n = rank > 2 ? (size_t)rank - 2 : 0;
    if (!batch) x = lwi_aten_unsqueeze(a, x, 0);
    const int y = NODE(a, c->transposed ? "ConvTranspose" : "Conv", x, w, lwi_aten_id(a, &in[2]));
    set_list(a, "strides", c->stride, n);
    set_padding(a, c->padding, n);
    set_list(a, "dilations", c->dilation, n);
    if (c->transposed) set_list(a, "output_padding", c->output_padding, n);
    lwi_build_int(&a->b, "group", lwi_aten_get_int(a, c->groups));
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

/* input, weight, bias, stride, padding, dilation, groups */
void lwi_aten_conv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    convolved(
        a, in,
        &(convolution){.stride = &in[3], .padding = &in[4], .dilation = &in[5], .groups = &in[6]},
        out);
}

/* input, weight, bias, stride, padding, output_padding, groups, dilation */
void lwi_aten_conv_transpose(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    convolved(a, in,
              &(convolution){.stride = &in[3],
                             .padding = &in[4],
                             .output_padding = &in[5],
                             .groups = &in[6],
                             .dilation = &in[7],
                             .transposed = true},
              out);
}

/* input, weight, bias, stride, padding, dilation, transposed, output_padding, groups */
void lwi_aten_convolution(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    convolved(a, in,
              &(convolution){.stride = &in[3],
                             .padding = &in[4],
                             .dilation = &in[5],
                             .transposed = lwi_aten_get_bool(a, &in[6]),
                             .output_padding = &in[7],
                             .groups = &in[8]},
              out);
}

/* self, weight, bias, padding, stride, dilation, groups */
void lwi_aten_mkldnn_convolution(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    convolved(
        a, in,
        &(convolution){.padding = &in[3], .stride = &in[4], .dilation = &in[5], .groups = &in[6]},
        out);
}

/* self [time, batch, channels], weight [kernel, in, out], bias, pad */
void lwi_aten_conv_tbc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_transpose(a, lwi_aten_id(a, &in[0]), 3, (int64_t[]){1, 2, 0});
    const int w = lwi_aten_transpose(a, lwi_aten_id(a, &in[1]), 3, (int64_t[]){2, 1, 0});
    const int y = NODE(a, "Conv", x, w, lwi_aten_id(a, &in[2]));
    set_padding(a, &in[3], 1);
    lwi_aten_return(a, out, lwi_aten_transpose(a, y, 3, (int64_t[]){2, 0, 1}));
}

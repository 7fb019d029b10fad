/* SPDX-License-Identifier: MIT
 *
 * Networks written in C with PyTorch's functions: names, order of arguments and defaults are those
 * of torch.nn.functional and torch, with lw_ in front. docs/nn.md is a tour,
 * docs/pytorch-mapping.md the table of all functions. A classifier:
 *
 *   lw_nn *nn = NULL;
 *   lw_model *model = NULL;
 *   if (lw_nn_open(NULL, &nn) != LW_OK) return 1;
 *   lw_nn_load(nn, "mlp.pth");
 *   lw_array *x = lw_nn_input(nn, "x", LW_FLOAT32, LW_INTS(-1, 784), NULL);
 *   x = lw_relu(lw_nn_linear(nn, x, "fc1"));
 *   x = lw_softmax(lw_nn_linear(nn, x, "fc2"), -1, LW_DTYPE_NONE);
 *   lw_nn_output(nn, x, "y");
 *   if (lw_nn_compile(nn, NULL, &model) != LW_OK) puts(lw_last_error());
 *   lw_nn_free(nn);
 *
 * The model is one like those that lw_model_load makes. An lw_array is a tensor of the network: its
 * type is known at once, its numbers when the model runs, or with lw_nn_evaluate. Arrays belong to
 * their lw_nn and die with it.
 *
 * After the first failure nothing more happens: functions return NULL, NULL arguments are let
 * through, and lw_nn_compile or lw_nn_evaluate returns the status with a sentence that names the
 * function. So nothing needs to be checked in between. An lw_nn belongs to one thread at a time.
 */
#ifndef LAMPWICK_NN_H
#define LAMPWICK_NN_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lw_nn lw_nn;       /* a network that is being written */
typedef struct lw_array lw_array; /* a tensor of it, or a number */

/* A list of whole numbers: LW_INTS(2, 2). {0} is an empty list, and where an option is a list it
 * means that the option is not given. One number stands for as many as are needed. */
typedef struct lw_ints {
    size_t n;
    int64_t v[LW_MAX_RANK];
} lw_ints;
#ifndef __cplusplus
#define LW_INTS(...) ((lw_ints){sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {__VA_ARGS__}})
#define LW_NO_INTS ((lw_ints){0, {0}})
#else
} /* extern "C" */
template <typename... T> inline lw_ints lw_ints_of(T... v) {
    return lw_ints{sizeof...(v), {static_cast<int64_t>(v)...}};
}
#define LW_INTS(...) lw_ints_of(__VA_ARGS__)
#define LW_NO_INTS (lw_ints())
extern "C" {
#endif
/* None, where a whole number may be left out; NAN is None for floats, NULL for arrays and texts. */
#define LW_NONE INT64_MIN

/* A choice whose default is "on". */
typedef enum lw_switch { LW_DEFAULT = 0, LW_ON = 1, LW_OFF = 2 } lw_switch;

/* ------------------------------------------------------------------ networks */

/* allocator may be NULL. */
LW_API LW_MUST_CHECK lw_status lw_nn_open(const lw_allocator *allocator, lw_nn **nn);
/* Models that were compiled keep what they need of it. */
LW_API void lw_nn_free(lw_nn *nn);
/* Of the first failure; the sentence is that of the failure, "" if there was none. */
LW_API lw_status lw_nn_status(const lw_nn *nn);
LW_API const char *lw_nn_error(const lw_nn *nn);

/* An input of the model. A dimension of -1 is free; then examples, sizes that fit the network
 * ([rank], may be NULL), help where it is written for some sizes only. */
LW_API lw_array *lw_nn_input(lw_nn *nn, const char *name, lw_dtype dtype, lw_ints dims,
                             const int64_t *examples);
/* A constant; the elements are copied. */
LW_API lw_array *lw_nn_constant(lw_nn *nn, const lw_value *value);
/* Numbers as in Python, for arguments that are arrays: lw_mul(x, lw_nn_int(nn, 2)). */
LW_API lw_array *lw_nn_int(lw_nn *nn, int64_t number);
LW_API lw_array *lw_nn_float(lw_nn *nn, double number);
LW_API void lw_nn_output(lw_nn *nn, lw_array *array, const char *name);

/* Makes the model: outputs and all that they need. options may be NULL. More may be written
 * afterwards, and be compiled again. */
LW_API LW_MUST_CHECK lw_status lw_nn_compile(lw_nn *nn, const lw_model_options *options,
                                             lw_model **model);
/* Computes an array that depends on constants and parameters only. The value is the caller's. */
LW_API LW_MUST_CHECK lw_status lw_nn_evaluate(lw_nn *nn, lw_array *array, lw_value **value);

/* What an array is: x.dtype, x.dim(), x.size(dim), x.numel(). A size that is free is a negative
 * number which stands for it in every list of sizes, and for any int argument:
 * lw_expand(y, LW_INTS(lw_size(x, 0), -1)). It is no number to count with; lw_nn_size does that: op
 * is '+', '-', '*' or '/' (which rounds down). */
LW_API lw_dtype lw_array_dtype(lw_array *array);
LW_API int lw_dim(lw_array *array);
LW_API int64_t lw_size(lw_array *array, int64_t dim);
LW_API int64_t lw_numel(lw_array *array);
LW_API int64_t lw_nn_size(lw_nn *nn, int64_t size, char op, int64_t other);

/* ---------------------------------------------------------------- parameters */

/* Parameters of a network, by PyTorch's names ("layer1.0.conv1.weight"): the file, .pth or .pt with
 * a state_dict, or .safetensors, is mapped. May be called several times. */
LW_API void lw_nn_load(lw_nn *nn, const char *path);
/* A parameter from memory, which is borrowed until the lw_nn and its models are gone. */
LW_API void lw_nn_set(lw_nn *nn, const char *name, const lw_value *value);
/* Names are looked up behind this prefix and a point: lw_nn_enter(nn, "layer%d.%d", 1, 0). */
LW_API void lw_nn_enter(lw_nn *nn, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
LW_API void lw_nn_leave(lw_nn *nn);
/* A parameter; there must be one. lw_nn_find: NULL if there is none. */
LW_API lw_array *lw_nn_parameter(lw_nn *nn, const char *name);
LW_API lw_array *lw_nn_find(lw_nn *nn, const char *name);
/* Names of parameters that nothing has asked for; NULL behind the last. */
LW_API const char *lw_nn_unused(const lw_nn *nn, size_t index);

/* ------------------------------------------------------------------- options */
/* All members may be zero, which stands for PyTorch's default. The pointer may be NULL. */

/* Convolutions: stride=1, padding=0, dilation=1, groups=1, output_padding=0 (of transposed ones).
 * pad "same" or "valid" stands for padding. mask is of lw_deform_conv2d. */
typedef struct lw_conv_options {
    lw_ints stride, padding, dilation;
    int64_t groups;
    lw_ints output_padding;
    const char *pad;
    lw_array *mask;
} lw_conv_options;

/* Pooling: stride=kernel_size, padding=0, dilation=1 (of lw_max_pool only). count_include_pad,
 * divisor_override: of lw_avg_pool only. */
typedef struct lw_pool_options {
    lw_ints stride, padding, dilation;
    bool ceil_mode;
    lw_switch count_include_pad;
    int64_t divisor_override;
} lw_pool_options;

/* scale: 1 / sqrt(E) */
typedef struct lw_attention_options {
    lw_array *attn_mask; /* bool: true takes part; or float, which is added */
    bool is_causal;
    double scale;
    bool enable_gqa;
} lw_attention_options;

/* Parameters of an attention with several heads: in_proj_weight and in_proj_bias, or q_proj_weight,
 * k_proj_weight and v_proj_weight. The inputs are [length, batch, width], or with batch_first
 * [batch, length, width], or [length, width]. */
typedef struct lw_mha_options {
    lw_array *in_proj_weight, *in_proj_bias;
    lw_array *q_proj_weight, *k_proj_weight, *v_proj_weight;
    lw_array *out_proj_weight, *out_proj_bias;
    lw_array *attn_mask;        /* bool: true takes no part; or float */
    lw_array *key_padding_mask; /* the same, [batch, keys] */
    bool is_causal;
    bool batch_first;
    bool each_head; /* attn_weights are not averaged: average_attn_weights=False */
} lw_mha_options;

/* size or scale_factor must be given; mode "nearest" (the default), "nearest-exact", "linear",
 * "bilinear", "bicubic", "trilinear", "area". */
typedef struct lw_interpolate_options {
    lw_ints size;
    double scale_factor[3]; /* one stands for all */
    const char *mode;
    bool align_corners, antialias;
    bool recompute_scale_factor;
} lw_interpolate_options;

/* hop_length: n_fft / 4; win_length: n_fft; window: ones. */
typedef struct lw_stft_options {
    int64_t hop_length, win_length;
    lw_array *window;
    lw_switch center;
    const char *pad_mode; /* "reflect" */
    bool normalized;
    bool two_sided; /* onesided=False */
    int64_t length; /* of lw_istft's result */
} lw_stft_options;

/* -------------------------------------------------------------------- layers */
/* In the manner of nn.Module: parameters are NAME.weight, NAME.bias and so on, behind the prefix;
 * a bias that is not there is left out. */

LW_API lw_array *lw_nn_linear(lw_nn *nn, lw_array *x, const char *name);
LW_API lw_array *lw_nn_conv1d(lw_nn *nn, lw_array *x, const char *name, const lw_conv_options *o);
LW_API lw_array *lw_nn_conv2d(lw_nn *nn, lw_array *x, const char *name, const lw_conv_options *o);
LW_API lw_array *lw_nn_conv3d(lw_nn *nn, lw_array *x, const char *name, const lw_conv_options *o);
LW_API lw_array *lw_nn_conv_transpose1d(lw_nn *nn, lw_array *x, const char *name,
                                        const lw_conv_options *o);
LW_API lw_array *lw_nn_conv_transpose2d(lw_nn *nn, lw_array *x, const char *name,
                                        const lw_conv_options *o);
LW_API lw_array *lw_nn_conv_transpose3d(lw_nn *nn, lw_array *x, const char *name,
                                        const lw_conv_options *o);
/* eps = 0: PyTorch's default, 1e-5. */
LW_API lw_array *lw_nn_batch_norm(lw_nn *nn, lw_array *x, const char *name, double eps);
LW_API lw_array *lw_nn_layer_norm(lw_nn *nn, lw_array *x, const char *name, double eps);
LW_API lw_array *lw_nn_rms_norm(lw_nn *nn, lw_array *x, const char *name, double eps);
LW_API lw_array *lw_nn_group_norm(lw_nn *nn, lw_array *x, const char *name, int64_t num_groups,
                                  double eps);
LW_API lw_array *lw_nn_instance_norm(lw_nn *nn, lw_array *x, const char *name, double eps);
LW_API lw_array *lw_nn_embedding(lw_nn *nn, lw_array *ids, const char *name);
LW_API lw_array *lw_nn_prelu(lw_nn *nn, lw_array *x, const char *name);

/* LSTM, GRU, RNN: the number of layers and directions is seen from the parameters. */
typedef struct lw_rnn_options {
    lw_array *h0, *c0; /* zeros */
    bool batch_first;
    bool relu; /* of lw_nn_rnn: nonlinearity="relu" */
} lw_rnn_options;
/* Returns output; hn and cn may be NULL. */
LW_API lw_array *lw_nn_lstm(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                            lw_array **hn, lw_array **cn);
LW_API lw_array *lw_nn_gru(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                           lw_array **hn);
LW_API lw_array *lw_nn_rnn(lw_nn *nn, lw_array *x, const char *name, const lw_rnn_options *o,
                           lw_array **hn);

/* options: masks, batch_first and each_head only. attn_weights may be NULL. */
LW_API lw_array *lw_nn_multihead_attention(lw_nn *nn, lw_array *query, lw_array *key,
                                           lw_array *value, const char *name, int64_t num_heads,
                                           const lw_mha_options *options, lw_array **attn_weights);
typedef struct lw_transformer_options {
    int64_t nhead;
    bool gelu; /* activation="gelu"; else "relu" */
    double layer_norm_eps;
    bool batch_first, norm_first;
    lw_array *mask, *key_padding_mask;               /* src_mask; tgt_mask of the decoder */
    lw_array *memory_mask, *memory_key_padding_mask; /* of the decoder */
    bool is_causal;
} lw_transformer_options;
LW_API lw_array *lw_nn_transformer_encoder_layer(lw_nn *nn, lw_array *src, const char *name,
                                                 const lw_transformer_options *options);
LW_API lw_array *lw_nn_transformer_decoder_layer(lw_nn *nn, lw_array *tgt, lw_array *memory,
                                                 const char *name,
                                                 const lw_transformer_options *options);

#ifdef __cplusplus
}
#endif
/* lw_conv2d and all the others */
#include <lampwick/nn_functions.h>
#endif

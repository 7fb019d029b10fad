/* SPDX-License-Identifier: MIT
 * Layers of lampwick/nn.h against PyTorch's, which tests/torch/nn_layers.py wrote:
 *     nn_layers_test FILE.safetensors */
#include <lampwick/nn.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_RESULTS = 3 };

/* x: in0. Results behind the first are stored in out. */
typedef lw_array *layer_fn(lw_nn *nn, lw_array *x, const char *name, lw_array **out);

#define LAYER(name, call)                                                                          \
    static lw_array *name(lw_nn *nn, lw_array *x, const char *n, lw_array **out) {                 \
        (void)out;                                                                                 \
        return call;                                                                               \
    }
static const lw_conv_options padded = {.padding = {1, {1}}}, twice = {.stride = {1, {2}}};
static const lw_rnn_options first = {.batch_first = true}, relu = {.relu = true};

LAYER(linear, lw_nn_linear(nn, x, n))
LAYER(conv1d, lw_nn_conv1d(nn, x, n, &padded))
LAYER(conv2d, lw_nn_conv2d(nn, x, n, &padded))
LAYER(conv3d, lw_nn_conv3d(nn, x, n, &padded))
LAYER(conv_transpose1d, lw_nn_conv_transpose1d(nn, x, n, &twice))
LAYER(conv_transpose2d, lw_nn_conv_transpose2d(nn, x, n, &twice))
LAYER(conv_transpose3d, lw_nn_conv_transpose3d(nn, x, n, &twice))
LAYER(batch_norm, lw_nn_batch_norm(nn, x, n, 0))
LAYER(layer_norm, lw_nn_layer_norm(nn, x, n, 0))
LAYER(rms_norm, lw_nn_rms_norm(nn, x, n, 0))
LAYER(group_norm, lw_nn_group_norm(nn, x, n, 2, 0))
LAYER(instance_norm, lw_nn_instance_norm(nn, x, n, 0))
LAYER(embedding, lw_nn_embedding(nn, x, n))
LAYER(prelu, lw_nn_prelu(nn, x, n))
LAYER(lstm, lw_nn_lstm(nn, x, n, &first, &out[1], &out[2]))
LAYER(lstm_plain, lw_nn_lstm(nn, x, n, NULL, &out[1], &out[2]))
LAYER(gru, lw_nn_gru(nn, x, n, NULL, &out[1]))
LAYER(rnn, lw_nn_rnn(nn, x, n, &relu, &out[1]))

static lw_array *part(lw_nn *nn, const char *name, const char *what) {
    char full[64];
    snprintf(full, sizeof full, "%s.%s", name, what);
    return lw_nn_find(nn, full);
}

static lw_array *attention(lw_nn *nn, lw_array *x, const char *n, lw_array **out) {
    const lw_mha_options o = {.batch_first = !strcmp(n, "attention"),
                              .key_padding_mask = part(nn, n, "key_padding_mask")};
    return lw_nn_multihead_attention(nn, x, part(nn, n, "in1"), part(nn, n, "in2"), n, 2, &o,
                                     &out[1]);
}

static lw_array *encoder(lw_nn *nn, lw_array *x, const char *n, lw_array **out) {
    const lw_transformer_options o = {.nhead = 2, .batch_first = true};
    const lw_transformer_options norm_first = {.nhead = 2, .gelu = true, .norm_first = true};
    (void)out;
    return lw_nn_transformer_encoder_layer(nn, x, n, strcmp(n, "encoder") ? &norm_first : &o);
}

static lw_array *decoder(lw_nn *nn, lw_array *x, const char *n, lw_array **out) {
    const lw_transformer_options o = {
        .nhead = 2, .batch_first = true, .mask = part(nn, n, "tgt_mask")};
    (void)out;
    return lw_nn_transformer_decoder_layer(nn, x, part(nn, n, "in1"), n, &o);
}

static const struct {
    const char *name;
    layer_fn *call;
} layers[] = {{"linear", linear},
              {"linear_no_bias", linear},
              {"conv1d", conv1d},
              {"conv2d", conv2d},
              {"conv3d", conv3d},
              {"conv_transpose1d", conv_transpose1d},
              {"conv_transpose2d", conv_transpose2d},
              {"conv_transpose3d", conv_transpose3d},
              {"batch_norm", batch_norm},
              {"layer_norm", layer_norm},
              {"rms_norm", rms_norm},
              {"group_norm", group_norm},
              {"instance_norm", instance_norm},
              {"embedding", embedding},
              {"prelu", prelu},
              {"lstm", lstm},
              {"lstm_flat", lstm_plain},
              {"lstm_proj", lstm_plain},
              {"gru", gru},
              {"rnn", rnn},
              {"attention", attention},
              {"attention_kdim", attention},
              {"encoder", encoder},
              {"encoder_first", encoder},
              {"decoder", decoder}};

/* The greatest difference; infinite if shapes differ. */
static double difference(const lw_value *x, const lw_value *y) {
    double apart = 0;
    if (lw_tensor_rank(x) != lw_tensor_rank(y)) return INFINITY;
    for (int d = 0; d < lw_tensor_rank(x); d++)
        if (lw_tensor_dims(x)[d] != lw_tensor_dims(y)[d]) return INFINITY;
    for (size_t i = 0; i < lw_tensor_count(x); i++)
        apart = fmax(apart, fabs(lw_tensor_get(x, i) - lw_tensor_get(y, i)));
    return apart;
}

static bool compare(lw_nn *nn, const char *name, int i, lw_array *got) {
    char number[16];
    lw_value *x = NULL, *y = NULL;
    snprintf(number, sizeof number, "out%d", i);
    lw_array *wanted = part(nn, name, number);
    if (!wanted) return true;
    const bool ran =
        lw_nn_evaluate(nn, got, &x) == LW_OK && lw_nn_evaluate(nn, wanted, &y) == LW_OK;
    const double apart = ran ? difference(x, y) : INFINITY;
    if (!ran) printf("%s: %s\n", name, lw_last_error());
    else if (!(apart < 1e-5)) printf("%s: output %d differs by %g\n", name, i, apart);
    lw_value_free(x), lw_value_free(y);
    return apart < 1e-5;
}

static bool test(const char *path, size_t i) {
    lw_nn *nn = NULL;
    lw_array *out[MOST_RESULTS] = {NULL};
    bool right = lw_nn_open(NULL, &nn) == LW_OK;
    lw_nn_load(nn, path);
    lw_array *y = layers[i].call(nn, part(nn, layers[i].name, "in0"), layers[i].name, out);
    out[0] = y;
    for (int k = 0; k < MOST_RESULTS && right; k++)
        right = compare(nn, layers[i].name, k, out[k]);
    lw_nn_free(nn);
    return right;
}

int main(int argc, char **argv) {
    size_t failed = 0;
    const size_t n = sizeof layers / sizeof *layers;
    for (size_t i = 0; i < n && argc == 2; i++)
        failed += !test(argv[1], i);
    printf("%zu layers, %zu failed\n", n, failed);
    return failed > 0 || argc != 2;
}

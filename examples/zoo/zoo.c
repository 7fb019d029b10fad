/* SPDX-License-Identifier: MIT
 * Runs a network of the zoo:
 *
 *     zoo NETWORK WEIGHTS INPUTS
 *
 * WEIGHTS: parameters, .pth or .safetensors. INPUTS: .safetensors with the network's inputs by
 * name, "in.image"; and, where the answers are known, "out.logits", which are compared. */
#include "zoo.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool zoo_has(lw_nn *nn, const char *format, ...) {
    char name[256];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return lw_nn_find(nn, name) != NULL;
}

static bool write_network(lw_nn *nn, const char *name) {
    if (!strcmp(name, "resnet")) zoo_resnet(nn);
    else if (!strcmp(name, "mobilenet_v3_large")) zoo_mobilenet_v3_large(nn);
    else if (!strcmp(name, "mobilenet_v3_small")) zoo_mobilenet_v3_small(nn);
    else if (!strcmp(name, "yolo")) zoo_yolo(nn);
    else if (!strcmp(name, "unet")) zoo_unet(nn);
    else if (!strcmp(name, "lstm_tagger")) zoo_lstm_tagger(nn);
    else if (!strcmp(name, "vit_b")) zoo_vit(nn, 12);
    else if (!strcmp(name, "bert_base")) zoo_bert(nn, 12);
    else if (!strcmp(name, "vit_tiny")) zoo_vit(nn, 2);
    else if (!strcmp(name, "bert_tiny")) zoo_bert(nn, 2);
    else return false;
    return true;
}

static lw_status load_model(const char *network, const char *weights, lw_model **model) {
    lw_nn *nn = NULL;
    lw_status status = lw_nn_open(NULL, &nn);
    if (status != LW_OK) return status;
    lw_nn_load(nn, weights);
    if (write_network(nn, network)) status = lw_nn_compile(nn, NULL, model);
    else status = lw_fail(LW_NOT_FOUND, "there is no such network");
    lw_nn_free(nn);
    return status;
}

/* The tensor "in.NAME" or "out.NAME" of the file; NULL: there is none. */
static lw_value *stored(lw_nn *file, const char *kind, const char *name) {
    char full[256];
    lw_value *value = NULL;
    snprintf(full, sizeof full, "%s.%s", kind, name);
    lw_array *array = lw_nn_find(file, full);
    return array && lw_nn_evaluate(file, array, &value) == LW_OK ? value : NULL;
}

/* The greatest difference, as a part of the greatest number; -1: other shapes. */
static double difference(const lw_value *x, const lw_value *y) {
    double apart = 0, size = 1e-30;
    if (lw_tensor_count(x) != lw_tensor_count(y)) return -1;
    for (size_t i = 0; i < lw_tensor_count(x); i++) {
        apart = fmax(apart, fabs(lw_tensor_get(x, i) - lw_tensor_get(y, i)));
        size = fmax(size, fabs(lw_tensor_get(y, i)));
    }
    return apart / size;
}

static bool report(lw_nn *file, const lw_io *out) {
    lw_value *known = stored(file, "out", out->name);
    printf("%s:", out->name);
    for (size_t i = 0; i < lw_tensor_count(out->value) && i < 5; i++)
        printf(" %g", lw_tensor_get(out->value, i));
    const double apart = known ? difference(out->value, known) : 0;
    if (known) printf(" ... difference %g", apart);
    puts("");
    lw_value_free(known);
    return apart >= 0 && apart < 1e-4;
}

static lw_status run(const lw_model *model, lw_nn *file, bool *right) {
    lw_context *context = NULL;
    lw_io in[8] = {{NULL, NULL}}, out[8] = {{NULL, NULL}};
    lw_io_info info = {.size = sizeof info};
    size_t n_in = 0, n_out = 0;
    lw_status status = lw_context_new(model, NULL, &context);
    for (; n_in < 8 && lw_model_input(model, n_in, &info) == LW_OK; n_in++)
        in[n_in] = (lw_io){info.name, stored(file, "in", info.name)};
    for (; n_out < 8 && lw_model_output(model, n_out, &info) == LW_OK; n_out++)
        out[n_out].name = info.name;
    if (status == LW_OK) status = lw_context_run(context, in, n_in, out, n_out);
    for (size_t i = 0; i < n_out && status == LW_OK; i++)
        *right &= report(file, &out[i]);
    for (size_t i = 0; i < 8; i++)
        lw_value_free(in[i].value), lw_value_free(out[i].value);
    lw_context_free(context);
    return status;
}

int main(int argc, char **argv) {
    lw_nn *file = NULL;
    lw_model *model = NULL;
    bool right = true;
    if (argc != 4) return fprintf(stderr, "zoo NETWORK WEIGHTS INPUTS\n"), 2;
    lw_status status = lw_nn_open(NULL, &file);
    if (status == LW_OK) lw_nn_load(file, argv[3]);
    if (status == LW_OK) status = load_model(argv[1], argv[2], &model);
    if (status == LW_OK) status = run(model, file, &right);
    if (status != LW_OK) fprintf(stderr, "zoo: %s\n", lw_last_error());
    lw_model_free(model);
    lw_nn_free(file);
    return status == LW_OK && right ? 0 : 1;
}

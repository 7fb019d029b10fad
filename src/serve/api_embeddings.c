/* SPDX-License-Identifier: MIT
 * POST /v1/embeddings: texts as vectors, scaled to length 1. */
#include <math.h>
#include <string.h>

#include "serve/base64_floats.h"
#include "serve/completion.h"
#include "serve/routes.h"
#include "serve/vector_jobs.h"

enum { MOST_INPUTS = 2048 };

/* ----------------------------------------------------------------------- answer */

static void normalise(float *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)x[i] * scale);
}

static void put_vector(lwi_json_writer *json, const float *x, size_t width, bool base64) {
    if (base64) {
        lwi_put_base64_floats(json, x, width);
        return;
    }
    lwi_put_open(json, '[');
    for (size_t i = 0; i < width; i++)
        lwi_put_float(json, x[i]);
    lwi_put_close(json, ']');
}

static void answer(lwi_vectors *v) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "object", "list");
    lwi_put_key(&json, "data");
    lwi_put_open(&json, '[');
    for (size_t i = 0; i < v->n; i++) {
        lwi_put_open(&json, '{');
        lwi_put_key_text(&json, "object", "embedding");
        lwi_put_key_integer(&json, "index", (int64_t)i);
        lwi_put_key(&json, "embedding");
        normalise(v->items[i].data, v->model->width);
        put_vector(&json, v->items[i].data, v->model->width, v->options != NULL);
        lwi_put_close(&json, '}');
    }
    lwi_put_close(&json, ']');
    lwi_put_key_text(&json, "model", v->model->name);
    lwi_vectors_put_usage(v, &json);
    lwi_put_close(&json, '}');
    lwi_answer_json(v->exchange, 200, &json);
}

/* ---------------------------------------------------------------------- request */

static lw_status read_input(lwi_vectors *v, const lwi_json_item *input, size_t i) {
    const int32_t *tokens = NULL;
    size_t n = 0;
    if (input->kind == LWI_JSON_STRING)
        LW_TRY(lwi_served_encode(v->model, input->text, input->size, LW_ENCODE_ADD_SPECIAL,
                                 &v->arena, &tokens, &n));
    else if (input->kind == LWI_JSON_ARRAY)
        LW_TRY(lwi_item_tokens(input, "input", v->model->vocabulary, &v->arena, &tokens, &n));
    else return lwi_fail(LW_INVALID, "'input' is neither text nor tokens");
    return lwi_vectors_set(v, i, tokens, n, n);
}

/* v->options is not NULL where Base64 is wanted. */
static lw_status read_options(lwi_vectors *v, const lwi_json_item *root) {
    static bool base64 = true;
    const char *format = "float";
    size_t dimensions = v->model->width;
    LW_TRY(lwi_member_text(root, "encoding_format", &format));
    LW_TRY(lwi_member_count(root, "dimensions", SIZE_MAX - 1, &dimensions));
    if (!strcmp(format, "base64")) v->options = &base64;
    else if (strcmp(format, "float") != 0)
        return lwi_fail(LW_INVALID, "'encoding_format' is '%.40s': float or base64", format);
    if (dimensions != v->model->width)
        return lwi_fail(LW_UNSUPPORTED, "'dimensions' is %zu, the vectors of this model have %zu",
                        dimensions, v->model->width);
    return LW_OK;
}

static lw_status read_request(lwi_vectors *v, const lwi_json_item *root) {
    const lwi_json_item *input = lwi_member(root, "input");
    if (!input) return lwi_fail(LW_INVALID, "'input' is missing");
    LW_TRY(read_options(v, root));
    const bool several =
        input->kind == LWI_JSON_ARRAY && input->size && input->items[0].kind != LWI_JSON_NUMBER;
    const size_t n = several ? input->size : 1;
    if (n > MOST_INPUTS)
        return lwi_fail(LW_INVALID, "'input' has %zu texts, more than %d", n, MOST_INPUTS);
    LW_TRY(lwi_vectors_make(v, n));
    for (size_t i = 0; i < n; i++)
        LW_TRY(read_input(v, several ? &input->items[i] : input, i));
    return LW_OK;
}

void lwi_api_embeddings(lwi_exchange *x) { lwi_vectors_begin(x, read_request, answer); }

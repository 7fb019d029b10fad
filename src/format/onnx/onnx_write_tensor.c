/* SPDX-License-Identifier: MIT
 * TensorProto and TypeProto. Elements are written as they lie in memory (raw_data: little-endian,
 * those under 8 bits packed); large ones may lie in a file beside the model. */
#include "format/onnx/onnx_writer.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    DIMS = 1,
    DATA_TYPE = 2,
    STRING_DATA = 6,
    NAME = 8,
    RAW_DATA = 9,
    EXTERNAL_DATA = 13,
    DATA_LOCATION = 14
};

/* Smaller tensors stay in the model; larger ones begin at multiples of this. */
enum { LEAST_BESIDE = 1024, BESIDE_ALIGN = 64 };

static void put_pair(lwi_wire_out *out, const char *key, const char *value) {
    const size_t entry = lwi_wire_begin(out, EXTERNAL_DATA);
    lwi_wire_put_text(out, 1, key);
    lwi_wire_put_text(out, 2, value);
    lwi_wire_end(out, entry);
}

static void put_beside(lwi_onnx_writer *w, const lw_value *v) {
    char number[24];
    lwi_wire_out *out = &w->wire;
    w->weight_bytes += -w->weight_bytes % BESIDE_ALIGN;
    put_pair(out, "location", w->location);
    snprintf(number, sizeof number, "%" PRIu64, w->weight_bytes);
    put_pair(out, "offset", number);
    snprintf(number, sizeof number, "%zu", v->bytes);
    put_pair(out, "length", number);
    lwi_wire_put_int(out, DATA_LOCATION, 1);
    w->weight_bytes += v->bytes;
    if (!w->weights || out->status != LW_OK) return;
    out->status = lwi_file_writer_pad(w->weights, BESIDE_ALIGN);
    if (out->status == LW_OK) out->status = lwi_file_writer_add(w->weights, v->data, v->bytes);
}

void lwi_onnx_put_tensor(lwi_onnx_writer *w, uint32_t id, const char *name, const lw_value *v,
                         bool may_lie_beside) {
    lwi_wire_out *out = &w->wire;
    const size_t message = lwi_wire_begin(out, id);
    lwi_wire_put_ints(out, DIMS, v->dims, (size_t)v->rank);
    lwi_wire_put_int(out, DATA_TYPE, v->dtype);
    if (name) lwi_wire_put_text(out, NAME, name);
    const lw_string *strings = v->data;
    if (v->dtype == LW_STRING)
        for (size_t i = 0; i < v->count; i++)
            lwi_wire_put_bytes(out, STRING_DATA, strings[i].data, strings[i].size);
    else if (may_lie_beside && w->beside && v->bytes >= LEAST_BESIDE) put_beside(w, v);
    else lwi_wire_put_bytes(out, RAW_DATA, v->data, v->bytes);
    lwi_wire_end(out, message);
}

/* -------------------------------------------------------------------- types */

enum { TENSOR = 1, SEQUENCE = 4, MAP = 5, OPTIONAL = 9 };

static void put_tensor_type(lwi_wire_out *out, const lwi_type *t) {
    enum { ELEM_TYPE = 1, SHAPE = 2, DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };
    const size_t message = lwi_wire_begin(out, TENSOR);
    lwi_wire_put_int(out, ELEM_TYPE, t->dtype ? t->dtype : LW_FLOAT32); /* any float type */
    if (t->rank >= 0) {
        const size_t shape = lwi_wire_begin(out, SHAPE);
        for (int i = 0; i < t->rank; i++) {
            const size_t dim = lwi_wire_begin(out, DIM);
            if (t->dims[i] >= 0) lwi_wire_put_int(out, DIM_VALUE, t->dims[i]);
            else if (t->dim_names && t->dim_names[i])
                lwi_wire_put_text(out, DIM_PARAM, t->dim_names[i]);
            lwi_wire_end(out, dim);
        }
        lwi_wire_end(out, shape);
    }
    lwi_wire_end(out, message);
}

static void put_kind(lwi_wire_out *out, const lwi_type *t, lw_kind kind, lw_kind element) {
    enum { ELEMENT = 1, KEY_TYPE = 1, VALUE_TYPE = 2 };
    if (kind == LW_KIND_TENSOR) {
        put_tensor_type(out, t);
        return;
    }
    const size_t message = lwi_wire_begin(out, kind == LW_KIND_SEQUENCE ? SEQUENCE
                                               : kind == LW_KIND_MAP    ? MAP
                                                                        : OPTIONAL);
    if (kind == LW_KIND_MAP) lwi_wire_put_int(out, KEY_TYPE, t->key);
    const size_t inner = lwi_wire_begin(out, kind == LW_KIND_MAP ? VALUE_TYPE : ELEMENT);
    put_kind(out, t, element, LW_KIND_TENSOR);
    lwi_wire_end(out, inner);
    lwi_wire_end(out, message);
}

void lwi_onnx_put_type(lwi_onnx_writer *w, uint32_t id, const lwi_type *t) {
    const size_t message = lwi_wire_begin(&w->wire, id);
    put_kind(&w->wire, t, t->kind, t->element);
    lwi_wire_end(&w->wire, message);
}

/* SPDX-License-Identifier: MIT
 * For which version of its domain a node of newest form can be written. */
#include "format/onnx/onnx_writer.h"
#include "ops/registry.h"

#include <string.h>

/* Few pointers: each takes four times its size in the library. */
static const struct form {
    char op[28];
    uint8_t version, least_in, most_in, most_out;
    uint64_t types;
    const char *lacks; /* attributes, each between spaces; NULL: none */
} FORMS[] = {
#define LWI_FORM(op, version, least_in, most_in, most_out, types, lacks)                           \
    {op, version, least_in, most_in, most_out, types, lacks},
#include "format/onnx/onnx_forms.def"
};
enum { N_FORMS = sizeof FORMS / sizeof *FORMS, LEAST_OPSET = 13 };

static bool lacks(const struct form *f, const char *name) {
    const size_t n = strlen(name);
    for (const char *p = f->lacks; p && (p = strstr(p, name)); p++)
        if (p[-1] == ' ' && p[n] == ' ') return true;
    return false;
}

/* Bit of a type as in schema.def; 0: not known. */
static uint64_t type_bit(const lwi_onnx_frame *frame, int slot) {
    const lwi_slot *s = &frame->graph->slots[slot];
    const lw_value *v = s->constant ? s->constant : frame->known ? &frame->known[slot] : NULL;
    const lw_kind kind = s->type.declared ? s->type.kind : LW_KIND_TENSOR;
    if (kind == LW_KIND_SEQUENCE) return LWI_SEQUENCE_BIT;
    if (kind == LW_KIND_OPTIONAL) return LWI_OPTIONAL_BIT;
    if (kind == LW_KIND_MAP) return LWI_MAP_BIT;
    const lw_dtype dtype = v && v->dtype ? v->dtype : s->type.dtype;
    return dtype ? UINT64_C(1) << dtype : 0;
}

/* What is not known counts as allowed. */
static bool has_type(const struct form *f, const lwi_onnx_frame *frame, int slot) {
    const uint64_t bit = slot < 0 ? 0 : type_bit(frame, slot);
    return !bit || f->types & bit;
}

/* Without those omitted at the end. */
static size_t count_inputs(const lwi_node *n) {
    size_t count = n->n_inputs;
    while (count > 0 && n->inputs[count - 1] < 0)
        count--;
    return count;
}

static bool fits(const struct form *f, const lwi_onnx_frame *frame, const lwi_node *n) {
    const size_t n_in = count_inputs(n);
    if (n_in < f->least_in || (n_in > f->most_in && f->most_in < 255)) return false;
    if (n->n_outputs > f->most_out && f->most_out < 255) return false;
    for (size_t i = 0; i < n->n_attrs; i++)
        if (lacks(f, n->attrs[i].name)) return false;
    for (size_t i = 0; i < n->n_inputs; i++)
        if (!has_type(f, frame, n->inputs[i])) return false;
    for (size_t i = 0; i < n->n_outputs; i++)
        if (!has_type(f, frame, n->outputs[i])) return false;
    return true;
}

int64_t lwi_onnx_form_version(const lwi_onnx_frame *frame, const lwi_node *node) {
    const lwi_schema *schema = lwi_schema_find(node->domain, node->op_type);
    int64_t version = schema ? schema->version : 1;
    if (*node->domain) return version;
    for (size_t i = 0; i < N_FORMS && version > LEAST_OPSET; i++) {
        if (strcmp(FORMS[i].op, node->op_type) != 0) continue;
        if (!fits(&FORMS[i], frame, node)) break;
        version = FORMS[i].version;
    }
    return version < LEAST_OPSET ? LEAST_OPSET : version;
}

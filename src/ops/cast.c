/* SPDX-License-Identifier: MIT
 * Cast (ONNX 28), CastLike (ONNX 25) and BitCast (ONNX 26). */
#include "ops/op.h"
#include "base/text_number.h"
#include "tensor/number_text.h"

#include <string.h>

/* Elements are converted in groups of this many, so that threads never share a byte. */
enum { GROUP = 1024 };

typedef struct cast {
    const lw_value *x;
    lw_value *y;
    lwi_conversion how;
} cast;

static void *element(const lw_value *v, size_t i) {
    return (char *)v->data + i * (size_t)lw_dtype_bits(v->dtype) / 8;
}

static void cast_groups(void *arg, size_t begin, size_t end) {
    const cast *k = arg;
    const size_t first = begin * GROUP,
                 stop = end * GROUP < k->x->count ? end * GROUP : k->x->count;
    lwi_convert(&k->how, k->x->dtype, element(k->x, first), k->y->dtype, element(k->y, first),
                stop - first);
}

static lw_status to_strings(lwi_call *c, const lw_value *x, lw_value *y) {
    char text[LWI_NUMBER_TEXT];
    for (size_t i = 0; i < x->count; i++) {
        const size_t size = lwi_number_text(x, i, text);
        LW_TRY(lwi_string(c, text, size, (lw_string *)y->data + i));
    }
    return LW_OK;
}

/* What Cast writes for bools is read, too. */
static bool bool_word(const lw_string *s, double *number) {
    *number = s->size == 4;
    return (s->size == 4 && !memcmp(s->data, "True", 4)) ||
           (s->size == 5 && !memcmp(s->data, "False", 5));
}

static lw_status fail_number(const lwi_call *c, const lw_string *s) {
    return lwi_call_fail(c, LW_INVALID, "'%.*s' is not a number", s->size < 60 ? (int)s->size : 60,
                         s->data);
}

/* 64-bit integers are read as such, everything else as double. */
static lw_status from_strings(lwi_call *c, const cast *k) {
    const lw_string *s = k->x->data;
    const lw_dtype to = k->y->dtype;
    const bool wide = to == LW_INT64 || to == LW_UINT64;
    double numbers[GROUP];
    for (size_t i = 0; i < k->x->count; i += GROUP) {
        const size_t n = k->x->count - i < GROUP ? k->x->count - i : GROUP;
        for (size_t j = 0; j < n; j++) {
            const lw_string *t = &s[i + j];
            if (!lwi_text_double(t->data, t->size, &numbers[j]) && !bool_word(t, &numbers[j]))
                return fail_number(c, t);
        }
        lwi_convert(&k->how, LW_FLOAT64, numbers, to, element(k->y, i), n);
        for (size_t j = 0; j < n && wide; j++)
            lwi_text_integer(s[i + j].data, s[i + j].size, to == LW_UINT64, element(k->y, i + j));
    }
    return LW_OK;
}

static lwi_conversion conversion(const lwi_node *node) {
    lwi_conversion how = {.saturate = lwi_attr_int(node, "saturate", 1) != 0, .e8m0 = LWI_E8M0_UP};
    if (lwi_attr_is(node, "round_mode", "down")) how.e8m0 = LWI_E8M0_DOWN;
    if (lwi_attr_is(node, "round_mode", "nearest")) how.e8m0 = LWI_E8M0_NEAREST;
    return how;
}

static lw_status run(lwi_call *c) {
    cast k = {.x = c->in[0], .y = c->out[0], .how = conversion(c->node)};
    const bool to_string = k.y->dtype == LW_STRING, from_string = k.x->dtype == LW_STRING;
    if (to_string && from_string) {
        if (k.x->bytes) memcpy(k.y->data, k.x->data, k.x->bytes);
        return LW_OK;
    }
    if (to_string) return to_strings(c, k.x, k.y);
    if (from_string) return from_strings(c, &k);
    lwi_parallel(c, (k.x->count + GROUP - 1) / GROUP, 16, cast_groups, &k);
    return LW_OK;
}

static lw_status check(const lwi_node *node) {
    const char *mode = lwi_attr_string(node, "round_mode", "up");
    if (!strcmp(mode, "up") || !strcmp(mode, "down") || !strcmp(mode, "nearest")) return LW_OK;
    return lwi_node_fail(node, LW_INVALID, "round_mode is '%.40s', expected up, down or nearest",
                         mode);
}

static lw_status infer(lwi_call *c) {
    lw_dtype to = LW_DTYPE_NONE;
    LW_TRY(lwi_attr_dtype(c, "to", LW_DTYPE_NONE, &to));
    return lwi_out(c, 0, to, c->in[0]->rank, c->in[0]->dims);
}

static lw_status infer_like(lwi_call *c) {
    return lwi_out(c, 0, c->in[1]->dtype, c->in[0]->rank, c->in[0]->dims);
}

static lw_status infer_bits(lwi_call *c) {
    const lw_dtype from = c->in[0]->dtype;
    lw_dtype to = LW_DTYPE_NONE;
    LW_TRY(lwi_attr_dtype(c, "to", LW_DTYPE_NONE, &to));
    if (lw_dtype_bits(from) != lw_dtype_bits(to))
        return lwi_call_fail(c, LW_TYPE, "%s and %s have different sizes", lw_dtype_name(from),
                             lw_dtype_name(to));
    return lwi_out(c, 0, to, c->in[0]->rank, c->in[0]->dims);
}

const lwi_op lwi_op_cast = {.check = check, .infer = infer, .run = run};
const lwi_op lwi_op_cast_like = {.check = check, .infer = infer_like, .run = run};
const lwi_op lwi_op_bit_cast = {.infer = infer_bits, .flags = LWI_VIEW};

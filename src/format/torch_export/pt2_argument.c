/* SPDX-License-Identifier: MIT
 * Arguments: an object with one member, whose name says what it holds. */
#include "format/torch_export/pt2.h"

#include <math.h>
#include <string.h>

enum { MOST_ITEMS = 4096 };

typedef lw_status reader(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value);

static lw_status wrong(const char *what) {
    return lwi_fail(LW_CORRUPT, "an argument is no %s", what);
}

/* ---------------------------------------------------------------- one value */

static lw_status read_none(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    (void)p, (void)item;
    *value = lwi_aten_none();
    return LW_OK;
}

static lw_status read_int(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    (void)p;
    if (!lwi_json_is(item, LWI_JSON_NUMBER) || !item->is_integer) return wrong("integer");
    *value = lwi_aten_int(item->integer);
    return LW_OK;
}

/* Numbers that JSON cannot write are strings. */
static lw_status read_float(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    (void)p;
    if (lwi_json_is(item, LWI_JSON_NUMBER)) {
        *value = lwi_aten_float(item->is_integer ? (double)item->integer : item->number);
        return LW_OK;
    }
    if (!lwi_json_is(item, LWI_JSON_STRING)) return wrong("number");
    if (!strcmp(item->text, "Infinity")) *value = lwi_aten_float(INFINITY);
    else if (!strcmp(item->text, "-Infinity")) *value = lwi_aten_float(-INFINITY);
    else if (!strcmp(item->text, "NaN")) *value = lwi_aten_float(NAN);
    else return wrong("number");
    return LW_OK;
}

/* {"real": 0.0, "imag": 1.0} */
static lw_status read_complex(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    const lwi_json_item *parts[2] = {lwi_json_get(item, "real"), lwi_json_get(item, "imag")};
    lwi_aten_value part[2];
    for (int i = 0; i < 2; i++) {
        if (!parts[i]) return wrong("complex number");
        LW_TRY(read_float(p, parts[i], &part[i]));
    }
    *value = lwi_aten_complex_number(&p->a, part[0].f, part[1].f);
    return p->a.b.status;
}

static lw_status read_bool(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    (void)p;
    if (!lwi_json_is(item, LWI_JSON_BOOL)) return wrong("bool");
    *value = lwi_aten_bool(item->truth);
    return LW_OK;
}

static lw_status read_string(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    const char *copy = NULL;
    if (!lwi_json_is(item, LWI_JSON_STRING)) return wrong("string");
    LW_TRY(lwi_arena_string(&p->network->arena, item->text, item->size, &copy));
    *value = lwi_aten_string((lw_string){copy, item->size});
    return LW_OK;
}

static lw_status read_tensor(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    const char *name = lwi_json_text(item, "name", NULL);
    return name ? lwi_pt2_find(p, name, value) : wrong("tensor");
}

/* ------------------------------------------- numbered in the files' own way */

static lw_status read_dtype(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    LW_TRY(read_int(p, item, value));
    const int c10 = lwi_aten_dtype_to_c10(lwi_pt2_dtype(value->i));
    if (c10 < 0)
        return lwi_fail(LW_UNSUPPORTED, "element type %lld of torch.export is not supported",
                        (long long)value->i);
    *value = lwi_aten_int(c10);
    return LW_OK;
}

static lw_status read_memory_format(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    static const int c10[] = {[1] = 0, [2] = 2, [3] = 3, [4] = 1};
    LW_TRY(read_int(p, item, value));
    *value = lwi_aten_int(value->i > 0 && value->i < 5 ? c10[value->i] : 0);
    return LW_OK;
}

/* Where and how a tensor is kept makes no difference here. */
static lw_status read_place(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    (void)p, (void)item;
    *value = lwi_aten_none();
    return LW_OK;
}

/* --------------------------------------------------------- symbols and unions */

/* {"as_name": "sym_size_int"} or {"as_int": 3} */
static lw_status read_symbolic(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    const char *name = lwi_json_text(item, "as_name", NULL);
    return name ? lwi_pt2_find(p, name, value) : lwi_pt2_argument(p, item, value);
}

static lw_status read_list(lwi_pt2 *p, const lwi_json_item *item, reader *read_item,
                           lwi_aten_value *value) {
    lwi_aten_value *items = NULL;
    if (!lwi_json_is(item, LWI_JSON_ARRAY)) return wrong("list");
    if (item->size > MOST_ITEMS)
        return lwi_fail(LW_LIMIT, "a list has %zu items, at most %d fit", item->size, MOST_ITEMS);
    LW_TRY(lwi_arena_alloc(&p->memory, item->size, sizeof *items, &items));
    for (size_t i = 0; i < item->size; i++)
        LW_TRY(read_item(p, &item->items[i], &items[i]));
    *value = lwi_aten_list(&p->a, item->size, items);
    return p->a.b.status;
}

static lw_status read_ints(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    return read_list(p, item, read_int, value);
}

static lw_status read_tensors(lwi_pt2 *p, const lwi_json_item *item, lwi_aten_value *value) {
    return read_list(p, item, read_tensor, value);
}

static const struct {
    const char *name;
    reader *read;
    bool list;
} kinds[] = {
    {"as_none", read_none, false},
    {"as_tensor", read_tensor, false},
    {"as_tensors", read_tensor, true},
    {"as_int", read_int, false},
    {"as_ints", read_int, true},
    {"as_float", read_float, false},
    {"as_floats", read_float, true},
    {"as_complex", read_complex, false},
    {"as_bool", read_bool, false},
    {"as_bools", read_bool, true},
    {"as_string", read_string, false},
    {"as_strings", read_string, true},
    {"as_sym_int", read_symbolic, false},
    {"as_sym_ints", read_symbolic, true},
    {"as_sym_float", read_symbolic, false},
    {"as_sym_floats", read_symbolic, true},
    {"as_sym_bool", read_symbolic, false},
    {"as_sym_bools", read_symbolic, true},
    {"as_scalar_type", read_dtype, false},
    {"as_memory_format", read_memory_format, false},
    {"as_layout", read_place, false},
    {"as_device", read_place, false},
    {"as_optional_tensor", lwi_pt2_argument, false},
    {"as_optional_tensors", lwi_pt2_argument, true},
    {"as_int_lists", read_ints, true},
    {"as_nested_tensors", read_tensors, true},
};

lw_status lwi_pt2_argument(lwi_pt2 *p, const lwi_json_item *arg, lwi_aten_value *value) {
    if (!lwi_json_is(arg, LWI_JSON_OBJECT) || arg->size != 1)
        return lwi_fail(LW_CORRUPT, "an argument is no object with one member");
    const lwi_json_item *item = &arg->items[0];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, item->key))
            return kinds[i].list ? read_list(p, item, kinds[i].read, value)
                                 : kinds[i].read(p, item, value);
    return lwi_fail(LW_UNSUPPORTED, "arguments of the kind '%.40s' are not supported", item->key);
}

const char *lwi_pt2_name_of(const lwi_json_item *arg) {
    if (!lwi_json_is(arg, LWI_JSON_OBJECT) || arg->size != 1) return NULL;
    const lwi_json_item *item = &arg->items[0];
    if (!strcmp(item->key, "as_optional_tensor")) return lwi_pt2_name_of(item);
    if (!strcmp(item->key, "as_tensor")) return lwi_json_text(item, "name", NULL);
    return lwi_json_text(item, "as_name", NULL);
}

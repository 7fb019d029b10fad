/* SPDX-License-Identifier: MIT
 * Schemas: "Tensor self, int[2] stride=1, *, Tensor? weight=None". */
#include "aten/rows.h"

#include <stdlib.h>
#include <string.h>

static void skip_spaces(const char **s) {
    while (**s == ' ' || **s == ',')
        ++*s;
}

static lwi_aten_type type_of(const char *name, size_t n) {
    static const struct {
        const char *name;
        lwi_aten_type type;
    } types[] = {{"Tensor", LWI_ATEN_T_TENSOR}, {"int", LWI_ATEN_T_INT},
                 {"float", LWI_ATEN_T_FLOAT},   {"bool", LWI_ATEN_T_BOOL},
                 {"str", LWI_ATEN_T_STRING},    {"Scalar", LWI_ATEN_T_SCALAR},
                 {"ScalarType", LWI_ATEN_T_INT}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == n && !memcmp(types[i].name, name, n)) return types[i].type;
    return LWI_ATEN_T_ANY;
}

/* What stands behind the type's name: "!", "?", "[2]", "?[]", "[]?". */
static void read_marks(const char **s, lwi_aten_parameter *p) {
    for (;; ++*s) {
        if (**s == '!') p->written = true;
        else if (**s == '?') p->optional = true;
        else if (**s == '[') {
            p->list = true;
            p->optional_items = p->optional;
            p->optional = false;
            char *end = NULL;
            p->length = strtoul(*s + 1, &end, 10);
            *s = end;
        } else return;
    }
}

static void read_default(const char **s, lwi_aten_parameter *p) {
    int depth = 0;
    p->has_default = true;
    p->fallback = *s;
    for (; **s && (depth > 0 || **s != ','); ++*s)
        depth += (**s == '[') - (**s == ']');
    p->n_fallback = (size_t)(*s - p->fallback);
}

bool lwi_aten_next_parameter(const char **schema, bool *keyword_only, lwi_aten_parameter *p) {
    const char *s = *schema;
    skip_spaces(&s);
    if (*s == '*') {
        *keyword_only = true;
        s++;
        skip_spaces(&s);
    }
    if (!*s) return false;
    const size_t n_type = strcspn(s, " ![?");
    *p = (lwi_aten_parameter){.type = type_of(s, n_type), .keyword_only = *keyword_only};
    s += n_type;
    read_marks(&s, p);
    skip_spaces(&s);
    p->name = s;
    p->n_name = strcspn(s, "=,");
    s += p->n_name;
    if (*s == '=') {
        s++;
        read_default(&s, p);
    }
    *schema = s;
    return true;
}

static lwi_aten_value number(const lwi_aten_parameter *p, const char *text) {
    if (*text == 'T' || *text == 'F') return lwi_aten_bool(*text == 'T');
    if (p->type == LWI_ATEN_T_FLOAT || strcspn(text, ".eE,]") < strcspn(text, ",]"))
        return lwi_aten_float(strtod(text, NULL));
    return lwi_aten_int(strtoll(text, NULL, 10));
}

static lwi_aten_value list_of(lwi_aten *a, const lwi_aten_parameter *p) {
    lwi_aten_value items[8];
    size_t n = 0;
    if (*p->fallback != '[') { /* one number for all */
        for (; n < p->length && n < 8; n++)
            items[n] = number(p, p->fallback);
        return lwi_aten_list(a, n, items);
    }
    for (const char *s = p->fallback + 1; *s != ']' && n < 8; n++) {
        items[n] = number(p, s);
        s += strcspn(s, ",]");
        skip_spaces(&s);
    }
    return lwi_aten_list(a, n, items);
}

lwi_aten_value lwi_aten_default(lwi_aten *a, const lwi_aten_parameter *p) {
    if (!p->has_default || !strncmp(p->fallback, "None", 4)) return lwi_aten_none();
    if (*p->fallback == '"')
        return lwi_aten_string((lw_string){p->fallback + 1, p->n_fallback - 2});
    return p->list ? list_of(a, p) : number(p, p->fallback);
}

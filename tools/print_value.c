/* SPDX-License-Identifier: MIT */
#include "print_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "shape_text.h"

enum { EDGE = 3, MANY = 1000, COLUMNS = 96 };

typedef struct printer {
    const lw_value *tensor;
    bool cut;  /* only edges */
    int width; /* of the widest element shown; while measuring nothing is printed */
    bool measuring;
    int column;
} printer;

static void element_text(const lw_value *tensor, size_t i, char *text, size_t size) {
    const lw_dtype dtype = lw_tensor_dtype(tensor);
    const void *data = lw_tensor_data(tensor);
    if (dtype == LW_STRING) {
        const lw_string *s = (const lw_string *)data + i;
        const int n = (int)(s->size < 60 ? s->size : 60);
        snprintf(text, size, "\"%.*s%s\"", n, s->data ? s->data : "", s->size > 60 ? "..." : "");
    } else if (dtype == LW_BOOL) {
        snprintf(text, size, "%s", lw_tensor_get(tensor, i) != 0 ? "true" : "false");
    } else if (dtype == LW_INT64) {
        snprintf(text, size, "%" PRId64, ((const int64_t *)data)[i]);
    } else if (dtype == LW_UINT64) {
        snprintf(text, size, "%" PRIu64, ((const uint64_t *)data)[i]);
    } else if (dtype == LW_COMPLEX64) {
        const float *c = (const float *)data + 2 * i;
        snprintf(text, size, "%.6g%+.6gj", (double)c[0], (double)c[1]);
    } else if (dtype == LW_COMPLEX128) {
        const double *c = (const double *)data + 2 * i;
        snprintf(text, size, "%.10g%+.10gj", c[0], c[1]);
    } else {
        snprintf(text, size, dtype == LW_FLOAT64 ? "%.10g" : "%.6g", lw_tensor_get(tensor, i));
    }
}

static void print_element(printer *p, size_t i, int depth) {
    char text[80];
    element_text(p->tensor, i, text, sizeof text);
    const int n = (int)strlen(text);
    if (p->measuring) {
        if (n > p->width) p->width = n;
        return;
    }
    if (p->column + p->width + 1 > COLUMNS) p->column = printf("\n%*s", depth + 2, "") - 1;
    p->column += printf("%*s", p->width, text);
}

/* Prints the part of the tensor whose first element is at `first`, of `count` elements. */
static void print_part(printer *p, int axis, size_t first, size_t count) {
    const int rank = lw_tensor_rank(p->tensor);
    if (axis == rank) {
        print_element(p, first, axis);
        return;
    }
    const int64_t n = lw_tensor_dims(p->tensor)[axis];
    const size_t step = n ? count / (size_t)n : 0;
    if (!p->measuring) p->column += printf("[");
    for (int64_t i = 0; i < n && count; i++) {
        if (!p->measuring && i && axis + 1 < rank) p->column = printf("\n%*s", axis + 3, "") - 1;
        else if (!p->measuring && i) p->column += printf(" ");
        if (p->cut && n > 2 * EDGE && i == EDGE) {
            if (!p->measuring) p->column += printf("...");
            i = n - EDGE - 1;
            continue;
        }
        print_part(p, axis + 1, first + (size_t)i * step, step);
    }
    if (!p->measuring) p->column += printf("]");
}

static void print_tensor(const lw_value *tensor) {
    const size_t n = lw_tensor_count(tensor);
    printer p = {.tensor = tensor, .cut = n > MANY, .measuring = true};
    print_part(&p, 0, 0, n);
    p.measuring = false;
    p.column = printf("  ");
    print_part(&p, 0, 0, n);
    putchar('\n');
}

void lwi_print_value(const lw_value *value) {
    const lw_kind kind = lw_value_kind(value);
    if (kind == LW_KIND_TENSOR) {
        print_tensor(value);
    } else if (kind == LW_KIND_MAP) {
        lwi_print_value(lw_map_keys(value));
        lwi_print_value(lw_map_values(value));
    } else if (!lw_value_item_count(value)) {
        printf("  %s\n", kind == LW_KIND_OPTIONAL ? "nothing" : "no items");
    } else {
        for (size_t i = 0; i < lw_value_item_count(value) && i < MANY; i++) {
            lwi_shape_text type;
            const lw_value *item = lw_value_item(value, i);
            printf("  item %zu: %s\n", i, lwi_type_of(item, &type));
            lwi_print_value(item);
        }
    }
}

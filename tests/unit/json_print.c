/* SPDX-License-Identifier: MIT
 * Reads documents, one a line, and writes each as tests/unit/json_compare.py understands it, or
 * "error". */
#include "base/json_read.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void print_string(const char *text, size_t size) {
    char escape[LWI_JSON_ESCAPE];
    putchar('"');
    for (const char *p = text, *end = p + size; p < end;) {
        const size_t n = lwi_json_escape(&p, end, true, escape);
        fwrite(escape, 1, n, stdout);
    }
    putchar('"');
}

static void print_double(double x) {
    if (isinf(x)) fputs(x < 0 ? "-1e999" : "1e999", stdout); /* Python reads infinity */
    else printf("%.17g", x);
}

static void print_item(const lwi_json_item *item) {
    const bool object = item->kind == LWI_JSON_OBJECT;
    if (item->kind == LWI_JSON_NULL) fputs("null", stdout);
    else if (item->kind == LWI_JSON_BOOL) fputs(item->truth ? "true" : "false", stdout);
    else if (item->kind == LWI_JSON_NUMBER && item->is_integer) printf("%" PRId64, item->integer);
    else if (item->kind == LWI_JSON_NUMBER) print_double(item->number);
    else if (item->kind == LWI_JSON_STRING) print_string(item->text, item->size);
    else {
        putchar(object ? '{' : '[');
        for (size_t i = 0; i < item->size; i++) {
            if (i) putchar(',');
            if (object) print_string(item->items[i].key, item->items[i].key_size), putchar(':');
            print_item(&item->items[i]);
        }
        putchar(object ? '}' : ']');
    }
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
        lwi_arena arena;
        const lwi_json_item *root = NULL;
        lwi_arena_init(&arena, &lwi_malloc_allocator);
        if (lwi_json_parse(&arena, line, (size_t)n - 1, NULL, &root) == LW_OK) print_item(root);
        else fputs("error", stdout);
        putchar('\n');
        lwi_arena_free(&arena);
    }
    free(line);
    return 0;
}

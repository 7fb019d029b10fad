/* SPDX-License-Identifier: MIT
 * Prints pickles as tests/torch/pickle_test.py understands them, or the sentence that refuses one:
 * from stdin, each with its size in front, as 4 bytes. */
#include "files/pickle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 60 };

static void print_bytes(const char *kind, lw_string text) {
    fputs(kind, stdout);
    for (size_t i = 0; i < text.size; i++)
        printf("%02x", (unsigned char)text.data[i]);
}

static void print_item(const lwi_pickle_item *item, int depth) {
    static const char *const kinds[] = {
        [LWI_PICKLE_LIST] = "list", [LWI_PICKLE_TUPLE] = "tuple", [LWI_PICKLE_DICT] = "dict",
        [LWI_PICKLE_SET] = "set",   [LWI_PICKLE_CALL] = "call",   [LWI_PICKLE_PERSISTENT] = "id",
    };
    if (depth > DEPTH) {
        fputs("deep", stdout);
        return;
    }
    if (item->kind == LWI_PICKLE_NONE) fputs("None", stdout);
    else if (item->kind == LWI_PICKLE_BOOL) fputs(item->b ? "True" : "False", stdout);
    else if (item->kind == LWI_PICKLE_INT) printf("%" PRId64, item->i);
    else if (item->kind == LWI_PICKLE_LONG) print_bytes("long:", item->text);
    else if (item->kind == LWI_PICKLE_FLOAT) printf("%.17g", item->f);
    else if (item->kind == LWI_PICKLE_STRING) print_bytes("str:", item->text);
    else if (item->kind == LWI_PICKLE_BYTES) print_bytes("bytes:", item->text);
    else if (item->kind == LWI_PICKLE_GLOBAL) printf("<%s>", item->text.data);
    else {
        printf("%s(", kinds[item->kind]);
        for (size_t i = 0; i < item->n; i++) {
            if (i) putchar(' ');
            print_item(item->items[i], depth + 1);
        }
        if (item->state) fputs(" state ", stdout), print_item(item->state, depth + 1);
        putchar(')');
    }
}

static void read_pickle(const unsigned char *data, size_t size) {
    lwi_arena arena;
    const lwi_pickle_item *root = NULL;
    size_t used = 0;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    if (lwi_pickle_read(&arena, "x", data, size, NULL, &root, &used) == LW_OK) print_item(root, 0);
    else printf("error: %s", lw_last_error());
    putchar('\n');
    lwi_arena_free(&arena);
}

int main(void) {
    unsigned char head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        const size_t size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
        unsigned char *data = malloc(size ? size : 1);
        if (!data || fread(data, 1, size, stdin) != size) return 1;
        read_pickle(data, size);
        free(data);
    }
    return 0;
}

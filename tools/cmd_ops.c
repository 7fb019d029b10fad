/* SPDX-License-Identifier: MIT
 * lampwick ops: the operators that are supported, with their types. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick.h>

#include "commands.h"
#include "json.h"
#include "text.h"

typedef struct ops_options {
    bool json, markdown, pytorch;
} ops_options;

enum { TYPES_BYTES = 512 };

/* "float32 float64 int8", with words for the usual groups. */
static void types_text(uint64_t types, char *text) {
    static const struct {
        const char *name;
        uint64_t bits;
    } groups[] = {
        {"int8-64", 1u << LW_INT8 | 1u << LW_INT16 | 1u << LW_INT32 | 1u << LW_INT64},
        {"uint8-64", 1u << LW_UINT8 | 1u << LW_UINT16 | 1u << LW_UINT32 | 1u << LW_UINT64},
        {"float8*", 1u << LW_FLOAT8E4M3FN | 1u << LW_FLOAT8E4M3FNUZ | 1u << LW_FLOAT8E5M2 |
                        1u << LW_FLOAT8E5M2FNUZ},
    };
    size_t n = 0;
    text[0] = 0;
    for (int d = 1; d < LW_DTYPE_COUNT; d++) {
        const char *name = lw_dtype_name((lw_dtype)d);
        uint64_t bits = UINT64_C(1) << d;
        if (!(types & bits)) continue;
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
            if ((groups[g].bits & bits) && (types & groups[g].bits) == groups[g].bits) {
                name = groups[g].name;
                bits = groups[g].bits;
            }
        types &= ~bits;
        n += (size_t)snprintf(text + n, TYPES_BYTES - n, "%s%s", n ? " " : "", name);
        if (n >= TYPES_BYTES) return;
    }
}

static const char *domain_of(const lw_op_info *op) { return *op->domain ? op->domain : "ai.onnx"; }

static int by_name(const void *a, const void *b) {
    const lw_op_info *x = a, *y = b;
    const int domains = strcmp(x->domain, y->domain);
    return domains ? domains : strcmp(x->name, y->name);
}

/* All operators, sorted. */
static lw_op_info *list_ops(size_t *n) {
    lw_op_info *ops = lwi_resize(NULL, lw_op_count(), sizeof *ops);
    *n = 0;
    for (size_t i = 0; i < lw_op_count(); i++) {
        ops[*n] = (lw_op_info){.size = sizeof *ops};
        if (!lw_op(i, &ops[*n])) ++*n;
    }
    if (*n) qsort(ops, *n, sizeof *ops, by_name);
    return ops;
}

static void print_table(const lw_op_info *ops, size_t n, bool markdown) {
    char types[TYPES_BYTES];
    if (markdown)
        printf("| domain | operator | version | types of the first input | kernels |\n"
               "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n; i++) {
        const lw_op_info op = ops[i];
        types_text(op.types, types);
        if (markdown) {
            /* A star would begin emphasis. */
            printf("| %s | %s | %d | ", domain_of(&op), op.name, op.version);
            for (const char *at = types; *at; at++)
                printf(*at == '*' ? "\\*" : "%c", *at);
            printf(" | %s |\n", op.kernels);
        } else {
            printf("%-14s %-32s %3d  %-14s %s\n", domain_of(&op), op.name, op.version, op.kernels,
                   types);
        }
    }
}

static void print_json(const lw_op_info *ops, size_t n) {
    lwi_json json = {0};
    lwi_show_open(&json, '[');
    for (size_t i = 0; i < n; i++) {
        const lw_op_info op = ops[i];
        lwi_show_open(&json, '{');
        json.flat = true;
        lwi_show_set_text(&json, "domain", domain_of(&op));
        lwi_show_set_text(&json, "name", op.name);
        lwi_show_set_integer(&json, "version", op.version);
        lwi_show_set_text(&json, "kernels", op.kernels);
        lwi_show_key(&json, "types");
        lwi_show_open(&json, '[');
        for (int d = 1; d < LW_DTYPE_COUNT; d++)
            if (op.types >> d & 1) lwi_show_text(&json, lw_dtype_name((lw_dtype)d));
        lwi_show_close(&json, ']');
        lwi_show_close(&json, '}');
        json.flat = false;
    }
    lwi_show_close(&json, ']');
}

/* ------------------------------------------------------- PyTorch's operators */

static void full_name(const lw_torch_op_info *op, char *text, size_t size) {
    snprintf(text, size, "%s%s%s%s", strstr(op->name, "::") ? "" : "aten::", op->name,
             *op->overload ? "." : "", op->overload);
}

static void show_torch_op(lwi_json *json, const lw_torch_op_info *op, const char *name) {
    lwi_show_open(json, '{');
    json->flat = true;
    lwi_show_set_text(json, "name", name);
    lwi_show_set_text(json, "arguments", op->schema);
    lwi_show_set_text(json, "onnx", op->becomes);
    lwi_show_close(json, '}');
    json->flat = false;
}

static void print_torch_ops(const ops_options *options) {
    lwi_json json = {0};
    if (options->json) lwi_show_open(&json, '[');
    if (options->markdown)
        printf("| operator | arguments | operators of ONNX |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < lw_torch_op_count(); i++) {
        lw_torch_op_info op = {.size = sizeof op};
        char name[160];
        if (lw_torch_op(i, &op)) continue;
        full_name(&op, name, sizeof name);
        if (options->json) show_torch_op(&json, &op, name);
        else if (options->markdown) printf("| `%s` | `%s` | %s |\n", name, op.schema, op.becomes);
        else printf("%-46s %-34s (%s)\n", name, op.becomes, op.schema);
    }
    if (options->json) lwi_show_close(&json, ']');
}

static int run(const void *given, char **arguments, int n) {
    (void)arguments, (void)n;
    const ops_options *options = given;
    size_t count;
    if (options->pytorch) {
        print_torch_ops(options);
        return LWI_EXIT_OK;
    }
    lw_op_info *ops = list_ops(&count);
    if (options->json) print_json(ops, count);
    else print_table(ops, count, options->markdown);
    free(ops);
    return LWI_EXIT_OK;
}

static const lwi_option table[] = {
    {"json", 0, LWI_FLAG, offsetof(ops_options, json), NULL, NULL, "print JSON"},
    {"markdown", 0, LWI_FLAG, offsetof(ops_options, markdown), NULL, NULL,
     "print a table for docs"},
    {"pytorch", 0, LWI_FLAG, offsetof(ops_options, pytorch), NULL, NULL,
     "PyTorch's operators, with their arguments and what they become"},
};

const lwi_command lwi_cmd_ops = {
    .name = "ops",
    .arguments = "",
    .summary = "the operators that are supported",
    .about = "Lists the operators with the version of their newest form, their kernels, and the "
             "types of their first input. Older forms are brought to the newest when a model is "
             "loaded.",
    .examples = "lampwick ops\nlampwick ops --markdown > operators.md\nlampwick ops --pytorch",
    LWI_OPTIONS(table),
    .size = sizeof(ops_options),
    .run = run,
};

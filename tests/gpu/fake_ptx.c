/* SPDX-License-Identifier: MIT */
#include "fake_card.h"
#include "fake_hopper.h"
#include "ptx_module.h"

#include <stdio.h>
#include <string.h>

/* .param .u64 name, or .param .u64 .ptr .global .align 4 name, or .param .align 64 .b8 name[128] */
static bool read_parameter(const char *line, fake_kernel *f) {
    char type = 0;
    int bits = 0;
    if (f->n_parameters == FAKE_MOST_PARAMETERS) return false;
    if (sscanf(line, " .param .align 64 .b8 %*[^[][%d]", &bits) == 1) {
        f->bytes[f->n_parameters++] = bits;
        return bits == FAKE_MAP_BYTES;
    }
    if (sscanf(line, " .param .%c%d", &type, &bits) != 2) return false;
    if (bits != 32 && bits != 64) return false;
    f->is_float[f->n_parameters] = type == 'f';
    f->bytes[f->n_parameters++] = bits / 8;
    return true;
}

/* module: the text as it is run itself, or NULL. */
static const char *read_function(const char *text, const char *tier, ptx_module *module,
                                 fake_kernel *f) {
    *f = (fake_kernel){0};
    if (sscanf(text, " %63[A-Za-z0-9_](", f->name) != 1) return NULL;
    const char *end = strchr(text, ')');
    for (const char *line = strstr(text, ".param"); line && line < end;
         line = strstr(line + 1, ".param"))
        if (!read_parameter(line, f)) return NULL;
    f->run = module ? ptx_run : fake_run;
    if (module) f->ptx = ptx_find_function(module, f->name, strlen(f->name));
    return f->ptx || fake_find_code(f, tier) ? end : NULL;
}

int fake_read_ptx(const char *text, fake_kernel *kernels, int most) {
    static const char entry[] = ".entry";
    const size_t length = strlen(text);
    int n = 0;
    if (length < 2 || strcmp(text + length - 2, "}\n") != 0) return -1; /* no zero behind its end */
    const char *target = strstr(text, ".target sm_");
    char tier[16] = "";
    if (!strstr(text, ".version") || !target) return -1;
    if (sscanf(target, ".target %15[a-z0-9_]", tier) != 1) return -1;
    const bool all = strcmp(tier, "sm_50") == 0;
    ptx_module *module = fake_says("ptx") ? ptx_read_module(text) : NULL;
    for (const char *at = strstr(text, entry); at; at = strstr(at, entry)) {
        if (n == most ||
            !(at = read_function(at + strlen(entry), all ? NULL : tier, module, &kernels[n]))) {
            fprintf(stderr, "fake libcuda: the PTX's entry %d, '%s', is not known here\n", n,
                    kernels[n < most ? n : 0].name);
            return -1;
        }
        n++;
    }
    return n;
}

/* SPDX-License-Identifier: MIT
 * What the adapters share: sentences with numbers in them, and the vendor's library.
 *
 * An adapter lists the functions that it uses as X(result, name, arguments), declares a struct of
 * pointers to them with ADAPTER_MEMBER, and fills it with adapter_bind. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick/plugin.h>

#define ADAPTER_MEMBER(result, name, ...) result (*name)(__VA_ARGS__);
#define ADAPTER_SYMBOL(result, name, ...) {#name, offsetof(functions, name)},

typedef lw_status (*adapter_fail_fn)(lw_status status, const char *sentence);

static inline lw_status __attribute__((format(printf, 3, 4)))
adapter_fail(adapter_fail_fn fail, lw_status status, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return fail(status, text);
}

typedef struct adapter_symbol {
    const char *name;
    size_t offset;
} adapter_symbol;

/* Opens the first of the libraries that is there and fills a struct of pointers to functions. The
 * library stays open: drivers do not like to be closed. */
static inline lw_status adapter_bind(adapter_fail_fn fail, const char *const *libraries,
                                     const adapter_symbol *symbols, size_t n, void *functions) {
    void *library = NULL;
    for (const char *const *name = libraries; *name && !library; name++)
        library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return adapter_fail(fail, LW_NOT_FOUND, "%s cannot be loaded", *libraries);
    for (size_t i = 0; i < n; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (!address)
            return adapter_fail(fail, LW_UNSUPPORTED, "%s has no %s: it is of another version",
                                *libraries, symbols[i].name);
        memcpy((char *)functions + symbols[i].offset, &address, sizeof address);
    }
    return LW_OK;
}

/* The value of an option; NULL: not given. */
static inline const char *adapter_option(const lw_plugin_setup *setup, const char *key) {
    for (size_t i = 0; i < setup->n_options; i++)
        if (!strcmp(setup->options[i].key, key)) return setup->options[i].value;
    return NULL;
}

/* Refuses options that are not among those known. */
static inline lw_status adapter_check_options(const lw_plugin_setup *setup,
                                              const char *const *known) {
    for (size_t i = 0; i < setup->n_options; i++) {
        const char *const *k = known;
        while (*k && strcmp(*k, setup->options[i].key) != 0)
            k++;
        if (!*k)
            return adapter_fail(setup->fail, LW_INVALID, "there is no option '%.60s'",
                                setup->options[i].key);
    }
    return LW_OK;
}

#endif

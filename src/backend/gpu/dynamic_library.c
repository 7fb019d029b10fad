/* SPDX-License-Identifier: MIT */
#include "backend/gpu/dynamic_library.h"

#include <dlfcn.h>
#include <string.h>

void *lwi_library_open(const char *const *names, size_t n) {
    void *library = NULL;
    for (size_t i = 0; i < n && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

bool lwi_library_bind(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

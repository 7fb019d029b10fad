/* SPDX-License-Identifier: MIT */
#include "backend/gpu/opencl_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static lwi_opencl api;
static const char *missing; /* a function that the library lacks; "": there is no library */
static bool found;

static void *open_library(void) {
    static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

static bool bind(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    if (!address) missing = name;
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

/* The library stays open: drivers do not like to be closed. */
static void load(void) {
    void *library = open_library();
    missing = "";
    if (!library) return;
    found = true;
#define CL(result, name, parameters) found = found && bind(library, #name, &api.name);
    LWI_OPENCL_FUNCTIONS(CL)
#undef CL
}

const lwi_opencl *lwi_opencl_api(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (found) return &api;
    const lw_status status =
        *missing ? lwi_fail(LW_UNSUPPORTED, "libOpenCL lacks %s", missing)
                 : lwi_fail(LW_NOT_FOUND, "there is no libOpenCL.so.1 on this machine");
    return status == LW_OK ? &api : NULL;
}

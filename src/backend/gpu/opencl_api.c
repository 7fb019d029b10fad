/* SPDX-License-Identifier: MIT */
#include "backend/gpu/opencl_api.h"

#include "backend/gpu/dynamic_library.h"

#include <pthread.h>

static lwi_opencl api;
static const char *missing; /* a function that the library lacks; "": there is no library */
static bool found;

static void load(void) {
    static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so"};
    void *library = lwi_library_open(names, sizeof names / sizeof *names);
    missing = "";
    if (!library) return;
    found = true;
#define CL(result, name, parameters)                                                               \
    if (!lwi_library_bind(library, #name, &api.name)) found = false, missing = #name;
    LWI_OPENCL_FUNCTIONS(CL)
#undef CL
}

lw_status lwi_opencl_api(const lwi_opencl **cl) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *cl = &api;
    if (found) return LW_OK;
    if (*missing) return lwi_fail(LW_UNSUPPORTED, "libOpenCL lacks %s", missing);
    return lwi_fail(LW_NOT_FOUND, "there is no libOpenCL.so.1 on this machine");
}

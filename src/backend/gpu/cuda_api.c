/* SPDX-License-Identifier: MIT */
#include "backend/gpu/cuda_api.h"

#include "backend/gpu/dynamic_library.h"

#include <pthread.h>

enum { OLDEST = 9000 }; /* the first CUDA whose driver reads PTX 6.0 */

static lwi_cuda api;
static const char *missing; /* a function that the library lacks */
static bool there;
static CUresult started;

/* On a Jetson the library is not in the linker's path. */
static void load(void) {
    static const char *const names[] = {"libcuda.so.1",
                                        "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1"};
    void *library = lwi_library_open(names, sizeof names / sizeof *names);
    if (!library) return;
    there = true;
#define CU(name, parameters)                                                                       \
    if (!lwi_library_bind(library, #name, &api.name)) missing = #name;
    LWI_CUDA_FUNCTIONS(CU)
#undef CU
    if (missing) return;
    started = api.cuInit(0);
    if (started == CUDA_SUCCESS) started = api.cuDriverGetVersion(&api.version);
}

static lw_status reason(void) {
    const char *text = "an unknown error";
    if (!there) return lwi_fail(LW_NOT_FOUND, "there is no libcuda.so.1 on this machine");
    if (missing)
        return lwi_fail(LW_UNSUPPORTED, "the NVIDIA driver is too old: it lacks %s", missing);
    if (started == CUDA_SUCCESS)
        return lwi_fail(LW_UNSUPPORTED,
                        "the NVIDIA driver is too old: it is made for CUDA %d.%d, 9.0 is needed",
                        api.version / 1000, api.version % 1000 / 10);
    api.cuGetErrorString(started, &text);
    return lwi_fail(started == CUDA_ERROR_NO_DEVICE ? LW_NOT_FOUND : LW_DEVICE,
                    "the NVIDIA driver does not start: %s (%d)", text, started);
}

lw_status lwi_cuda_api(const lwi_cuda **cuda) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *cuda = &api;
    const bool good = there && !missing && started == CUDA_SUCCESS && api.version >= OLDEST;
    return good ? LW_OK : reason();
}

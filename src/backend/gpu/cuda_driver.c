/* SPDX-License-Identifier: MIT
 * NVIDIA's driver. CUDA 9 has all of its functions. */
#include "backend/gpu/card_driver.h"
#include "backend/gpu/cuda_program.h"

#include <stdio.h>

enum {
    OLDEST = 9000, /* the first CUDA whose driver reads PTX 6.0 */
    MULTIPROCESSOR_COUNT = 16,
    CAPABILITY_MAJOR = 75,
    CAPABILITY_MINOR = 76
};

static lwi_card_driver driver;
static int (*retain)(lwi_card_context **context, int card);
static int (*push)(lwi_card_context *context);
static int (*pop)(lwi_card_context **context);

static int leave(void) {
    lwi_card_context *popped = NULL;
    return pop(&popped);
}

static int attribute(int card, int which) {
    int value = 0;
    return driver.card_attribute(&value, which, card) == 0 ? value : 0;
}

static int capability_of(int card) {
    return 10 * attribute(card, CAPABILITY_MAJOR) + attribute(card, CAPABILITY_MINOR);
}

/* On a Jetson and in WSL the library is not in the linker's path. */
static const char *const files[] = {"libcuda.so.1", "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1",
                                    "/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1",
                                    "/usr/lib/wsl/lib/libcuda.so.1"};
static const lwi_card_symbol symbols[] = {{"cuDevicePrimaryCtxRetain", &retain},
                                          {"cuCtxPushCurrent_v2", &push},
                                          {"cuCtxPopCurrent_v2", &pop}};
static const lwi_card_symbol more[] = {{"cuTensorMapEncodeTiled", &driver.encode_map},
                                       {"cuFuncSetAttribute", &driver.kernel_attribute},
                                       {"cuLaunchKernelEx", &driver.launch_with}};
static lwi_card_library library = {.title = "the NVIDIA driver",
                                   .made_for = "CUDA",
                                   .column = 0,
                                   .files = files,
                                   .n_files = sizeof files / sizeof *files,
                                   .symbols = symbols,
                                   .n_symbols = sizeof symbols / sizeof *symbols,
                                   .more = more,
                                   .n_more = sizeof more / sizeof *more,
                                   .driver = &driver,
                                   .oldest = OLDEST,
                                   .major = 1000,
                                   .minor = 10};

static void describe(const lwi_card_driver *d, int card, lwi_device_facts *f) {
    const int capability = capability_of(card);
    (void)d;
    f->units = (uint32_t)attribute(card, MULTIPROCESSOR_COUNT);
    lwi_card_driver_version(&library, f->driver, sizeof f->driver);
    snprintf(f->capability, sizeof f->capability, "%d.%d", capability / 10, capability % 10);
    if (capability < LWI_PTX_OLDEST)
        snprintf(f->reason, sizeof f->reason, "compute capability %d.%d, %d.%d is needed",
                 capability / 10, capability % 10, LWI_PTX_OLDEST / 10, LWI_PTX_OLDEST % 10);
}

static lw_status load_kernels(const lwi_card_driver *d, int card, const char *name,
                              lwi_card_modules *modules) {
    return lwi_cuda_load_kernels(d, capability_of(card), name, modules);
}

static void load(void) {
    lwi_card_driver_load(&library);
    driver.retain = retain;
    driver.enter = push;
    driver.leave = leave;
    driver.describe = describe;
    driver.load_kernels = load_kernels;
}

lw_status lwi_cuda_driver(const lwi_card_driver **found) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *found = &driver;
    return lwi_card_driver_check(&library);
}

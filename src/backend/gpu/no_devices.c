/* SPDX-License-Identifier: MIT
 * For a library that is built without devices (LAMPWICK_DEVICES=OFF): there is none, and no library
 * can be opened. */
#include "backend/gpu/dynamic_library.h"
#include "backend/gpu/gpu_backend.h"

bool lwi_device_find(size_t index, lwi_device_facts *facts) {
    (void)index, (void)facts;
    return false;
}

lw_status lwi_device_open(const char *name, lwi_device **device) {
    (void)device;
    return lwi_fail(LW_NOT_FOUND,
                    "there is no device '%.40s': this library was built without devices", name);
}

void lwi_device_close(lwi_device *device) { (void)device; }

lw_status lwi_device_launch(lwi_device *device, const char *kernel, const uint32_t groups[3],
                            uint32_t size, const lwi_device_argument *arguments, size_t n) {
    (void)device, (void)groups, (void)size, (void)arguments, (void)n;
    return lwi_fail(LW_INTERNAL, "there is no device for the kernel %s", kernel);
}

lw_status lwi_gpu_claim(const lwi_call *call, lwi_gpu_step *step, bool *taken) {
    (void)call, (void)step;
    *taken = false;
    return LW_OK;
}

bool lwi_gpu_copies_elements(const lwi_call *call) {
    (void)call;
    return false;
}

lw_status lwi_gpu_refuse(lwi_gpu_step *step, const char *reason) {
    (void)step, (void)reason;
    return LW_OK;
}

lw_status lwi_gpu_copy_grid(lwi_gpu_step *step, size_t size, const lwi_gpu_grid *grid,
                            lwi_gpu_launch **launch) {
    (void)step, (void)size, (void)grid, (void)launch;
    return lwi_fail(LW_INTERNAL, "there is no device that copies");
}

void lwi_gpu_int(lwi_gpu_launch *launch, int64_t number) { (void)launch, (void)number; }

void *lwi_library_open(const char *const *names, size_t n) {
    (void)names, (void)n;
    return NULL;
}

bool lwi_library_bind(void *library, const char *name, void *function) {
    (void)library, (void)name, (void)function;
    return false;
}

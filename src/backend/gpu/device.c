/* SPDX-License-Identifier: MIT
 * What all devices have in common: opening, and kernels by their names. */
#include "backend/gpu/device.h"

#include <stdio.h>

lw_status lwi_device_make(const lwi_device_api *api, size_t bytes, const char *kind, size_t index,
                          lwi_device **device) {
    lwi_device *d = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, bytes, &d));
    d->api = api;
    snprintf(d->name, sizeof d->name, "%s:%zu", kind, index);
    lwi_strmap_init(&d->kernel_names, &lwi_malloc_allocator);
    const lw_status status = api->start(d, index);
    if (status == LW_OK) *device = d;
    else lwi_device_close(d);
    return status;
}

void lwi_device_close(lwi_device *d) {
    if (!d) return;
    d->api->close(d);
    lwi_strmap_free(&d->kernel_names);
    lwi_free(&lwi_malloc_allocator, d);
}

static lw_status find_kernel(lwi_device *d, const char *name, void **kernel) {
    int i = lwi_strmap_get(&d->kernel_names, name);
    if (i < 0) {
        void *found = NULL;
        if (d->n_kernels == LWI_DEVICE_KERNELS) return lwi_fail(LW_INTERNAL, "too many kernels");
        LW_TRY(d->api->find_kernel(d, name, &found));
        i = d->n_kernels++;
        d->kernels[i] = found;
        LW_TRY(lwi_strmap_set(&d->kernel_names, name, i));
    }
    *kernel = d->kernels[i];
    return LW_OK;
}

bool lwi_device_has(lwi_device *d, const char *name) {
    void *kernel = NULL;
    return find_kernel(d, name, &kernel) == LW_OK;
}

lw_status lwi_device_launch(lwi_device *d, const char *name, const uint32_t groups[3],
                            uint32_t size, const lwi_device_argument *arguments, size_t n) {
    void *kernel = NULL;
    LW_TRY(find_kernel(d, name, &kernel));
    return d->api->launch(d, kernel, name, groups, size, arguments, n);
}

/* SPDX-License-Identifier: MIT */
#include "backend/gpu/cuda_device.h"

#include "backend/gpu/cuda_program.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DEVICES = 32, MOST_PARAMETERS = 64, STAGING = 1 << 21 };

typedef struct cuda_device {
    lwi_device base;
    const lwi_cuda *cuda;
    CUcontext context;
    CUmodule module;
    CUstream stream;
    uint8_t *staging; /* pinned, STAGING bytes: small copies go through it */
    size_t staged;    /* bytes of it that copies on their way to the card may still read */
} cuda_device;

static lw_status check(const cuda_device *d, const char *what, CUresult code) {
    const char *text = "an unknown error";
    if (code == CUDA_SUCCESS) return LW_OK;
    d->cuda->cuGetErrorString(code, &text);
    return lwi_fail(code == CUDA_ERROR_OUT_OF_MEMORY ? LW_NO_MEMORY : LW_DEVICE, "%s: %s: %s (%d)",
                    d->base.name, what, text, code);
}

/* A host that uses CUDA itself keeps its own context: ours is current inside a call only. */
static lw_status enter(const cuda_device *d) {
    return check(d, "making the context current", d->cuda->cuCtxPushCurrent_v2(d->context));
}

static lw_status leave(const cuda_device *d, const char *what, CUresult code) {
    CUcontext popped = NULL;
    const lw_status status = check(d, what, code);
    const CUresult left = d->cuda->cuCtxPopCurrent_v2(&popped);
    return status == LW_OK ? check(d, "leaving the context", left) : status;
}

/* ----------------------------------------------------------------- discovery */

static int attribute(const lwi_cuda *cuda, CUdevice device, int what) {
    int value = 0;
    return cuda->cuDeviceGetAttribute(&value, what, device) == CUDA_SUCCESS ? value : 0;
}

static int capability_of(const lwi_cuda *cuda, CUdevice device) {
    return 10 * attribute(cuda, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
           attribute(cuda, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
}

static lw_status nth_device(size_t index, const lwi_cuda **cuda, CUdevice *device) {
    int n = 0;
    LW_TRY(lwi_cuda_api(cuda));
    if ((*cuda)->cuDeviceGetCount(&n) != CUDA_SUCCESS) n = 0;
    if (n > MOST_DEVICES) n = MOST_DEVICES;
    if (n < 0 || index >= (size_t)n || (*cuda)->cuDeviceGet(device, (int)index) != CUDA_SUCCESS)
        return lwi_fail(LW_NOT_FOUND, "the NVIDIA driver has %d cards, there is no cuda:%zu", n,
                        index);
    return LW_OK;
}

lw_status lwi_cuda_find(size_t index, lwi_device_facts *f) {
    const lwi_cuda *cuda = NULL;
    CUdevice device = 0;
    size_t bytes = 0;
    LW_TRY(nth_device(index, &cuda, &device));
    const int capability = capability_of(cuda, device);
    *f = (lwi_device_facts){
        .units = (uint32_t)attribute(cuda, device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)};
    snprintf(f->name, sizeof f->name, "cuda:%zu", index);
    cuda->cuDeviceGetName(f->description, sizeof f->description, device);
    snprintf(f->driver, sizeof f->driver, "CUDA %d.%d", cuda->version / 1000,
             cuda->version % 1000 / 10);
    snprintf(f->capability, sizeof f->capability, "%d.%d", capability / 10, capability % 10);
    if (cuda->cuDeviceTotalMem_v2(&bytes, device) == CUDA_SUCCESS) f->memory = bytes;
    if (capability < LWI_PTX_OLDEST)
        snprintf(f->reason, sizeof f->reason, "compute capability %d.%d, %d.%d is needed",
                 capability / 10, capability % 10, LWI_PTX_OLDEST / 10, LWI_PTX_OLDEST % 10);
    f->usable = !*f->reason;
    return LW_OK;
}

/* -------------------------------------------------------------------- memory */

static lw_status allocate(lwi_device *device, size_t bytes, lwi_device_memory *memory) {
    const cuda_device *d = (cuda_device *)device;
    CUdeviceptr made = 0;
    LW_TRY(enter(d));
    LW_TRY(leave(d, "allocating memory", d->cuda->cuMemAlloc_v2(&made, bytes ? bytes : 1)));
    *memory = (lwi_device_memory){(void *)(uintptr_t)made, bytes}; // NOLINT: a number to us
    return LW_OK;
}

static void release(lwi_device *device, lwi_device_memory *memory) {
    const cuda_device *d = (cuda_device *)device;
    if (memory->handle && enter(d) == LW_OK)
        (void)leave(d, "freeing memory", d->cuda->cuMemFree_v2((uintptr_t)memory->handle));
    *memory = (lwi_device_memory){NULL, 0};
}

static CUresult wait_for_copies(cuda_device *d) {
    d->staged = 0;
    return d->cuda->cuStreamSynchronize(d->stream);
}

/* Small ones are copied to pinned memory and go on their way; large ones are waited for. */
static CUresult copy_in(cuda_device *d, CUdeviceptr to, const void *from, size_t bytes) {
    if (bytes > STAGING / 4) {
        const CUresult code = d->cuda->cuMemcpyHtoDAsync_v2(to, from, bytes, d->stream);
        return code == CUDA_SUCCESS ? wait_for_copies(d) : code;
    }
    if (d->staged + bytes > STAGING) {
        const CUresult code = wait_for_copies(d);
        if (code != CUDA_SUCCESS) return code;
    }
    uint8_t *staging = d->staging + d->staged;
    memcpy(staging, from, bytes);
    d->staged += bytes;
    return d->cuda->cuMemcpyHtoDAsync_v2(to, staging, bytes, d->stream);
}

static CUresult copy_out(cuda_device *d, void *to, CUdeviceptr from, size_t bytes) {
    const bool small = d->staged + bytes <= STAGING;
    uint8_t *staging = d->staging + d->staged;
    CUresult code = d->cuda->cuMemcpyDtoHAsync_v2(small ? staging : to, from, bytes, d->stream);
    if (code == CUDA_SUCCESS) code = wait_for_copies(d);
    if (code == CUDA_SUCCESS && small) memcpy(to, staging, bytes);
    return code;
}

static lw_status upload(lwi_device *device, void *handle, size_t offset, const void *from,
                        size_t bytes) {
    cuda_device *d = (cuda_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "an upload", copy_in(d, (uintptr_t)handle + offset, from, bytes));
}

static lw_status download(lwi_device *device, const void *handle, size_t offset, void *to,
                          size_t bytes) {
    cuda_device *d = (cuda_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "a download", copy_out(d, to, (uintptr_t)handle + offset, bytes));
}

/* ------------------------------------------------------------------- kernels */

static lw_status find_kernel(lwi_device *device, const char *name, void **kernel) {
    const cuda_device *d = (cuda_device *)device;
    CUfunction found = NULL;
    LW_TRY(enter(d));
    LW_TRY(leave(d, name, d->cuda->cuModuleGetFunction(&found, d->module, name)));
    *kernel = found;
    return LW_OK;
}

/* A parameter as the kernel takes it: 8 bytes are enough for each. */
typedef union parameter {
    CUdeviceptr pointer;
    int64_t offset;
    int32_t i;
    float f;
} parameter;

static size_t write_parameters(const lwi_device_argument *arguments, size_t n,
                               parameter *parameters) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const lwi_device_argument *a = &arguments[i];
        if (a->kind == LWI_DEVICE_MEMORY) {
            parameters[m++].pointer = (uintptr_t)a->memory.handle;
            parameters[m++].offset = (int64_t)a->memory.offset;
        } else if (a->kind == LWI_DEVICE_INT) parameters[m++].i = a->i;
        else parameters[m++].f = a->f;
    }
    return m;
}

static lw_status launch(lwi_device *device, void *kernel, const char *name,
                        const uint32_t groups[3], uint32_t size,
                        const lwi_device_argument *arguments, size_t n) {
    const cuda_device *d = (cuda_device *)device;
    parameter parameters[MOST_PARAMETERS];
    void *places[MOST_PARAMETERS];
    if (2 * n > MOST_PARAMETERS) return lwi_fail(LW_INTERNAL, "%s: too many parameters", name);
    const size_t m = write_parameters(arguments, n, parameters);
    for (size_t i = 0; i < m; i++)
        places[i] = &parameters[i];
    LW_TRY(enter(d));
    return leave(d, name,
                 d->cuda->cuLaunchKernel(kernel, groups[0], groups[1], groups[2], size, 1, 1, 0,
                                         d->stream, places, NULL));
}

static lw_status finish(lwi_device *device) {
    cuda_device *d = (cuda_device *)device;
    LW_TRY(enter(d));
    return leave(d, "waiting", wait_for_copies(d));
}

/* --------------------------------------------------------------------- opening */

/* The card's primary context, which others in the process use too, and the kernels in it. Both
 * stay until the process ends, so that the driver compiles them once. */
typedef struct shared {
    CUcontext context;
    CUmodule module;
} shared;

static shared all_shared[MOST_DEVICES];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

static lw_status load_kernels(cuda_device *d, CUdevice device, shared *s) {
    CUcontext popped = NULL;
    LW_TRY(enter(d));
    const lw_status status =
        lwi_cuda_load_kernels(d->cuda, capability_of(d->cuda, device), d->base.name, &s->module);
    d->cuda->cuCtxPopCurrent_v2(&popped);
    return status;
}

static lw_status open_shared(cuda_device *d, size_t index, CUdevice device) {
    lw_status status = LW_OK;
    shared *s = &all_shared[index];
    pthread_mutex_lock(&shared_lock);
    if (!s->context)
        status =
            check(d, "making a context", d->cuda->cuDevicePrimaryCtxRetain(&s->context, device));
    d->context = s->context;
    if (status == LW_OK && !s->module) status = load_kernels(d, device, s);
    d->module = s->module;
    pthread_mutex_unlock(&shared_lock);
    return status;
}

static void close_device(lwi_device *device) {
    const cuda_device *d = (cuda_device *)device;
    if (!d->context || enter(d) != LW_OK) return;
    if (d->stream) d->cuda->cuStreamDestroy_v2(d->stream);
    (void)leave(d, "closing", d->staging ? d->cuda->cuMemFreeHost(d->staging) : CUDA_SUCCESS);
}

static lw_status start(lwi_device *device, size_t index) {
    cuda_device *d = (cuda_device *)device;
    CUdevice card = 0;
    void *staging = NULL;
    LW_TRY(nth_device(index, &d->cuda, &card));
    LW_TRY(open_shared(d, index, card));
    LW_TRY(enter(d));
    LW_TRY(
        leave(d, "making a stream", d->cuda->cuStreamCreate(&d->stream, CU_STREAM_NON_BLOCKING)));
    LW_TRY(enter(d));
    LW_TRY(leave(d, "pinning memory", d->cuda->cuMemHostAlloc(&staging, STAGING, 0)));
    d->staging = staging;
    return LW_OK;
}

lw_status lwi_cuda_open(size_t index, lwi_device **opened) {
    static const lwi_device_api functions = {start,    close_device, allocate, release, upload,
                                             download, find_kernel,  launch,   finish};
    return lwi_device_make(&functions, sizeof(cuda_device), "cuda", index, opened);
}

/* SPDX-License-Identifier: MIT */
#include "backend/gpu/opencl_device.h"

#include "backend/gpu/kernel_source.h"
#include "backend/gpu/opencl_api.h"
#include "backend/gpu/packed_kernels.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PLATFORMS = 16, MOST_DEVICES = 32, GROUP = 256 };

typedef struct opencl_device {
    lwi_device base;
    const lwi_opencl *cl;
    cl_context context;
    cl_command_queue queues[2]; /* lwi_device_lane */
    cl_program program;
} opencl_device;

static const char *error_name(cl_int code) {
    switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
        return "memory object allocation failure";
    case CL_OUT_OF_RESOURCES:
        return "out of resources";
    case CL_OUT_OF_HOST_MEMORY:
        return "out of host memory";
    default:
        return "error";
    }
}

static lw_status check(const opencl_device *d, const char *what, cl_int code) {
    const bool memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
                        code == CL_OUT_OF_HOST_MEMORY;
    if (code == CL_SUCCESS) return LW_OK;
    return lwi_fail(memory ? LW_NO_MEMORY : LW_DEVICE, "%s: %s: OpenCL %s %d", d->base.name, what,
                    error_name(code), (int)code);
}

/* ----------------------------------------------------------------- discovery */

static cl_device_id nth_device(const lwi_opencl *cl, size_t index) {
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_device_id devices[MOST_DEVICES];
    cl_uint n_platforms = 0;
    if (cl->clGetPlatformIDs(MOST_PLATFORMS, platforms, &n_platforms) != CL_SUCCESS) return NULL;
    for (cl_uint p = 0; p < n_platforms && p < MOST_PLATFORMS; p++) {
        cl_uint n = 0;
        if (cl->clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MOST_DEVICES, devices, &n) !=
            CL_SUCCESS)
            continue;
        if (n > MOST_DEVICES) n = MOST_DEVICES;
        if (index < n) return devices[index];
        index -= n;
    }
    return NULL;
}

static void text(const lwi_opencl *cl, cl_device_id device, cl_uint what, char *to, size_t size) {
    char all[512] = "";
    cl->clGetDeviceInfo(device, what, sizeof all - 1, all, NULL);
    snprintf(to, size, "%.*s", (int)size - 1, all);
}

static uint64_t number(const lwi_opencl *cl, cl_device_id device, cl_uint what, size_t size) {
    uint64_t value = 0;
    cl->clGetDeviceInfo(device, what, size, &value, NULL);
    return value;
}

static void find_reason(const lwi_opencl *cl, cl_device_id device, lwi_device_facts *f) {
    const uint64_t group = number(cl, device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    const uint64_t local = number(cl, device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    if (!number(cl, device, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_uint)))
        snprintf(f->reason, sizeof f->reason, "its driver has no compiler");
    else if (group < GROUP)
        snprintf(f->reason, sizeof f->reason, "work groups have at most %d items, %d are needed",
                 (int)group, (int)GROUP);
    else if (local < LWI_KERNEL_LOCAL_BYTES)
        snprintf(f->reason, sizeof f->reason, "%d bytes of local memory, %d are needed", (int)local,
                 (int)LWI_KERNEL_LOCAL_BYTES);
    f->usable = !*f->reason;
}

static lw_status find(size_t index, const lwi_opencl **cl, cl_device_id *device) {
    LW_TRY(lwi_opencl_api(cl));
    *device = index < MOST_DEVICES ? nth_device(*cl, index) : NULL;
    return *device ? LW_OK
                   : lwi_fail(LW_NOT_FOUND, "OpenCL's drivers have no device opencl:%zu", index);
}

lw_status lwi_opencl_find(size_t index, lwi_device_facts *f) {
    const lwi_opencl *cl = NULL;
    cl_device_id device = NULL;
    LW_TRY(find(index, &cl, &device));
    *f = (lwi_device_facts){
        .units = (uint32_t)number(cl, device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint))};
    snprintf(f->name, sizeof f->name, "opencl:%zu", index);
    text(cl, device, CL_DEVICE_NAME, f->description, sizeof f->description);
    text(cl, device, CL_DRIVER_VERSION, f->driver, sizeof f->driver);
    text(cl, device, CL_DEVICE_VERSION, f->capability, sizeof f->capability);
    f->memory = number(cl, device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    find_reason(cl, device, f);
    return LW_OK;
}

/* -------------------------------------------------------------------- memory */

static lw_status allocate(lwi_device *device, size_t bytes, lwi_device_memory *memory) {
    const opencl_device *d = (opencl_device *)device;
    cl_int code = CL_SUCCESS;
    cl_mem made =
        d->cl->clCreateBuffer(d->context, CL_MEM_READ_WRITE, lwi_device_room(bytes), NULL, &code);
    LW_TRY(check(d, "allocating memory", code));
    *memory = (lwi_device_memory){made, bytes};
    return LW_OK;
}

static void release(lwi_device *device, lwi_device_memory *memory) {
    const opencl_device *d = (opencl_device *)device;
    if (memory->handle) d->cl->clReleaseMemObject(memory->handle);
    *memory = (lwi_device_memory){NULL, 0};
}

static lw_status upload_in(lwi_device *device, lwi_device_lane lane, void *handle, size_t offset,
                           const void *from, size_t bytes) {
    const opencl_device *d = (opencl_device *)device;
    if (bytes == 0) return LW_OK;
    return check(d, "an upload",
                 d->cl->clEnqueueWriteBuffer(d->queues[lane], handle, 1, offset, bytes, from, 0,
                                             NULL, NULL));
}

static lw_status download_in(lwi_device *device, lwi_device_lane lane, const void *handle,
                             size_t offset, void *to, size_t bytes) {
    const opencl_device *d = (opencl_device *)device;
    if (bytes == 0) return LW_OK;
    return check(d, "a download",
                 d->cl->clEnqueueReadBuffer(d->queues[lane], (cl_mem)handle, 1, offset, bytes, to,
                                            0, NULL, NULL));
}

static lw_status upload(lwi_device *device, void *handle, size_t offset, const void *from,
                        size_t bytes) {
    return upload_in(device, LWI_DEVICE_WORK, handle, offset, from, bytes);
}

/* Kernels begin when they are flushed, not when a copy beside them is done. */
static lw_status flush(const lwi_device *device) {
    const opencl_device *d = (const opencl_device *)device;
    return check(d, "kernels", d->cl->clFlush(d->queues[LWI_DEVICE_WORK]));
}

static lw_status upload_beside(lwi_device *device, void *handle, size_t offset, const void *from,
                               size_t bytes) {
    LW_TRY(flush(device));
    return upload_in(device, LWI_DEVICE_BESIDE, handle, offset, from, bytes);
}

static lw_status download(lwi_device *device, const void *handle, size_t offset, void *to,
                          size_t bytes) {
    return download_in(device, LWI_DEVICE_WORK, handle, offset, to, bytes);
}

static lw_status download_beside(lwi_device *device, const void *handle, size_t offset, void *to,
                                 size_t bytes) {
    LW_TRY(flush(device));
    return download_in(device, LWI_DEVICE_BESIDE, handle, offset, to, bytes);
}

static void unmark(lwi_device *device, void *mark) {
    const opencl_device *d = (opencl_device *)device;
    if (mark) d->cl->clReleaseEvent(mark);
}

/* The other queue may wait only for what is under way. */
static lw_status mark(lwi_device *device, lwi_device_lane lane, void **mark) {
    const opencl_device *d = (opencl_device *)device;
    cl_event event = NULL;
    LW_TRY(
        check(d, "a mark", d->cl->clEnqueueMarkerWithWaitList(d->queues[lane], 0, NULL, &event)));
    unmark(device, *mark);
    *mark = event;
    return check(d, "a mark", d->cl->clFlush(d->queues[lane]));
}

static lw_status await(lwi_device *device, lwi_device_lane lane, void *mark) {
    const opencl_device *d = (opencl_device *)device;
    const cl_event event = mark;
    return check(d, "waiting for a mark",
                 d->cl->clEnqueueBarrierWithWaitList(d->queues[lane], 1, &event, NULL));
}

static lw_status copy(lwi_device *device, void *to, size_t to_offset, const void *from,
                      size_t from_offset, size_t bytes) {
    const opencl_device *d = (opencl_device *)device;
    if (bytes == 0) return LW_OK;
    return check(d, "a copy",
                 d->cl->clEnqueueCopyBuffer(d->queues[LWI_DEVICE_WORK], (cl_mem)from, to,
                                            from_offset, to_offset, bytes, 0, NULL, NULL));
}

/* ------------------------------------------------------------------- kernels */

static lw_status find_kernel(lwi_device *device, const char *name, void **kernel) {
    const opencl_device *d = (opencl_device *)device;
    cl_int code = CL_SUCCESS;
    *kernel = d->cl->clCreateKernel(d->program, name, &code);
    return check(d, name, code);
}

static cl_int set_argument(const opencl_device *d, cl_kernel kernel, cl_uint *place,
                           const lwi_device_argument *a) {
    const int64_t offset = a->kind == LWI_DEVICE_MEMORY ? (int64_t)a->memory.offset : 0;
    if (a->kind != LWI_DEVICE_MEMORY)
        return d->cl->clSetKernelArg(kernel, (*place)++, sizeof a->i,
                                     a->kind == LWI_DEVICE_INT ? (const void *)&a->i : &a->f);
    const cl_int code =
        d->cl->clSetKernelArg(kernel, (*place)++, sizeof(cl_mem), &a->memory.handle);
    if (code != CL_SUCCESS) return code;
    return d->cl->clSetKernelArg(kernel, (*place)++, sizeof offset, &offset);
}

static lw_status launch(lwi_device *device, void *kernel, const char *name,
                        const uint32_t groups[3], uint32_t size,
                        const lwi_device_argument *arguments, size_t n) {
    const opencl_device *d = (opencl_device *)device;
    cl_uint place = 0;
    for (size_t i = 0; i < n; i++)
        LW_TRY(check(d, name, set_argument(d, kernel, &place, &arguments[i])));
    const size_t all[3] = {(size_t)groups[0] * size, groups[1], groups[2]}, one[3] = {size, 1, 1};
    return check(d, name,
                 d->cl->clEnqueueNDRangeKernel(d->queues[LWI_DEVICE_WORK], kernel, 3, NULL, all,
                                               one, 0, NULL, NULL));
}

static lw_status finish(lwi_device *device) {
    const opencl_device *d = (opencl_device *)device;
    LW_TRY(check(d, "waiting", d->cl->clFinish(d->queues[LWI_DEVICE_BESIDE])));
    return check(d, "waiting", d->cl->clFinish(d->queues[LWI_DEVICE_WORK]));
}

/* --------------------------------------------------------------------- opening */

/* The driver compiles the kernels once for a process; a context of OpenCL and a program are shared
 * by all who use the device, and stay until the process ends. */
typedef struct shared {
    cl_context context;
    cl_program program;
} shared;

static shared all_shared[MOST_DEVICES];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

/* Whose program is built, and where it goes. */
typedef struct building {
    const opencl_device *d;
    cl_device_id device;
    shared *to;
} building;

static lw_status build(void *arg, const char *source) {
    const building *b = arg;
    const opencl_device *d = b->d;
    char log[160] = "";
    cl_int code = CL_SUCCESS;
    cl_program program = d->cl->clCreateProgramWithSource(b->to->context, 1, &source, NULL, &code);
    LW_TRY(check(d, "reading the kernels", code));
    if (d->cl->clBuildProgram(program, 1, &b->device, "-cl-std=CL1.2", NULL, NULL) == CL_SUCCESS) {
        b->to->program = program;
        return LW_OK;
    }
    d->cl->clGetProgramBuildInfo(program, b->device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log,
                                 NULL);
    d->cl->clReleaseProgram(program);
    return lwi_fail(LW_DEVICE, "%s: its driver cannot compile the kernels: %s", d->base.name, log);
}

static lw_status open_shared(opencl_device *d, size_t index, cl_device_id device) {
    cl_int code = CL_SUCCESS;
    lw_status status = LW_OK;
    shared *s = &all_shared[index];
    pthread_mutex_lock(&shared_lock);
    if (!s->context) {
        s->context = d->cl->clCreateContext(NULL, 1, &device, NULL, NULL, &code);
        status = check(d, "making a context", code);
    }
    building b = {d, device, s};
    if (status == LW_OK && !s->program)
        status =
            lwi_with_kernels(lwi_kernel_source, lwi_kernel_source_size, "kernels.txt", build, &b);
    d->context = s->context;
    d->program = s->program;
    pthread_mutex_unlock(&shared_lock);
    return status;
}

static void close_device(lwi_device *device) {
    const opencl_device *d = (opencl_device *)device;
    for (int i = 0; i < device->n_kernels; i++)
        d->cl->clReleaseKernel(device->kernels[i]);
    for (int i = 0; i < 2; i++)
        if (d->queues[i]) d->cl->clReleaseCommandQueue(d->queues[i]);
}

static lw_status start(lwi_device *device, size_t index) {
    opencl_device *d = (opencl_device *)device;
    cl_device_id id = NULL;
    cl_int code = CL_SUCCESS;
    LW_TRY(find(index, &d->cl, &id));
    LW_TRY(open_shared(d, index, id));
    for (int i = 0; i < 2 && code == CL_SUCCESS; i++)
        d->queues[i] = d->cl->clCreateCommandQueue(d->context, id, 0, &code);
    d->base.units = (uint32_t)number(d->cl, id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    return check(d, "making a queue", code);
}

lw_status lwi_opencl_open(size_t index, lwi_device **opened) {
    static const lwi_device_api functions = {.start = start,
                                             .close = close_device,
                                             .allocate = allocate,
                                             .release = release,
                                             .upload = upload,
                                             .download = download,
                                             .upload_beside = upload_beside,
                                             .download_beside = download_beside,
                                             .mark = mark,
                                             .await = await,
                                             .unmark = unmark,
                                             .copy = copy,
                                             .find_kernel = find_kernel,
                                             .launch = launch,
                                             .finish = finish};
    return lwi_device_make(&functions, sizeof(opencl_device), "opencl", index, opened);
}

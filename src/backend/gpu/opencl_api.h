/* SPDX-License-Identifier: MIT
 * The functions of OpenCL 1.2 that are used, found in libOpenCL when they are needed first. Names,
 * types and numbers are those of the OpenCL specification. */
#ifndef LWI_OPENCL_API_H
#define LWI_OPENCL_API_H

#include "base/status.h"

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_ulong, cl_bitfield;
typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_program *cl_program;
typedef struct _cl_kernel *cl_kernel;
typedef struct _cl_event *cl_event;

enum {
    CL_SUCCESS = 0,
    CL_PLATFORM_NAME = 0x0902,
    CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002,
    CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
    CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
    CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
    CL_DEVICE_COMPILER_AVAILABLE = 0x1028,
    CL_DEVICE_NAME = 0x102B,
    CL_DRIVER_VERSION = 0x102D,
    CL_DEVICE_VERSION = 0x102F,
    CL_MEM_READ_WRITE = 1,
    CL_PROGRAM_BUILD_LOG = 0x1183,
    CL_OUT_OF_HOST_MEMORY = -6,
    CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
    CL_OUT_OF_RESOURCES = -5
};
#define CL_DEVICE_TYPE_ALL UINT64_C(0xFFFFFFFF)

/* CL(result, name, parameters) */
#define LWI_OPENCL_FUNCTIONS(CL)                                                                   \
    CL(cl_int, clGetPlatformIDs, (cl_uint, cl_platform_id *, cl_uint *))                           \
    CL(cl_int, clGetPlatformInfo, (cl_platform_id, cl_uint, size_t, void *, size_t *))             \
    CL(cl_int, clGetDeviceIDs, (cl_platform_id, cl_bitfield, cl_uint, cl_device_id *, cl_uint *))  \
    CL(cl_int, clGetDeviceInfo, (cl_device_id, cl_uint, size_t, void *, size_t *))                 \
    CL(cl_context, clCreateContext,                                                                \
       (const intptr_t *, cl_uint, const cl_device_id *, void *, void *, cl_int *))                \
    CL(cl_int, clReleaseContext, (cl_context))                                                     \
    CL(cl_command_queue, clCreateCommandQueue, (cl_context, cl_device_id, cl_bitfield, cl_int *))  \
    CL(cl_int, clReleaseCommandQueue, (cl_command_queue))                                          \
    CL(cl_mem, clCreateBuffer, (cl_context, cl_bitfield, size_t, void *, cl_int *))                \
    CL(cl_int, clReleaseMemObject, (cl_mem))                                                       \
    CL(cl_program, clCreateProgramWithSource,                                                      \
       (cl_context, cl_uint, const char **, const size_t *, cl_int *))                             \
    CL(cl_int, clBuildProgram,                                                                     \
       (cl_program, cl_uint, const cl_device_id *, const char *, void *, void *))                  \
    CL(cl_int, clGetProgramBuildInfo,                                                              \
       (cl_program, cl_device_id, cl_uint, size_t, void *, size_t *))                              \
    CL(cl_int, clReleaseProgram, (cl_program))                                                     \
    CL(cl_kernel, clCreateKernel, (cl_program, const char *, cl_int *))                            \
    CL(cl_int, clReleaseKernel, (cl_kernel))                                                       \
    CL(cl_int, clSetKernelArg, (cl_kernel, cl_uint, size_t, const void *))                         \
    CL(cl_int, clEnqueueNDRangeKernel,                                                             \
       (cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *, const size_t *,      \
        cl_uint, const void *, void *))                                                            \
    CL(cl_int, clEnqueueWriteBuffer,                                                               \
       (cl_command_queue, cl_mem, cl_uint, size_t, size_t, const void *, cl_uint, const void *,    \
        void *))                                                                                   \
    CL(cl_int, clEnqueueReadBuffer,                                                                \
       (cl_command_queue, cl_mem, cl_uint, size_t, size_t, void *, cl_uint, const void *, void *)) \
    CL(cl_int, clEnqueueCopyBuffer,                                                                \
       (cl_command_queue, cl_mem, cl_mem, size_t, size_t, size_t, cl_uint, const void *, void *))  \
    CL(cl_int, clEnqueueMarkerWithWaitList,                                                        \
       (cl_command_queue, cl_uint, const cl_event *, cl_event *))                                  \
    CL(cl_int, clEnqueueBarrierWithWaitList,                                                       \
       (cl_command_queue, cl_uint, const cl_event *, cl_event *))                                  \
    CL(cl_int, clReleaseEvent, (cl_event))                                                         \
    CL(cl_int, clFlush, (cl_command_queue))                                                        \
    CL(cl_int, clFinish, (cl_command_queue))

typedef struct lwi_opencl {
#define CL(result, name, parameters) result(*name) parameters;
    LWI_OPENCL_FUNCTIONS(CL)
#undef CL
} lwi_opencl;

/* An error says why there is no OpenCL here. */
lw_status lwi_opencl_api(const lwi_opencl **cl);

#endif

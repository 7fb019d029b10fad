/* SPDX-License-Identifier: MIT
 * The functions of CUDA's driver interface that are used, found in libcuda when they are needed
 * first. Names, types and numbers are those of NVIDIA's "CUDA Driver API" manual; CUDA 9 has all.
 */
#ifndef LWI_CUDA_API_H
#define LWI_CUDA_API_H

#include "base/status.h"

typedef int CUresult, CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;

enum {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NO_DEVICE = 100,
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
    CU_JIT_ERROR_LOG_BUFFER = 5,
    CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
    CU_STREAM_NON_BLOCKING = 1
};

/* CU(name, parameters); each gives a CUresult */
#define LWI_CUDA_FUNCTIONS(CU)                                                                     \
    CU(cuInit, (unsigned))                                                                         \
    CU(cuDriverGetVersion, (int *))                                                                \
    CU(cuGetErrorString, (CUresult, const char **))                                                \
    CU(cuDeviceGetCount, (int *))                                                                  \
    CU(cuDeviceGet, (CUdevice *, int))                                                             \
    CU(cuDeviceGetName, (char *, int, CUdevice))                                                   \
    CU(cuDeviceGetAttribute, (int *, int, CUdevice))                                               \
    CU(cuDeviceTotalMem_v2, (size_t *, CUdevice))                                                  \
    CU(cuDevicePrimaryCtxRetain, (CUcontext *, CUdevice))                                          \
    CU(cuCtxPushCurrent_v2, (CUcontext))                                                           \
    CU(cuCtxPopCurrent_v2, (CUcontext *))                                                          \
    CU(cuModuleLoadDataEx, (CUmodule *, const void *, unsigned, int *, void **))                   \
    CU(cuModuleGetFunction, (CUfunction *, CUmodule, const char *))                                \
    CU(cuMemAlloc_v2, (CUdeviceptr *, size_t))                                                     \
    CU(cuMemFree_v2, (CUdeviceptr))                                                                \
    CU(cuMemHostAlloc, (void **, size_t, unsigned))                                                \
    CU(cuMemFreeHost, (void *))                                                                    \
    CU(cuMemcpyHtoDAsync_v2, (CUdeviceptr, const void *, size_t, CUstream))                        \
    CU(cuMemcpyDtoHAsync_v2, (void *, CUdeviceptr, size_t, CUstream))                              \
    CU(cuStreamCreate, (CUstream *, unsigned))                                                     \
    CU(cuStreamSynchronize, (CUstream))                                                            \
    CU(cuStreamDestroy_v2, (CUstream))                                                             \
    CU(cuLaunchKernel, (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,    \
                        unsigned, CUstream, void **, void **))

typedef struct lwi_cuda {
#define CU(name, parameters) CUresult(*name) parameters;
    LWI_CUDA_FUNCTIONS(CU)
#undef CU
    int version; /* of CUDA that the driver knows: 12020 is 12.2 */
} lwi_cuda;

/* An error says why there is no driver here that can be used. */
lw_status lwi_cuda_api(const lwi_cuda **cuda);

#endif

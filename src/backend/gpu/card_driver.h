/* SPDX-License-Identifier: MIT
 * Drivers of graphics cards: CUDA's (libcuda) and HIP's (libamdhip64). HIP's functions are CUDA's
 * under other names, so that one table holds either; where they differ, the file of the driver has
 * a function of its own. Types and numbers are those of NVIDIA's "CUDA Driver API" and of AMD's
 * "HIP Runtime API" manuals. */
#ifndef LWI_CARD_DRIVER_H
#define LWI_CARD_DRIVER_H

#include "backend/gpu/device.h"

#include <pthread.h>

typedef unsigned long long lwi_card_address; /* CUdeviceptr; a pointer in HIP */
typedef struct lwi_card_context lwi_card_context;
typedef struct lwi_card_module lwi_card_module;
typedef struct lwi_card_kernel lwi_card_kernel;
typedef struct lwi_card_stream lwi_card_stream;
typedef struct lwi_card_event lwi_card_event;
typedef struct lwi_card_graph lwi_card_graph;         /* what was launched in a stream */
typedef struct lwi_card_recording lwi_card_recording; /* the same, ready to be done */

enum {
    LWI_CARD_OUT_OF_MEMORY = 2, /* results; 0 is success */
    LWI_CARD_NONE = 100,
    LWI_CARD_STREAM_NON_BLOCKING = 1,
    LWI_CARD_EVENT_DISABLE_TIMING = 2,
    LWI_CARD_CAPTURE_THREAD_LOCAL = 1,
    LWI_MOST_CARDS = 32,
    LWI_CARD_MODULES = 4
};

/* F(member, name in CUDA, name in HIP, parameters); each gives a result */
#define LWI_CARD_FUNCTIONS(F)                                                                      \
    F(init, cuInit, hipInit, (unsigned flags))                                                     \
    F(get_version, cuDriverGetVersion, hipDriverGetVersion, (int *version))                        \
    F(error_text, cuGetErrorString, hipDrvGetErrorString, (int code, const char **text))           \
    F(count, cuDeviceGetCount, hipGetDeviceCount, (int *n))                                        \
    F(get, cuDeviceGet, hipDeviceGet, (int *card, int index))                                      \
    F(card_name, cuDeviceGetName, hipDeviceGetName, (char *name, int size, int card))              \
    F(card_attribute, cuDeviceGetAttribute, hipDeviceGetAttribute, (int *v, int which, int card))  \
    F(card_memory, cuDeviceTotalMem_v2, hipDeviceTotalMem, (size_t * bytes, int card))             \
    F(load_module, cuModuleLoadDataEx, hipModuleLoadDataEx,                                        \
      (lwi_card_module * *module, const void *image, unsigned n, int *options, void **values))     \
    F(find_kernel, cuModuleGetFunction, hipModuleGetFunction,                                      \
      (lwi_card_kernel * *kernel, lwi_card_module * module, const char *name))                     \
    F(allocate, cuMemAlloc_v2, hipMalloc, (lwi_card_address * address, size_t bytes))              \
    F(release, cuMemFree_v2, hipFree, (lwi_card_address address))                                  \
    F(pin, cuMemHostAlloc, hipHostMalloc, (void **memory, size_t bytes, unsigned flags))           \
    F(unpin, cuMemFreeHost, hipHostFree, (void *memory))                                           \
    F(copy_in, cuMemcpyHtoDAsync_v2, hipMemcpyHtoDAsync,                                           \
      (lwi_card_address to, const void *from, size_t bytes, lwi_card_stream *stream))              \
    F(copy_out, cuMemcpyDtoHAsync_v2, hipMemcpyDtoHAsync,                                          \
      (void *to, lwi_card_address from, size_t bytes, lwi_card_stream *stream))                    \
    F(copy, cuMemcpyDtoDAsync_v2, hipMemcpyDtoDAsync,                                              \
      (lwi_card_address to, lwi_card_address from, size_t bytes, lwi_card_stream * stream))        \
    F(new_stream, cuStreamCreate, hipStreamCreateWithFlags,                                        \
      (lwi_card_stream * *stream, unsigned flags))                                                 \
    F(wait, cuStreamSynchronize, hipStreamSynchronize, (lwi_card_stream * stream))                 \
    F(free_stream, cuStreamDestroy_v2, hipStreamDestroy, (lwi_card_stream * stream))               \
    F(new_event, cuEventCreate, hipEventCreateWithFlags,                                           \
      (lwi_card_event * *event, unsigned flags))                                                   \
    F(record_event, cuEventRecord, hipEventRecord,                                                 \
      (lwi_card_event * event, lwi_card_stream * stream))                                          \
    F(wait_event, cuEventSynchronize, hipEventSynchronize, (lwi_card_event * event))               \
    F(await_event, cuStreamWaitEvent, hipStreamWaitEvent,                                          \
      (lwi_card_stream * stream, lwi_card_event * event, unsigned flags))                          \
    F(free_event, cuEventDestroy_v2, hipEventDestroy, (lwi_card_event * event))                    \
    F(launch, cuLaunchKernel, hipModuleLaunchKernel,                                               \
      (lwi_card_kernel * kernel, unsigned x, unsigned y, unsigned z, unsigned size,                \
       unsigned size_y, unsigned size_z, unsigned shared, lwi_card_stream *stream,                 \
       void **parameters, void **extra))

/* Those that old drivers lack, as CUDA's before 11.4 do: without them, nothing is recorded. */
#define LWI_CARD_GRAPH_FUNCTIONS(F)                                                                \
    F(begin_capture, cuStreamBeginCapture_v2, hipStreamBeginCapture,                               \
      (lwi_card_stream * stream, int mode))                                                        \
    F(end_capture, cuStreamEndCapture, hipStreamEndCapture,                                        \
      (lwi_card_stream * stream, lwi_card_graph * *graph))                                         \
    F(instantiate, cuGraphInstantiateWithFlags, hipGraphInstantiateWithFlags,                      \
      (lwi_card_recording * *recording, lwi_card_graph * graph, unsigned long long flags))         \
    F(free_graph, cuGraphDestroy, hipGraphDestroy, (lwi_card_graph * graph))                       \
    F(replay, cuGraphLaunch, hipGraphLaunch,                                                       \
      (lwi_card_recording * recording, lwi_card_stream * stream))                                  \
    F(free_recording, cuGraphExecDestroy, hipGraphExecDestroy, (lwi_card_recording * recording))

/* CUlaunchConfig and CUlaunchAttribute. */
typedef struct lwi_card_launch_attribute {
    uint32_t id, pad;
    union {
        int32_t i;
        uint8_t bytes[64];
    } value;
} lwi_card_launch_attribute;
typedef struct lwi_card_launch {
    uint32_t groups[3], size[3], shared;
    lwi_card_stream *stream;
    const lwi_card_launch_attribute *attributes;
    uint32_t n_attributes;
} lwi_card_launch;
/* It may begin when all groups of the launch before have said so, or are done. */
enum { LWI_CARD_PROGRAMMATIC_STREAM_SERIALIZATION = 6 };

typedef struct lwi_card_modules {
    lwi_card_module *each[LWI_CARD_MODULES];
    int early; /* the one whose kernels may begin early; -1: none */
} lwi_card_modules;

typedef struct lwi_card_driver lwi_card_driver;
struct lwi_card_driver {
#define F(member, cuda, hip, parameters) int(*member) parameters;
    LWI_CARD_FUNCTIONS(F)
    LWI_CARD_GRAPH_FUNCTIONS(F)
#undef F
    bool records; /* it has all functions for graphs */
    /* Of CUDA 12 alone; NULL: the driver lacks it. Dims and boxes with the innermost first; strides
     * in bytes, of all but the innermost; modes are numbers of the manual. */
    int (*encode_map)(void *map, unsigned type, unsigned rank, void *start, const uint64_t *dims,
                      const uint64_t *strides, const uint32_t *box, const uint32_t *steps,
                      unsigned interleave, unsigned swizzle, unsigned promotion, unsigned fill);
    int (*kernel_attribute)(lwi_card_kernel *kernel, int which, int value); /* NULL likewise */
    int (*launch_with)(const lwi_card_launch *launch, lwi_card_kernel *kernel, void **parameters,
                       void **extra); /* NULL likewise */
    int version;                      /* as it counts them */
    /* Of card number n: what all in the process share. */
    int (*retain)(lwi_card_context **context, int card);
    /* Makes it current for the thread, and what was current before again. */
    int (*enter)(lwi_card_context *context);
    int (*leave)(void);
    /* The rest of what is known of a card, with the reason why it is not usable. */
    void (*describe)(const lwi_card_driver *driver, int card, lwi_device_facts *facts);
    /* The kernels for it, into the current context: the last module has all, those before it, if
     * any, the card's own forms. name: of the device, for errors. */
    lw_status (*load_kernels)(const lwi_card_driver *driver, int card, const char *name,
                              lwi_card_modules *modules);
};

/* -------------------------------------------------------------- loading one */

typedef struct lwi_card_symbol {
    const char *name;
    void *function; /* to a pointer to a function */
} lwi_card_symbol;

typedef struct lwi_card_library {
    const char *title;        /* "the NVIDIA driver" */
    const char *made_for;     /* "CUDA" */
    int column;               /* of names in the lists above: 0 CUDA's, 1 HIP's */
    const char *const *files; /* names or paths of the library, the first that is there counts */
    size_t n_files;
    const lwi_card_symbol *symbols; /* that it has beside those of the lists */
    size_t n_symbols;
    const lwi_card_symbol *more; /* that it need not have */
    size_t n_more;
    lwi_card_driver *driver; /* to fill */
    int oldest, major;       /* version that is needed; what a major version counts */
    int minor;               /* what a minor one counts */
    /* What was found out by lwi_card_driver_load: */
    const char *missing; /* a symbol that the library lacks */
    bool there;
    int started; /* result */
} lwi_card_library;

/* Called once for a library. */
void lwi_card_driver_load(lwi_card_library *library);
/* An error says why there is no driver here that can be used. */
lw_status lwi_card_driver_check(const lwi_card_library *library);
/* "CUDA 12.2" */
void lwi_card_driver_version(const lwi_card_library *library, char *text, size_t size);

/* The drivers (cuda_driver.c, hip_driver.c). */
lw_status lwi_cuda_driver(const lwi_card_driver **driver);
lw_status lwi_hip_driver(const lwi_card_driver **driver);

#endif

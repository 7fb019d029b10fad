/* SPDX-License-Identifier: MIT
 * The driver's functions. FAKE_CUDA holds words: none (no card), old (a driver of CUDA 8), cards=N,
 * capability=NN, memory=BYTES, refuse (the kernels are not compiled), lost=N (the card is lost at
 * launch N). A call that the driver would take badly ends the process with a sentence. */
#include "fake_cuda.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define API EXPORT CUresult

enum { INVALID_PTX = 218, NOT_FOUND = 500, LAUNCH_FAILED = 719, MOST = 4096, MOST_FUNCTIONS = 256 };

struct CUctx_st {
    int retained;
};
struct CUmod_st {
    struct CUfunc_st functions[MOST_FUNCTIONS];
    int n;
};

/* What a stream has to do: a copy, or a launch. */
typedef struct work {
    void *to;
    const void *from;
    size_t bytes;
    bool own; /* from is a copy to free */
    const struct CUfunc_st *function;
    unsigned groups[3], size;
    uint64_t values[FAKE_MOST_PARAMETERS];
} work;
struct CUstream_st {
    work queue[MOST];
    int n;
};

typedef struct block {
    uint8_t *start;
    size_t bytes;
    bool pinned;
} block;

static struct CUctx_st context;
static CUcontext current[16];
static int depth, launches;
static bool started, lost;
static block blocks[MOST];
static size_t used;

static void wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fake libcuda: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

/* The number behind "word=", 0 behind a word alone, -1 without the word. */
static long setting(const char *word) {
    const char *all = getenv("FAKE_CUDA"), *at = all ? strstr(all, word) : NULL;
    if (!at) return -1;
    at += strlen(word);
    return *at == '=' ? atol(at + 1) : 0;
}

static void need_context(const char *function) {
    if (!started) wrong("%s before cuInit", function);
    if (depth == 0 || !current[depth - 1]) wrong("%s without a current context", function);
}

static block *find_block(const void *place, size_t bytes, bool pinned) {
    const uint8_t *p = place;
    for (int i = 0; i < MOST; i++)
        if (blocks[i].start && blocks[i].pinned == pinned && p >= blocks[i].start &&
            p + bytes <= blocks[i].start + blocks[i].bytes)
            return &blocks[i];
    return NULL;
}

static CUresult make_block(size_t bytes, bool pinned, void **made) {
    const long limit = setting("memory");
    int i = 0;
    if (!pinned && limit >= 0 && used + bytes > (size_t)limit) return CUDA_ERROR_OUT_OF_MEMORY;
    while (i < MOST && blocks[i].start)
        i++;
    if (i == MOST) wrong("too many allocations");
    /* filled with what no computation should see */
    blocks[i] = (block){malloc(bytes), bytes, pinned};
    memset(blocks[i].start, 0xff, bytes);
    if (!pinned) used += bytes;
    *made = blocks[i].start;
    return CUDA_SUCCESS;
}

static void free_block(const char *function, const void *place, bool pinned) {
    block *b = find_block(place, 0, pinned);
    if (!b || b->start != place) wrong("%s of what was not allocated", function);
    if (!pinned) used -= b->bytes;
    free(b->start);
    *b = (block){0};
}

/* ------------------------------------------------------------------ the driver */

API cuInit(unsigned flags) {
    if (flags) wrong("cuInit: flags are 0");
    started = true;
    return setting("none") >= 0 ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

API cuDriverGetVersion(int *version) {
    *version = setting("old") >= 0 ? 8000 : 12020;
    return CUDA_SUCCESS;
}

API cuGetErrorString(CUresult code, const char **text) {
    *text = code == CUDA_ERROR_OUT_OF_MEMORY ? "out of memory"
            : code == CUDA_ERROR_NO_DEVICE   ? "no CUDA-capable device is detected"
            : code == INVALID_PTX            ? "a PTX JIT compilation failed"
            : code == NOT_FOUND              ? "named symbol not found"
            : code == LAUNCH_FAILED          ? "unspecified launch failure"
                                             : "unknown error";
    return CUDA_SUCCESS;
}

API cuDeviceGetCount(int *n) {
    *n = setting("cards") > 0 ? (int)setting("cards") : 1;
    return CUDA_SUCCESS;
}

API cuDeviceGet(CUdevice *device, int index) {
    *device = index;
    return CUDA_SUCCESS;
}

API cuDeviceGetName(char *name, int size, CUdevice device) {
    snprintf(name, (size_t)size, "Fake card %d", device);
    return CUDA_SUCCESS;
}

API cuDeviceGetAttribute(int *value, int what, CUdevice device) {
    const int capability = setting("capability") > 0 ? (int)setting("capability") : 61;
    (void)device;
    *value = what == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? capability / 10
             : what == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? capability % 10
                                                                    : 20;
    return CUDA_SUCCESS;
}

API cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
    (void)device;
    *bytes = (size_t)8 << 30;
    return CUDA_SUCCESS;
}

API cuDevicePrimaryCtxRetain(CUcontext *made, CUdevice device) {
    (void)device;
    context.retained++;
    *made = &context;
    return CUDA_SUCCESS;
}

API cuCtxPushCurrent_v2(CUcontext pushed) {
    if (pushed != &context || !context.retained) wrong("cuCtxPushCurrent of no context");
    if (depth == 16) wrong("contexts are pushed and not popped");
    current[depth++] = pushed;
    return CUDA_SUCCESS;
}

API cuCtxPopCurrent_v2(CUcontext *popped) {
    if (depth == 0) wrong("cuCtxPopCurrent of no context");
    *popped = current[--depth];
    return CUDA_SUCCESS;
}

API cuModuleLoadDataEx(CUmodule *module, const void *text, unsigned n, int *options,
                       void **values) {
    need_context("cuModuleLoadDataEx");
    for (unsigned i = 0; i < n; i++)
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER) strcpy(values[i], "ptxas fatal: as it was told");
    if (setting("refuse") >= 0) return INVALID_PTX;
    *module = calloc(1, sizeof **module);
    (*module)->n = fake_read_ptx(text, (*module)->functions, MOST_FUNCTIONS);
    if ((*module)->n <= 0) wrong("this is no PTX");
    return CUDA_SUCCESS;
}

API cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    need_context("cuModuleGetFunction");
    for (int i = 0; i < module->n; i++)
        if (strcmp(module->functions[i].name, name) == 0) {
            *function = &module->functions[i];
            return CUDA_SUCCESS;
        }
    return NOT_FOUND;
}

/* -------------------------------------------------------------------- memory */

API cuMemAlloc_v2(CUdeviceptr *made, size_t bytes) {
    void *start = NULL;
    need_context("cuMemAlloc");
    if (bytes == 0) wrong("cuMemAlloc of 0 bytes");
    const CUresult code = make_block(bytes, false, &start);
    *made = (uintptr_t)start;
    return code;
}

API cuMemFree_v2(CUdeviceptr place) {
    need_context("cuMemFree");
    free_block("cuMemFree", (void *)(uintptr_t)place, false);
    return CUDA_SUCCESS;
}

API cuMemHostAlloc(void **made, size_t bytes, unsigned flags) {
    (void)flags;
    need_context("cuMemHostAlloc");
    return make_block(bytes, true, made);
}

API cuMemFreeHost(void *place) {
    need_context("cuMemFreeHost");
    free_block("cuMemFreeHost", place, true);
    return CUDA_SUCCESS;
}

/* A lost card does nothing more: its memory may be gone by now. */
API cuStreamSynchronize(CUstream stream) {
    need_context("cuStreamSynchronize");
    for (int i = 0; i < stream->n; i++) {
        work *w = &stream->queue[i];
        if (w->function && !lost) fake_run(w->function, w->groups, w->size, w->values);
        if (!w->function && !lost) memcpy(w->to, w->from, w->bytes);
        if (w->own) free((void *)w->from);
    }
    stream->n = 0;
    return lost ? LAUNCH_FAILED : CUDA_SUCCESS;
}

static work *add_work(CUstream stream) {
    if (!stream) wrong("work for no stream");
    if (stream->n == MOST && cuStreamSynchronize(stream) != CUDA_SUCCESS) wrong("a full queue");
    return &stream->queue[stream->n++];
}

/* Pinned memory is read when the stream comes to it; what is not pinned, at once. */
API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
    need_context("cuMemcpyHtoDAsync");
    void *place = (void *)(uintptr_t)to;
    if (!find_block(place, bytes, false)) wrong("cuMemcpyHtoDAsync to outside of an allocation");
    work *w = add_work(stream);
    *w = (work){.to = place, .from = from, .bytes = bytes};
    if (find_block(from, bytes, true)) return CUDA_SUCCESS;
    w->from = memcpy(malloc(bytes), from, bytes);
    w->own = true;
    return CUDA_SUCCESS;
}

API cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
    need_context("cuMemcpyDtoHAsync");
    const void *place = (void *)(uintptr_t)from;
    if (!find_block(place, bytes, false)) wrong("cuMemcpyDtoHAsync from outside of an allocation");
    *add_work(stream) = (work){.to = to, .from = place, .bytes = bytes};
    return find_block(to, bytes, true) ? CUDA_SUCCESS : cuStreamSynchronize(stream);
}

/* -------------------------------------------------------------------- streams */

API cuStreamCreate(CUstream *stream, unsigned flags) {
    (void)flags;
    need_context("cuStreamCreate");
    *stream = calloc(1, sizeof **stream);
    return CUDA_SUCCESS;
}

API cuStreamDestroy_v2(CUstream stream) {
    need_context("cuStreamDestroy");
    if (cuStreamSynchronize(stream) == CUDA_SUCCESS || lost) free(stream);
    return CUDA_SUCCESS;
}

API cuLaunchKernel(CUfunction f, unsigned x, unsigned y, unsigned z, unsigned size, unsigned size_y,
                   unsigned size_z, unsigned shared, CUstream stream, void **parameters,
                   void **extra) {
    need_context("cuLaunchKernel");
    if (!x || !y || !z || y > 65535 || z > 65535)
        wrong("%s: a grid of %u x %u x %u", f->name, x, y, z);
    if (!size || size > 1024 || size_y != 1 || size_z != 1 || shared || extra)
        wrong("%s: a block of %u x %u x %u", f->name, size, size_y, size_z);
    if (lost || launches++ == setting("lost")) {
        lost = true;
        return LAUNCH_FAILED;
    }
    work *w = add_work(stream);
    *w = (work){.function = f, .groups = {x, y, z}, .size = size};
    for (int i = 0; i < f->n_parameters; i++)
        memcpy(&w->values[i], parameters[i], (size_t)f->bytes[i]);
    return CUDA_SUCCESS;
}

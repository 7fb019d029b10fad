/* SPDX-License-Identifier: MIT
 *
 * ONNX Runtime behind bench/engine.h, through its C API. The package has the library but no
 * header: OrtApi is a table of function pointers whose order never changes (its documentation
 * promises that), so that the few functions used here are taken by their places in it. Default
 * options (all optimisations, arena, memory patterns) but for the number of threads. Outputs that
 * are plain tensors are handed back in the next run. */
#include "engine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef void *status; /* NULL: success; otherwise an OrtStatus */
typedef struct api_base {
    const void *const *(*get_api)(uint32_t version);
    const char *(*version)(void);
} api_base;

enum { API_VERSION = 20, LOG_ERROR = 3, CPU_ARENA = 1, MEMORY_DEFAULT = 0, VALUE_MAP = 3 };

/* place in OrtApi, result, name, arguments */
#define FUNCTIONS(X)                                                                               \
    X(2, const char *, GetErrorMessage, (const void *))                                            \
    X(3, status, CreateEnv, (int, const char *, void **))                                          \
    X(7, status, CreateSession, (void *, const char *, const void *, void **))                     \
    X(9, status, Run,                                                                              \
      (void *, const void *, const char *const *, void *const *, size_t, const char *const *,      \
       size_t, void **))                                                                           \
    X(10, status, CreateSessionOptions, (void **))                                                 \
    X(24, status, SetIntraOpNumThreads, (void *, int))                                             \
    X(31, status, SessionGetOutputCount, (const void *, size_t *))                                 \
    X(37, status, SessionGetOutputName, (const void *, size_t, void *, char **))                   \
    X(48, status, CreateTensorAsOrtValue, (void *, const int64_t *, size_t, int, void **))         \
    X(49, status, CreateTensorWithDataAsOrtValue,                                                  \
      (const void *, void *, size_t, const int64_t *, size_t, int, void **))                       \
    X(50, status, IsTensor, (const void *, int *))                                                 \
    X(51, status, GetTensorMutableData, (void *, void **))                                         \
    X(52, status, FillStringTensor, (void *, const char *const *, size_t))                         \
    X(60, status, GetTensorElementType, (const void *, int *))                                     \
    X(61, status, GetDimensionsCount, (const void *, size_t *))                                    \
    X(62, status, GetDimensions, (const void *, int64_t *, size_t))                                \
    X(64, status, GetTensorShapeElementCount, (const void *, size_t *))                            \
    X(65, status, GetTensorTypeAndShape, (const void *, void **))                                  \
    X(69, status, CreateCpuMemoryInfo, (int, int, void **))                                        \
    X(78, status, GetAllocatorWithDefaultOptions, (void **))                                       \
    X(82, status, CreateValue, (const void *const *, size_t, int, void **))                        \
    X(96, void, ReleaseValue, (void *))                                                            \
    X(99, void, ReleaseTensorTypeAndShapeInfo, (void *))

static struct {
#define MEMBER(place, result, name, arguments) result(*name) arguments;
    FUNCTIONS(MEMBER)
#undef MEMBER
} ort;

static int n_threads;
static void *env, *session, *allocator, *memory;
static const char *in_names[BENCH_MAX_IO], *out_names[BENCH_MAX_IO];
static void *in_values[BENCH_MAX_IO], *out_values[BENCH_MAX_IO];
static size_t n_in, n_out;
static bool kept[BENCH_MAX_IO];

static bool good(status s) {
    if (s != NULL) fprintf(stderr, "onnxruntime: %s\n", ort.GetErrorMessage(s));
    return s == NULL;
}

static bool open_library(const char *library, int threads) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const api_base *(*get_base)(void) = NULL;
    if (handle != NULL) *(void **)&get_base = dlsym(handle, "OrtGetApiBase");
    if (get_base == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    const void *const *api = get_base()->get_api(API_VERSION);
    if (api == NULL) return false;
#define TAKE(place, result, name, arguments) memcpy(&ort.name, &api[place], sizeof ort.name);
    FUNCTIONS(TAKE)
#undef TAKE
    n_threads = threads;
    return good(ort.CreateEnv(LOG_ERROR, "bench", &env));
}

static bool make_tensor(const bench_tensor *t, void **value) {
    size_t rank = (size_t)t->rank;
    if (t->dtype == BENCH_STRING)
        return good(ort.CreateTensorAsOrtValue(allocator, t->dims, rank, t->dtype, value)) &&
               good(ort.FillStringTensor(*value, t->data, t->bytes));
    return good(ort.CreateTensorWithDataAsOrtValue(memory, t->data, t->bytes, t->dims, rank,
                                                   t->dtype, value));
}

static bool make_input(const bench_input *input, void **value) {
    if (!input->map) return make_tensor(&input->tensor, value);
    void *pair[2];
    return make_tensor(&input->tensor, &pair[0]) && make_tensor(&input->values, &pair[1]) &&
           good(ort.CreateValue((const void *const *)pair, 2, VALUE_MAP, value));
}

static bool load(const char *path, const bench_input *inputs, size_t n) {
    void *options = NULL;
    if (!good(ort.CreateSessionOptions(&options)) ||
        !good(ort.SetIntraOpNumThreads(options, n_threads)) ||
        !good(ort.CreateSession(env, path, options, &session)) ||
        !good(ort.GetAllocatorWithDefaultOptions(&allocator)) ||
        !good(ort.CreateCpuMemoryInfo(CPU_ARENA, MEMORY_DEFAULT, &memory)) ||
        !good(ort.SessionGetOutputCount(session, &n_out)) || n_out > BENCH_MAX_IO)
        return false;
    n_in = n;
    for (size_t i = 0; i < n; i++) {
        in_names[i] = inputs[i].name;
        if (!make_input(&inputs[i], &in_values[i])) return false;
    }
    for (size_t i = 0; i < n_out; i++)
        if (!good(ort.SessionGetOutputName(session, i, allocator, (char **)&out_names[i])))
            return false;
    return true;
}

static bool plain(void *value) {
    int tensor = 0, dtype = BENCH_STRING;
    void *info = NULL;
    if (value == NULL || !good(ort.IsTensor(value, &tensor)) || !tensor ||
        !good(ort.GetTensorTypeAndShape(value, &info)))
        return false;
    bool known = good(ort.GetTensorElementType(info, &dtype));
    ort.ReleaseTensorTypeAndShapeInfo(info);
    return known && dtype != BENCH_STRING;
}

static bool run(void) {
    static bool looked;
    for (size_t i = 0; i < n_out; i++)
        if (!kept[i] && out_values[i] != NULL) {
            ort.ReleaseValue(out_values[i]);
            out_values[i] = NULL;
        }
    if (!good(ort.Run(session, NULL, in_names, in_values, n_in, out_names, n_out, out_values)))
        return false;
    for (size_t i = 0; i < n_out && !looked; i++)
        kept[i] = plain(out_values[i]);
    looked = true;
    return true;
}

static size_t outputs(void) { return n_out; }

static bool output(size_t i, bench_tensor *t) {
    static const int sizes[] = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 8, 16, 2};
    void *info = NULL;
    size_t rank = 0, count = 0;
    if (!kept[i] || !good(ort.GetTensorTypeAndShape(out_values[i], &info))) return false;
    bool known = good(ort.GetTensorElementType(info, &t->dtype)) &&
                 good(ort.GetDimensionsCount(info, &rank)) && rank <= BENCH_MAX_RANK &&
                 good(ort.GetDimensions(info, t->dims, rank)) &&
                 good(ort.GetTensorShapeElementCount(info, &count)) &&
                 good(ort.GetTensorMutableData(out_values[i], &t->data));
    ort.ReleaseTensorTypeAndShapeInfo(info);
    if (!known || (size_t)t->dtype >= sizeof sizes / sizeof *sizes) return false;
    t->rank = (int)rank;
    t->bytes = count * (size_t)sizes[t->dtype];
    return true;
}

const bench_engine bench_onnxruntime = {open_library, load, run, outputs, output, NULL};

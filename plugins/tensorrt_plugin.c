/* SPDX-License-Identifier: MIT
 * NVIDIA's TensorRT, 8.6 and 10, and memory of the card through CUDA's driver. Options: device (0),
 * fp16. TensorRT has no C interface: its objects are C++ classes, whose virtual functions are
 * called here by their places (tensorrt_slots.def), as the C++ ABI of Linux has them; other
 * versions, whose places may be others, are refused. A function's first argument is the object. */
#include "adapter.h"

#include <stdbool.h>
#include <stdint.h>

/* ------------------------------------------------------------------- libraries */

/* TensorRT's makers of objects, which are C functions (NvInfer.h, NvInferRuntime.h). */
#define INFER_FUNCTIONS(X)                                                                         \
    X(int32_t, getInferLibVersion, void)                                                           \
    X(void *, createInferBuilder_INTERNAL, void *, int32_t)                                        \
    X(void *, createInferRuntime_INTERNAL, void *, int32_t)
#define PARSER_FUNCTIONS(X) X(void *, createNvOnnxParser_INTERNAL, void *, void *, int32_t)
#define CUDA_FUNCTIONS(X)                                                                          \
    X(int, cuInit, unsigned)                                                                       \
    X(int, cuDeviceGet, int *, int)                                                                \
    X(int, cuDeviceGetName, char *, int, int)                                                      \
    X(int, cuDevicePrimaryCtxRetain, void **, int)                                                 \
    X(int, cuDevicePrimaryCtxRelease_v2, int)                                                      \
    X(int, cuCtxPushCurrent_v2, void *)                                                            \
    X(int, cuCtxPopCurrent_v2, void **)                                                            \
    X(int, cuMemAlloc_v2, unsigned long long *, size_t)                                            \
    X(int, cuMemFree_v2, unsigned long long)                                                       \
    X(int, cuMemcpyHtoDAsync_v2, unsigned long long, const void *, size_t, void *)                 \
    X(int, cuMemcpyDtoHAsync_v2, void *, unsigned long long, size_t, void *)                       \
    X(int, cuStreamCreate, void **, unsigned)                                                      \
    X(int, cuStreamSynchronize, void *)                                                            \
    X(int, cuStreamDestroy_v2, void *)

typedef struct functions {
    INFER_FUNCTIONS(ADAPTER_MEMBER)
    PARSER_FUNCTIONS(ADAPTER_MEMBER)
    CUDA_FUNCTIONS(ADAPTER_MEMBER)
} functions;

enum { PARSER_VERSION = 100 }; /* NV_ONNX_PARSER_VERSION: 0.1.0 */

/* ------------------------------------------------------------ virtual functions */

typedef void (*method)(void);

enum {
#define SLOT(interface, function, old, new) interface##_##function,
#include "tensorrt_slots.def"
#undef SLOT
    SLOTS
};

static const int slots[SLOTS][2] = {
#define SLOT(interface, function, old, new) {old, new},
#include "tensorrt_slots.def"
#undef SLOT
};

typedef struct state state;

/* An object begins with its table; an interface has its implementation behind that. */
static method in_table(const void *object, int place) { return (*(method *const *)object)[place]; }
static void *inside(void *object) { return ((void **)object)[1]; }

/* A call: METHOD(s, result, (types of arguments), name)(object, ...) */
#define METHOD(s, result, types, object, name)                                                     \
    ((result(*) types)in_table(object, slots[name][(s)->newer]))

/* The destructor that also frees stands second in the table of an interface. */
static void destroy(void *object) {
    if (object) ((void (*)(void *))in_table(object, 1))(object);
}

/* nvinfer1::Dims of 8.6 and of 10. */
typedef struct dims32 {
    int32_t n, d[8];
} dims32;
typedef struct dims64 {
    int32_t n;
    int64_t d[8];
} dims64;

/* nvinfer1::ILogger: its table has log, and a destructor that nobody calls. */
typedef struct logger {
    const method *table;
    char last[256]; /* error */
} logger;

struct state {
    functions f;
    adapter_fail_fn fail;
    const char *cache; /* of the setup */
    logger log;
    int32_t version;
    bool newer; /* 10; otherwise 8.6 */
    bool fp16;
    int device;
    void *context; /* CUDA's; NULL: none */
    void *runtime, *builder, *network, *parser;
};

static void take_log(void *self, int32_t severity, const char *message) {
    logger *l = self;
    if (severity > 1) return; /* 0 and 1: errors */
    snprintf(l->last, sizeof l->last, "%s", message);
}

static void keep_logger(void *self) { (void)self; }

static const method logger_table[] = {(method)take_log, (method)keep_logger, (method)keep_logger};

static lw_status fail(const state *s, const char *what) {
    return adapter_fail(s->fail, LW_DEVICE, "TensorRT: %s%s%s", what, *s->log.last ? ": " : "",
                        s->log.last);
}

#define TRY(call)                                                                                  \
    do {                                                                                           \
        const lw_status status_ = (call);                                                          \
        if (status_ != LW_OK) return status_;                                                      \
    } while (0)

static lw_status cuda(const state *s, int result, const char *what) {
    if (result == 0) return LW_OK;
    return adapter_fail(s->fail, result == 2 ? LW_NO_MEMORY : LW_DEVICE, "TensorRT: %s: CUDA %d",
                        what, result);
}

/* --------------------------------------------------------------------- opening */

static lw_status bind_tensorrt(state *s) {
    static const char *const infer[] = {"libnvinfer.so.10", "libnvinfer.so.8", "libnvinfer.so",
                                        NULL};
    static const char *const parsers[] = {"libnvonnxparser.so.10", "libnvonnxparser.so.8",
                                          "libnvonnxparser.so", NULL};
    static const adapter_symbol infer_symbols[] = {INFER_FUNCTIONS(ADAPTER_SYMBOL)};
    static const adapter_symbol parser_symbols[] = {PARSER_FUNCTIONS(ADAPTER_SYMBOL)};
    TRY(adapter_bind(s->fail, infer, infer_symbols, sizeof infer_symbols / sizeof *infer_symbols,
                     &s->f));
    s->version = s->f.getInferLibVersion();
    s->newer = s->version >= 100000;
    if ((s->version < 8600 || s->version >= 8700) && (s->version < 100000 || s->version >= 110000))
        return adapter_fail(s->fail, LW_UNSUPPORTED,
                            "TensorRT's version number is %d; this adapter knows the tables of 8.6 "
                            "(86xx) and 10 (10xxxx) only",
                            s->version);
    return adapter_bind(s->fail, parsers + !s->newer, parser_symbols, 1, &s->f);
}

static lw_status bind_cuda(state *s) {
    static const char *const libraries[] = {"libcuda.so.1",
                                            "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1", NULL};
    static const adapter_symbol symbols[] = {CUDA_FUNCTIONS(ADAPTER_SYMBOL)};
    int card = 0;
    TRY(adapter_bind(s->fail, libraries, symbols, sizeof symbols / sizeof *symbols, &s->f));
    TRY(cuda(s, s->f.cuInit(0), "the driver does not start"));
    TRY(cuda(s, s->f.cuDeviceGet(&card, s->device), "there is no such card"));
    s->device = card;
    return cuda(s, s->f.cuDevicePrimaryCtxRetain(&s->context, card), "a context");
}

static lw_status enter(const state *s) {
    return cuda(s, s->f.cuCtxPushCurrent_v2(s->context), "a context");
}
static void leave(const state *s) {
    void *popped = NULL;
    s->f.cuCtxPopCurrent_v2(&popped);
}

/* A network with its parser; 8.6 wants to be told that its batch is an axis like others (1). */
static bool make_network(state *s, void **network, void **parser) {
    const uint32_t flags = s->newer ? 0 : 1;
    void *b = inside(s->builder);
    *network = METHOD(s, void *, (void *, uint32_t), b, VBuilder_createNetworkV2)(b, flags);
    *parser = *network ? s->f.createNvOnnxParser_INTERNAL(*network, &s->log, PARSER_VERSION) : NULL;
    return *parser != NULL;
}

/* Both of a parser's destructors stand behind clearErrors. */
static void destroy_parser(const state *s, void *parser) {
    const int place = slots[IParser_clearErrors][s->newer] + 2;
    if (parser) ((void (*)(void *))in_table(parser, place))(parser);
}

static void trt_close(void *opened) {
    state *s = opened;
    if (s->context && enter(s) == LW_OK) {
        destroy_parser(s, s->parser);
        destroy(s->network);
        destroy(s->builder);
        destroy(s->runtime);
        leave(s);
        s->f.cuDevicePrimaryCtxRelease_v2(s->device);
    }
    free(s);
}

/* What is asked which operators it reads, and what reads programs. */
static lw_status make_objects(state *s) {
    s->runtime = s->f.createInferRuntime_INTERNAL(&s->log, s->version);
    s->builder = s->runtime ? s->f.createInferBuilder_INTERNAL(&s->log, s->version) : NULL;
    if (s->builder && make_network(s, &s->network, &s->parser)) return LW_OK;
    return fail(s, "it does not start");
}

static lw_status start(state *s) {
    TRY(bind_tensorrt(s));
    TRY(bind_cuda(s));
    TRY(enter(s));
    const lw_status status = make_objects(s);
    leave(s);
    return status;
}

static lw_status trt_open(const lw_plugin_setup *setup, void **opened) {
    static const char *const known[] = {"device", "fp16", NULL};
    TRY(adapter_check_options(setup, known));
    state *s = calloc(1, sizeof *s);
    if (!s) return setup->fail(LW_NO_MEMORY, "out of memory");
    const char *device = adapter_option(setup, "device");
    s->fail = setup->fail;
    s->cache = setup->cache;
    s->device = device ? (int)strtol(device, NULL, 10) : 0;
    s->fp16 = adapter_option(setup, "fp16") != NULL;
    s->log.table = logger_table;
    const lw_status status = start(s);
    if (status == LW_OK) *opened = s;
    else trt_close(s);
    return status;
}

/* ---------------------------------------------------------------------- claims */

/* nvinfer1::DataType; -1: none. bfloat16 and int64 came with 9 and 10. */
static int type_of(const state *s, lw_dtype dtype) {
    switch (dtype) {
    case LW_FLOAT32:
        return 0;
    case LW_FLOAT16:
        return 1;
    case LW_INT8:
        return 2;
    case LW_INT32:
        return 3;
    case LW_BOOL:
        return 4;
    case LW_UINT8:
        return 5;
    case LW_BFLOAT16:
        return s->newer ? 7 : -1;
    case LW_INT64:
        return s->newer ? 8 : -1;
    default:
        return -1;
    }
}

static bool has_types(const state *s, const lw_plugin_tensor *t, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (*t[i].name && !t[i].data && type_of(s, t[i].dtype) < 0) return false;
    return true;
}

static bool trt_claims(void *opened, const lw_plugin_node *node, const char **reason) {
    state *s = opened;
    *reason = "TensorRT has no such type";
    if (!has_types(s, node->inputs, node->n_inputs) ||
        !has_types(s, node->outputs, node->n_outputs))
        return false;
    *reason = "TensorRT's parser does not list the operator";
    return !*node->domain && METHOD(s, bool, (void *, const char *), s->parser,
                                    IParser_supportsOperator)(s->parser, node->op_type);
}

/* -------------------------------------------------------------------- programs */

typedef struct program {
    state *s;
    void *engine, *context, *stream;
    unsigned long long *places; /* [inputs, then outputs] in the card's memory */
    size_t n_inputs, n_outputs;
} program;

static void trt_release(void *made) {
    program *p = made;
    const state *s = p->s;
    if (enter(s) == LW_OK) {
        destroy(p->context);
        destroy(p->engine);
        for (size_t i = 0; p->places && i < p->n_inputs + p->n_outputs; i++)
            if (p->places[i]) s->f.cuMemFree_v2(p->places[i]);
        if (p->stream) s->f.cuStreamDestroy_v2(p->stream);
        leave(s);
    }
    free(p->places);
    free(p);
}

/* The first thing that the parser says was wrong. */
static lw_status parse_failed(const state *s, void *parser) {
    const int n = METHOD(s, int, (const void *), parser, IParser_getNbErrors)(parser);
    if (n < 1) return fail(s, "it does not read the graph");
    const void *error =
        METHOD(s, const void *, (const void *, int), parser, IParser_getError)(parser, 0);
    const char *text = METHOD(s, const char *, (const void *), error, IParserError_desc)(error);
    return adapter_fail(s->fail, LW_UNSUPPORTED, "TensorRT: it does not read the graph: %s", text);
}

/* A program as bytes: an object that holds them. */
static lw_status build(state *s, void *network, void **bytes) {
    void *b = inside(s->builder);
    void *config = METHOD(s, void *, (void *), b, VBuilder_createBuilderConfig)(b);
    if (!config) return fail(s, "it makes no configuration");
    if (s->fp16) /* BuilderFlag::kFP16 is 0 */
        METHOD(s, void, (void *, int32_t), inside(config), VBuilderConfig_setFlag)
    (inside(config), 0);
    *bytes = METHOD(s, void *, (void *, void *, void *), b,
                    VBuilder_buildSerializedNetwork)(b, network, config);
    destroy(config);
    return *bytes ? LW_OK : fail(s, "it cannot build the graph");
}

static lw_status parse_and_build(state *s, const lw_plugin_graph *g, void **bytes) {
    void *network = NULL, *parser = NULL;
    lw_status status = make_network(s, &network, &parser) ? LW_OK : fail(s, "it makes no network");
    if (status == LW_OK && !METHOD(s, bool, (void *, const void *, size_t, const char *), parser,
                                   IParser_parse)(parser, g->onnx, g->onnx_bytes, NULL))
        status = parse_failed(s, parser);
    if (status == LW_OK) status = build(s, network, bytes);
    destroy_parser(s, parser);
    destroy(network);
    return status;
}

static lw_status read_engine(program *p, const void *data, size_t size) {
    state *s = p->s;
    void *r = inside(s->runtime);
    if (s->newer)
        p->engine = METHOD(s, void *, (void *, const void *, size_t), r,
                           VRuntime_deserializeCudaEngine)(r, data, size);
    else
        p->engine = METHOD(s, void *, (void *, const void *, size_t, void *), r,
                           VRuntime_deserializeCudaEngine)(r, data, size, NULL);
    return p->engine ? LW_OK : fail(s, "it does not read its own program");
}

/* Programs are good for one version and one kind of card. False: nothing is to be kept. */
static bool cache_path(const state *s, const lw_plugin_graph *g, char path[4096]) {
    char card[128] = "";
    if (!s->cache) return false;
    s->f.cuDeviceGetName(card, sizeof card, s->device);
    for (char *c = card; *c; c++)
        if (*c == '/' || *c == ' ') *c = '-';
    const int n = snprintf(path, 4096, "%s/%s-%d-%s%s.engine", s->cache, g->key, s->version, card,
                           s->fp16 ? "-fp16" : "");
    return n > 0 && n < 4096;
}

static bool load(program *p, const char *path) {
    FILE *file = fopen(path, "rb");
    void *data = NULL;
    long size = 0;
    if (!file) return false;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) data = malloc((size_t)size);
    rewind(file);
    const bool read = data && fread(data, 1, (size_t)size, file) == (size_t)size;
    fclose(file);
    const bool good = read && read_engine(p, data, (size_t)size) == LW_OK;
    free(data);
    return good;
}

/* Without the file, the next process builds again: nobody needs to know. */
static void save(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file) return;
    const bool written = fwrite(data, 1, size, file) == size;
    if (fclose(file) != 0 || !written) remove(path);
}

static lw_status make_engine(program *p, const lw_plugin_graph *g) {
    char path[4096];
    state *s = p->s;
    void *bytes = NULL;
    const bool kept = cache_path(s, g, path);
    if (kept && load(p, path)) return LW_OK;
    s->log.last[0] = '\0';
    TRY(parse_and_build(s, g, &bytes));
    void *b = inside(bytes);
    const void *data = METHOD(s, const void *, (const void *), b, VHostMemory_data)(b);
    const size_t size = METHOD(s, size_t, (const void *), b, VHostMemory_size)(b);
    if (kept) save(path, data, size);
    const lw_status status = read_engine(p, data, size);
    destroy(bytes);
    return status;
}

/* ---------------------------------------------------------------------- tensors */

static size_t elements(const program *p, const char *name) {
    const state *s = p->s;
    void *e = inside(p->engine);
    size_t n = 1;
    if (s->newer) {
        const dims64 d =
            METHOD(s, dims64, (const void *, const char *), e, VCudaEngine_getTensorShape)(e, name);
        for (int i = 0; i < d.n && i < 8; i++)
            n *= (size_t)d.d[i];
        return d.n < 0 ? 0 : n;
    }
    const dims32 d =
        METHOD(s, dims32, (const void *, const char *), e, VCudaEngine_getTensorShape)(e, name);
    for (int i = 0; i < d.n && i < 8; i++)
        n *= (size_t)d.d[i];
    return d.n < 0 ? 0 : n;
}

static lw_status check_tensor(const program *p, const lw_plugin_tensor *t) {
    const state *s = p->s;
    void *e = inside(p->engine);
    const int type = METHOD(s, int32_t, (const void *, const char *), e,
                            VCudaEngine_getTensorDataType)(e, t->name);
    const int where = METHOD(s, int32_t, (const void *, const char *), e,
                             VCudaEngine_getTensorLocation)(e, t->name);
    size_t wanted = 1;
    for (int i = 0; i < t->rank; i++)
        wanted *= (size_t)t->dims[i];
    if (type != type_of(s, t->dtype))
        return adapter_fail(s->fail, LW_TYPE, "TensorRT: '%s' has type %d there, expected %d",
                            t->name, type, type_of(s, t->dtype));
    if (where != 0)
        return adapter_fail(s->fail, LW_UNSUPPORTED,
                            "TensorRT: '%s' is a shape, which it wants in the processor's memory",
                            t->name);
    if (elements(p, t->name) != wanted)
        return adapter_fail(s->fail, LW_SHAPE,
                            "TensorRT: '%s' has %zu elements there, expected %zu", t->name,
                            elements(p, t->name), wanted);
    return LW_OK;
}

static lw_status bind(program *p, size_t i, const lw_plugin_tensor *t) {
    const state *s = p->s;
    void *c = inside(p->context);
    TRY(check_tensor(p, t));
    TRY(cuda(s, s->f.cuMemAlloc_v2(&p->places[i], t->bytes ? t->bytes : 1), t->name));
    void *place = (void *)(uintptr_t)p->places[i]; // NOLINT: a number to CUDA's driver
    if (METHOD(s, bool, (void *, const char *, void *), c,
               VExecutionContext_setTensorAddress)(c, t->name, place))
        return LW_OK;
    return fail(s, t->name);
}

static lw_status make_context(program *p) {
    const state *s = p->s;
    void *e = inside(p->engine);
    const int n = METHOD(s, int32_t, (const void *), e, VCudaEngine_getNbIOTensors)(e);
    if (n < 0 || (size_t)n != p->n_inputs + p->n_outputs)
        return adapter_fail(s->fail, LW_DEVICE,
                            "TensorRT: the program has %d inputs and outputs, expected %zu", n,
                            p->n_inputs + p->n_outputs);
    if (s->newer) /* ExecutionContextAllocationStrategy::kSTATIC is 0 */
        p->context =
            METHOD(s, void *, (void *, int32_t), e, VCudaEngine_createExecutionContext)(e, 0);
    else p->context = METHOD(s, void *, (void *), e, VCudaEngine_createExecutionContext)(e);
    if (!p->context) return fail(s, "it makes no context");
    return cuda(s, s->f.cuStreamCreate(&p->stream, 1), "a stream");
}

static lw_status make(program *p, const lw_plugin_graph *g) {
    p->n_inputs = g->n_inputs;
    p->n_outputs = g->n_outputs;
    p->places = calloc(g->n_inputs + g->n_outputs + 1, sizeof *p->places);
    if (!p->places) return p->s->fail(LW_NO_MEMORY, "out of memory");
    TRY(make_engine(p, g));
    TRY(make_context(p));
    for (size_t i = 0; i < g->n_inputs; i++)
        TRY(bind(p, i, &g->inputs[i]));
    for (size_t i = 0; i < g->n_outputs; i++)
        TRY(bind(p, g->n_inputs + i, &g->outputs[i]));
    return LW_OK;
}

static lw_status trt_compile(void *opened, const lw_plugin_graph *g, void **made) {
    state *s = opened;
    program *p = calloc(1, sizeof *p);
    if (!p) return s->fail(LW_NO_MEMORY, "out of memory");
    p->s = s;
    lw_status status = enter(s);
    if (status == LW_OK) {
        status = make(p, g);
        leave(s);
    }
    if (status == LW_OK) *made = p;
    else trt_release(p);
    return status;
}

/* ----------------------------------------------------------------------- run */

static lw_status run(const program *p, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    const state *s = p->s;
    void *c = inside(p->context);
    for (size_t i = 0; i < p->n_inputs; i++)
        TRY(cuda(s, s->f.cuMemcpyHtoDAsync_v2(p->places[i], in[i].data, in[i].bytes, p->stream),
                 in[i].name));
    if (!METHOD(s, bool, (void *, void *), c, VExecutionContext_enqueueV3)(c, p->stream))
        return fail(s, "the run failed");
    for (size_t i = 0; i < p->n_outputs; i++)
        TRY(cuda(s,
                 s->f.cuMemcpyDtoHAsync_v2(out[i].data, p->places[p->n_inputs + i], out[i].bytes,
                                           p->stream),
                 out[i].name));
    return cuda(s, s->f.cuStreamSynchronize(p->stream), "the run failed");
}

static lw_status trt_run(void *made, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    const program *p = made;
    p->s->log.last[0] = '\0';
    TRY(enter(p->s));
    const lw_status status = run(p, in, out);
    leave(p->s);
    return status;
}

const lw_plugin *lw_plugin_entry(uint32_t version) {
    static const lw_plugin table = {.size = sizeof table,
                                    .version = LW_PLUGIN_VERSION,
                                    .name = "tensorrt",
                                    .open = trt_open,
                                    .close = trt_close,
                                    .claims = trt_claims,
                                    .compile = trt_compile,
                                    .run = trt_run,
                                    .release = trt_release};
    return version == LW_PLUGIN_VERSION ? &table : NULL;
}

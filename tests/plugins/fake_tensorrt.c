/* SPDX-License-Identifier: MIT
 * A libnvinfer.so, libnvonnxparser.so and libcuda.so for tests, in one. Objects have tables of
 * functions as the C++ ABI lays them out; a call of a function that is not there ends the process.
 * FAKE_VERSION is TensorRT's version number (101300 if not set); with 86xx the tables are those of
 * 8.6. A serialized program is a word of eight letters, then the ONNX model. */
#include "fake.h"

#include <stdint.h>

typedef void (*method)(void);

enum { PLACES = 64, WORD = 8 };
static const char word[] = "faketrt1";

/* --------------------------------------------------------------------- objects */

typedef enum kind {
    BUILDER,
    CONFIG,
    NETWORK,
    MEMORY,
    RUNTIME,
    ENGINE,
    CONTEXT,
    PARSER,
    KINDS
} kind;

typedef struct object object;
typedef struct inner {
    const method *table;
    object *outer;
} inner;

/* Only the first two are what a caller knows; a parser has its functions in the first. */
struct object {
    const method *table;
    inner *inside;
    inner own;
    kind kind;
    object *of; /* that it was made from, which must outlive it */
    int users;  /* objects made from it */
    void *bytes;
    size_t size;
    run_onnx engine;
    void *addresses[2 * RUN_ONNX_ENDS];
};

static method outer_tables[KINDS][PLACES], inner_tables[KINDS][PLACES];
static int depth; /* of CUDA's contexts */

static int version(void) {
    const char *text = getenv("FAKE_VERSION");
    return text ? (int)strtol(text, NULL, 10) : 101300;
}

static void not_there(void) { CHECK(!"a virtual function that the adapter does not need"); }

static object *make(kind of_kind, object *of) {
    CHECK(depth > 0);
    object *o = fake_make(sizeof *o);
    o->table = outer_tables[of_kind];
    o->inside = &o->own;
    o->own = (inner){inner_tables[of_kind], o};
    o->kind = of_kind;
    o->of = of;
    if (of) of->users++;
    return o;
}

/* The object whose implementation was called. */
static object *outer(void *implementation, kind expected) {
    inner *i = implementation;
    CHECK(depth > 0 && i && i->outer->kind == expected);
    return i->outer;
}

static void destroy(object *o) {
    CHECK(depth > 0 && o->users == 0);
    if (o->of) o->of->users--;
    run_onnx_close(&o->engine);
    free(o->bytes);
    fake_destroy(o);
}

static void keep(object *o, const void *data, size_t size) {
    o->bytes = malloc(size);
    CHECK(o->bytes);
    memcpy(o->bytes, data, size);
    o->size = size;
}

/* -------------------------------------------------------------------- building */

static void *create_config(void *self) { return make(CONFIG, outer(self, BUILDER)); }

static void *create_network(void *self, uint32_t flags) {
    CHECK(flags == (version() < 100000)); /* EXPLICIT_BATCH */
    return make(NETWORK, outer(self, BUILDER));
}

static void set_flag(void *self, int32_t flag) {
    outer(self, CONFIG);
    CHECK(flag == 0); /* FP16 */
    fprintf(stderr, "fake library: loaded with fp16\n");
}

static void *build(void *self, object *network, object *config) {
    outer(self, BUILDER);
    CHECK(network->kind == NETWORK && config->kind == CONFIG && network->bytes);
    if (fake_fails("buildSerializedNetwork")) return NULL;
    object *memory = make(MEMORY, NULL);
    memory->size = WORD + network->size;
    memory->bytes = malloc(memory->size);
    CHECK(memory->bytes);
    memcpy(memory->bytes, word, WORD);
    memcpy((char *)memory->bytes + WORD, network->bytes, network->size);
    return memory;
}

static void *memory_data(void *self) { return outer(self, MEMORY)->bytes; }
static size_t memory_size(void *self) { return outer(self, MEMORY)->size; }

/* --------------------------------------------------------------------- parser */

static bool parse(void *self, const void *onnx, size_t size, const char *path) {
    object *parser = self, *network = parser->of;
    CHECK(parser->kind == PARSER && !path && !network->bytes);
    if (fake_fails("parse")) return false;
    keep(network, onnx, size);
    return true;
}

static bool supports_operator(void *self, const char *name) {
    CHECK(((object *)self)->kind == PARSER);
    return strcmp(name, "Relu") != 0 || !getenv("FAKE_NO_RELU");
}

static const char *describe_error(void *self) {
    (void)self;
    return "a node that nobody can read";
}

static void *get_error(void *self, int index) {
    static method table[PLACES];
    static struct { const method *table; } error = {table};
    CHECK(((object *)self)->kind == PARSER && index == 0);
    table[1] = (method)describe_error;
    return &error;
}

static int count_errors(void *self) {
    CHECK(((object *)self)->kind == PARSER);
    return 1;
}

/* --------------------------------------------------------------------- running */

static void *read_program(object *runtime, const void *data, size_t size) {
    if (fake_fails("deserializeCudaEngine") || size < WORD) return NULL;
    object *engine = make(ENGINE, runtime);
    if (fake_read(word, data, size, &engine->engine) == LW_OK) return engine;
    destroy(engine);
    return NULL;
}

static void *read_10(void *self, const void *data, size_t size) {
    return read_program(outer(self, RUNTIME), data, size);
}

static void *read_8(void *self, const void *data, size_t size, void *factory) {
    CHECK(!factory);
    return read_program(outer(self, RUNTIME), data, size);
}

static void *make_context(object *engine) {
    return fake_fails("createExecutionContext") ? NULL : make(CONTEXT, engine);
}

static void *context_10(void *self, int32_t strategy) {
    CHECK(strategy == 0);
    return make_context(outer(self, ENGINE));
}

static void *context_8(void *self) { return make_context(outer(self, ENGINE)); }

static size_t n_inputs(const object *engine) { return lw_model_input_count(engine->engine.model); }
static size_t n_tensors(const object *engine) {
    return n_inputs(engine) + lw_model_output_count(engine->engine.model);
}

static int32_t count_tensors(void *self) { return (int32_t)n_tensors(outer(self, ENGINE)); }

static lw_io_info tensor(const object *engine, size_t i) {
    const size_t n = n_inputs(engine);
    return i < n ? fake_info(&engine->engine, i, 0) : fake_info(&engine->engine, i - n, 1);
}

static size_t find(const object *engine, const char *name) {
    size_t i = 0;
    while (i < n_tensors(engine) && strcmp(tensor(engine, i).name, name) != 0)
        i++;
    CHECK(i < n_tensors(engine));
    return i;
}

static int32_t data_type(void *self, const char *name) {
    static const lw_dtype types[] = {LW_FLOAT32, LW_FLOAT16, LW_INT8, LW_INT32, LW_BOOL, LW_UINT8};
    const object *e = outer(self, ENGINE);
    const lw_dtype dtype = tensor(e, find(e, name)).dtype;
    int32_t i = 0;
    while (i < 6 && types[i] != dtype)
        i++;
    return i < 6 ? i : dtype == LW_BFLOAT16 ? 7 : 8;
}

static int32_t location(void *self, const char *name) {
    find(outer(self, ENGINE), name);
    return getenv("FAKE_HOST") != NULL;
}

typedef struct dims32 {
    int32_t n, d[8];
} dims32;
typedef struct dims64 {
    int32_t n;
    int64_t d[8];
} dims64;

static dims64 shape_10(void *self, const char *name) {
    const object *e = outer(self, ENGINE);
    const lw_io_info info = tensor(e, find(e, name));
    dims64 dims = {.n = info.rank};
    for (int i = 0; i < info.rank; i++)
        dims.d[i] = info.dims[i];
    return dims;
}

static dims32 shape_8(void *self, const char *name) {
    const dims64 wide = shape_10(self, name);
    dims32 dims = {.n = wide.n};
    for (int i = 0; i < wide.n; i++)
        dims.d[i] = (int32_t)wide.d[i];
    return dims;
}

static bool set_address(void *self, const char *name, void *place) {
    object *c = outer(self, CONTEXT);
    c->addresses[find(c->of, name)] = place;
    return place != NULL;
}

static bool enqueue(void *self, void *stream) {
    object *c = outer(self, CONTEXT), *e = c->of;
    run_onnx_tensor all[2 * RUN_ONNX_ENDS];
    lw_io_info infos[2 * RUN_ONNX_ENDS];
    const size_t n = n_tensors(e), n_in = n_inputs(e);
    CHECK(stream && n <= 2 * RUN_ONNX_ENDS);
    if (fake_fails("enqueueV3")) return false;
    for (size_t i = 0; i < n; i++) {
        infos[i] = tensor(e, i);
        CHECK(c->addresses[i]);
        all[i] = (run_onnx_tensor){infos[i].dtype, infos[i].rank, infos[i].dims, c->addresses[i]};
    }
    CHECK(run_onnx_run(&e->engine, all, n_in, all + n_in, n - n_in) == LW_OK);
    return true;
}

/* --------------------------------------------------------------------- makers */

/* Where functions stand: plugins/tensorrt_slots.def, which is compared with NVIDIA's headers. */
static void fill_tables(void) {
    const bool newer = version() >= 100000;
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < PLACES; i++)
            outer_tables[k][i] = inner_tables[k][i] = not_there;
        if (k != PARSER) outer_tables[k][1] = (method)destroy;
    }
#define SET(kind, old, new, function) inner_tables[kind][newer ? (new) : (old)] = (method)(function)
    SET(BUILDER, 9, 7, create_config);
    SET(BUILDER, 11, 8, create_network);
    SET(BUILDER, 17, 14, build);
    SET(CONFIG, 15, 11, set_flag);
    SET(MEMORY, 2, 2, memory_data);
    SET(MEMORY, 3, 3, memory_size);
    SET(RUNTIME, 2, 3, newer ? (method)read_10 : (method)read_8);
    SET(ENGINE, 11, 5, newer ? (method)context_10 : (method)context_8);
    SET(ENGINE, 34, 19, newer ? (method)shape_10 : (method)shape_8);
    SET(ENGINE, 35, 20, data_type);
    SET(ENGINE, 36, 21, location);
    SET(ENGINE, 45, 30, count_tensors);
    SET(CONTEXT, 32, 24, set_address);
    SET(CONTEXT, 44, 37, enqueue);
#undef SET
    outer_tables[PARSER][0] = (method)parse;
    outer_tables[PARSER][4] = (method)supports_operator;
    outer_tables[PARSER][newer ? 5 : 6] = (method)count_errors;
    outer_tables[PARSER][newer ? 6 : 7] = (method)get_error;
    outer_tables[PARSER][newer ? 9 : 10] = (method)destroy;
}

/* What a logger must be able to do. */
static void complain(void *logger, const char *text) {
    ((void (*)(void *, int32_t, const char *))(*(const method **)logger)[0])(logger, 1, text);
}

FAKE int32_t getInferLibVersion(void) { return version(); }

FAKE void *createInferRuntime_INTERNAL(void *logger, int32_t given) {
    CHECK(logger && given == version());
    fill_tables();
    return make(RUNTIME, NULL);
}

FAKE void *createInferBuilder_INTERNAL(void *logger, int32_t given) {
    CHECK(logger && given == version());
    if (fake_fails("createInferBuilder_INTERNAL")) {
        complain(logger, "this machine has no memory for a builder");
        return NULL;
    }
    return make(BUILDER, NULL);
}

FAKE void *createNvOnnxParser_INTERNAL(object *network, void *logger, int32_t given) {
    CHECK(network->kind == NETWORK && logger && given == 100);
    return make(PARSER, network);
}

/* ------------------------------------------------------------------------ CUDA */

FAKE int cuInit(unsigned flags) {
    CHECK(flags == 0);
    return fake_fails(__func__) ? 100 : 0;
}

FAKE int cuDeviceGet(int *card, int index) {
    *card = index;
    return index == 0 ? 0 : 101;
}

FAKE int cuDeviceGetName(char *name, int size, int card) {
    snprintf(name, (size_t)size, "Fake card/%d", card);
    return 0;
}

FAKE int cuDevicePrimaryCtxRetain(void **context, int card) {
    CHECK(card == 0);
    *context = fake_make(1);
    return 0;
}

static void *primary;

FAKE int cuDevicePrimaryCtxRelease_v2(int card) {
    CHECK(card == 0 && depth == 0);
    fake_destroy(primary);
    return 0;
}

FAKE int cuCtxPushCurrent_v2(void *context) {
    CHECK(context && depth == 0);
    primary = context;
    depth++;
    return 0;
}

FAKE int cuCtxPopCurrent_v2(void **context) {
    CHECK(depth == 1);
    depth--;
    *context = primary;
    return 0;
}

FAKE int cuMemAlloc_v2(unsigned long long *place, size_t bytes) {
    CHECK(depth > 0 && bytes > 0);
    if (fake_fails(__func__)) return 2;
    *place = (uintptr_t)fake_make(bytes);
    return 0;
}

FAKE int cuMemFree_v2(unsigned long long place) {
    CHECK(depth > 0);
    fake_destroy((void *)(uintptr_t)place);
    return 0;
}

FAKE int cuMemcpyHtoDAsync_v2(unsigned long long to, const void *from, size_t bytes, void *stream) {
    CHECK(depth > 0 && stream);
    memcpy((void *)(uintptr_t)to, from, bytes);
    return 0;
}

FAKE int cuMemcpyDtoHAsync_v2(void *to, unsigned long long from, size_t bytes, void *stream) {
    CHECK(depth > 0 && stream);
    memcpy(to, (void *)(uintptr_t)from, bytes);
    return 0;
}

FAKE int cuStreamCreate(void **stream, unsigned flags) {
    CHECK(depth > 0 && flags == 1);
    *stream = fake_make(1);
    return 0;
}

FAKE int cuStreamSynchronize(void *stream) {
    CHECK(depth > 0 && stream);
    return fake_fails(__func__) ? 719 : 0;
}

FAKE int cuStreamDestroy_v2(void *stream) {
    CHECK(depth > 0);
    fake_destroy(stream);
    return 0;
}

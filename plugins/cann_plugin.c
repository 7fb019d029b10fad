/* SPDX-License-Identifier: MIT
 * CANN, the engine of Huawei's Ascend processors, through AscendCL
 * (https://www.hiascend.com/document, acl.h). It runs a whole model, which atc has compiled to an
 * .om file: option file=NET.om; device=N chooses the processor (0). Inputs and outputs have the
 * types and sizes of the file. */
#include "adapter.h"

typedef int acl_error; /* 0: success */

enum { COPY_TO_DEVICE = 1, COPY_TO_HOST = 2, HUGE_PAGES_FIRST = 0 };

#define FUNCTIONS(X)                                                                               \
    X(acl_error, aclInit, const char *)                                                            \
    X(acl_error, aclrtSetDevice, int32_t)                                                          \
    X(acl_error, aclrtResetDevice, int32_t)                                                        \
    X(acl_error, aclrtCreateContext, void **, int32_t)                                             \
    X(acl_error, aclrtSetCurrentContext, void *)                                                   \
    X(acl_error, aclrtDestroyContext, void *)                                                      \
    X(acl_error, aclrtMalloc, void **, size_t, int)                                                \
    X(acl_error, aclrtFree, void *)                                                                \
    X(acl_error, aclrtMemcpy, void *, size_t, const void *, size_t, int)                           \
    X(acl_error, aclmdlLoadFromFile, const char *, uint32_t *)                                     \
    X(acl_error, aclmdlUnload, uint32_t)                                                           \
    X(void *, aclmdlCreateDesc, void)                                                              \
    X(acl_error, aclmdlGetDesc, void *, uint32_t)                                                  \
    X(acl_error, aclmdlDestroyDesc, void *)                                                        \
    X(size_t, aclmdlGetNumInputs, void *)                                                          \
    X(size_t, aclmdlGetNumOutputs, void *)                                                         \
    X(size_t, aclmdlGetInputSizeByIndex, void *, size_t)                                           \
    X(size_t, aclmdlGetOutputSizeByIndex, void *, size_t)                                          \
    X(int, aclmdlGetInputDataType, const void *, size_t)                                           \
    X(int, aclmdlGetOutputDataType, const void *, size_t)                                          \
    X(void *, aclmdlCreateDataset, void)                                                           \
    X(acl_error, aclmdlAddDatasetBuffer, void *, void *)                                           \
    X(acl_error, aclmdlDestroyDataset, const void *)                                               \
    X(void *, aclCreateDataBuffer, void *, size_t)                                                 \
    X(acl_error, aclDestroyDataBuffer, const void *)                                               \
    X(acl_error, aclmdlExecute, uint32_t, const void *, void *)

typedef struct functions {
    FUNCTIONS(ADAPTER_MEMBER)
} functions;

typedef struct state {
    functions f;
    adapter_fail_fn fail;
    char path[4096];
    int32_t device;
    void *context;
} state;

/* An input or output on the device. */
typedef struct end {
    void *memory, *buffer;
    size_t bytes;
} end;

typedef struct program {
    const state *s;
    uint32_t model;
    bool loaded;
    void *description, *inputs, *outputs; /* of the model, sets of buffers */
    size_t n_inputs, n_outputs;
    end *ends; /* inputs, then outputs */
} program;

#define TRY(s, call)                                                                               \
    do {                                                                                           \
        const acl_error acl_error_ = (call);                                                       \
        if (acl_error_ != 0)                                                                       \
            return adapter_fail((s)->fail, LW_DEVICE, "%s: error %d", #call, acl_error_);          \
    } while (0)

/* aclDataType of a type; -1: it has none. */
static int acl_type(lw_dtype dtype) {
    static const struct {
        lw_dtype dtype;
        int type;
    } TYPES[] = {{LW_FLOAT32, 0}, {LW_FLOAT16, 1}, {LW_INT8, 2},     {LW_INT32, 3},
                 {LW_UINT8, 4},   {LW_INT16, 6},   {LW_UINT16, 7},   {LW_UINT32, 8},
                 {LW_INT64, 9},   {LW_UINT64, 10}, {LW_FLOAT64, 11}, {LW_BOOL, 12}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].dtype == dtype) return TYPES[i].type;
    return -1;
}

/* --------------------------------------------------------------------- state */

/* A process may have initialised the library already: that is no failure. */
static lw_status start(state *s) {
    enum { INITIALISED_BEFORE = 100002 };
    static const char *const libraries[] = {"libascendcl.so", NULL};
    static const adapter_symbol symbols[] = {FUNCTIONS(ADAPTER_SYMBOL)};
    const lw_status bound =
        adapter_bind(s->fail, libraries, symbols, sizeof symbols / sizeof *symbols, &s->f);
    if (bound != LW_OK) return bound;
    const acl_error code = s->f.aclInit(NULL);
    if (code != 0 && code != INITIALISED_BEFORE)
        return adapter_fail(s->fail, LW_DEVICE, "aclInit: error %d", code);
    TRY(s, s->f.aclrtSetDevice(s->device));
    TRY(s, s->f.aclrtCreateContext(&s->context, s->device));
    return LW_OK;
}

static void ac_close(void *opened) {
    state *s = opened;
    if (s->context) {
        s->f.aclrtDestroyContext(s->context);
        s->f.aclrtResetDevice(s->device);
    }
    free(s);
}

static lw_status ac_open(const lw_plugin_setup *setup, void **opened) {
    static const char *const known[] = {"file", "device", NULL};
    const char *path = adapter_option(setup, "file"), *device = adapter_option(setup, "device");
    lw_status status = adapter_check_options(setup, known);
    if (status != LW_OK) return status;
    if (!path || strlen(path) >= sizeof((state *)NULL)->path)
        return setup->fail(LW_INVALID, "the option file=NET.om is missing");
    state *s = calloc(1, sizeof *s);
    if (!s) return setup->fail(LW_NO_MEMORY, "out of memory");
    s->fail = setup->fail;
    s->device = device ? (int32_t)strtol(device, NULL, 10) : 0;
    snprintf(s->path, sizeof s->path, "%s", path);
    status = start(s);
    if (status == LW_OK) *opened = s;
    else ac_close(s);
    return status;
}

static bool ac_claims(void *opened, const lw_plugin_node *node, const char **reason) {
    (void)opened;
    (void)node;
    (void)reason;
    return true; /* the file has the whole model */
}

/* ------------------------------------------------------------------- program */

static lw_status add_end(program *p, size_t i, bool output, const lw_plugin_tensor *t) {
    const functions *f = &p->s->f;
    end *e = &p->ends[output ? p->n_inputs + i : i];
    const int type = output ? f->aclmdlGetOutputDataType(p->description, i)
                            : f->aclmdlGetInputDataType(p->description, i);
    e->bytes = output ? f->aclmdlGetOutputSizeByIndex(p->description, i)
                      : f->aclmdlGetInputSizeByIndex(p->description, i);
    if (type != acl_type(t->dtype))
        return adapter_fail(p->s->fail, LW_TYPE,
                            "'%s' is of type %d of ONNX, and of aclDataType %d in the file",
                            t->name, (int)t->dtype, type);
    if (e->bytes != t->bytes)
        return adapter_fail(p->s->fail, LW_SHAPE, "'%s' has %zu bytes, and %zu in the file",
                            t->name, t->bytes, e->bytes);
    TRY(p->s, f->aclrtMalloc(&e->memory, e->bytes, HUGE_PAGES_FIRST));
    e->buffer = f->aclCreateDataBuffer(e->memory, e->bytes);
    if (!e->buffer) return p->s->fail(LW_NO_MEMORY, "aclCreateDataBuffer gives none");
    TRY(p->s, f->aclmdlAddDatasetBuffer(output ? p->outputs : p->inputs, e->buffer));
    return LW_OK;
}

static lw_status add_ends(program *p, const lw_plugin_graph *g) {
    const functions *f = &p->s->f;
    const size_t n_inputs = f->aclmdlGetNumInputs(p->description),
                 n_outputs = f->aclmdlGetNumOutputs(p->description);
    if (n_inputs != g->n_inputs || n_outputs != g->n_outputs)
        return adapter_fail(p->s->fail, LW_SHAPE,
                            "'%s' has %zu inputs and %zu outputs, the model %zu and %zu",
                            p->s->path, n_inputs, n_outputs, g->n_inputs, g->n_outputs);
    p->ends = calloc(n_inputs + n_outputs + 1, sizeof *p->ends);
    p->inputs = f->aclmdlCreateDataset();
    p->outputs = f->aclmdlCreateDataset();
    if (!p->ends || !p->inputs || !p->outputs) return p->s->fail(LW_NO_MEMORY, "out of memory");
    p->n_inputs = n_inputs;
    p->n_outputs = n_outputs;
    lw_status status = LW_OK;
    for (size_t i = 0; i < n_inputs && status == LW_OK; i++)
        status = add_end(p, i, false, &g->inputs[i]);
    for (size_t i = 0; i < n_outputs && status == LW_OK; i++)
        status = add_end(p, i, true, &g->outputs[i]);
    return status;
}

static lw_status make(program *p, const lw_plugin_graph *g) {
    const functions *f = &p->s->f;
    TRY(p->s, f->aclrtSetCurrentContext(p->s->context));
    TRY(p->s, f->aclmdlLoadFromFile(p->s->path, &p->model));
    p->loaded = true;
    p->description = f->aclmdlCreateDesc();
    if (!p->description) return p->s->fail(LW_NO_MEMORY, "aclmdlCreateDesc gives none");
    TRY(p->s, f->aclmdlGetDesc(p->description, p->model));
    return add_ends(p, g);
}

static void ac_release(void *made) {
    program *p = made;
    const functions *f = &p->s->f;
    f->aclrtSetCurrentContext(p->s->context);
    if (p->inputs) f->aclmdlDestroyDataset(p->inputs);
    if (p->outputs) f->aclmdlDestroyDataset(p->outputs);
    for (size_t i = 0; p->ends && i < p->n_inputs + p->n_outputs; i++) {
        if (p->ends[i].buffer) f->aclDestroyDataBuffer(p->ends[i].buffer);
        if (p->ends[i].memory) f->aclrtFree(p->ends[i].memory);
    }
    if (p->description) f->aclmdlDestroyDesc(p->description);
    if (p->loaded) f->aclmdlUnload(p->model);
    free(p->ends);
    free(p);
}

static lw_status ac_compile(void *opened, const lw_plugin_graph *g, void **made) {
    const state *s = opened;
    program *p = calloc(1, sizeof *p);
    if (!p) return s->fail(LW_NO_MEMORY, "out of memory");
    p->s = s;
    const lw_status status = make(p, g);
    if (status == LW_OK) *made = p;
    else ac_release(p);
    return status;
}

/* ----------------------------------------------------------------------- run */

static lw_status ac_run(void *made, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    const program *p = made;
    const functions *f = &p->s->f;
    TRY(p->s, f->aclrtSetCurrentContext(p->s->context)); /* of this thread */
    for (size_t i = 0; i < p->n_inputs; i++) {
        const end *e = &p->ends[i];
        TRY(p->s, f->aclrtMemcpy(e->memory, e->bytes, in[i].data, e->bytes, COPY_TO_DEVICE));
    }
    TRY(p->s, f->aclmdlExecute(p->model, p->inputs, p->outputs));
    for (size_t i = 0; i < p->n_outputs; i++) {
        const end *e = &p->ends[p->n_inputs + i];
        TRY(p->s, f->aclrtMemcpy(out[i].data, e->bytes, e->memory, e->bytes, COPY_TO_HOST));
    }
    return LW_OK;
}

const lw_plugin *lw_plugin_entry(uint32_t version) {
    static const lw_plugin table = {.size = sizeof table,
                                    .version = LW_PLUGIN_VERSION,
                                    .flags = LW_PLUGIN_WHOLE,
                                    .name = "cann",
                                    .open = ac_open,
                                    .close = ac_close,
                                    .claims = ac_claims,
                                    .compile = ac_compile,
                                    .run = ac_run,
                                    .release = ac_release};
    return version == LW_PLUGIN_VERSION ? &table : NULL;
}

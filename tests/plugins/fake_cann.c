/* SPDX-License-Identifier: MIT
 * A libascendcl.so for tests. Its files are "FAKECANN" and an ONNX model; memory of the device lies
 * behind pointers that are not those of the host. */
#include "fake.h"

enum { OK = 0, BAD = 500002, FIRST_MODEL = 7 };

typedef struct buffer {
    void *memory;
    size_t bytes;
} buffer;

typedef struct dataset {
    size_t n;
    buffer *of[RUN_ONNX_ENDS];
} dataset;

static run_onnx model;
static int initialised, device_set, loaded;
static void *context, *current;

/* Memory of the device: the host must not write to it, so its pointers are turned over. */
static void *to_device(void *memory) { return (void *)~(uintptr_t)memory; }
static void *to_host(const void *memory) { return (void *)~(uintptr_t)memory; }

FAKE int aclInit(const char *path) {
    CHECK(!path && !initialised);
    if (fake_fails(__func__)) return BAD;
    initialised = 1;
    return OK;
}

FAKE int aclrtSetDevice(int32_t device) {
    CHECK(initialised);
    if (device != 0) return 107001;
    device_set++;
    return OK;
}

FAKE int aclrtResetDevice(int32_t device) {
    CHECK(device == 0 && device_set > 0);
    device_set--;
    return OK;
}

FAKE int aclrtCreateContext(void **made, int32_t device) {
    CHECK(device == 0 && device_set);
    *made = context = fake_make(1);
    return OK;
}

FAKE int aclrtSetCurrentContext(void *wanted) {
    CHECK(wanted && wanted == context);
    current = wanted;
    return OK;
}

FAKE int aclrtDestroyContext(void *destroyed) {
    CHECK(destroyed == context);
    fake_destroy(destroyed);
    context = current = NULL;
    return OK;
}

FAKE int aclrtMalloc(void **memory, size_t bytes, int policy) {
    CHECK(current && policy == 0 && bytes > 0);
    if (fake_fails(__func__)) return BAD;
    *memory = to_device(fake_make(bytes));
    return OK;
}

FAKE int aclrtFree(void *memory) {
    fake_destroy(to_host(memory));
    return OK;
}

FAKE int aclrtMemcpy(void *to, size_t room, const void *from, size_t bytes, int kind) {
    CHECK(current && room >= bytes && (kind == 1 || kind == 2));
    memcpy(kind == 1 ? to_host(to) : to, kind == 1 ? from : to_host(from), bytes);
    return OK;
}

FAKE int aclmdlLoadFromFile(const char *path, uint32_t *id) {
    static char data[1 << 20];
    CHECK(current && !loaded);
    FILE *file = fopen(path, "rb");
    if (!file) return 145000;
    const size_t n = fread(data, 1, sizeof data, file);
    fclose(file);
    if (fake_read("FAKECANN", data, n, &model) != LW_OK) return 500002;
    loaded = 1;
    *id = FIRST_MODEL;
    return OK;
}

FAKE int aclmdlUnload(uint32_t id) {
    CHECK(id == FIRST_MODEL && loaded);
    run_onnx_close(&model);
    loaded = 0;
    return OK;
}

FAKE void *aclmdlCreateDesc(void) { return fake_make(1); }

FAKE int aclmdlGetDesc(void *description, uint32_t id) {
    CHECK(id == FIRST_MODEL && loaded);
    *(char *)description = 1;
    return OK;
}

FAKE int aclmdlDestroyDesc(void *description) {
    fake_destroy(description);
    return OK;
}

FAKE size_t aclmdlGetNumInputs(void *description) {
    CHECK(*(char *)description == 1);
    return lw_model_input_count(model.model);
}

FAKE size_t aclmdlGetNumOutputs(void *description) {
    CHECK(*(char *)description == 1);
    return lw_model_output_count(model.model);
}

static size_t bytes_of(size_t i, int output) {
    const lw_io_info info = fake_info(&model, i, output);
    return fake_bytes(&info);
}

FAKE size_t aclmdlGetInputSizeByIndex(void *description, size_t i) {
    CHECK(*(char *)description == 1);
    return bytes_of(i, 0);
}

FAKE size_t aclmdlGetOutputSizeByIndex(void *description, size_t i) {
    CHECK(*(char *)description == 1);
    return bytes_of(i, 1);
}

static int type_of(size_t i, int output) {
    const lw_dtype dtype = fake_info(&model, i, output).dtype;
    return dtype == LW_FLOAT32 ? 0 : dtype == LW_INT64 ? 9 : dtype == LW_INT32 ? 3 : -1;
}

FAKE int aclmdlGetInputDataType(const void *description, size_t i) {
    CHECK(*(const char *)description == 1);
    return type_of(i, 0);
}

FAKE int aclmdlGetOutputDataType(const void *description, size_t i) {
    CHECK(*(const char *)description == 1);
    return type_of(i, 1);
}

FAKE void *aclCreateDataBuffer(void *memory, size_t bytes) {
    buffer *b = fake_make(sizeof *b);
    *b = (buffer){memory, bytes};
    return b;
}

FAKE int aclDestroyDataBuffer(const void *made) {
    fake_destroy((void *)(uintptr_t)made);
    return OK;
}

FAKE void *aclmdlCreateDataset(void) { return fake_make(sizeof(dataset)); }

FAKE int aclmdlAddDatasetBuffer(void *to, void *added) {
    dataset *d = to;
    CHECK(added && d->n < RUN_ONNX_ENDS);
    d->of[d->n++] = added;
    return OK;
}

FAKE int aclmdlDestroyDataset(const void *made) {
    fake_destroy((void *)(uintptr_t)made);
    return OK;
}

static void collect(const dataset *d, int output, run_onnx_tensor *tensors) {
    for (size_t i = 0; i < d->n; i++) {
        const lw_io_info info = fake_info(&model, i, output);
        CHECK(d->of[i]->bytes == fake_bytes(&info));
        tensors[i] = (run_onnx_tensor){info.dtype, info.rank, info.dims, to_host(d->of[i]->memory)};
    }
}

FAKE int aclmdlExecute(uint32_t id, const void *inputs, void *outputs) {
    run_onnx_tensor in[RUN_ONNX_ENDS], out[RUN_ONNX_ENDS];
    const dataset *i = inputs, *o = outputs;
    CHECK(id == FIRST_MODEL && loaded && current);
    CHECK(i->n == lw_model_input_count(model.model) && o->n == lw_model_output_count(model.model));
    if (fake_fails(__func__)) return BAD;
    collect(i, 0, in);
    collect(o, 1, out);
    CHECK(run_onnx_run(&model, in, i->n, out, o->n) == LW_OK);
    return OK;
}

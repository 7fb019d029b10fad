/* SPDX-License-Identifier: MIT
 * A libmigraphx_c.so for tests. A saved program is its ONNX model. */
#include "fake.h"

enum { OK = 0, BAD = 1 };

typedef struct program {
    run_onnx engine;
    size_t size;
    void *bytes;
    int compiled;
} program;

typedef struct shape {
    lw_io_info info;
    size_t bytes;
} shape;

typedef struct argument {
    const shape *shape;
    void *data;
} argument;

typedef struct shapes {
    size_t n;
    shape of[RUN_ONNX_ENDS];
} shapes;

typedef struct parameters {
    size_t n;
    char names[RUN_ONNX_ENDS][128];
    argument of[RUN_ONNX_ENDS];
} parameters;

typedef struct arguments {
    size_t n;
    shape shapes[RUN_ONNX_ENDS];
    argument of[RUN_ONNX_ENDS];
} arguments;

static const char *const OPERATORS[] = {"Add",     "Conv", "Gemm",   "Flatten", "MaxPool",
                                        "Softmax", "Mul",  "MatMul", "Reshape", "Relu"};

FAKE int migraphx_get_onnx_operators_size(size_t *n) {
    *n = sizeof OPERATORS / sizeof *OPERATORS - (getenv("FAKE_NO_RELU") != NULL);
    return OK;
}

FAKE int migraphx_get_onnx_operator_name_at_index(char **name, size_t i) {
    CHECK(i < sizeof OPERATORS / sizeof *OPERATORS);
    *name = (char *)OPERATORS[i];
    return OK;
}

FAKE int migraphx_onnx_options_create(void **options) {
    *options = fake_make(1);
    return OK;
}

FAKE int migraphx_onnx_options_destroy(void *options) {
    fake_destroy(options);
    return OK;
}

static int open_program(void **made, const void *data, size_t size) {
    program *p = fake_make(sizeof *p);
    if (run_onnx_open(&p->engine, data, size) != LW_OK) {
        fake_destroy(p);
        return BAD;
    }
    p->bytes = p->engine.bytes;
    p->size = size;
    *made = p;
    return OK;
}

FAKE int migraphx_parse_onnx_buffer(void **made, const void *data, size_t size, void *options) {
    CHECK(options && data);
    if (fake_fails(__func__)) return BAD;
    return open_program(made, data, size);
}

FAKE int migraphx_quantize_fp16(void *made) {
    CHECK(!((program *)made)->compiled);
    return OK;
}

FAKE int migraphx_target_create(void **target, const char *name) {
    if (strcmp(name, "gpu") != 0 && strcmp(name, "ref") != 0) return BAD;
    *target = fake_make(1);
    return OK;
}

FAKE int migraphx_target_destroy(void *target) {
    fake_destroy(target);
    return OK;
}

FAKE int migraphx_compile_options_create(void **options) {
    *options = fake_make(1);
    return OK;
}

FAKE int migraphx_compile_options_set_offload_copy(void *options, bool value) {
    *(char *)options = value;
    return OK;
}

FAKE int migraphx_compile_options_destroy(void *options) {
    fake_destroy(options);
    return OK;
}

FAKE int migraphx_program_compile(void *made, void *target, void *options) {
    program *p = made;
    CHECK(target && *(char *)options == 1 && !p->compiled); /* memory of the host was asked for */
    if (fake_fails(__func__)) return BAD;
    p->compiled = 1;
    return OK;
}

FAKE int migraphx_program_destroy(void *made) {
    run_onnx_close(&((program *)made)->engine);
    fake_destroy(made);
    return OK;
}

FAKE int migraphx_file_options_create(void **options) {
    *options = fake_make(1);
    return OK;
}

FAKE int migraphx_file_options_destroy(void *options) {
    fake_destroy(options);
    return OK;
}

FAKE int migraphx_load(void **made, const char *path, void *options) {
    static char data[1 << 20];
    CHECK(options);
    FILE *file = fopen(path, "rb");
    if (!file) return BAD;
    const size_t n = fread(data, 1, sizeof data, file);
    fclose(file);
    fprintf(stderr, "fake library: loaded %zu bytes\n", n);
    if (open_program(made, data, n) != OK) return BAD;
    ((program *)*made)->compiled = 1;
    return OK;
}

FAKE int migraphx_save(void *made, const char *path, void *options) {
    const program *p = made;
    CHECK(options && p->compiled);
    FILE *file = fopen(path, "wb");
    if (!file) return BAD;
    const size_t n = fwrite(p->bytes, 1, p->size, file);
    return fclose(file) == 0 && n == p->size ? OK : BAD;
}

static shape shape_of(const program *p, size_t i, int output) {
    shape s = {fake_info(&p->engine, i, output), 0};
    s.bytes = fake_bytes(&s.info);
    return s;
}

FAKE int migraphx_program_get_parameter_shapes(void **made, void *of) {
    const program *p = of;
    CHECK(p->compiled);
    shapes *s = fake_make(sizeof *s);
    s->n = lw_model_input_count(p->engine.model);
    CHECK(s->n <= RUN_ONNX_ENDS);
    for (size_t i = 0; i < s->n; i++)
        s->of[i] = shape_of(p, i, 0);
    *made = s;
    return OK;
}

FAKE int migraphx_program_parameter_shapes_get(const void **found, void *of, const char *name) {
    const shapes *s = of;
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->of[i].info.name, name)) {
            *found = &s->of[i];
            return OK;
        }
    return BAD;
}

FAKE int migraphx_program_parameter_shapes_destroy(void *made) {
    fake_destroy(made);
    return OK;
}

FAKE int migraphx_shape_bytes(size_t *bytes, const void *of) {
    *bytes = ((const shape *)of)->bytes;
    return OK;
}

FAKE int migraphx_argument_create(void **made, const void *of, void *data) {
    CHECK(of && data);
    argument *a = fake_make(sizeof *a);
    *a = (argument){of, data};
    *made = a;
    return OK;
}

FAKE int migraphx_argument_destroy(void *made) {
    fake_destroy(made);
    return OK;
}

FAKE int migraphx_argument_shape(const void **found, const void *of) {
    *found = ((const argument *)of)->shape;
    return OK;
}

FAKE int migraphx_argument_buffer(char **data, const void *of) {
    *data = ((const argument *)of)->data;
    return OK;
}

FAKE int migraphx_program_parameters_create(void **made) {
    *made = fake_make(sizeof(parameters));
    return OK;
}

FAKE int migraphx_program_parameters_add(void *to, const char *name, const void *value) {
    parameters *p = to;
    CHECK(p->n < RUN_ONNX_ENDS && strlen(name) < 128);
    snprintf(p->names[p->n], sizeof p->names[0], "%s", name);
    p->of[p->n++] = *(const argument *)value;
    return OK;
}

FAKE int migraphx_program_parameters_destroy(void *made) {
    fake_destroy(made);
    return OK;
}

static const argument *find(const parameters *p, const char *name) {
    for (size_t i = 0; i < p->n; i++)
        if (!strcmp(p->names[i], name)) return &p->of[i];
    CHECK(!"a parameter is missing");
    return NULL;
}

FAKE int migraphx_program_run(void **made, void *of, void *given) {
    program *p = of;
    run_onnx_tensor in[RUN_ONNX_ENDS], out[RUN_ONNX_ENDS];
    const size_t n = lw_model_input_count(p->engine.model);
    if (fake_fails(__func__)) return BAD;
    arguments *a = fake_make(sizeof *a);
    a->n = lw_model_output_count(p->engine.model);
    CHECK(n == ((parameters *)given)->n && a->n <= RUN_ONNX_ENDS);
    for (size_t i = 0; i < n; i++) {
        const lw_io_info info = fake_info(&p->engine, i, 0);
        in[i] = (run_onnx_tensor){info.dtype, info.rank, info.dims, find(given, info.name)->data};
    }
    for (size_t i = 0; i < a->n; i++) {
        a->shapes[i] = shape_of(p, i, 1);
        a->of[i] = (argument){&a->shapes[i], calloc(a->shapes[i].bytes + 1, 1)};
        const lw_io_info *info = &a->shapes[i].info;
        out[i] = (run_onnx_tensor){info->dtype, info->rank, info->dims, a->of[i].data};
    }
    CHECK(run_onnx_run(&p->engine, in, n, out, a->n) == LW_OK);
    *made = a;
    return OK;
}

FAKE int migraphx_arguments_size(size_t *n, void *of) {
    *n = ((arguments *)of)->n;
    return OK;
}

FAKE int migraphx_arguments_get(const void **found, void *of, size_t i) {
    CHECK(i < ((arguments *)of)->n);
    *found = &((arguments *)of)->of[i];
    return OK;
}

FAKE int migraphx_arguments_destroy(void *made) {
    arguments *a = made;
    for (size_t i = 0; i < a->n; i++)
        free(a->of[i].data);
    fake_destroy(made);
    return OK;
}

/* SPDX-License-Identifier: MIT
 * RKNN, the engine of Rockchip's neural processors, through the C interface of RKNPU2 (rknn_api.h;
 * https://github.com/airockchip/rknn-toolkit2). It runs a whole model, which rknn-toolkit2 has
 * compiled to a .rknn file on another machine: option file=NET.rknn. The processor works on
 * pictures with channels last: inputs that the file has so are turned here. */
#include "adapter.h"

enum { MOST_DIMS = 16, NAME_SIZE = 256 };
enum { QUERY_COUNTS = 0, QUERY_INPUT = 1, QUERY_OUTPUT = 2 };
enum { TYPE_FLOAT32 = 0 };
enum { CHANNELS_FIRST = 0, CHANNELS_LAST = 1 };

typedef uint64_t rknn_context;

typedef struct rknn_counts {
    uint32_t inputs, outputs;
} rknn_counts;

typedef struct rknn_attributes {
    uint32_t index, n_dims, dims[MOST_DIMS];
    char name[NAME_SIZE];
    uint32_t n_elements, bytes;
    int32_t format, type, quantised;
    int8_t fraction;
    int32_t zero;
    float scale;
    uint32_t width_stride, bytes_with_stride;
    uint8_t pass_through;
    uint32_t height_stride;
} rknn_attributes;

typedef struct rknn_input {
    uint32_t index;
    void *data;
    uint32_t bytes;
    uint8_t pass_through;
    int32_t type, format;
} rknn_input;

typedef struct rknn_output {
    uint8_t want_float, allocated;
    uint32_t index;
    void *data;
    uint32_t bytes;
} rknn_output;

#define FUNCTIONS(X)                                                                               \
    X(int, rknn_init, rknn_context *, void *, uint32_t, uint32_t, void *)                          \
    X(int, rknn_destroy, rknn_context)                                                             \
    X(int, rknn_query, rknn_context, int, void *, uint32_t)                                        \
    X(int, rknn_inputs_set, rknn_context, uint32_t, rknn_input *)                                  \
    X(int, rknn_run, rknn_context, void *)                                                         \
    X(int, rknn_outputs_get, rknn_context, uint32_t, rknn_output *, void *)                        \
    X(int, rknn_outputs_release, rknn_context, uint32_t, rknn_output *)

typedef struct functions {
    FUNCTIONS(ADAPTER_MEMBER)
} functions;

typedef struct state {
    functions f;
    adapter_fail_fn fail;
    char path[4096];
} state;

/* An input or output of the file. */
typedef struct end {
    rknn_attributes attributes;
    void *turned; /* memory for it with channels last; NULL: as it is */
} end;

typedef struct program {
    const state *s;
    rknn_context context;
    bool opened;
    size_t n_inputs, n_outputs;
    end *ends; /* inputs, then outputs */
} program;

/* --------------------------------------------------------------------- state */

static lw_status rk_open(const lw_plugin_setup *setup, void **opened) {
    static const char *const known[] = {"file", NULL};
    static const char *const libraries[] = {"librknnrt.so", NULL};
    static const adapter_symbol symbols[] = {FUNCTIONS(ADAPTER_SYMBOL)};
    const char *path = adapter_option(setup, "file");
    lw_status status = adapter_check_options(setup, known);
    if (status != LW_OK) return status;
    if (!path || strlen(path) >= sizeof((state *)NULL)->path)
        return setup->fail(LW_INVALID, "the option file=NET.rknn is missing");
    state *s = calloc(1, sizeof *s);
    if (!s) return setup->fail(LW_NO_MEMORY, "out of memory");
    s->fail = setup->fail;
    snprintf(s->path, sizeof s->path, "%s", path);
    status = adapter_bind(s->fail, libraries, symbols, sizeof symbols / sizeof *symbols, &s->f);
    if (status == LW_OK) *opened = s;
    else free(s);
    return status;
}

static void rk_close(void *opened) { free(opened); }

static bool rk_claims(void *opened, const lw_plugin_node *node, const char **reason) {
    (void)opened;
    (void)node;
    (void)reason;
    return true; /* the file has the whole model */
}

/* ------------------------------------------------------------------- program */

static lw_status read_file(const state *s, void **data, size_t *size) {
    FILE *file = fopen(s->path, "rb");
    long n = -1;
    if (!file) return adapter_fail(s->fail, LW_IO, "cannot open '%s'", s->path);
    if (fseek(file, 0, SEEK_END) == 0) n = ftell(file);
    *data = n > 0 && fseek(file, 0, SEEK_SET) == 0 ? malloc((size_t)n) : NULL;
    const bool good = *data && fread(*data, 1, (size_t)n, file) == (size_t)n;
    fclose(file);
    if (good) *size = (size_t)n;
    else free(*data);
    return good ? LW_OK : adapter_fail(s->fail, LW_IO, "cannot read '%s'", s->path);
}

static lw_status start(program *p) {
    void *data = NULL;
    size_t size = 0;
    const lw_status status = read_file(p->s, &data, &size);
    if (status != LW_OK) return status;
    const int code =
        size > UINT32_MAX ? -1 : p->s->f.rknn_init(&p->context, data, (uint32_t)size, 0, NULL);
    free(data);
    p->opened = code == 0;
    return code == 0 ? LW_OK
                     : adapter_fail(p->s->fail, LW_DEVICE, "rknn_init of '%s' gives %d", p->s->path,
                                    code);
}

static bool has_dims(const rknn_attributes *a, const lw_plugin_tensor *t, const int order[4]) {
    if (a->n_dims != (uint32_t)t->rank) return false;
    for (int d = 0; d < t->rank; d++)
        if (a->dims[d] != (uint64_t)t->dims[t->rank == 4 ? order[d] : d]) return false;
    return true;
}

/* Finds out how the file has the tensor: as it is, or with channels last. */
static lw_status find_end(const program *p, int query, uint32_t index, const lw_plugin_tensor *t,
                          end *e) {
    static const int as_is[4] = {0, 1, 2, 3}, last[4] = {0, 2, 3, 1};
    rknn_attributes *a = &e->attributes;
    a->index = index;
    const int code = p->s->f.rknn_query(p->context, query, a, sizeof *a);
    if (code != 0) return adapter_fail(p->s->fail, LW_DEVICE, "rknn_query gives %d", code);
    if (t->dtype != LW_FLOAT32)
        return adapter_fail(p->s->fail, LW_TYPE,
                            "'%s' is not float32: RKNN's adapter takes no other", t->name);
    const bool turned = t->rank == 4 && a->format == CHANNELS_LAST;
    if (!has_dims(a, t, turned ? last : as_is))
        return adapter_fail(p->s->fail, LW_SHAPE, "'%s' has another shape in '%s'", t->name,
                            p->s->path);
    if (!turned) return LW_OK;
    e->turned = malloc(t->bytes ? t->bytes : 1);
    return e->turned ? LW_OK : p->s->fail(LW_NO_MEMORY, "out of memory");
}

static lw_status find_ends(program *p, const lw_plugin_graph *g) {
    rknn_counts counts = {0, 0};
    const int code = p->s->f.rknn_query(p->context, QUERY_COUNTS, &counts, sizeof counts);
    if (code != 0) return adapter_fail(p->s->fail, LW_DEVICE, "rknn_query gives %d", code);
    if (counts.inputs != g->n_inputs || counts.outputs != g->n_outputs)
        return adapter_fail(p->s->fail, LW_SHAPE,
                            "'%s' has %u inputs and %u outputs, the model %zu and %zu", p->s->path,
                            counts.inputs, counts.outputs, g->n_inputs, g->n_outputs);
    p->n_inputs = g->n_inputs;
    p->n_outputs = g->n_outputs;
    p->ends = calloc(g->n_inputs + g->n_outputs + 1, sizeof *p->ends);
    if (!p->ends) return p->s->fail(LW_NO_MEMORY, "out of memory");
    lw_status status = LW_OK;
    for (size_t i = 0; i < g->n_inputs && status == LW_OK; i++)
        status = find_end(p, QUERY_INPUT, (uint32_t)i, &g->inputs[i], &p->ends[i]);
    for (size_t i = 0; i < g->n_outputs && status == LW_OK; i++)
        status = find_end(p, QUERY_OUTPUT, (uint32_t)i, &g->outputs[i], &p->ends[g->n_inputs + i]);
    return status;
}

static void rk_release(void *made) {
    program *p = made;
    for (size_t i = 0; p->ends && i < p->n_inputs + p->n_outputs; i++)
        free(p->ends[i].turned);
    if (p->opened) p->s->f.rknn_destroy(p->context);
    free(p->ends);
    free(p);
}

static lw_status rk_compile(void *opened, const lw_plugin_graph *g, void **made) {
    const state *s = opened;
    program *p = calloc(1, sizeof *p);
    if (!p) return s->fail(LW_NO_MEMORY, "out of memory");
    p->s = s;
    lw_status status = start(p);
    if (status == LW_OK) status = find_ends(p, g);
    if (status == LW_OK) *made = p;
    else rk_release(p);
    return status;
}

/* ----------------------------------------------------------------------- run */

/* [n, c, inner] to [n, inner, c], or back. */
static void turn(const float *from, float *to, const int64_t *dims, bool back) {
    const size_t n = (size_t)dims[0], c = (size_t)dims[1], inner = (size_t)(dims[2] * dims[3]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c; k++)
            for (size_t x = 0; x < inner; x++) {
                const size_t first = (i * c + k) * inner + x, last = (i * inner + x) * c + k;
                if (back) to[first] = from[last];
                else to[last] = from[first];
            }
}

static lw_status set_inputs(const program *p, const lw_plugin_tensor *in) {
    rknn_input *inputs = calloc(p->n_inputs + 1, sizeof *inputs);
    if (!inputs) return p->s->fail(LW_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < p->n_inputs; i++) {
        const end *e = &p->ends[i];
        if (e->turned) turn(in[i].data, e->turned, in[i].dims, false);
        inputs[i] = (rknn_input){.index = (uint32_t)i,
                                 .data = e->turned ? e->turned : in[i].data,
                                 .bytes = (uint32_t)in[i].bytes,
                                 .type = TYPE_FLOAT32,
                                 .format = e->attributes.format};
    }
    const int code = p->s->f.rknn_inputs_set(p->context, (uint32_t)p->n_inputs, inputs);
    free(inputs);
    return code == 0 ? LW_OK
                     : adapter_fail(p->s->fail, LW_DEVICE, "rknn_inputs_set gives %d", code);
}

static lw_status get_outputs(const program *p, const lw_plugin_tensor *out) {
    rknn_output *outputs = calloc(p->n_outputs + 1, sizeof *outputs);
    if (!outputs) return p->s->fail(LW_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < p->n_outputs; i++) {
        const end *e = &p->ends[p->n_inputs + i];
        outputs[i] = (rknn_output){.want_float = 1,
                                   .allocated = 1,
                                   .index = (uint32_t)i,
                                   .data = e->turned ? e->turned : out[i].data,
                                   .bytes = (uint32_t)out[i].bytes};
    }
    const int code = p->s->f.rknn_outputs_get(p->context, (uint32_t)p->n_outputs, outputs, NULL);
    if (code == 0) p->s->f.rknn_outputs_release(p->context, (uint32_t)p->n_outputs, outputs);
    for (size_t i = 0; i < p->n_outputs && code == 0; i++) {
        const end *e = &p->ends[p->n_inputs + i];
        if (e->turned) turn(e->turned, out[i].data, out[i].dims, true);
    }
    free(outputs);
    return code == 0 ? LW_OK
                     : adapter_fail(p->s->fail, LW_DEVICE, "rknn_outputs_get gives %d", code);
}

static lw_status rk_run(void *made, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    const program *p = made;
    const lw_status status = set_inputs(p, in);
    if (status != LW_OK) return status;
    const int code = p->s->f.rknn_run(p->context, NULL);
    if (code != 0) return adapter_fail(p->s->fail, LW_DEVICE, "rknn_run gives %d", code);
    return get_outputs(p, out);
}

const lw_plugin *lw_plugin_entry(uint32_t version) {
    static const lw_plugin table = {.size = sizeof table,
                                    .version = LW_PLUGIN_VERSION,
                                    .flags = LW_PLUGIN_WHOLE,
                                    .name = "rknn",
                                    .open = rk_open,
                                    .close = rk_close,
                                    .claims = rk_claims,
                                    .compile = rk_compile,
                                    .run = rk_run,
                                    .release = rk_release};
    return version == LW_PLUGIN_VERSION ? &table : NULL;
}

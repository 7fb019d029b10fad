/* SPDX-License-Identifier: MIT
 *
 * lampwick: runs trained networks. This header is the whole C API, in three levels:
 *   1. simple    load a model, make a context, run it, read tensors
 *   2. context   threads, memory, names and shapes, sequences, strings, profiling
 *   3. advanced  nodes of the graph, supported operators, ONNX value files
 *
 * A complete program:
 *
 *   #include <lampwick.h>
 *   #include <stdio.h>
 *   int main(void) {
 *       lw_model *model = NULL;
 *       lw_context *context = NULL;
 *       lw_value *x = NULL;
 *       float pixels[28 * 28] = {0};
 *       const int64_t dims[4] = {1, 1, 28, 28};
 *       lw_io out = {"digit", NULL};
 *       if (lw_model_load("digits.onnx", NULL, &model) == LW_OK &&
 *           lw_context_new(model, NULL, &context) == LW_OK &&
 *           lw_tensor_wrap(LW_FLOAT32, 4, dims, pixels, &x) == LW_OK &&
 *           lw_context_run(context, &(lw_io){"image", x}, 1, &out, 1) == LW_OK)
 *           printf("%f\n", ((const float *)lw_tensor_data(out.value))[0]);
 *       else
 *           fprintf(stderr, "%s\n", lw_last_error());
 *       lw_value_free(out.value), lw_value_free(x);
 *       lw_context_free(context), lw_model_free(model);
 *   }
 *
 * Rules that hold everywhere:
 *   - A function that can fail returns lw_status, and lw_last_error() then holds a sentence.
 *     A failed call leaves its outputs untouched. Nothing aborts, exits or prints.
 *   - Pointers passed in are borrowed unless the function's name says _take.
 *   - Free functions accept NULL.
 *   - A model is immutable: any number of threads may share it. A context, and a value that is
 *     being written, belong to one thread at a time.
 *   - Structs whose first member is `size` may grow: set size = sizeof(the struct), zero the rest.
 */
#ifndef LAMPWICK_H
#define LAMPWICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && defined(LAMPWICK_SHARED)
#define LW_API __declspec(dllimport)
#elif defined(__GNUC__)
#define LW_API __attribute__((visibility("default")))
#else
#define LW_API
#endif

#if defined(__GNUC__)
#define LW_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LW_MUST_CHECK
#endif

#define LAMPWICK_VERSION_MAJOR 0
#define LAMPWICK_VERSION_MINOR 1
#define LAMPWICK_VERSION_PATCH 0

/* The most dimensions that a tensor may have. */
#define LW_MAX_RANK 16

/* ---------------------------------------------------------------- 1. simple */

/* name, value, meaning */
#define LW_STATUS_LIST(X)                                                                          \
    X(LW_OK, 0, "success")                                                                         \
    X(LW_NO_MEMORY, -1, "out of memory")                                                           \
    X(LW_INVALID, -2, "invalid argument")                                                          \
    X(LW_NOT_FOUND, -3, "not found")                                                               \
    X(LW_IO, -4, "input or output failed")                                                         \
    X(LW_CORRUPT, -5, "malformed file")                                                            \
    X(LW_UNSUPPORTED, -6, "not supported")                                                         \
    X(LW_TYPE, -7, "wrong element type")                                                           \
    X(LW_SHAPE, -8, "wrong shape")                                                                 \
    X(LW_RANGE, -9, "index or value out of range")                                                 \
    X(LW_LIMIT, -10, "a limit was exceeded")                                                       \
    X(LW_CANCELLED, -11, "cancelled")                                                              \
    X(LW_INTERNAL, -12, "internal error")                                                          \
    X(LW_DEVICE, -13, "a device failed")

typedef enum lw_status {
#define LW_STATUS_ENUM(name, value, text) name = value,
    LW_STATUS_LIST(LW_STATUS_ENUM)
#undef LW_STATUS_ENUM
} lw_status;

/* Element types; the values are those of ONNX's TensorProto.DataType. */
#define LW_DTYPE_LIST(X)                                                                           \
    X(LW_FLOAT32, 1, "float32", 32)                                                                \
    X(LW_UINT8, 2, "uint8", 8)                                                                     \
    X(LW_INT8, 3, "int8", 8)                                                                       \
    X(LW_UINT16, 4, "uint16", 16)                                                                  \
    X(LW_INT16, 5, "int16", 16)                                                                    \
    X(LW_INT32, 6, "int32", 32)                                                                    \
    X(LW_INT64, 7, "int64", 64)                                                                    \
    X(LW_STRING, 8, "string", 128)                                                                 \
    X(LW_BOOL, 9, "bool", 8)                                                                       \
    X(LW_FLOAT16, 10, "float16", 16)                                                               \
    X(LW_FLOAT64, 11, "float64", 64)                                                               \
    X(LW_UINT32, 12, "uint32", 32)                                                                 \
    X(LW_UINT64, 13, "uint64", 64)                                                                 \
    X(LW_COMPLEX64, 14, "complex64", 64)                                                           \
    X(LW_COMPLEX128, 15, "complex128", 128)                                                        \
    X(LW_BFLOAT16, 16, "bfloat16", 16)                                                             \
    X(LW_FLOAT8E4M3FN, 17, "float8e4m3fn", 8)                                                      \
    X(LW_FLOAT8E4M3FNUZ, 18, "float8e4m3fnuz", 8)                                                  \
    X(LW_FLOAT8E5M2, 19, "float8e5m2", 8)                                                          \
    X(LW_FLOAT8E5M2FNUZ, 20, "float8e5m2fnuz", 8)                                                  \
    X(LW_UINT4, 21, "uint4", 4)                                                                    \
    X(LW_INT4, 22, "int4", 4)                                                                      \
    X(LW_FLOAT4E2M1, 23, "float4e2m1", 4)                                                          \
    X(LW_FLOAT8E8M0, 24, "float8e8m0", 8)                                                          \
    X(LW_UINT2, 25, "uint2", 2)                                                                    \
    X(LW_INT2, 26, "int2", 2)

typedef enum lw_dtype {
    LW_DTYPE_NONE = 0,
#define LW_DTYPE_ENUM(name, value, text, bits) name = value,
    LW_DTYPE_LIST(LW_DTYPE_ENUM)
#undef LW_DTYPE_ENUM
        LW_DTYPE_COUNT
} lw_dtype;

/* One element of a LW_STRING tensor: UTF-8 bytes, not necessarily ended by a zero. */
typedef struct lw_string {
    const char *data;
    size_t size;
} lw_string;

typedef struct lw_model lw_model;     /* a loaded network: immutable, shared */
typedef struct lw_context lw_context; /* what one run needs: memory, threads, plans */
typedef struct lw_value lw_value;     /* a tensor, sequence, map or optional */

typedef struct lw_io {
    const char *name; /* of a model input or output */
    lw_value *value;
} lw_io;

typedef struct lw_model_options lw_model_options;
typedef struct lw_context_options lw_context_options;

/* "0.1.0" */
LW_API const char *lw_version(void);
/* "LW_SHAPE"; "unknown status" for a number that is not a status. */
LW_API const char *lw_status_name(lw_status status);
/* The sentence of this thread's last failure, "" if there was none. Valid until the next failure
 * in this thread; nothing to free. */
LW_API const char *lw_last_error(void);
/* For callbacks (lw_image_decoder) and libraries on top: records the sentence, which is copied, as
 * this thread's last failure, and returns the status. */
LW_API lw_status lw_fail(lw_status status, const char *sentence);

/* Opens a model file (.onnx, .gguf) or a Hugging Face folder (config.json, and *.safetensors or
 * pytorch_model*.bin), an archive of torch.export (.pt2) or a TorchScript file (.pt), and maps it:
 * weights stay in the mapped file, which must not be changed while the model lives. options may be
 * NULL. Errors: LW_IO, LW_CORRUPT, LW_UNSUPPORTED (operator, type, version or architecture that
 * lampwick does not know), LW_LIMIT, LW_NO_MEMORY. lampwick/llm.h makes text with language models;
 * src/arch/decoder.h says what the inputs of their graphs are. */
LW_API LW_MUST_CHECK lw_status lw_model_load(const char *path, const lw_model_options *options,
                                             lw_model **model);
/* The same from memory, which is borrowed until lw_model_free. External data is refused. */
LW_API LW_MUST_CHECK lw_status lw_model_load_memory(const void *data, size_t size,
                                                    const lw_model_options *options,
                                                    lw_model **model);
/* Contexts keep the model alive: it may be freed before them. */
LW_API void lw_model_free(lw_model *model);

/* options may be NULL: all cores this process may use, standard allocator. Where the sizes of all
 * inputs are declared, a plan for them is made, and the first run is like the others; only weights
 * of files above 8 MiB are not packed yet: see lw_context_prepare. */
LW_API LW_MUST_CHECK lw_status lw_context_new(const lw_model *model,
                                              const lw_context_options *options,
                                              lw_context **context);
LW_API void lw_context_free(lw_context *context);

/* Runs the model once. Inputs are borrowed for the call. An input with an initializer may be left
 * out, and one that the wanted outputs do not need; outputs may be any subset of the model's
 * outputs, and only what they need is computed.
 * outputs[i].value: NULL receives a new value that the caller frees; a tensor made by the caller
 * (lw_tensor_wrap or lw_tensor_new, of the right type and shape) is filled in place.
 * Errors: LW_NOT_FOUND (no such name), LW_TYPE, LW_SHAPE, LW_RANGE, LW_CANCELLED, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_context_run(lw_context *context, const lw_io *inputs,
                                              size_t n_inputs, lw_io *outputs, size_t n_outputs);

/* A tensor over the caller's memory, row-major, which must outlive it. Elements under 8 bits are
 * packed, first element in the low bits. data must be aligned to the element's size. */
LW_API LW_MUST_CHECK lw_status lw_tensor_wrap(lw_dtype dtype, int rank, const int64_t *dims,
                                              void *data, lw_value **value);
/* A tensor with memory of its own, zeroed. */
LW_API LW_MUST_CHECK lw_status lw_tensor_new(lw_dtype dtype, int rank, const int64_t *dims,
                                             lw_value **value);
LW_API void lw_value_free(lw_value *value);

/* These accept any value; for one that is not a tensor they return LW_DTYPE_NONE, 0 or NULL. */
LW_API lw_dtype lw_tensor_dtype(const lw_value *value);
LW_API int lw_tensor_rank(const lw_value *value);
LW_API const int64_t *lw_tensor_dims(const lw_value *value); /* [rank], owned by the value */
LW_API size_t lw_tensor_count(const lw_value *value);        /* elements */
LW_API size_t lw_tensor_bytes(const lw_value *value);
LW_API void *lw_tensor_data(const lw_value *value);

/* --------------------------------------------------------------- 2. context */

LW_API const char *lw_dtype_name(lw_dtype dtype); /* "float32"; "none" if it is not a type */
LW_API int lw_dtype_bits(lw_dtype dtype);         /* 32; 0 if it is not a type */

/* Memory: align is a power of two; alloc returns NULL when there is none. Must be thread-safe
 * when contexts of one model run in several threads. */
typedef struct lw_allocator {
    size_t size;
    void *(*alloc)(void *user, size_t bytes, size_t align);
    void (*free)(void *user, void *block);
    void *user;
} lw_allocator;

/* The caller's own threads: calls task(arg, i) for every i in [0, n), in any order and on any
 * threads, and returns when all are done. */
typedef struct lw_executor {
    size_t size;
    int threads; /* how many tasks can run at once */
    void (*parallel)(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg);
    void *user;
} lw_executor;

/* Decodes a picture (JPEG, PNG, ...) for the operator ImageDecoder. pixel_format is "RGB", "BGR"
 * or "Grayscale". On success *pixels is a new uint8 tensor [height, width, channels].
 * liblampwick-media offers lw_media_decode_image. */
typedef lw_status (*lw_image_decoder)(const void *data, size_t size, const char *pixel_format,
                                      lw_value **pixels);

/* A low-rank adapter (LoRA) of a language model: a .gguf file, or a PEFT folder
 * (adapter_config.json, adapter_model.safetensors). */
typedef struct lw_adapter {
    const char *path;
    float scale; /* 1: as it was trained */
} lw_adapter;

struct lw_model_options {
    size_t size;
    const lw_allocator *allocator;  /* NULL: malloc; copied */
    bool inspect;                   /* load for looking only: what is not supported is listed
                                       (lw_model_issue) and makes the load succeed; cannot run */
    bool keep_graph;                /* no passes at all: the nodes stay those of the file */
    lw_image_decoder image_decoder; /* NULL: ImageDecoder fails with a sentence */
    const char *skip_passes;        /* names of passes (lw_pass) that are left out, separated by
                                       commas; "all"; NULL: none is left out */
    const char *cache_path;         /* a file that keeps weights in the form kernels want, written
                                       when the model is freed and used by the next process that
                                       loads the same file; lw_model_load only. NULL: none */
    const lw_adapter *adapters;     /* [n_adapters]; what they change is not in the weights, but
                                       beside them, so that these may be quantised */
    size_t n_adapters;
    bool observe_weights; /* of language models: more outputs, which tell of each weight
                             what it is multiplied with (src/arch/builder_observe.c) */
};

/* How numbers are rounded on the way. */
typedef enum lw_precision {
    LW_EXACT = 0, /* as the operators say */
    LW_FAST = 1   /* factors of products with float32 weights may be rounded to 16 bits, where the
                     processor gains by that: to bfloat16 (8 bits of precision; sums stay float32)
                     at the level avx512bf16, which AMD's processors have from Zen 4 on; to float16
                     (11 bits; up to 48 products are summed in it) at avx512fp16, which Intel's
                     servers have from Sapphire Rapids on. Rows and columns are scaled, so that
                     nothing overflows; NaN and infinity stay */
} lw_precision;

struct lw_context_options {
    size_t size;
    int threads;                   /* at most so many; 0: all that the process may use */
    const lw_executor *executor;   /* NULL: lampwick's own pool; copied */
    const lw_allocator *allocator; /* NULL: the model's; copied */
    size_t memory_limit;           /* bytes for activations, 0: what the machine has; above it
                                      LW_LIMIT */
    size_t max_plans;              /* sets of input shapes remembered, 0: 16 */
    lw_precision precision;
    const char *isa;  /* level of kernels: "base", "avx2", "avxvnni", "avx512", "avx512vnni",
                         "avx512bf16", "avx512fp16", "neon", "neon_dot", "neon_i8mm",
                         "simd128"; LW_UNSUPPORTED if the processor lacks it. NULL: the
                         environment's LAMPWICK_ISA, with the same errors, or the best */
    bool less_memory; /* weights of some 3x3 convolutions stay a quarter of what they are else, and
                         are transformed in each run, which is slower by up to a fifth; the results
                         are the same bits */
    const char *device; /* that runs what it can: "opencl:0" (lw_device names them); NULL or "cpu":
                           the processor. LW_NOT_FOUND or LW_UNSUPPORTED with the reason */
    bool fallback;      /* what the device cannot run is run by the processor; otherwise it is an
                           error when a plan is made. lw_context_explain says what runs where */
    size_t device_memory; /* bytes of the device's memory that the context may take, 0: all; above
                             it LW_LIMIT */
    const char *plugin;   /* engine of a vendor that runs what it can (lampwick/plugin.h): a
                             path with a slash, or a name: "migraphx". NULL: none. fallback is
                             for it too; with a device it is LW_INVALID */
    const char *plugin_options; /* "key=value,key=value", for the plug-in; may be NULL */
    const char *plugin_cache;   /* a folder where it may keep what it has compiled; NULL: none */
};

typedef enum lw_kind {
    LW_KIND_TENSOR = 0,
    LW_KIND_SEQUENCE = 1,
    LW_KIND_MAP = 2,
    LW_KIND_OPTIONAL = 3
} lw_kind;

/* Declared type of a model input or output. */
typedef struct lw_io_info {
    size_t size;
    const char *name;
    lw_kind kind;                 /* of the value */
    lw_kind element;              /* of a sequence's or optional's element; a map's values */
    lw_dtype dtype;               /* of the tensor, or of the tensors inside; a map's values;
                                     LW_DTYPE_NONE: any float type */
    lw_dtype key;                 /* of a map's keys, LW_DTYPE_NONE otherwise */
    int rank;                     /* -1: not declared */
    const int64_t *dims;          /* [rank]; -1 where not fixed */
    const char *const *dim_names; /* [rank]; NULL where a dimension has no name */
    bool has_default;             /* an input that may be left out */
} lw_io_info;

LW_API size_t lw_model_input_count(const lw_model *model);
LW_API size_t lw_model_output_count(const lw_model *model);
/* Set info->size first. All pointers belong to the model. LW_RANGE if there is no such index. */
LW_API LW_MUST_CHECK lw_status lw_model_input(const lw_model *model, size_t index,
                                              lw_io_info *info);
LW_API LW_MUST_CHECK lw_status lw_model_output(const lw_model *model, size_t index,
                                               lw_io_info *info);

/* The model with the graph for inputs like these, of which types and shapes count, and the values
 * of whole numbers and truths that decide what a TorchScript program does. Most models have one
 * graph, and this is the model itself; a TorchScript file says too little of its inputs, and gets a
 * graph when inputs are there, whose inputs and outputs can then be asked for. lw_context_run finds
 * it by itself. To be freed with lw_model_free. */
LW_API LW_MUST_CHECK lw_status lw_model_for(const lw_model *model, const lw_io *inputs,
                                            size_t n_inputs, lw_model **graph);

/* Values of every kind. A new value belongs to the caller. */
LW_API lw_kind lw_value_kind(const lw_value *value);
/* A deep copy that owns all its memory. */
LW_API LW_MUST_CHECK lw_status lw_value_copy(const lw_value *value, lw_value **copy);
/* A string tensor; the strings are copied. lengths may be NULL: the strings end with a zero. */
LW_API LW_MUST_CHECK lw_status lw_tensor_strings(int rank, const int64_t *dims,
                                                 const char *const *strings, const size_t *lengths,
                                                 lw_value **value);
/* A sequence of n values, which it takes over on success. dtype: of its tensors (for n = 0). */
LW_API LW_MUST_CHECK lw_status lw_sequence_take(lw_dtype dtype, lw_value *const *items, size_t n,
                                                lw_value **value);
/* Items of a sequence; 1 or 0 for an optional with or without a value; 0 otherwise. */
LW_API size_t lw_value_item_count(const lw_value *value);
LW_API const lw_value *lw_value_item(const lw_value *value, size_t index); /* NULL: no such */
/* An optional that holds item (taken over on success), or nothing if item is NULL. */
LW_API LW_MUST_CHECK lw_status lw_optional_take(lw_value *item, lw_value **value);
/* A map from keys (int64 or string tensor [n]) to values (tensor [n]); both are taken over. */
LW_API LW_MUST_CHECK lw_status lw_map_take(lw_value *keys, lw_value *values, lw_value **value);
LW_API const lw_value *lw_map_keys(const lw_value *map);   /* NULL if not a map */
LW_API const lw_value *lw_map_values(const lw_value *map); /* NULL if not a map */

/* Gets everything ready for runs with inputs of these types and shapes and with these outputs: the
 * plan is made, weights are packed, memory is touched, and a run that is not too long takes place
 * with the inputs, so that the first run is like those after it. Values of outputs are not
 * looked at. For models whose inputs have open sizes, and for those of more than 8 MiB: without it,
 * the first run of a model's first context reads weights where they lie in the file, which makes it
 * longer, and the second one packs them. The results are the same bits. Errors: those of
 * lw_context_run. */
LW_API LW_MUST_CHECK lw_status lw_context_prepare(lw_context *context, const lw_io *inputs,
                                                  size_t n_inputs, const lw_io *outputs,
                                                  size_t n_outputs);
/* The contents of an input stay in the memory of the context's device from now on, for inputs that
 * runs write to, as the cache of keys and values of a language model: what lies in the value that
 * is given for it is not read, only its type and shape count, which must not change; at first the
 * contents are undefined. Without a device, nothing changes. LW_NOT_FOUND. */
LW_API LW_MUST_CHECK lw_status lw_context_keep_input(lw_context *context, const char *name);
/* Copies bytes of such an input from the device, from an offset on; LW_INVALID if it has not so
 * many there. Without a device, nothing is copied. LW_NOT_FOUND. */
LW_API LW_MUST_CHECK lw_status lw_context_read_input(lw_context *context, const char *name,
                                                     size_t offset, void *to, size_t bytes);
/* Copies bytes to the device, where the input has `total` bytes from now on: if that is not what it
 * had, the others are undefined, and the next runs give it in that size. Without a device, nothing
 * is copied. LW_NOT_FOUND, LW_INVALID, LW_NO_MEMORY, LW_LIMIT. */
LW_API LW_MUST_CHECK lw_status lw_context_write_input(lw_context *context, const char *name,
                                                      size_t total, size_t offset, const void *from,
                                                      size_t bytes);

/* Gives back memory kept between runs: the arena, cached blocks and plans. */
LW_API void lw_context_trim(lw_context *context);
/* Makes the run that is under way in another thread return LW_CANCELLED soon. */
LW_API void lw_context_cancel(lw_context *context);

/* How the last plan that was used runs a node. */
typedef struct lw_node_plan {
    size_t size;
    size_t node;        /* its index in the main graph; in a body (of Loop ...), that of the node
                           of the main graph that the body belongs to */
    const char *device; /* "cpu", "opencl:0" */
    const char *kernel; /* "reference", a kernel's name, or "joined to the next" */
    const char *reason; /* why the device does not run it; "" */
    const char *name;   /* the node's */
    const char *op_type;
} lw_node_plan;
/* Calls fn for each node that the context's last plan runs, in order, those of bodies that were run
 * behind the node they belong to; nodes whose shapes depend on data as in the last run. Pointers
 * are valid during the call. LW_INVALID if there was no run yet. With a plug-in, for each node of
 * the graph as it was loaded (keep_graph), whose index is that there, and then for those of bodies
 * (of Loop ...): device is the plug-in, kernel the part of the graph that it runs as one; nodes
 * left to the processor go through the passes first. */
LW_API LW_MUST_CHECK lw_status lw_context_explain(const lw_context *context,
                                                  void (*fn)(void *user, const lw_node_plan *plan),
                                                  void *user);

typedef struct lw_memory_info {
    size_t size;
    size_t arena;       /* bytes of the planned arena */
    size_t blocks;      /* bytes of blocks for values whose shape is known only in the run */
    size_t plans;       /* plans remembered */
    size_t allocations; /* calls of the allocator by this context since it was made */
} lw_memory_info;
/* Set info->size first. */
LW_API LW_MUST_CHECK lw_status lw_context_memory(const lw_context *context, lw_memory_info *info);

/* Called after each node of the main graph: its index, start and end in nanoseconds of a
 * monotonic clock. NULL stops it. Runs in the thread of lw_context_run. */
typedef void (*lw_profile_fn)(void *user, size_t node, uint64_t start_ns, uint64_t end_ns);
LW_API void lw_context_profile(lw_context *context, lw_profile_fn fn, void *user);
/* The model whose nodes are counted there: the context's own, or with a plug-in the one that was
 * divided into parts. Lives as long as the context. */
LW_API const lw_model *lw_context_model(const lw_context *context);

/* -------------------------------------------------------------- 3. advanced */

typedef struct lw_model_info {
    size_t size;
    const char *format;   /* "ONNX" */
    const char *producer; /* "" if not given */
    const char *producer_version;
    const char *graph_name;
    const char *doc;
    int64_t ir_version;
    int64_t model_version;
    uint64_t parameters; /* elements of all initializers */
    uint64_t file_bytes; /* 0 for a folder */
    size_t nodes;        /* of the main graph */
    size_t opsets;       /* imported */
    size_t metadata;     /* key-value pairs */
    size_t issues;       /* what makes the model impossible to run; see inspect */
} lw_model_info;
LW_API LW_MUST_CHECK lw_status lw_model_describe(const lw_model *model, lw_model_info *info);
LW_API LW_MUST_CHECK lw_status lw_model_opset(const lw_model *model, size_t index,
                                              const char **domain, int64_t *version);
LW_API LW_MUST_CHECK lw_status lw_model_metadata(const lw_model *model, size_t index,
                                                 const char **key, const char **value);
/* A sentence about something in the model that lampwick cannot run; NULL: no such index. */
LW_API const char *lw_model_issue(const lw_model *model, size_t index);

/* A node of the main graph; domain "" is ai.onnx. */
typedef struct lw_node_info {
    size_t size;
    const char *name;
    const char *op_type;
    const char *domain;
    size_t n_inputs, n_outputs, n_subgraphs;
} lw_node_info;
LW_API LW_MUST_CHECK lw_status lw_model_node(const lw_model *model, size_t index,
                                             lw_node_info *info);
/* The name of a value that the node reads or makes; "" for one that is left out; NULL: no such
 * node or index. */
LW_API const char *lw_model_node_input(const lw_model *model, size_t node, size_t index);
LW_API const char *lw_model_node_output(const lw_model *model, size_t node, size_t index);
/* An initializer of the main graph by name; NULL if there is none. Owned by the model. */
LW_API const lw_value *lw_model_initializer(const lw_model *model, const char *name);
/* Counts nodes by operator over the main graph and all subgraphs: calls fn once for each kind. */
LW_API void lw_model_count_ops(const lw_model *model,
                               void (*fn)(void *user, const char *domain, const char *op_type,
                                          size_t count),
                               void *user);

/* Writes the model's graph as an ONNX file: as it was loaded, before any pass, in the newest form
 * of its operators and for the oldest opset, from 13 on, that has what they use. Operators of
 * com.microsoft stay what they are, which ONNX Runtime runs. options may be NULL. Errors: LW_IO;
 * LW_UNSUPPORTED for an operator that ONNX does not have (those of language models), which is
 * named, for a TorchScript file, whose graph lw_model_for gives, and for a graph made in C or by
 * lw_model_for that passes have changed: keep_graph leaves them out. */
typedef struct lw_onnx_options {
    size_t size;
    bool weights_beside; /* weights in a file "<path>.data", as they are in any case if the model
                            needs more than 2 GB */
} lw_onnx_options;
LW_API LW_MUST_CHECK lw_status lw_model_save_onnx(const lw_model *model, const char *path,
                                                  const lw_onnx_options *options);

/* The rewrites that a model goes through at load, in their order, and how often each was applied
 * to a model. */
typedef struct lw_pass_info {
    size_t size;
    const char *name;  /* for skip_passes */
    const char *about; /* what it does */
} lw_pass_info;
LW_API size_t lw_pass_count(void);
LW_API LW_MUST_CHECK lw_status lw_pass(size_t index, lw_pass_info *info);
LW_API size_t lw_model_pass_rewrites(const lw_model *model, size_t pass);

/* What lampwick supports. types is a bit set, bit d for lw_dtype d, of the first input's types
 * (of the first output's where there is no input). */
typedef struct lw_op_info {
    size_t size;
    const char *domain;
    const char *name;
    int version; /* of the newest form of the operator */
    uint64_t types;
    const char *kernels; /* "reference" or "reference cpu" */
} lw_op_info;
LW_API size_t lw_op_count(void);
LW_API LW_MUST_CHECK lw_status lw_op(size_t index, lw_op_info *info);

/* PyTorch's operators that programs may use, in the alphabet's order of names. "relu_" that writes
 * to its first argument is understood where "relu" is. */
typedef struct lw_torch_op_info {
    size_t size;
    const char *name;     /* "conv2d" of aten; others have their namespace: "torchvision::nms" */
    const char *overload; /* "Tensor"; may be "" */
    const char *schema;   /* the arguments, as PyTorch writes them */
    const char *becomes;  /* operators of ONNX, some of them or all */
} lw_torch_op_info;
LW_API size_t lw_torch_op_count(void);
LW_API LW_MUST_CHECK lw_status lw_torch_op(size_t index, lw_torch_op_info *info);

/* Reads a serialized ONNX TensorProto, SequenceProto or OptionalProto (kind says which; the
 * conformance suite's .pb files). The value owns its memory. */
LW_API LW_MUST_CHECK lw_status lw_onnx_value_parse(const void *data, size_t size, lw_kind kind,
                                                   lw_value **value);
/* Element types, one number at a time: any numeric dtype from and to double. */
LW_API double lw_tensor_get(const lw_value *value, size_t index);
LW_API LW_MUST_CHECK lw_status lw_tensor_set(lw_value *value, size_t index, double number);
/* A new tensor of another numeric type; rounds to nearest even, integers saturate. */
LW_API LW_MUST_CHECK lw_status lw_tensor_convert(const lw_value *value, lw_dtype dtype,
                                                 lw_value **converted);

/* The processor: name of the instruction set level in use ("avx512"), logical processors that
 * this process may use (affinity and cgroup quota), bytes of memory. LW_INVALID or LW_UNSUPPORTED
 * if LAMPWICK_ISA names a level that there is not, or that the processor lacks. */
typedef struct lw_cpu_info {
    size_t size;
    const char *isa;
    int threads;
    uint64_t memory;
} lw_cpu_info;
LW_API LW_MUST_CHECK lw_status lw_cpu(lw_cpu_info *info);

/* A device beside the processor, by its number; LW_RANGE past the last. Devices come and go: this
 * asks the drivers that are there now (libOpenCL.so.1). Set info->size first; strings are valid
 * until the next call in this thread. */
typedef struct lw_device_info {
    size_t size;
    const char *name;        /* "opencl:0": for lw_context_options */
    const char *description; /* what it calls itself */
    const char *driver;      /* the driver's version */
    const char *capability;  /* "OpenCL 3.0 ..." */
    uint64_t memory;         /* bytes */
    unsigned units;          /* compute units */
    bool usable;
    const char *reason; /* why it is not usable; "" */
} lw_device_info;
LW_API LW_MUST_CHECK lw_status lw_device(size_t index, lw_device_info *info);

#ifdef __cplusplus
}
#endif
#endif

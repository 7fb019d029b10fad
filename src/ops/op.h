/* SPDX-License-Identifier: MIT
 * What an operator is, and what its code may use. An operator has one file that defines
 *     const lwi_op lwi_op_<ident> = {.infer = infer, .run = run, .flags = ...};
 * and one line in ops.def. Arity, attribute and type checks come from schema.def, so infer and run
 * see only inputs that the specification allows (see lwi_invoke in call.c for what happens before
 * run). They still check shapes, and every number that comes from data. */
#ifndef LWI_OP_H
#define LWI_OP_H

#include "graph/graph.h"
#include "tensor/convert.h"

typedef struct lwi_call lwi_call;
struct lwi_strided_copy;

enum {
    /* float16, bfloat16, float8 and float4 inputs appear to run as float32 tensors and such
     * outputs are made as float32 ones, rounded once afterwards. infer sees the true types. */
    LWI_WIDEN = 1,
    /* Inputs under 8 bits appear to run with one byte per element (int8 or uint8; float4 as uint8
     * codes unless LWI_WIDEN is there too) and such outputs likewise. infer sees the true types. */
    LWI_UNPACK = 2,
    /* Output 0 is input 0 with another shape: there is no run. */
    LWI_VIEW = 4,
    /* The result differs from run to run, or an input is written to: never folded, never rehearsed.
     */
    LWI_RANDOM = 8,
    /* Only the shapes of the inputs are read: the value is known when the shape is. */
    LWI_DIMS_ONLY = 16,
    /* Output 0 may lie on the memory of input 0 (or of input 1) if they have the same size in
     * bytes: element i of both is read before element i is written. */
    LWI_INPLACE = 32,
    /* run copies elements of input 0 from wherever they lie in the file, aligned or not: a table of
     * which few rows are wanted stays there. */
    LWI_ANYWHERE = 64,
    /* Output 0 is the inputs side by side along the attribute axis. An input that lies in its place
     * in the output already is left there. */
    LWI_JOIN = 128,
    /* run brings the data that it reads (lwi_bring) itself; the rest may stay on a device. */
    LWI_BRINGS = 256,
};

typedef struct lwi_op {
    /* Looks at attributes once, at load; may be NULL. */
    lw_status (*check)(const lwi_node *node);
    /* Declares every output with lwi_out. Inputs have types and shapes; their data may be unknown
     * (lwi_known): when it is needed, return LWI_LATER, and infer is called again when it is
     * there; what was declared before that is known to passes already. NULL: run declares the
     * outputs itself, for shapes that depend on computation. */
    lw_status (*infer)(lwi_call *call);
    /* What run needs from attributes and shapes, made once for many runs (lwi_prepare); may be
     * NULL. */
    lw_status (*prepare)(lwi_call *call);
    /* The subgraph whose outputs are this call's, if that is known; NULL: it is not. The function
     * may be NULL. */
    const lwi_graph *(*branch)(const lwi_call *call);
    /* Output k is input 0's elements from *first on, in their order, so that it can be read there;
     * asked after infer, of outputs that have elements. May be NULL. */
    bool (*window)(const lwi_call *call, size_t k, size_t *first);
    /* Computes. All inputs have data; outputs declared by infer have memory. */
    lw_status (*run)(lwi_call *call);
    unsigned flags;
} lwi_op;

/* What a backend has for a call instead of the operator's run. */
typedef struct lwi_kernel {
    /* Done once for many runs, when types and shapes are known (lwi_prepare, lwi_packed); may be
     * NULL. Only constants have data (lwi_is_constant). */
    lw_status (*prepare)(lwi_call *call);
    lw_status (*run)(lwi_call *call); /* finds what prepare made in call->prepared */
} lwi_kernel;

/* A form of a constant that a kernel wants: see lwi_packed. */
typedef struct lwi_packing {
    const char *form;
    uint64_t variant;
    size_t bytes;   /* of the packed form */
    lw_dtype shown; /* element type that pack gets to see; LW_DTYPE_NONE: the value as it lies */
    lw_status (*pack)(void *arg, const lw_value *from, void *to);
    void *arg;
    bool anywhere;     /* pack reads elements that are not aligned */
    const void *level; /* of the kernels that use it; set by the host */
    bool can_wait;     /* run can do without */
} lwi_packing;

/* Services that whoever executes provides. */
typedef struct lwi_host {
    lw_status (*memory)(void *state, size_t bytes, void **block); /* scratch until the node ends */
    /* Zeroed memory that lives as long as what prepare makes; NULL: that is until the node ends. */
    lw_status (*keep)(void *state, size_t bytes, void **block);
    /* *packed stays NULL where nothing can keep it; the service may be NULL. */
    lw_status (*packed)(void *state, const lw_value *value, const lwi_packing *packing,
                        const void **packed);
    bool waits; /* what can wait is not packed: this is prepared for a first run only */
    /* Pack has read these bytes of a constant: the pages of a file that they came from can go. May
     * be NULL. */
    void (*forget)(void *state, const void *data, size_t bytes);
    /* Memory for an output tensor whose type and shape are set already. */
    lw_status (*output)(void *state, lw_value *value);
    /* Bytes that live as long as this run. */
    lw_status (*bytes)(void *state, size_t n, void **block);
    void (*parallel)(void *state, size_t n, void (*task)(void *arg, size_t i), void *arg);
    int (*threads)(void *state);
    /* Runs a subgraph; outputs are new references. */
    lw_status (*subgraph)(void *state, const lwi_graph *graph, const lw_value *const *inputs,
                          size_t n_inputs, lw_value **outputs, size_t n_outputs);
    bool (*cancelled)(void *state);
    /* Where values may lie on a device (lw_value.remote): makes data readable; brings it there; a
     * value of its own with the contents of one that is there; joins tensors along a new axis
     * there, if they are there (*done). NULL: all is on this side. */
    lw_status (*bring)(void *state, const lw_value *value);
    lw_status (*send)(void *state, const lw_value *value);
    lw_status (*keep_remote)(void *state, const lw_value *value, lw_value **kept);
    lw_status (*stack)(lwi_call *call, size_t output, lw_value *const *items, size_t n,
                       int64_t axis, bool *done);
    /* Sees copies (ops/strided_copy.h) instead of their being made; mostly NULL. */
    void (*copied)(const struct lwi_host *host, const struct lwi_strided_copy *copy);
    bool fast;        /* products of weights may be rounded to 16 bits (LW_FAST) */
    bool less_memory; /* smaller forms of weights, where that costs some time */
    lw_image_decoder image_decoder;
    lw_allocator allocator; /* for values that outlive the node (items of sequences ...) */
} lwi_host;

struct lwi_call {
    const lwi_node *node;
    const lw_value *const *in; /* [n_in]; NULL: omitted. Trailing omitted ones are cut off */
    lw_value **out;            /* [n_out]; NULL: not wanted */
    size_t n_in, n_out;
    bool inferring;
    bool *declared; /* [n_out] */
    const lwi_host *host;
    void *state;              /* of the host */
    void *prepared;           /* of the kernel; NULL: nothing was prepared */
    uint64_t *asked;          /* infer notes the inputs whose data it lacks; NULL: it does not */
    uint64_t packed;          /* bit i: prepare has packed input i, or run reads it anywhere */
    const lwi_call *original; /* in a converted call (LWI_WIDEN, LWI_UNPACK): the true one */
};

/* Fails with "Conv 'conv_12': sentence". */
lw_status lwi_call_fail(const lwi_call *call, lw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
lw_status lwi_node_fail(const lwi_node *node, lw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ------------------------------------------------------------------ inputs */

/* Input i is there. */
static inline bool lwi_has(const lwi_call *c, size_t i) { return i < c->n_in && c->in[i]; }
/* Input i is there and its data can be read. */
static inline bool lwi_known(const lwi_call *c, size_t i) {
    return lwi_has(c, i) && (c->in[i]->data || c->in[i]->count == 0);
}
/* The elements of an integer tensor input, at most max (LW_LIMIT); LWI_LATER if not known yet. */
lw_status lwi_in_ints(const lwi_call *call, size_t input, int64_t *values, size_t max, size_t *n);
/* An input of exactly one integer. LWI_LATER if not known yet. */
lw_status lwi_in_int(const lwi_call *call, size_t input, int64_t *value);
/* An input of exactly one number. LWI_LATER if not known yet. */
lw_status lwi_in_number(const lwi_call *call, size_t input, double *value);
/* Input i's rank is between low and high, or LW_SHAPE. */
lw_status lwi_need_rank(const lwi_call *call, size_t input, int low, int high);
/* Input i, if it is there, has this shape, or LW_SHAPE. */
lw_status lwi_need_shape(const lwi_call *call, size_t input, int rank, const int64_t *dims);

/* LWI_LATER, from an infer that lacks the data of an input. */
lw_status lwi_later(const lwi_call *call, size_t input);
/* In run, for LWI_BRINGS: data of an input, or of another value, become readable. */
lw_status lwi_bring(const lwi_call *call, size_t input);
lw_status lwi_bring_value(const lwi_call *call, const lw_value *value);

/* ----------------------------------------------------------------- outputs */

/* In infer: declares output i. In run: makes it, with memory (or checks what infer declared).
 * Nothing happens if output i is not wanted: c->out[i] is NULL then. */
lw_status lwi_out(lwi_call *call, size_t i, lw_dtype dtype, int rank, const int64_t *dims);
/* The type and shape of a tensor. */
lw_status lwi_out_like(lwi_call *call, size_t i, const lw_value *model);
/* In run only: makes output i refer to the same thing as value, which may be of any kind. The
 * contents of a tensor that has no storage of its own are copied. */
lw_status lwi_out_value(lwi_call *call, size_t i, const lw_value *value);
/* In run only: a value of its own (counted, not in the arena) with the contents of a tensor, or a
 * reference to it where it is such already. For items of sequences. */
lw_status lwi_keep(lwi_call *call, const lw_value *value, lw_value **kept);

/* ---------------------------------------------------------------- services */

/* Memory until the node ends, not zeroed, aligned to 64 bytes. */
lw_status lwi_scratch(lwi_call *call, size_t n, size_t size, void *block);
/* Input i is there and is the same in every run that this call is prepared for. */
static inline bool lwi_is_constant(const lwi_call *c, size_t i) {
    return lwi_has(c, i) && c->in[i]->fixed != LWI_VARIES;
}
/* In prepare: zeroed memory, aligned to 16 bytes, that run finds in call->prepared. Once a call. */
lw_status lwi_prepare(lwi_call *call, size_t size, void *prepared);
/* In prepare: more of such memory. */
lw_status lwi_kept(lwi_call *call, size_t n, size_t size, void *block);
/* In prepare: input i in the form that the kernel wants it in, made by pack(arg, input, to) the
 * first time that anyone asks for this constant, form, variant and number of bytes, and then
 * shared by all contexts of the model; so `to` (aligned to 64 bytes, not zeroed) may depend on
 * nothing else. `from` has the type that run sees (float32 for float16 of an LWI_WIDEN operator).
 * *packed is NULL if the input is not constant: then run has to pack, into scratch memory.
 * A converted call shows run no data of inputs that were packed. */
lw_status lwi_packed(lwi_call *call, size_t input, const char *form, uint64_t variant, size_t bytes,
                     lw_status (*pack)(void *arg, const lw_value *from, void *to), void *arg,
                     const void **packed);
/* The same for a pack that reads elements wherever they lie in the file, aligned or not, so that
 * large constants need no copy. */
lw_status lwi_packed_anywhere(lwi_call *call, size_t input, const char *form, uint64_t variant,
                              size_t bytes,
                              lw_status (*pack)(void *arg, const lw_value *from, void *to),
                              void *arg, const void **packed);
/* The same for a run that gives the same bits without the packed form, if slower: *packed is NULL
 * too when call->host->waits. Run then sees the input where it lies in the file, aligned or not. */
lw_status lwi_packed_later(lwi_call *call, size_t input, const char *form, uint64_t variant,
                           size_t bytes,
                           lw_status (*pack)(void *arg, const lw_value *from, void *to), void *arg,
                           const void **packed);
/* In pack, which may take call along in arg, or in a run that packs: so many bytes of a constant
 * have been read, and are given back now rather than when it and its packed form both lie in
 * memory. */
void lwi_forget(const lwi_call *call, const void *data, size_t bytes);
/* A string that lives as long as the run: for elements of LW_STRING outputs. Copying lw_string
 * elements from input to output needs no call of this. */
lw_status lwi_string(lwi_call *call, const char *text, size_t size, lw_string *string);
/* Calls fn(arg, begin, end) so that [0, n) is covered, on several threads if each can have at
 * least grain items. What fn computes for an item must not depend on begin and end. */
void lwi_parallel(const lwi_call *call, size_t n, size_t grain,
                  void (*fn)(void *arg, size_t begin, size_t end), void *arg);
/* LW_CANCELLED if the run should stop: for loops that may take long. */
lw_status lwi_check_cancel(const lwi_call *call);
lw_status lwi_run_subgraph(lwi_call *call, const lwi_graph *graph, const lw_value *const *inputs,
                           size_t n_inputs, lw_value **outputs, size_t n_outputs);

/* -------------------------------------------------------------- attributes */

int64_t lwi_attr_int(const lwi_node *node, const char *name, int64_t absent);
float lwi_attr_float(const lwi_node *node, const char *name, float absent);
/* Zero-terminated (the loader sees to it). */
const char *lwi_attr_string(const lwi_node *node, const char *name, const char *absent);
bool lwi_attr_is(const lwi_node *node, const char *name, const char *text);      /* equal strings */
const int64_t *lwi_attr_ints(const lwi_node *node, const char *name, size_t *n); /* or NULL */
const float *lwi_attr_floats(const lwi_node *node, const char *name, size_t *n); /* or NULL */
const lw_string *lwi_attr_strings(const lwi_node *node, const char *name, size_t *n); /* or NULL */
const lw_value *lwi_attr_tensor(const lwi_node *node, const char *name);              /* or NULL */
const lwi_graph *lwi_attr_graph(const lwi_node *node, const char *name);              /* or NULL */
/* An integer attribute that names the element type of output 0, which the specification must allow
 * there. */
lw_status lwi_attr_dtype(const lwi_call *call, const char *name, lw_dtype absent, lw_dtype *dtype);

/* ------------------------------------------------------------------ shapes */

/* -rank..rank-1 becomes 0..rank-1, else LW_RANGE. */
lw_status lwi_axis(const lwi_call *call, int64_t axis, int rank, int *normal);
/* A list of axes, each once, as a bit set. */
lw_status lwi_axes(const lwi_call *call, const int64_t *axes, size_t n, int rank, uint32_t *set);
/* Numpy broadcasting of the shapes of inputs [first, first + n), omitted ones skipped. */
lw_status lwi_broadcast(const lwi_call *call, size_t first, size_t n, int *rank, int64_t *dims);
/* Elements before, at and after an axis of a tensor: [outer, dim, inner]. */
void lwi_split_axis(const lw_value *value, int axis, size_t *outer, size_t *dim, size_t *inner);

/* Strides, in elements, of a tensor when read under a broadcast shape: 0 where it repeats. */
void lwi_broadcast_strides(const lw_value *value, int rank, size_t strides[LW_MAX_RANK]);
/* Row-major strides in elements. */
void lwi_strides(int rank, const int64_t *dims, size_t strides[LW_MAX_RANK]);

/* Common infer functions. */
lw_status lwi_infer_same(lwi_call *call);      /* output 0 has input 0's type and shape */
lw_status lwi_infer_broadcast(lwi_call *call); /* all inputs broadcast; input 0's type */
lw_status lwi_infer_broadcast_bool(lwi_call *call);

/* Numeric C types by element type, for tables and switches made by macros: X(dtype, T). */
#define LWI_SIGNED_TYPES(X)                                                                        \
    X(LW_INT8, int8_t)                                                                             \
    X(LW_INT16, int16_t)                                                                           \
    X(LW_INT32, int32_t)                                                                           \
    X(LW_INT64, int64_t)
#define LWI_UNSIGNED_TYPES(X)                                                                      \
    X(LW_UINT8, uint8_t)                                                                           \
    X(LW_UINT16, uint16_t)                                                                         \
    X(LW_UINT32, uint32_t)                                                                         \
    X(LW_UINT64, uint64_t)
#define LWI_INTEGER_TYPES(X)                                                                       \
    LWI_SIGNED_TYPES(X)                                                                            \
    LWI_UNSIGNED_TYPES(X)
#define LWI_WIDE_FLOAT_TYPES(X)                                                                    \
    X(LW_FLOAT32, float)                                                                           \
    X(LW_FLOAT64, double)
#define LWI_NUMBER_TYPES(X)                                                                        \
    LWI_WIDE_FLOAT_TYPES(X)                                                                        \
    LWI_INTEGER_TYPES(X)

#endif

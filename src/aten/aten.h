/* SPDX-License-Identifier: MIT
 * ATen, PyTorch's operators, as makers of graphs: each call of one becomes nodes of ONNX's
 * vocabulary. The doors for PyTorch's files and the functions of lampwick/nn.h call operators by
 * name, with PyTorch's arguments; what they mean is said once, in aten.def and the files by family.
 *
 * After the first failure calls do nothing, so that programs read like formulas: the status is
 * looked at in the end (lwi_aten_close, or a->b.status). */
#ifndef LWI_ATEN_H
#define LWI_ATEN_H

#include "arch/builder.h"
#include "ops/probe.h"

enum {
    LWI_ATEN_ROUNDS = 3,  /* choices of sizes that types are found with */
    LWI_ATEN_ARGS = 32,   /* of an operator, at most */
    LWI_ATEN_RESULTS = 16 /* likewise */
};

typedef struct lwi_aten lwi_aten;
typedef struct lwi_aten_row lwi_aten_row; /* of aten.def, see aten/lower.h */

typedef enum lwi_aten_kind {
    LWI_ATEN_NONE,
    LWI_ATEN_TENSOR,
    LWI_ATEN_INT,
    LWI_ATEN_FLOAT,
    LWI_ATEN_BOOL,
    LWI_ATEN_STRING,
    LWI_ATEN_LIST
} lwi_aten_kind;

/* A tensor as PyTorch's programs know it: something whose contents change when an operator writes
 * to it, or to another tensor that it is a view of or that is a view of it. The graph's values
 * never change: a write makes a new one. Lives in the network's arena. */
typedef struct lwi_aten_tensor lwi_aten_tensor;

/* An argument or result. Numbers of the program are known (id < 0), or scalars of the graph (rank
 * 0: int64, float64 or bool), such as the size of a dimension that is not fixed. Element types are
 * ints numbered as c10::ScalarType; devices, layouts and memory formats may be anything. */
typedef struct lwi_aten_value {
    lwi_aten_kind kind;
    bool as_number;         /* a tensor of rank 0 that has the type of a number in promotion */
    int id;                 /* of a number that is not known, in graph; -1: it is known */
    const lwi_graph *graph; /* of id */
    union {
        lwi_aten_tensor *tensor;
        int64_t i;
        double f;
        bool b;
        lw_string s; /* borrowed from the arena or from constants */
        struct {
            const struct lwi_aten_value *items; /* in the arena */
            size_t n;
        } list;
    };
} lwi_aten_value;

typedef struct lwi_aten_argument {
    const char *name; /* NULL: by its place; those come first */
    lwi_aten_value value;
} lwi_aten_argument;

/* A graph that is being made: the main one or the body of a branch or loop. */
typedef struct lwi_aten_scope {
    lwi_graph *graph;
    struct lwi_aten_scope *outer;
    lwi_prober probes[LWI_ATEN_ROUNDS];
    size_t probed;            /* nodes that types have been found for */
    struct lwi_aten_outcome { /* types of outputs, of an inner graph */
        lw_dtype dtype;
        int rank;
        bool known[LWI_ATEN_ROUNDS];
        int64_t dims[LWI_ATEN_ROUNDS][LW_MAX_RANK];
    } * outcomes;
    size_t n_outcomes, cap_outcomes;
    bool goes_on;  /* the body of a loop: there is always a next turn */
    bool *made_up; /* [cap_made_up] values that have sizes which depend on data */
    size_t cap_made_up;
    struct lwi_aten_scope *next_left; /* in lwi_aten.left */
} lwi_aten_scope;

struct lwi_aten {
    lwi_graph_builder b;
    lwi_aten_scope *scope, *left; /* the present one; those that have been left */
    int rounds;                   /* that are looked at: one if no size is free */
    lwi_strmap rows;
    const lwi_aten_row *row;  /* of the operator that is being lowered; NULL: none */
    lwi_aten_tensor *tensors; /* all, newest first */
    struct free_size {
        const char *name;
        int64_t sizes[LWI_ATEN_ROUNDS];
    } * sizes; /* of free dimensions */
    size_t n_sizes, cap_sizes;
};

/* ------------------------------------------------------------------- graphs */

/* Makes network->graph; name stands in messages. */
lw_status lwi_aten_open(lwi_aten *a, lwi_network *network, const char *name);
/* Frees what building needed; the status is the first failure. */
lw_status lwi_aten_close(lwi_aten *a);
/* "aten::conv2d: sentence", where an operator is being lowered. */
void lwi_aten_fail(lwi_aten *a, lw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An input. Complex ones are real here, with a last axis of 2. A dimension of -1 is free;
 * dimensions with the same name have the same size, a name may be NULL. examples: sizes that fit
 * together, used where a dimension is free; 0 or NULL: none is known. */
lwi_aten_value lwi_aten_input(lwi_aten *a, const char *name, lw_dtype dtype, int rank,
                              const int64_t *dims, const char *const *dim_names,
                              const int64_t *examples);
/* A constant that borrows data, which must live as long as the network (a mapped file). */
lwi_aten_value lwi_aten_constant(lwi_aten *a, lw_dtype dtype, int rank, const int64_t *dims,
                                 const void *data);
/* A complex number: a tensor of rank 0 that counts as a number. */
lwi_aten_value lwi_aten_complex_number(lwi_aten *a, double real, double imaginary);
/* value: a tensor or a number. */
void lwi_aten_output(lwi_aten *a, const lwi_aten_value *value, const char *name);

/* Nodes go to a new graph inside the present one until lwi_aten_leave. Tensors of graphs around it
 * can be used there. */
lwi_graph *lwi_aten_enter(lwi_aten *a, const char *name);
void lwi_aten_leave(lwi_aten *a);
/* Like lwi_aten_leave, but the graph can be gone on with: two branches get their outputs when both
 * are there. Each such scope is discarded in the end; used: a node has its graph. */
lwi_aten_scope *lwi_aten_pause(lwi_aten *a);
void lwi_aten_resume(lwi_aten *a, lwi_aten_scope *scope);
void lwi_aten_discard(lwi_aten *a, lwi_aten_scope *scope, bool used);

/* The results (as many as the graphs have outputs) of one of two graphs, which have been entered,
 * given outputs and left. */
void lwi_aten_if(lwi_aten *a, const lwi_aten_value *condition, lwi_graph *yes, lwi_graph *no,
                 lwi_aten_value *results);
/* Enters the body of a loop in which n values change from turn to turn: they become values of the
 * body. open: [n] bits of the axes whose sizes change too (NULL: none does). turn: the number of
 * the turn, if it is wanted. */
lwi_graph *lwi_aten_loop_begin(lwi_aten *a, const char *name, size_t n, lwi_aten_value *values,
                               const unsigned *open, lwi_aten_value *turn);
/* The body's outputs: whether there is a next turn, and n values: those for it, and then those that
 * are kept of each turn. lwi_aten_leave follows. */
void lwi_aten_loop_end(lwi_aten *a, const lwi_aten_value *goes_on, size_t n,
                       const lwi_aten_value *values);
/* The loop from its first values on, which become the last ones. turns: at most so many; goes_on:
 * whether there is a first one. Both may be NULL. rows: [n_rows] what is kept of each turn, along a
 * first axis. */
void lwi_aten_loop(lwi_aten *a, lwi_graph *body, const lwi_aten_value *turns,
                   const lwi_aten_value *goes_on, size_t n, lwi_aten_value *values,
                   const unsigned *open, size_t n_rows, lwi_aten_value *rows);
/* Bits of the axes in which two values of the present graph, of one rank, have not the same size.
 */
unsigned lwi_aten_changed_axes(lwi_aten *a, int before, int after);

/* ------------------------------------------------------------------- values */

static inline lwi_aten_value lwi_aten_none(void) { return (lwi_aten_value){.id = -1}; }
static inline lwi_aten_value lwi_aten_int(int64_t i) {
    return (lwi_aten_value){.kind = LWI_ATEN_INT, .id = -1, .i = i};
}
static inline lwi_aten_value lwi_aten_float(double f) {
    return (lwi_aten_value){.kind = LWI_ATEN_FLOAT, .id = -1, .f = f};
}
static inline lwi_aten_value lwi_aten_bool(bool b) {
    return (lwi_aten_value){.kind = LWI_ATEN_BOOL, .id = -1, .b = b};
}
static inline lwi_aten_value lwi_aten_string(lw_string s) {
    return (lwi_aten_value){.kind = LWI_ATEN_STRING, .id = -1, .s = s};
}
/* Copies the items into the arena. */
lwi_aten_value lwi_aten_list(lwi_aten *a, size_t n, const lwi_aten_value *items);
lwi_aten_value lwi_aten_int_list(lwi_aten *a, size_t n, const int64_t *items);
/* A new tensor whose contents are a value of the present graph. */
lwi_aten_value lwi_aten_tensor_of(lwi_aten *a, int id);
/* A number from a scalar of the present graph (rank 0 or one element); known if it is the same for
 * all sizes. Bools, integers and floats stay what they are. */
lwi_aten_value lwi_aten_number_of(lwi_aten *a, int id);

/* The id, in the present graph, of a tensor's contents as they are now, or of a number as a scalar
 * of its own type. */
int lwi_aten_id(lwi_aten *a, const lwi_aten_value *value);

/* ------------------------------------------------------------ types of values */

/* Of a value of the present graph. Every node is inferred when it is asked for, so a failure here
 * (the rank of something that cannot be inferred) is a failure of the program. */
lw_dtype lwi_aten_dtype(lwi_aten *a, int id);
int lwi_aten_rank(lwi_aten *a, int id);
/* The size of a dimension if it is fixed, else -1. axis: from 0. */
int64_t lwi_aten_dim(lwi_aten *a, int id, int axis);
/* Number of elements, -1 if not fixed. */
int64_t lwi_aten_count(lwi_aten *a, int id);
/* The size in the examples: for choices that must fit, not for what is computed. */
int64_t lwi_aten_example_dim(lwi_aten *a, int id, int axis);
/* The elements of an integer or bool tensor that is the same for all sizes. */
bool lwi_aten_known(lwi_aten *a, int id, size_t max, int64_t *values, size_t *n);
/* Says what a value is that cannot be inferred (its shape depends on data); free dimensions are
 * -1. */
void lwi_aten_declare(lwi_aten *a, int id, lw_dtype dtype, int rank, const int64_t *dims);
/* The same with names and examples of free dimensions, as inputs have them. */
void lwi_aten_declare_as(lwi_aten *a, int id, lw_dtype dtype, int rank, const int64_t *dims,
                         const char *const *dim_names, const int64_t *examples);
/* The same for a value that is x of the graph of s or y of the graph of t, of one type and rank. */
void lwi_aten_declare_either(lwi_aten *a, int id, lwi_aten_scope *s, int x, lwi_aten_scope *t,
                             int y);
/* The same where the sizes are those of others: dimension d is axis axes[d] of ids[d]. */
void lwi_aten_declare_sizes(lwi_aten *a, int id, lw_dtype dtype, int rank, const int *ids,
                            const int *axes);
/* The type of a tensor and its number of dimensions, as PyTorch has them. */
lw_dtype lwi_aten_tensor_dtype(lwi_aten *a, const lwi_aten_value *v);
int lwi_aten_tensor_rank(lwi_aten *a, const lwi_aten_value *v);

/* ---------------------------------------------------------------- operators */

/* Calls "conv2d" with an overload's name ("Tensor"; "" is one too), or NULL: the one that the
 * arguments fit. "relu_" writes to its first argument, even if only "relu" has a row. results:
 * [LWI_ATEN_RESULTS], NONE behind the operator's own. Names may be "torchvision::nms"; aten is
 * meant where there is no ::. */
void lwi_aten_call(lwi_aten *a, const char *name, const char *overload, size_t n,
                   const lwi_aten_argument *args, lwi_aten_value *results);
/* The first result of a call with arguments by their places. */
lwi_aten_value lwi_aten_apply(lwi_aten *a, const char *name, size_t n, const lwi_aten_value *args);
/* There is a row of that name and overload (NULL: any). */
bool lwi_aten_has(const lwi_aten *a, const char *name, const char *overload);
/* Its result shares the memory of its first argument. */
bool lwi_aten_is_view(const lwi_aten *a, const char *name, const char *overload);

/* Arithmetic of the program's numbers: add sub mul truediv floordiv mod pow neg min max eq ne lt
 * le gt ge and or not; computed now where both are known, else nodes. */
lwi_aten_value lwi_aten_number(lwi_aten *a, const char *op, const lwi_aten_value *x,
                               const lwi_aten_value *y);

/* ------------------------------------------------------------------ tensors */

struct lwi_aten_tensor {
    lwi_aten_tensor *next; /* in a->tensors */
    lwi_graph *graph;      /* that the contents are a value of */
    int id;
    size_t version;        /* grows with every write */
    bool complex;          /* the last axis of the contents holds real and imaginary parts */
    lwi_aten_tensor *base; /* that this is a view of; NULL: none */
    size_t base_version;   /* of the base, when the contents were made of it */
    const lwi_aten_row *row;
    const lwi_aten_value *args; /* [n_args] that made it of its base, which is the first */
    size_t n_args, item;        /* item: which of the list that the row makes */
};

/* The tensor's contents as a value of the present graph, made anew if its base was written to. */
int lwi_aten_read(lwi_aten *a, lwi_aten_tensor *tensor);
/* The contents become those of a value of the same shape (it is broadcast if it is not), converted
 * to the tensor's type; what the tensor is a view of changes with it. */
void lwi_aten_write(lwi_aten *a, lwi_aten_tensor *tensor, int id);
/* The tensor becomes a view of what it was: view has the id of its contents in the present graph,
 * and the row and arguments of the call. */
void lwi_aten_become_view(lwi_aten *a, lwi_aten_tensor *tensor, const lwi_aten_tensor *view);

/* LW_DTYPE_NONE: there is no such type here. */
lw_dtype lwi_aten_dtype_from_c10(int64_t scalar_type);
int lwi_aten_dtype_to_c10(lw_dtype dtype); /* -1: none */

#endif

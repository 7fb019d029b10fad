/* SPDX-License-Identifier: MIT
 * A network that is being written with lampwick/nn.h.
 *
 * Every call is done twice: at once, on a graph that nobody runs, so that types are known and
 * errors come where they are made; and again when a model is made, for the outputs that it has.
 * What is remembered for that is a list of steps. */
#ifndef LWI_NN_STATE_H
#define LWI_NN_STATE_H

#include "aten/aten.h"
#include "lampwick/nn.h"
#include "nn/nn_weights.h"

#include <stdatomic.h>
#include <string.h>

typedef enum lwi_nn_kind {
    LWI_NN_NONE,
    LWI_NN_ARRAY,
    LWI_NN_INT,
    LWI_NN_FLOAT,
    LWI_NN_BOOL,
    LWI_NN_STRING,
    LWI_NN_INTS,
    LWI_NN_FLOATS,
    LWI_NN_ARRAYS,
    /* only as given: */
    LWI_NN_NEEDED,    /* an array that must be there */
    LWI_NN_SCALAR,    /* a double that is an int if it is whole; NAN: none */
    LWI_NN_DTYPE,     /* omitted if it is none */
    LWI_NN_REDUCTION, /* a text */
    LWI_NN_RESULT,
    LWI_NN_RESULTS,
    LWI_NN_OPTIONS,
    LWI_NN_NETWORK
} lwi_nn_kind;

typedef struct lwi_nn_fields lwi_nn_fields;

/* An argument of a function, as it is given and as it is remembered. */
typedef struct lwi_nn_argument {
    const char *name;
    lwi_nn_kind kind;
    bool named; /* it is passed by its name */
    union {
        lw_array *array;
        int64_t i;
        double f;
        bool b;
        const char *s;
        struct {
            const int64_t *v;
            size_t n;
        } ints;
        struct {
            const double *v;
            size_t n;
        } floats;
        struct {
            lw_array *const *v;
            size_t n;
        } arrays;
        lw_array **result;
        struct {
            lw_array **v;
            size_t n;
        } results;
        struct {
            const lwi_nn_fields *fields;
            const void *data;
        } options;
        lw_nn *nn;
    };
} lwi_nn_argument;

typedef enum lwi_nn_step_kind {
    LWI_NN_CALL,
    LWI_NN_INPUT,
    LWI_NN_CONSTANT,
    LWI_NN_SIZE,      /* of array 0 along int 1 */
    LWI_NN_ARITHMETIC /* of sizes */
} lwi_nn_step_kind;

typedef struct lwi_nn_step {
    lwi_nn_step_kind kind;
    const char *function;        /* "conv2d", for messages */
    const char *op, *overload;   /* ATen's operator; the name of an input */
    const lwi_nn_argument *args; /* [n] in their plain kinds */
    size_t n;
    lw_array **results; /* [n_results] items of lists one by one */
    size_t n_results;
    const lw_value *value;          /* of a constant; of an input: its type */
    const int64_t *dims, *examples; /* of an input */
    bool needed;
} lwi_nn_step;

struct lw_array {
    lw_nn *nn;
    lwi_nn_step *step; /* NULL: a known number */
    lwi_aten_value value;
    lwi_aten_value again; /* in the model that is being made */
};

typedef struct lwi_nn_output {
    lw_array *array;
    const char *name;
} lwi_nn_output;

struct lw_nn {
    atomic_int refs; /* its own and those of models */
    lw_status status;
    const char *sentence;
    lwi_network network; /* its arena holds everything */
    lwi_aten aten;
    lwi_nn_step **steps;
    size_t n_steps, cap_steps;
    lwi_nn_output *outputs;
    size_t n_outputs, cap_outputs;
    lw_array **sizes; /* that stand in lists of ints */
    size_t n_sizes, cap_sizes;
    lwi_nn_weights weights;
    char prefix[512];
    size_t entered[32], depth; /* lengths of prefix */
};

/* Records the first failure. Returns true if there is or was one. */
bool lwi_nn_failed(lw_nn *nn, lw_status status);
void lwi_nn_fail(lw_nn *nn, lw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline lwi_arena *lwi_nn_arena(lw_nn *nn) { return &nn->network.arena; }

/* Calls "conv2d" or "add.Tensor"; function stands in messages. Returns the first result. */
lw_array *lwi_nn_call(const char *function, const char *op, size_t n, const lwi_nn_argument *args);
/* Adds the step and does it; NULL after a failure. */
lw_array *lwi_nn_add_step(lw_nn *nn, const lwi_nn_step *step);
/* Does the step in a graph; results: [LWI_ATEN_RESULTS]. again: it is a model's, where arguments
 * have other values. */
void lwi_nn_do(lwi_aten *a, const lw_nn *nn, const lwi_nn_step *step, bool again,
               lwi_aten_value *results);
/* Item i of the results and the lists among them; NULL behind the last. */
const lwi_aten_value *lwi_nn_item(const lwi_aten_value *results, size_t i);

/* A constant whose elements are borrowed. */
lw_array *lwi_nn_constant(lw_nn *nn, const lw_value *value);
/* The array that a number among sizes stands for; NULL: the number is just that. */
lw_array *lwi_nn_free_size(const lw_nn *nn, int64_t number);
/* A number that stands for the array. */
int64_t lwi_nn_size_of(lw_nn *nn, lw_array *array);

#endif

/* SPDX-License-Identifier: MIT
 * A network's life, its inputs, constants and outputs, and what is known of its arrays. */
#include "aten/lower.h"
#include "nn/nn_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------- errors */

bool lwi_nn_failed(lw_nn *nn, lw_status status) {
    if (nn->status != LW_OK) return true;
    if (status == LW_OK) return false;
    const char *text = lw_last_error();
    nn->status = status;
    nn->sentence = "out of memory";
    (void)!lwi_arena_string(lwi_nn_arena(nn), text, strlen(text), &nn->sentence);
    return true;
}

void lwi_nn_fail(lw_nn *nn, lw_status status, const char *format, ...) {
    char sentence[256];
    va_list args;
    if (nn->status != LW_OK) return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    lwi_nn_failed(nn, lwi_fail(status, "%s", sentence));
}

lw_status lw_nn_status(const lw_nn *nn) { return nn->status; }

const char *lw_nn_error(const lw_nn *nn) { return nn->sentence; }

/* ---------------------------------------------------------------------- life */

lw_status lw_nn_open(const lw_allocator *allocator, lw_nn **out) {
    if (!out) return lwi_fail(LW_INVALID, "lw_nn_open: nn is NULL");
    const lw_allocator *memory = allocator ? allocator : &lwi_malloc_allocator;
    lw_nn *nn = NULL;
    LW_TRY(lwi_alloc_array(memory, 1, sizeof *nn, &nn));
    atomic_init(&nn->refs, 1);
    nn->sentence = "";
    lwi_network_init(&nn->network, memory, false);
    lwi_strmap_init(&nn->weights.index, memory);
    const lw_status status = lwi_aten_open(&nn->aten, &nn->network, "nn");
    if (status == LW_OK) *out = nn;
    else lw_nn_free(nn);
    return status;
}

void lw_nn_free(lw_nn *nn) {
    if (!nn || atomic_fetch_sub_explicit(&nn->refs, 1, memory_order_acq_rel) != 1) return;
    const lw_allocator memory = nn->network.arena.allocator;
    if (nn->aten.scope) (void)!lwi_aten_close(&nn->aten);
    lwi_nn_weights_free(&nn->weights);
    lwi_network_free(&nn->network);
    lwi_free(&memory, nn);
}

/* ------------------------------------------------------- inputs and constants */

static lw_status copy_text(lw_nn *nn, const char *text, const char **copy) {
    return lwi_arena_string(lwi_nn_arena(nn), text, strlen(text), copy);
}

static bool bad_dims(lw_nn *nn, const char *name, const lw_ints *dims) {
    if (dims->n > LW_MAX_RANK)
        lwi_nn_fail(nn, LW_LIMIT, "lw_nn_input: '%s' has %zu dimensions", name, dims->n);
    for (size_t d = 0; d < dims->n && nn->status == LW_OK; d++)
        if (dims->v[d] < -1)
            lwi_nn_fail(nn, LW_INVALID, "lw_nn_input: dimension %zu of '%s' is %lld", d, name,
                        (long long)dims->v[d]);
    return nn->status != LW_OK;
}

lw_array *lw_nn_input(lw_nn *nn, const char *name, lw_dtype dtype, lw_ints dims,
                      const int64_t *examples) {
    lwi_nn_step step = {.kind = LWI_NN_INPUT, .function = "nn_input"};
    void *sizes = NULL, *given = NULL;
    lw_value *type = NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return NULL;
    if (!name || dtype <= LW_DTYPE_NONE || dtype >= LW_DTYPE_COUNT)
        lwi_nn_fail(nn, LW_INVALID, "lw_nn_input: it has no %s", name ? "type" : "name");
    if (lwi_nn_failed(nn, LW_OK) || bad_dims(nn, name, &dims)) return NULL;
    const size_t bytes = dims.n * sizeof(int64_t);
    if (lwi_nn_failed(nn, copy_text(nn, name, &step.op)) ||
        lwi_nn_failed(nn, lwi_arena_copy(lwi_nn_arena(nn), dims.v, bytes, &sizes)) ||
        lwi_nn_failed(nn, lwi_arena_alloc(lwi_nn_arena(nn), 1, sizeof *type, &type)) ||
        (examples && lwi_nn_failed(nn, lwi_arena_copy(lwi_nn_arena(nn), examples, bytes, &given))))
        return NULL;
    *type = (lw_value){.kind = LW_KIND_TENSOR, .dtype = dtype, .rank = (int)dims.n};
    step.dims = sizes;
    step.value = type;
    step.examples = given;
    return lwi_nn_add_step(nn, &step);
}

lw_array *lwi_nn_constant(lw_nn *nn, const lw_value *value) {
    const lwi_nn_step step = {.kind = LWI_NN_CONSTANT, .function = "nn_constant", .value = value};
    return lwi_nn_failed(nn, LW_OK) ? NULL : lwi_nn_add_step(nn, &step);
}

lw_array *lw_nn_constant(lw_nn *nn, const lw_value *value) {
    void *data = NULL;
    lw_value *copy = NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return NULL;
    if (!value || lw_value_kind(value) != LW_KIND_TENSOR || value->dtype == LW_STRING)
        lwi_nn_fail(nn, LW_INVALID, "lw_nn_constant: a tensor of numbers is expected");
    if (lwi_nn_failed(nn, LW_OK) ||
        lwi_nn_failed(nn, lwi_arena_copy(lwi_nn_arena(nn), value->data, value->bytes, &data)) ||
        lwi_nn_failed(nn, lwi_network_tensor(&nn->network, value->dtype, value->rank, value->dims,
                                             data, &copy)))
        return NULL;
    return lwi_nn_constant(nn, copy);
}

static lw_array *number(lw_nn *nn, lwi_aten_value value) {
    lw_array *x = NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK) ||
        lwi_nn_failed(nn, lwi_arena_alloc(lwi_nn_arena(nn), 1, sizeof *x, &x)))
        return NULL;
    *x = (lw_array){.nn = nn, .value = value, .again = value};
    return x;
}

lw_array *lw_nn_int(lw_nn *nn, int64_t i) { return number(nn, lwi_aten_int(i)); }

lw_array *lw_nn_float(lw_nn *nn, double f) { return number(nn, lwi_aten_float(f)); }

void lw_nn_output(lw_nn *nn, lw_array *array, const char *name) {
    const char *copy = NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return;
    if (!array || array->nn != nn || !name)
        lwi_nn_fail(nn, LW_INVALID, "lw_nn_output: %s%s", name ? name : "it has no name",
                    !name   ? ""
                    : array ? " is an array of another network"
                            : " is NULL");
    if (lwi_nn_failed(nn, LW_OK) || lwi_nn_failed(nn, copy_text(nn, name, &copy)) ||
        lwi_nn_failed(nn, lwi_arena_grow(lwi_nn_arena(nn), &nn->outputs, &nn->cap_outputs,
                                         nn->n_outputs + 1, sizeof *nn->outputs)))
        return;
    nn->outputs[nn->n_outputs++] = (lwi_nn_output){array, copy};
}

/* -------------------------------------------------------------- what is known */

static int id_of(lw_array *x) {
    lw_nn *nn = x ? x->nn : NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return -1;
    const int id = lwi_aten_id(&nn->aten, &x->value);
    return lwi_nn_failed(nn, nn->aten.b.status) ? -1 : id;
}

lw_dtype lw_array_dtype(lw_array *x) {
    const int id = id_of(x);
    const lw_dtype dtype = id < 0 ? LW_DTYPE_NONE : lwi_aten_tensor_dtype(&x->nn->aten, &x->value);
    if (id < 0 || lwi_nn_failed(x->nn, x->nn->aten.b.status)) return LW_DTYPE_NONE;
    return dtype;
}

int lw_dim(lw_array *x) {
    const int id = id_of(x);
    const int rank = id < 0 ? 0 : lwi_aten_tensor_rank(&x->nn->aten, &x->value);
    return id < 0 || lwi_nn_failed(x->nn, x->nn->aten.b.status) ? 0 : rank;
}

lw_array *lwi_nn_free_size(const lw_nn *nn, int64_t number) {
    const int64_t place = number - INT64_MIN / 2;
    const int64_t index = place >> 32;
    if (place < 0 || (place & 0xffffffff) != 0 || (uint64_t)index >= nn->n_sizes) return NULL;
    return nn->sizes[index];
}

int64_t lwi_nn_size_of(lw_nn *nn, lw_array *x) {
    if (!x) return 0;
    if (x->value.kind == LWI_ATEN_INT && x->value.id < 0) return x->value.i;
    if (lwi_nn_failed(nn, lwi_arena_grow(lwi_nn_arena(nn), &nn->sizes, &nn->cap_sizes,
                                         nn->n_sizes + 1, sizeof *nn->sizes)))
        return 0;
    nn->sizes[nn->n_sizes] = x;
    return INT64_MIN / 2 + ((int64_t)nn->n_sizes++ << 32);
}

int64_t lw_size(lw_array *x, int64_t dim) {
    const int rank = lw_dim(x);
    if (!x || lwi_nn_failed(x->nn, LW_OK)) return 0;
    if (dim < -rank || dim >= rank) {
        lwi_nn_fail(x->nn, LW_RANGE, "lw_size: dimension %lld of %d", (long long)dim, rank);
        return 0;
    }
    const int axis = (int)(dim < 0 ? dim + rank : dim);
    const int64_t known = lwi_aten_dim(&x->nn->aten, id_of(x), axis);
    if (known >= 0) return known;
    lwi_nn_argument args[2] = {{.kind = LWI_NN_ARRAY, .array = x}, {.kind = LWI_NN_INT, .i = axis}};
    const lwi_nn_step step = {.kind = LWI_NN_SIZE, .function = "size", .args = args, .n = 2};
    return lwi_nn_size_of(x->nn, lwi_nn_add_step(x->nn, &step));
}

int64_t lw_numel(lw_array *x) {
    int64_t count = 1;
    const int rank = lw_dim(x);
    for (int d = 0; d < rank; d++)
        count = lw_nn_size(x->nn, count, '*', lw_size(x, d));
    return count;
}

int64_t lw_nn_size(lw_nn *nn, int64_t size, char op, int64_t other) {
    static const char signs[] = "+-*/";
    static const char *const names[] = {"add", "sub", "mul", "floordiv"};
    const char *sign = op ? strchr(signs, op) : NULL;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return 0;
    if (!sign || (op == '/' && other == 0)) {
        lwi_nn_fail(nn, LW_INVALID, "lw_nn_size: '%c' with %lld", op, (long long)other);
        return 0;
    }
    const int64_t largest = INT64_C(1) << 31;
    if (size >= 0 && other > 0 && size < largest && other < largest) /* both are known */
        return op == '+'   ? size + other
               : op == '-' ? size - other
               : op == '*' ? size * other
                           : size / other;
    const lwi_nn_argument args[2] = {{.kind = LWI_NN_INT, .i = size},
                                     {.kind = LWI_NN_INT, .i = other}};
    const lwi_nn_step step = {.kind = LWI_NN_ARITHMETIC,
                              .function = "nn_size",
                              .op = names[sign - signs],
                              .args = args,
                              .n = 2};
    return lwi_nn_size_of(nn, lwi_nn_add_step(nn, &step));
}

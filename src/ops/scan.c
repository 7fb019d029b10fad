/* SPDX-License-Identifier: MIT
 * Scan (ONNX 25): a body that runs once for each slice of the scan inputs. */
#include "ops/iterations.h"
#include "ops/strided_copy.h"

#include <string.h>

/* A scan input: slices lie side by side, in their order unless backwards. */
typedef struct scanned {
    const char *slices;
    lw_dtype dtype;
    bool backwards, packed; /* packed: a slice is packed anew, from a byte for each element */
    lw_value slice;
    size_t step;  /* bytes */
    size_t first; /* where it begins on a device */
} scanned;

static int64_t list_at(const lwi_node *node, const char *name, size_t i) {
    size_t n = 0;
    const int64_t *list = lwi_attr_ints(node, name, &n);
    return i < n ? list[i] : 0;
}

/* A copy of x with the axis in front. */
static lw_status bring_to_front(lwi_call *c, const void *x, size_t size, const lw_value *shape,
                                int axis, const char **copy) {
    char *data = NULL;
    size_t outer, dim, inner;
    LW_TRY(lwi_scratch(c, shape->count, size, &data));
    *copy = data;
    if (shape->count == 0) return LW_OK;
    lwi_split_axis(shape, axis, &outer, &dim, &inner);
    lwi_strided_copy s = {.size = size, .from = x, .to = data};
    lwi_strided_add(&s, dim, (ptrdiff_t)inner, (ptrdiff_t)(outer * inner));
    lwi_strided_add(&s, outer, (ptrdiff_t)(dim * inner), (ptrdiff_t)inner);
    lwi_strided_add(&s, inner, 1, 1);
    lwi_strided_run(c, &s);
    return LW_OK;
}

static lw_status prepare_slices(lwi_call *c, const lw_value *x, int axis, scanned *s) {
    size_t size = lwi_dtype_size(x->dtype);
    s->packed = lwi_dtype_is_packed(x->dtype);
    if (!s->packed && axis == 0 && c->host->send) {
        LW_TRY(c->host->send(c->state, x));
        s->slice.remote = x->remote;
        s->first = x->remote_at;
    }
    if (!s->slice.remote) LW_TRY(lwi_bring_value(c, x));
    const void *data = x->data;
    if (s->packed) {
        uint8_t *bytes = NULL;
        LW_TRY(lwi_scratch(c, x->count, 1, &bytes));
        lwi_unpack(x->dtype, x->data, x->count, bytes);
        data = bytes;
        size = 1;
        LW_TRY(lwi_scratch(c, s->slice.bytes, 1, &s->slice.data));
    }
    s->slices = data;
    s->step = s->slice.count * size;
    return axis > 0 ? bring_to_front(c, data, size, x, axis, &s->slices) : LW_OK;
}

/* Scan input i; *length is that of its axis, which must be the same for all. */
static lw_status open_input(lwi_call *c, const lw_value *x, size_t i, scanned *s, int64_t *length) {
    int axis = 0;
    int64_t dims[LW_MAX_RANK];
    if (x->rank == 0) return lwi_call_fail(c, LW_SHAPE, "scan input %zu is a scalar", i);
    LW_TRY(lwi_axis(c, list_at(c->node, "scan_input_axes", i), x->rank, &axis));
    if (i > 0 && x->dims[axis] != *length)
        return lwi_call_fail(c, LW_SHAPE, "scan input %zu has %lld slices, expected %lld", i,
                             (long long)x->dims[axis], (long long)*length);
    *length = x->dims[axis];
    for (int d = 0, to = 0; d < x->rank; d++)
        if (d != axis) dims[to++] = x->dims[d];
    s->dtype = x->dtype;
    s->backwards = list_at(c->node, "scan_input_directions", i) == 1;
    LW_TRY(lwi_tensor_init(&s->slice, x->dtype, x->rank - 1, dims, NULL));
    return prepare_slices(c, x, axis, s);
}

static void set_slice(scanned *s, int64_t i, int64_t length) {
    const size_t from = (size_t)(s->backwards ? length - 1 - i : i) * s->step;
    const char *at = s->slices ? s->slices + from : NULL;
    s->slice.remote_at = s->first + from;
    if (s->packed) lwi_pack(s->dtype, (const uint8_t *)at, s->slice.count, s->slice.data);
    else s->slice.data = (char *)at;
}

static void reverse(lw_value **items, size_t n) {
    for (size_t i = 0; i < n / 2; i++) {
        lw_value *item = items[i];
        items[i] = items[n - 1 - i];
        items[n - 1 - i] = item;
    }
}

static lw_status give_outputs(lwi_iterations *it) {
    lwi_call *c = it->call;
    for (size_t i = 0; i < it->n_state; i++)
        LW_TRY(lwi_out_value(c, i, it->n ? it->state[i] : c->in[i]));
    for (size_t k = 0; k < it->n_lists; k++) {
        if (list_at(c->node, "scan_output_directions", k) == 1) reverse(it->lists[k].items, it->n);
        LW_TRY(
            lwi_iterations_stack(it, k, it->n_state + k, list_at(c->node, "scan_output_axes", k)));
    }
    return LW_OK;
}

static lw_status run_iterations(lwi_iterations *it, size_t n_scan) {
    lwi_call *c = it->call;
    scanned *inputs = NULL;
    int64_t length = 0;
    LW_TRY(lwi_scratch(c, n_scan, sizeof *inputs, &inputs));
    for (size_t i = 0; i < n_scan; i++) {
        LW_TRY(open_input(c, c->in[it->n_state + i], i, &inputs[i], &length));
        it->inputs[it->n_state + i] = &inputs[i].slice;
    }
    for (size_t i = 0; i < it->n_state; i++)
        it->inputs[i] = c->in[i];
    for (int64_t t = 0; t < length; t++) {
        for (size_t i = 0; i < n_scan; i++)
            set_slice(&inputs[i], t, length);
        for (size_t i = 0; i < it->n_state && t > 0; i++)
            it->inputs[i] = it->state[i];
        LW_TRY(lwi_iterations_step(it));
    }
    return give_outputs(it);
}

static lw_status run(lwi_call *c) {
    const int64_t n_scan = lwi_attr_int(c->node, "num_scan_inputs", 0);
    if (n_scan < 1 || n_scan > (int64_t)c->n_in)
        return lwi_call_fail(c, LW_RANGE, "num_scan_inputs is %lld, with %zu inputs",
                             (long long)n_scan, c->n_in);
    for (size_t i = 0; i < c->n_in; i++)
        if (!c->in[i]) return lwi_call_fail(c, LW_INVALID, "input %zu is missing", i);
    lwi_iterations it;
    lw_status status = lwi_iterations_open(&it, c, c->n_in, 0, c->n_in - (size_t)n_scan);
    if (status == LW_OK) status = run_iterations(&it, (size_t)n_scan);
    lwi_iterations_close(&it);
    return status;
}

const lwi_op lwi_op_scan = {.run = run, .flags = LWI_BRINGS};

/* SPDX-License-Identifier: MIT
 * Operators that move elements between regular grids (Transpose, Slice, Concat, Split, Expand,
 * Tile): the copies that their own code would make are looked at and made on the device. Others
 * (Pad, DepthToSpace ...) go by a table of places, which is what their own code makes of the
 * numbers 1, 2, 3 ... */
#include "backend/gpu/gpu_backend.h"
#include "ops/call.h"
#include "ops/strided_copy.h"

#include <stdio.h>
#include <string.h>

enum { MOST_RANK = 20, PLAN = 64, MOST_TABLE = 1 << 24 };
/* Places in the plan of kernels/move.k. */
enum { RANK = 0, FROM = 2, TO = 3, DIMS = 4, FROM_STEPS = 24, TO_STEPS = 44 };

bool lwi_gpu_moves(const lwi_call *c) {
    for (size_t k = 0; k < c->n_out; k++) {
        const lw_value *y = c->out[k];
        if (y &&
            (y->kind != LW_KIND_TENSOR || y->count >= INT32_MAX || lwi_dtype_is_packed(y->dtype) ||
             y->dtype == LW_STRING || lwi_dtype_size(y->dtype) > 8))
            return false;
    }
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->kind != LW_KIND_TENSOR || c->in[i]->count >= INT32_MAX))
            return false;
    return true;
}

/* ------------------------------------------------------------- seen copies */

typedef struct watcher {
    lwi_host host; /* at the beginning: see is given its address */
    const lwi_call *call;
    lwi_gpu_step *step;
    lw_status status;
} watcher;

static bool lies_in(const lw_value *v, const void *p, int64_t *element) {
    const uintptr_t at = (uintptr_t)p, first = v ? (uintptr_t)v->data : 0;
    if (!v || at < first || at >= first + v->bytes) return false;
    *element = (int64_t)((at - first) / lwi_dtype_size(v->dtype));
    return true;
}

static const char *const strided[9] = {[1] = "move_strided_8",
                                       [2] = "move_strided_16",
                                       [4] = "move_strided_32",
                                       [8] = "move_strided_64"};

lw_status lwi_gpu_copy(lwi_gpu_step *step, const lwi_call *c, size_t input, size_t output) {
    const int32_t n = (int32_t)c->in[input]->count;
    const int32_t plan[PLAN] = {[RANK] = 1, [DIMS] = n, [FROM_STEPS] = 1, [TO_STEPS] = 1};
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, strided[lwi_dtype_size(c->in[input]->dtype)], (size_t)n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_out(launch, output);
    lwi_gpu_int(launch, n);
    return LW_OK;
}

lw_status lwi_gpu_copy_grid(lwi_gpu_step *step, size_t size, const lwi_gpu_grid *grid,
                            lwi_gpu_launch **launch) {
    int32_t plan[PLAN] = {[RANK] = grid->rank, [TO] = (int32_t)grid->first};
    size_t n = 1;
    for (int d = 0; d < grid->rank; d++) {
        n *= grid->dims[d];
        plan[DIMS + d] = (int32_t)grid->dims[d];
        plan[FROM_STEPS + d] = (int32_t)grid->from_steps[d];
        plan[TO_STEPS + d] = (int32_t)grid->to_steps[d];
    }
    LW_TRY(lwi_gpu_items(step, strided[size], n, launch));
    return lwi_gpu_data(step, *launch, plan, sizeof plan);
}

static lw_status launch_copy(const watcher *w, const lwi_strided_copy *s) {
    const lwi_call *c = w->call;
    int32_t plan[PLAN] = {[RANK] = s->rank};
    int64_t from = 0, to = 0;
    size_t input = 0, output = 0, n = 1;
    while (input < c->n_in && !lies_in(c->in[input], s->from, &from))
        input++;
    while (output < c->n_out && !lies_in(c->out[output], s->to, &to))
        output++;
    if (input == c->n_in || output == c->n_out || s->rank > MOST_RANK)
        return lwi_call_fail(c, LW_INTERNAL, "a copy from or to elsewhere");
    plan[FROM] = (int32_t)from;
    plan[TO] = (int32_t)to;
    for (int d = 0; d < s->rank; d++) {
        n *= s->dims[d];
        plan[DIMS + d] = (int32_t)s->dims[d];
        plan[FROM_STEPS + d] = (int32_t)s->from_step[d];
        plan[TO_STEPS + d] = (int32_t)s->to_step[d];
    }
    lwi_gpu_launch *launch = NULL;
    if (n == 0) return LW_OK;
    LW_TRY(lwi_gpu_items(w->step, strided[s->size], n, &launch));
    LW_TRY(lwi_gpu_data(w->step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_out(launch, output);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

static void see(const lwi_host *host, const lwi_strided_copy *s) {
    watcher *w = (watcher *)host;
    if (w->status == LW_OK) w->status = launch_copy(w, s);
}

/* Values that have no data yet get addresses that nobody reads. */
static lw_status show(lwi_call *c, const lw_value *const *values, size_t n, uintptr_t *address,
                      lw_value **shown) {
    LW_TRY(lwi_scratch(c, n, sizeof **shown, shown));
    for (size_t i = 0; i < n; i++) {
        if (!values[i]) continue;
        memcpy(&(*shown)[i], values[i], sizeof **shown);
        if ((*shown)[i].data) continue;
        (*shown)[i].data = (void *)*address; /* NOLINT: never followed */
        *address += (values[i]->bytes + LWI_ALIGN) & ~(uintptr_t)(LWI_ALIGN - 1);
    }
    return LW_OK;
}

static lw_status watch(lwi_call *c, lwi_gpu_step *step) {
    uintptr_t address = (uintptr_t)1 << 60; /* beyond all memory */
    lw_value *in = NULL, *out = NULL, **outs = NULL;
    const lw_value **ins = NULL;
    LW_TRY(show(c, c->in, c->n_in, &address, &in));
    LW_TRY(show(c, (const lw_value *const *)c->out, c->n_out, &address, &out));
    LW_TRY(lwi_scratch(c, c->n_in, sizeof *ins, &ins));
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *outs, &outs));
    for (size_t i = 0; i < c->n_in; i++)
        ins[i] = c->in[i] ? &in[i] : NULL;
    for (size_t k = 0; k < c->n_out; k++)
        outs[k] = c->out[k] ? &out[k] : NULL;
    lwi_call seen = *c;
    watcher w = {.host = *c->host, .call = &seen, .step = step};
    w.host.copied = see;
    seen.in = ins;
    seen.out = outs;
    seen.host = &w.host;
    seen.prepared = NULL;
    LW_TRY(c->node->op->op->run(&seen));
    return w.status;
}

lw_status lwi_gpu_copies(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_call call = *c;
    if (!lwi_gpu_moves(c)) return lwi_gpu_refuse(step, "its type, or it has 2^31 elements");
    LW_TRY(watch(&call, step));
    *taken = step->n > 0;
    return *taken ? LW_OK : lwi_gpu_refuse(step, "it copies nothing");
}

/* ------------------------------------------------------------------- tables */

static void count_up(int32_t *numbers, size_t n) {
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int32_t)i + 1;
}

/* The call with the numbers 1, 2 ... for input 0, and 0 for what it fills with. */
typedef struct counted {
    lwi_call call;
    lw_value x, fill, y, *out[1];
    const lw_value *in[8];
    bool declared[1];
    int32_t zero;
} counted;

static lw_status open_counted(const lwi_call *c, int fill, counted *n) {
    *n = (counted){.call = *c, .zero = 0};
    memcpy(n->in, c->in, c->n_in * sizeof *n->in);
    n->in[0] = &n->x;
    if (fill >= 0 && (size_t)fill < 8) {
        LW_TRY(lwi_tensor_init(&n->fill, LW_INT32, 0, NULL, &n->zero));
        n->in[fill] = &n->fill;
        if (n->call.n_in <= (size_t)fill) n->call.n_in = (size_t)fill + 1;
    }
    n->call.in = n->in;
    n->call.out = n->out;
    n->call.n_out = 1;
    n->call.declared = n->declared;
    n->out[0] = &n->y;
    n->y.embedded = true;
    LW_TRY(lwi_tensor_init(&n->x, LW_INT32, c->in[0]->rank, c->in[0]->dims, NULL));
    LW_TRY(lwi_scratch(&n->call, n->x.count, sizeof(int32_t), &n->x.data));
    count_up(n->x.data, n->x.count);
    LW_TRY(c->node->op->op->infer(&n->call));
    n->declared[0] = true;
    LW_TRY(lwi_scratch(&n->call, n->y.count, sizeof(int32_t), &n->y.data));
    return LW_OK;
}

static lw_status launch_table(const lwi_call *c, int fill, const counted *n, lwi_gpu_step *step) {
    static const char *const kernels[9] = {[1] = "move_by_table_8",
                                           [2] = "move_by_table_16",
                                           [4] = "move_by_table_32",
                                           [8] = "move_by_table_64"};
    static const uint64_t zero = 0;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, kernels[lwi_dtype_size(c->out[0]->dtype)], n->y.count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, n->y.data, n->y.bytes));
    lwi_gpu_in(launch, c, 0);
    if (fill >= 0 && lwi_has(c, (size_t)fill)) lwi_gpu_in(launch, c, (size_t)fill);
    else LW_TRY(lwi_gpu_data(step, launch, &zero, sizeof zero));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)n->y.count);
    return LW_OK;
}

/* fill: the input that says what elements are that come from nowhere; -1: they are 0. */
static lw_status by_table(const lwi_call *c, int fill, lwi_gpu_step *step, bool *taken) {
    counted n;
    if (!lwi_gpu_moves(c) || c->n_in > 8 || c->in[0]->count > MOST_TABLE ||
        c->out[0]->count > MOST_TABLE)
        return lwi_gpu_refuse(step, "its type, or it has more than 2^24 elements");
    for (size_t i = 1; i < c->n_in; i++)
        if ((int)i != fill && lwi_has(c, i) && !lwi_known(c, i))
            return lwi_gpu_refuse(step, "places that are computed in the run");
    LW_TRY(open_counted(c, fill, &n));
    LW_TRY(c->node->op->op->run(&n.call));
    *taken = true;
    return launch_table(c, fill, &n, step);
}

lw_status lwi_gpu_table(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return by_table(c, -1, step, taken);
}

lw_status lwi_gpu_pad(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return by_table(c, 2, step, taken);
}

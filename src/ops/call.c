/* SPDX-License-Identifier: MIT */
#include "ops/call.h"

#include "ops/call_convert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

lw_status lwi_node_fail(const lwi_node *node, lw_status status, const char *format, ...) {
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return lwi_fail(status, "%s%s%.80s '%.120s': %s", node->domain, *node->domain ? "." : "",
                    node->op_type, node->name, text);
}

lw_status lwi_call_fail(const lwi_call *call, lw_status status, const char *format, ...) {
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return lwi_node_fail(call->node, status, "%s", text);
}

/* ----------------------------------------------------------------- outputs */

static lw_status declare(lwi_call *c, size_t i, lw_dtype dtype, int rank, const int64_t *dims) {
    lw_value *v = c->out[i];
    const bool embedded = v->embedded;
    const lw_allocator allocator = v->allocator;
    const int refs = atomic_load(&v->refs);
    if (lwi_tensor_init(v, dtype, rank, dims, NULL) != LW_OK)
        return lwi_fail_prefix(LW_SHAPE, "%s '%s': output %zu", c->node->op_type, c->node->name, i);
    v->embedded = embedded;
    v->allocator = allocator;
    atomic_store(&v->refs, refs);
    c->declared[i] = true;
    return LW_OK;
}

lw_status lwi_out(lwi_call *c, size_t i, lw_dtype dtype, int rank, const int64_t *dims) {
    if (i >= c->n_out || !c->out[i]) return LW_OK;
    if (!c->declared[i]) {
        LW_TRY(declare(c, i, dtype, rank, dims));
        return c->inferring ? LW_OK : c->host->output(c->state, c->out[i]);
    }
    const lw_value *v = c->out[i];
    if (v->dtype != dtype || v->rank != rank ||
        memcmp(v->dims, dims, (size_t)rank * sizeof *dims) != 0)
        return lwi_call_fail(c, LW_INTERNAL, "output %zu changed its type or shape", i);
    return LW_OK;
}

lw_status lwi_out_like(lwi_call *c, size_t i, const lw_value *model) {
    return lwi_out(c, i, model->dtype, model->rank, model->dims);
}

lw_status lwi_out_value(lwi_call *c, size_t i, const lw_value *value) {
    if (i >= c->n_out || !c->out[i]) return LW_OK;
    lw_value *v = c->out[i], *kept = NULL;
    LW_TRY(lwi_keep(c, value, &kept));
    v->kind = kept->kind;
    v->dtype = kept->dtype;
    v->rank = kept->rank;
    memcpy(v->dims, kept->dims, sizeof v->dims);
    v->count = kept->count;
    v->bytes = kept->bytes;
    v->data = kept->data;
    v->storage = lwi_storage_ref(kept->storage);
    v->remote = lwi_remote_ref(kept->remote);
    v->remote_at = kept->remote_at;
    lw_status status = lwi_alloc_array(&v->allocator, kept->n_items, sizeof *v->items, &v->items);
    if (status == LW_OK) {
        v->n_items = kept->n_items;
        for (size_t k = 0; k < kept->n_items; k++)
            v->items[k] = lwi_value_ref(kept->items[k]);
        c->declared[i] = true;
    } else {
        lwi_value_clear(v);
    }
    lwi_value_release(kept);
    return status;
}

lw_status lwi_keep(lwi_call *c, const lw_value *value, lw_value **kept) {
    const bool owns = value->storage || (value->remote && value->remote->release);
    if (!value->embedded && (value->kind != LW_KIND_TENSOR || owns || !value->bytes)) {
        *kept = lwi_value_ref(value);
        return LW_OK;
    }
    if (value->remote && c->host->keep_remote) return c->host->keep_remote(c->state, value, kept);
    if (value->kind == LW_KIND_TENSOR && value->dtype != LW_STRING)
        return lwi_value_clone(&c->host->allocator, value, kept);
    if (value->kind == LW_KIND_TENSOR) { /* the bytes of strings live as long as the run anyway */
        LW_TRY(lwi_tensor_make(&c->host->allocator, LW_STRING, value->rank, value->dims, kept));
        if (value->bytes) memcpy((*kept)->data, value->data, value->bytes);
        return LW_OK;
    }
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(&c->host->allocator, value->kind, value->dtype, value->n_items, &v));
    for (size_t i = 0; i < value->n_items; i++)
        v->items[i] = lwi_value_ref(value->items[i]);
    *kept = v;
    return LW_OK;
}

/* ---------------------------------------------------------------- services */

lw_status lwi_scratch(lwi_call *c, size_t n, size_t size, void *block) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
        return lwi_call_fail(c, LW_NO_MEMORY, "%zu elements of scratch memory are too many", n);
    void *p = NULL;
    LW_TRY(c->host->memory(c->state, bytes ? bytes : 1, &p));
    memcpy(block, &p, sizeof p);
    return LW_OK;
}

lw_status lwi_string(lwi_call *c, const char *text, size_t size, lw_string *string) {
    void *p = NULL;
    LW_TRY(c->host->bytes(c->state, size ? size : 1, &p));
    if (size) memcpy(p, text, size);
    *string = (lw_string){p, size};
    return LW_OK;
}

lw_status lwi_check_cancel(const lwi_call *c) {
    if (c->host->cancelled && c->host->cancelled(c->state))
        return lwi_fail(LW_CANCELLED, "the run was cancelled");
    return LW_OK;
}

lw_status lwi_bring_value(const lwi_call *c, const lw_value *value) {
    return c->host->bring ? c->host->bring(c->state, value) : LW_OK;
}

lw_status lwi_bring(const lwi_call *c, size_t input) {
    return lwi_has(c, input) ? lwi_bring_value(c, c->in[input]) : LW_OK;
}

lw_status lwi_later(const lwi_call *c, size_t input) {
    if (c->asked && input < 64) *c->asked |= (uint64_t)1 << input;
    return LWI_LATER;
}

lw_status lwi_run_subgraph(lwi_call *c, const lwi_graph *graph, const lw_value *const *inputs,
                           size_t n_inputs, lw_value **outputs, size_t n_outputs) {
    if (!c->host->subgraph) return lwi_call_fail(c, LW_UNSUPPORTED, "cannot run a subgraph here");
    return c->host->subgraph(c->state, graph, inputs, n_inputs, outputs, n_outputs);
}

typedef struct split {
    void (*fn)(void *arg, size_t begin, size_t end);
    void *arg;
    size_t n, parts;
} split;

static void run_part(void *arg, size_t i) {
    const split *s = arg;
    const size_t begin = s->n / s->parts * i + (i < s->n % s->parts ? i : s->n % s->parts);
    s->fn(s->arg, begin, begin + s->n / s->parts + (i < s->n % s->parts));
}

void lwi_parallel(const lwi_call *c, size_t n, size_t grain,
                  void (*fn)(void *arg, size_t begin, size_t end), void *arg) {
    if (n == 0) return;
    if (n < 2 * grain) {
        fn(arg, 0, n);
        return;
    }
    size_t parts = n / (grain ? grain : 1);
    const int threads = c->host->threads ? c->host->threads(c->state) : 1;
    if (parts > (size_t)threads * 4) parts = (size_t)threads * 4;
    if (parts > (size_t)threads) parts -= parts % (size_t)threads;
    if (parts <= 1 || threads <= 1) {
        fn(arg, 0, n);
        return;
    }
    split s = {fn, arg, n, parts};
    c->host->parallel(c->state, parts, run_part, &s);
}

/* -------------------------------------------------------- infer, then run */

lw_status lwi_call_infer(lwi_call *c) {
    LW_TRY(lwi_check_types(c));
    const lwi_op *op = c->node->op->op;
    if (!op->infer) return LWI_LATER;
    c->inferring = true;
    lw_status status = op->infer(c);
    c->inferring = false;
    for (size_t i = 0; i < c->n_out && status == LW_OK; i++)
        if (c->out[i] && !c->declared[i]) status = LWI_LATER;
    return status;
}

static lw_status run_view(lwi_call *c) {
    const lw_value *in = c->in[0];
    lw_value *out = c->out[0];
    if (!out) return LW_OK;
    if (out->bytes != in->bytes)
        return lwi_call_fail(c, LW_SHAPE, "%zu elements cannot become %zu", in->count, out->count);
    out->data = in->data;
    out->storage = lwi_storage_ref(in->storage);
    out->remote = lwi_remote_ref(in->remote);
    out->remote_at = in->remote_at;
    return LW_OK;
}

lw_status lwi_call_prepare(lwi_call *c, const lwi_kernel *kernel) {
    lw_status (*prepare)(lwi_call *) = kernel ? kernel->prepare : c->node->op->op->prepare;
    if (!prepare) return LW_OK;
    return lwi_is_converted(c) ? lwi_prepare_converted(c, prepare) : prepare(c);
}

lw_status lwi_call_run(lwi_call *c, const lwi_kernel *kernel) {
    const lwi_op *op = c->node->op->op;
    bool ready = op->infer != NULL;
    for (size_t i = 0; i < c->n_out && ready; i++)
        if (c->out[i] && !c->declared[i]) ready = false;
    if (!ready) {
        const lw_status status = lwi_call_infer(c);
        if (status != LW_OK && status != LWI_LATER) return status;
    }
    if (op->flags & LWI_VIEW && c->in[0]->kind == LW_KIND_TENSOR) return run_view(c);
    for (size_t i = 0; i < c->n_out; i++)
        if (c->out[i] && c->declared[i] && c->out[i]->kind == LW_KIND_TENSOR && !c->out[i]->data &&
            c->out[i]->bytes)
            LW_TRY(c->host->output(c->state, c->out[i]));
    if (!kernel && op->prepare && !c->prepared) LW_TRY(lwi_call_prepare(c, NULL));
    lw_status (*run)(lwi_call *) = kernel ? kernel->run : op->run;
    LW_TRY(lwi_is_converted(c) ? lwi_run_converted(c, run) : run(c));
    for (size_t i = 0; i < c->n_out; i++)
        if (c->out[i] && !c->declared[i])
            return lwi_call_fail(c, LW_INTERNAL, "output %zu was not made", i);
    return LW_OK;
}

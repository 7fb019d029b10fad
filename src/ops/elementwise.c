/* SPDX-License-Identifier: MIT */
#include "ops/elementwise.h"

/* A thread is worth waking for this many elements. */
enum { GRAIN = 1 << 14 };

static lw_status no_loop(const lwi_call *c, const lw_value *x) {
    return lwi_call_fail(c, LW_TYPE, "there is no kernel for %s", lw_dtype_name(x->dtype));
}

typedef struct unary {
    const lw_value *x, *y;
    lwi_unary_loop loop;
    const void *params;
} unary;

static void unary_part(void *arg, size_t begin, size_t end) {
    const unary *u = arg;
    u->loop((const char *)u->x->data + begin * lwi_dtype_size(u->x->dtype),
            (char *)u->y->data + begin * lwi_dtype_size(u->y->dtype), end - begin, u->params);
}

lw_status lwi_run_unary(lwi_call *c, const lwi_unary_loop loops[LW_DTYPE_COUNT],
                        const void *params) {
    const lw_value *x = c->in[0];
    unary u = {.x = x, .y = c->out[0], .loop = loops[x->dtype], .params = params};
    if (!u.loop) return no_loop(c, x);
    if (u.y) lwi_parallel(c, x->count, GRAIN, unary_part, &u);
    return LW_OK;
}

typedef struct binary {
    lwi_broadcast_plan plan;
    const char *a, *b;
    char *y;
    size_t a_size, b_size, y_size;
    lwi_binary_loop loop;
    const void *params;
} binary;

static void binary_part(void *arg, size_t begin, size_t end) {
    const binary *p = arg;
    for (lwi_rows r = lwi_rows_at(&p->plan, begin, end); r.n; lwi_rows_next(&r))
        p->loop(p->a + r.at[0] * p->a_size, r.step[0], p->b + r.at[1] * p->b_size, r.step[1],
                p->y + r.out * p->y_size, r.n, p->params);
}

/* Operands that are one element or have as many as y are walked through in one go. */
static bool run_small(const lw_value *a, const lw_value *b, const lw_value *y, lwi_binary_loop loop,
                      const void *params) {
    const bool one_row =
        (a->count == 1 || a->count == y->count) && (b->count == 1 || b->count == y->count);
    if (y->count >= GRAIN || !one_row) return false;
    if (y->count) loop(a->data, a->count != 1, b->data, b->count != 1, y->data, y->count, params);
    return true;
}

void lwi_run_binary_loop(const lwi_call *c, const lw_value *a, const lw_value *b, const lw_value *y,
                         lwi_binary_loop loop, const void *params) {
    if (run_small(a, b, y, loop, params)) return;
    binary p = {.a = a->data,
                .b = b->data,
                .y = y->data,
                .a_size = lwi_dtype_size(a->dtype),
                .b_size = lwi_dtype_size(b->dtype),
                .y_size = lwi_dtype_size(y->dtype),
                .loop = loop,
                .params = params};
    lwi_plan_broadcast(&p.plan, y->rank, y->dims, (const lw_value *[]){a, b}, 2);
    lwi_parallel(c, p.plan.count, GRAIN, binary_part, &p);
}

lw_status lwi_run_binary(lwi_call *c, const lwi_binary_loop loops[LW_DTYPE_COUNT],
                         const void *params) {
    const lwi_binary_loop loop = loops[c->in[0]->dtype];
    if (!loop) return no_loop(c, c->in[0]);
    if (c->out[0]) lwi_run_binary_loop(c, c->in[0], c->in[1], c->out[0], loop, params);
    return LW_OK;
}

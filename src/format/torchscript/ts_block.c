/* SPDX-License-Identifier: MIT
 * Statements. */
#include "format/torchscript/ts_interp.h"

#include <string.h>

static lw_status set_target(lwi_ts_interp *in, const lwi_ts_expr *target, const lwi_ts_value *v) {
    lwi_ts_value args[3];
    if (target->kind == LWI_TS_NAME) {
        in->frame->slots[target->slot] = *v;
        return LW_OK;
    }
    LW_TRY(lwi_ts_eval(in, target->items[0], &args[0]));
    if (target->kind == LWI_TS_ATTR) return lwi_ts_set_attribute(in, &args[0], target->name, v);
    LW_TRY(lwi_ts_eval(in, target->items[1], &args[1]));
    args[2] = *v;
    return lwi_ts_torch(in, &(lwi_ts_call){"_set_item", args, NULL, 3}, &args[0]);
}

static lw_status run_unpack(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    lwi_ts_value v;
    LW_TRY(lwi_ts_eval(in, s->values[0], &v));
    const lwi_ts_object *o = lwi_ts_sequence(&v);
    if (lwi_ts_unusable(&v)) return lwi_fail(LW_UNSUPPORTED, "%s", lwi_ts_unusable(&v));
    /* of results that are left out at the end, src/aten tells nothing */
    if (v.kind == LWI_TS_UNINITIALIZED || (s->n_targets > 1 && lwi_ts_is_tensor(&v))) {
        const lwi_ts_value none = lwi_ts_none();
        const bool left_out = v.kind == LWI_TS_PLAIN;
        for (size_t i = 0; i < s->n_targets; i++)
            LW_TRY(set_target(in, s->targets[i], i > 0 && left_out ? &none : &v));
        return LW_OK;
    }
    if (!o || o->n != s->n_targets)
        return lwi_fail(LW_CORRUPT, "%s of %zu is unpacked to %zu names", lwi_ts_kind_name(&v),
                        o ? o->n : 0, s->n_targets);
    for (size_t i = 0; i < s->n_targets; i++)
        LW_TRY(set_target(in, s->targets[i], &o->items[i]));
    return LW_OK;
}

/* All values are there before the first name changes. */
static lw_status run_assign(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    lwi_ts_value one, *values = &one;
    if (s->unpack) return run_unpack(in, s);
    if (s->n_values > 1) LW_TRY(lwi_arena_alloc(in->memory, s->n_values, sizeof *values, &values));
    for (size_t i = 0; i < s->n_values; i++)
        LW_TRY(lwi_ts_eval(in, s->values[i], &values[i]));
    for (size_t i = 0; i < s->n_values; i++)
        LW_TRY(set_target(in, s->targets[i], &values[i]));
    return LW_OK;
}

/* The condition as a bool, known or a scalar of the graph. */
static lw_status eval_condition(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_aten_value *c) {
    lwi_ts_value v, b;
    LW_TRY(lwi_ts_eval(in, e, &v));
    LW_TRY(lwi_ts_torch(in, &(lwi_ts_call){"python::bool", &v, NULL, 1}, &b));
    if (!lwi_ts_is_plain(&b, LWI_ATEN_BOOL))
        return lwi_fail(LW_CORRUPT, "a condition is %s", lwi_ts_kind_name(&b));
    *c = b.plain;
    return LW_OK;
}

static lw_status run_if(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    lwi_aten_value c;
    LW_TRY(eval_condition(in, s->values[0], &c));
    if (c.id >= 0) return lwi_ts_branch(in, s, &c);
    return lwi_ts_run(in, c.b ? &s->body : &s->otherwise);
}

static lw_status run_while(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    for (int64_t i = 0;; i++) {
        lwi_aten_value c;
        LW_TRY(eval_condition(in, s->values[0], &c));
        if (c.id >= 0 || i == LWI_TS_UNROLL) return lwi_ts_loop(in, s, NULL);
        if (!c.b) return LW_OK;
        LW_TRY(lwi_ts_run(in, &s->body));
    }
}

static lw_status run_for(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    lwi_ts_value all;
    LW_TRY(lwi_ts_eval(in, s->values[0], &all));
    const lwi_ts_object *list = lwi_ts_sequence(&all);
    if (lwi_ts_unusable(&all)) return lwi_fail(LW_UNSUPPORTED, "%s", lwi_ts_unusable(&all));
    int64_t n = 0;
    if (list) n = (int64_t)list->n;
    else if (!lwi_ts_is_plain(&all, LWI_ATEN_INT))
        return lwi_fail(LW_UNSUPPORTED, "a loop over %s", lwi_ts_kind_name(&all));
    else if (!lwi_ts_known_int(&all, &n) || n > LWI_TS_UNROLL) return lwi_ts_loop(in, s, &all);
    for (int64_t i = 0; i < n; i++) {
        if (list && (size_t)i >= list->n) break;
        const lwi_ts_value number = lwi_ts_plain(lwi_aten_int(i));
        LW_TRY(set_target(in, s->targets[0], list ? &list->items[i] : &number));
        LW_TRY(lwi_ts_run(in, &s->body));
    }
    return LW_OK;
}

/* torch.no_grad and the like change nothing here; __enter__ of a program's own class is called. */
static lw_status run_with(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    static const char *const names[] = {"__enter__", "__exit__"};
    lwi_ts_value v, r = lwi_ts_none(), args[3] = {lwi_ts_none(), lwi_ts_none(), lwi_ts_none()};
    LW_TRY(lwi_ts_eval(in, s->values[0], &v));
    const lwi_ts_class *class = v.kind == LWI_TS_OBJECT ? v.object->class : NULL;
    for (int i = 0; i < 2; i++) {
        const lwi_ts_function *f = class ? lwi_ts_find_method(class, names[i]) : NULL;
        const lwi_ts_call call = {names[i], args, NULL, i ? 3 : 0};
        if (f) LW_TRY(lwi_ts_invoke(in, f, &v, &call, &r));
        if (i == 0 && s->n_targets) LW_TRY(set_target(in, s->targets[0], &r));
        if (i == 0) LW_TRY(lwi_ts_run(in, &s->body));
    }
    return LW_OK;
}

static lw_status run_def(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    const lwi_ts_value v = {.kind = LWI_TS_FUNCTION, .function = s->function};
    return set_target(in, s->targets[0], &v);
}

static lw_status run_eval(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    lwi_ts_value v;
    return lwi_ts_eval(in, s->values[0], &v);
}

static lw_status run_return(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    return s->n_values ? lwi_ts_eval(in, s->values[0], &in->frame->result) : LW_OK;
}

static lw_status run_stmt(lwi_ts_interp *in, const lwi_ts_stmt *s) {
    static lw_status (*const run[])(lwi_ts_interp * in, const lwi_ts_stmt *s) = {
        [LWI_TS_ASSIGN] = run_assign, [LWI_TS_EVAL] = run_eval, [LWI_TS_IF] = run_if,
        [LWI_TS_WHILE] = run_while,   [LWI_TS_FOR] = run_for,   [LWI_TS_WITH] = run_with,
        [LWI_TS_RETURN] = run_return, [LWI_TS_DEF] = run_def};
    return run[s->kind](in, s);
}

/* The innermost statement says where a failure was. */
static lw_status placed(lwi_ts_interp *in, const lwi_ts_stmt *s, lw_status status) {
    if (in->placed || status == LWI_TS_RAISED) return status;
    in->placed = true;
    return lwi_fail_prefix(status, "%s:%u", in->frame->function->file, s->line);
}

lw_status lwi_ts_run(lwi_ts_interp *in, const lwi_ts_block *block) {
    for (size_t i = 0; i < block->n; i++) {
        if (++in->steps > LWI_TS_STEPS)
            return lwi_fail(LW_LIMIT, "the program takes more than %d steps", LWI_TS_STEPS);
        const lw_status status = run_stmt(in, &block->stmts[i]);
        if (status != LW_OK) return placed(in, &block->stmts[i], status);
    }
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * Runs a program on values that are known, and on tensors that are not: what the program does to
 * those becomes the graph. Methods are inlined, loops of known length unrolled, conditions that are
 * known decided. Where a condition depends on data both ways are run, each into a graph of its own
 * (ts_branch.c). */
#ifndef LWI_TS_INTERP_H
#define LWI_TS_INTERP_H

#include "format/torchscript/ts_value.h"

enum {
    LWI_TS_ARGS = 64,               /* of a call, at most */
    LWI_TS_CALL_DEPTH = 100,        /* of functions in each other */
    LWI_TS_STEPS = 4 * 1000 * 1000, /* statements that are run, at most */
    LWI_TS_UNROLL = 4096            /* rounds of a loop that is written out */
};

/* The program has raised an exception; never leaves the door. */
#define LWI_TS_RAISED ((lw_status)2)

typedef struct lwi_ts_frame {
    const lwi_ts_function *function, *owner; /* owner: whose variables the slots are */
    lwi_ts_value *slots;                     /* [n_slots] */
    size_t n_slots;
    lwi_ts_value result;
    struct lwi_ts_frame *outer;
} lwi_ts_frame;

/* What an object was before a branch wrote to it. */
typedef struct lwi_ts_saved {
    lwi_ts_object *object, before;
} lwi_ts_saved;

typedef struct lwi_ts_interp {
    lwi_aten *aten;
    lwi_arena *memory; /* of what lives as long as the interpretation */
    const lwi_ts_program *program;
    lwi_ts_object *constants; /* CONSTANTS.cN */
    lwi_ts_frame *frame;
    int depth;
    size_t steps;
    unsigned branch, last_branch; /* 0: in none */
    lwi_ts_saved *saved;
    size_t n_saved, cap_saved;
    struct lwi_ts_states *states; /* NULL: not known yet */
    bool placed;                  /* the last error says where it was */
} lwi_ts_interp;

typedef struct lwi_ts_call {
    const char *name; /* of the operator, without its namespace "torch" */
    const lwi_ts_value *args;
    const char *const *keywords; /* [n] NULL where none; NULL: none has */
    size_t n;
} lwi_ts_call;

/* ts_eval.c */
lw_status lwi_ts_eval(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v);
/* "__torch__.a.b" where the expression is such a chain and its first name is no variable. */
bool lwi_ts_dotted(const lwi_ts_expr *e, char *text, size_t size);
lw_status lwi_ts_get_attribute(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                               lwi_ts_value *v);
lw_status lwi_ts_set_attribute(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                               const lwi_ts_value *v);
/* ts_call.c */
lw_status lwi_ts_eval_call(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v);
lw_status lwi_ts_invoke(lwi_ts_interp *in, const lwi_ts_function *f, const lwi_ts_value *self,
                        const lwi_ts_call *call, lwi_ts_value *result);
lw_status lwi_ts_torch(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result);
/* ts_block.c */
lw_status lwi_ts_run(lwi_ts_interp *in, const lwi_ts_block *block);
/* ts_branch.c: an if whose condition is a scalar of the graph. */
lw_status lwi_ts_branch(lwi_ts_interp *in, const lwi_ts_stmt *s, const lwi_aten_value *condition);
/* To be called before an object is written to. */
lw_status lwi_ts_touch(lwi_ts_interp *in, lwi_ts_object *object);
/* ts_loop.c: a loop whose length depends on data; count: NULL for while. */
lw_status lwi_ts_loop(lwi_ts_interp *in, const lwi_ts_stmt *s, const lwi_ts_value *count);

/* ts_types.c */
lw_status lwi_ts_isinstance(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *type,
                            bool *is);

/* Functions that work on values of the program (ts_builtin.def); each is tried before the operators
 * of src/aten and may say that the call is none for it. */
typedef lw_status lwi_ts_builtin(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                 bool *done);
#define BUILTIN(name, function) lwi_ts_builtin lwi_ts_do_##function;
#include "format/torchscript/ts_builtin.def"
#undef BUILTIN
lw_status lwi_ts_builtins(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done);

/* An argument by place or keyword; NULL: not given. */
static inline const lwi_ts_value *lwi_ts_arg(const lwi_ts_call *call, size_t i) {
    return i < call->n && !(call->keywords && call->keywords[i]) ? &call->args[i] : NULL;
}
static inline lw_status lwi_ts_done(lwi_ts_value *result, lwi_aten_value v, bool *done) {
    *result = lwi_ts_plain(v);
    *done = true;
    return LW_OK;
}
/* A known int; false: it is something else. */
static inline bool lwi_ts_known_int(const lwi_ts_value *v, int64_t *i) {
    if (!v || !lwi_ts_is_known(v)) return false;
    if (v->plain.kind == LWI_ATEN_INT) *i = v->plain.i;
    else if (v->plain.kind == LWI_ATEN_BOOL) *i = v->plain.b;
    else return false;
    return true;
}

#endif

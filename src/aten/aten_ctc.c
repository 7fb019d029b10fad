/* SPDX-License-Identifier: MIT
 * Connectionist temporal classification (Graves et al. 2006): the negative logarithm of what all
 * paths to the targets are worth, summed forward in time. */
#include "aten/lower.h"

#include <math.h>

enum { MOST_STEPS = 1024 };

typedef struct ctc {
    int log_p;           /* [T, N, C] */
    int labels;          /* [N, 2 S + 1]: blank, target, blank ... */
    int lengths, counts; /* [N] of inputs, of targets */
    int skips;           /* [N, 2 S + 1]: the label may follow the one before the last */
    int64_t steps;
    lw_dtype dtype;
} ctc;

/* Zero as a logarithm: finite, so that differences stay numbers. */
static int nothing(lwi_aten *a, const ctc *c) { return lwi_aten_fill(a, c->dtype, -1e30); }

/* [N, S] -> [N, 2 S + 1] */
static int with_blanks(lwi_aten *a, int targets, int64_t blank) {
    const int column = lwi_aten_unsqueeze(a, targets, 2);
    const int blanks = NODE(a, "Expand", lwi_aten_int_scalar(a, blank), lwi_aten_shape(a, column));
    const int pairs = lwi_aten_concat(a, 2, 2, (int[]){blanks, column});
    const int flat = lwi_aten_reshape(a, pairs, 2, (int64_t[]){0, -1});
    return NODE(a, "Pad", flat, INTS(a, 0, 0, 0, 1), lwi_aten_int_scalar(a, blank));
}

/* Moved right by n, zeros (as logarithms) come in. */
static int shifted(lwi_aten *a, const ctc *c, int x, int64_t n) {
    const int padded = NODE(a, "Pad", x, INTS(a, 0, n, 0, 0), nothing(a, c));
    return lwi_aten_slice(a, padded, 1, 0, -n);
}

static int log_sum(lwi_aten *a, size_t n, const int *terms) {
    const int most = lwi_build(&a->b, "Max", n, terms);
    int sum = -1;
    for (size_t i = 0; i < n; i++) {
        const int part = NODE(a, "Exp", NODE(a, "Sub", terms[i], most));
        sum = sum < 0 ? part : NODE(a, "Add", sum, part);
    }
    return NODE(a, "Add", NODE(a, "Log", sum), most);
}

/* The labels' logarithms at step t: [N, 2 S + 1]. */
static int emitted(lwi_aten *a, const ctc *c, int64_t t) {
    const int now = NODE(a, "Gather", c->log_p, lwi_aten_int_scalar(a, t));
    lwi_build_int(&a->b, "axis", 0);
    const int y = NODE(a, "GatherElements", now, c->labels);
    lwi_build_int(&a->b, "axis", 1);
    return y;
}

static int forward(lwi_aten *a, const ctc *c) {
    const lwi_aten_value n = lwi_aten_size(a, c->labels, 1);
    const int places = lwi_aten_steps(a, &n, 1);
    const int starts = NODE(a, "Less", places, lwi_aten_int_scalar(a, 2));
    int alpha = NODE(a, "Where", starts, emitted(a, c, 0), nothing(a, c));
    for (int64_t t = 1; t < c->steps && a->b.status == LW_OK; t++) {
        const int jump = NODE(a, "Where", c->skips, shifted(a, c, alpha, 2), nothing(a, c));
        const int paths = log_sum(a, 3, (int[]){alpha, shifted(a, c, alpha, 1), jump});
        const int next = NODE(a, "Add", paths, emitted(a, c, t));
        const int open = NODE(a, "Greater", c->lengths, lwi_aten_int_scalar(a, t));
        alpha = NODE(a, "Where", lwi_aten_unsqueeze(a, open, 1), next, alpha);
    }
    return alpha;
}

/* At the last label, or the blank behind it: [N]. */
static int cost(lwi_aten *a, const ctc *c, int alpha) {
    const int end = NODE(a, "Mul", c->counts, lwi_aten_int_scalar(a, 2));
    const int before =
        NODE(a, "Max", NODE(a, "Sub", end, lwi_aten_int_scalar(a, 1)), lwi_aten_int_scalar(a, 0));
    const int ends[] = {lwi_aten_unsqueeze(a, end, 1), lwi_aten_unsqueeze(a, before, 1)};
    const int both = NODE(a, "GatherElements", alpha, lwi_aten_concat(a, 1, 2, ends));
    lwi_build_int(&a->b, "axis", 1);
    const int last = NODE(a, "Gather", both, lwi_aten_int_scalar(a, 0));
    lwi_build_int(&a->b, "axis", 1);
    const int label = NODE(a, "Gather", both, lwi_aten_int_scalar(a, 1));
    lwi_build_int(&a->b, "axis", 1);
    const int empty = NODE(a, "Equal", c->counts, lwi_aten_int_scalar(a, 0));
    const int sum = NODE(a, "Where", empty, last, log_sum(a, 2, (int[]){last, label}));
    return NODE(a, "Neg", sum);
}

static int lengths(lwi_aten *a, const lwi_aten_value *v) {
    const int id = v->kind == LWI_ATEN_LIST ? lwi_aten_ints(a, v) : lwi_aten_id(a, v);
    return lwi_aten_cast(a, id, LW_INT64);
}

static ctc read_ctc(lwi_aten *a, const lwi_aten_value *in) {
    const int64_t blank = lwi_aten_get_int(a, &in[4]);
    const int targets = lwi_aten_cast(a, lwi_aten_id(a, &in[1]), LW_INT64);
    ctc c = {.log_p = lwi_aten_id(a, &in[0])};
    c.dtype = lwi_aten_dtype(a, c.log_p);
    c.steps = lwi_aten_dim(a, c.log_p, 0);
    if (lwi_aten_rank(a, c.log_p) != 3 || lwi_aten_rank(a, targets) != 2)
        lwi_aten_fail(a, LW_UNSUPPORTED, "a batch with targets [N, S] is expected");
    else if (c.steps < 1 || c.steps > MOST_STEPS)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the number of steps is not fixed, or above %d",
                      MOST_STEPS);
    if (a->b.status != LW_OK) return c;
    c.labels = with_blanks(a, targets, blank);
    c.lengths = lengths(a, &in[2]);
    c.counts = lengths(a, &in[3]);
    const int two_before =
        NODE(a, "Pad", c.labels, INTS(a, 0, 2, 0, 0), lwi_aten_int_scalar(a, blank));
    const int same = NODE(a, "Equal", c.labels, lwi_aten_slice(a, two_before, 1, 0, -2));
    const int is_blank = NODE(a, "Equal", c.labels, lwi_aten_int_scalar(a, blank));
    c.skips = NODE(a, "Not", NODE(a, "Or", same, is_blank));
    return c;
}

/* log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity */
void lwi_aten_ctc_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const ctc c = read_ctc(a, in);
    const int64_t how = lwi_aten_get_int(a, &in[5]), batch = 0;
    if (a->b.status != LW_OK) return;
    int y = cost(a, &c, forward(a, &c));
    const int never = NODE(a, "Greater", y, lwi_aten_fill(a, c.dtype, 1e29));
    const double worst = lwi_aten_get_bool(a, &in[6]) ? 0 : INFINITY;
    y = NODE(a, "Where", never, lwi_aten_fill(a, c.dtype, worst), y);
    if (how == 1) { /* by the targets' lengths first */
        const int each = NODE(a, "Max", c.counts, lwi_aten_int_scalar(a, 1));
        y = NODE(a, "Div", y, lwi_aten_cast(a, each, c.dtype));
    }
    if (how) y = lwi_aten_reduced(a, how == 1 ? "ReduceMean" : "ReduceSum", y, 1, &batch, false);
    lwi_aten_return(a, out, y);
}

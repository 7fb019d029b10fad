/* SPDX-License-Identifier: MIT
 * Connectionist temporal classification (Graves et al. 2006): the logarithm of the sum over all
 * paths, step by step. The number of steps must be known. */
#include "nn/nn_kinds.h"

#include <math.h>

/* Stands for log(0): sums of it do not become NaN. */
static const double never = -1e30;

typedef struct lattice {
    lw_array *labels; /* [n, places]: blank, label, blank ... */
    lw_array *skips;  /* bool: a place may follow the one two before it */
    int64_t places;
} lattice;

/* x moved n places to the right, with log(0) coming in. */
static lw_array *shifted(lw_array *x, int64_t n, int64_t places) {
    return lw_pad(lw_narrow(x, 1, 0, places - n), (lw_ints){2, {n, 0}}, "constant", never);
}

static lattice make_lattice(lw_array *targets, int64_t blank) {
    lattice l = {.places = 2 * lw_size(targets, 1) + 1};
    lw_array *blanks = lw_full_like(targets, (double)blank, LW_DTYPE_NONE);
    lw_array *pair[2] = {blanks, targets};
    lw_array *both = lw_flatten(lw_stack(pair, 2, -1), 1, -1);
    lw_array *parts[2] = {both, lw_narrow(blanks, 1, 0, 1)};
    l.labels = lw_cat(parts, 2, 1);
    lw_array *before = lw_pad(lw_narrow(l.labels, 1, 0, l.places - 2), (lw_ints){2, {2, 0}},
                              "constant", (double)blank);
    l.skips = lw_ne(l.labels, before); /* a blank follows a blank there: no skip */
    return l;
}

/* Scores of places at step t: log_probs [t, n, classes]. */
static lw_array *scores_at(const lattice *l, lw_array *log_probs, int64_t t) {
    return lw_gather(lw_select(log_probs, 0, t), 1, l->labels);
}

/* x where the condition holds, else log(0). */
static lw_array *only(lw_array *condition, lw_array *x) {
    return lw_masked_fill(x, lw_logical_not(condition), never);
}

static lw_array *first_step(const lattice *l, lw_array *log_probs) {
    lw_array *place = lw_arange(log_probs->nn, 0, (double)l->places, 1, LW_INT64);
    return only(lw_lt_scalar(place, 2), scores_at(l, log_probs, 0));
}

static lw_array *next_step(const lattice *l, lw_array *before, lw_array *log_probs, int64_t t,
                           lw_array *lengths) {
    lw_array *one = shifted(before, 1, l->places);
    lw_array *two = only(l->skips, shifted(before, 2, l->places));
    lw_array *sum = lw_logaddexp(lw_logaddexp(before, one), two);
    lw_array *now = lw_add(sum, scores_at(l, log_probs, t));
    return lw_where(lw_unsqueeze(lw_gt_scalar(lengths, (double)t), 1), now, before);
}

/* Paths end in the last label or the blank behind it. */
static lw_array *at_end(lw_array *x, lw_array *target_lengths) {
    const lw_ints one = {1, {1}};
    lw_array *last = lw_unsqueeze(lw_mul_scalar(target_lengths, 2), 1);
    lw_array *blank = lw_squeeze(lw_gather(x, 1, last), one);
    lw_array *label = lw_gather(x, 1, lw_clamp(lw_sub_scalar(last, 1), 0, NAN));
    return lw_logaddexp(blank, only(lw_gt_scalar(target_lengths, 0), lw_squeeze(label, one)));
}

static lw_array *reduced(lw_array *loss, lw_array *target_lengths, const char *reduction) {
    if (reduction && !strcmp(reduction, "none")) return loss;
    if (reduction && !strcmp(reduction, "sum"))
        return lw_sum(loss, (lw_ints){.n = 0}, false, LW_DTYPE_NONE);
    lw_array *lengths = lw_clamp(target_lengths, 1, NAN);
    return lw_mean(lw_div(loss, lengths), (lw_ints){.n = 0}, false, LW_DTYPE_NONE);
}

lw_array *lw_ctc_loss(lw_array *log_probs, lw_array *targets, lw_array *input_lengths,
                      lw_array *target_lengths, int64_t blank, const char *reduction,
                      bool zero_infinity) {
    if (!log_probs || !targets) return NULL;
    const int64_t steps = lw_size(log_probs, 0);
    if (lw_dim(log_probs) != 3 || lw_dim(targets) != 2 || steps < 1 || lw_size(targets, 1) < 1) {
        lwi_nn_fail(log_probs->nn, LW_UNSUPPORTED,
                    "lw_ctc_loss: log_probs [steps, n, classes] and targets [n, labels] with known "
                    "steps and labels are supported");
        return NULL;
    }
    const lattice l = make_lattice(targets, blank);
    lw_array *x = first_step(&l, log_probs);
    for (int64_t t = 1; t < steps && x; t++)
        x = next_step(&l, x, log_probs, t, input_lengths);
    lw_array *loss = lw_neg(at_end(x, target_lengths));
    loss = lw_masked_fill(loss, lw_gt_scalar(loss, -never / 2), zero_infinity ? 0 : INFINITY);
    return reduced(loss, target_lengths, reduction);
}

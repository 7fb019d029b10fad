/* SPDX-License-Identifier: MIT
 * Losses. reduction: 0 none, 1 mean, 2 sum. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

static void reduced(lwi_aten *a, int x, const lwi_aten_value *reduction, lwi_aten_value *out) {
    const int64_t how = lwi_aten_get_int(a, reduction);
    int64_t axes[LW_MAX_RANK];
    const int rank = lwi_aten_rank(a, x);
    for (int d = 0; d < rank; d++)
        axes[d] = d;
    const char *op = how == 1 ? "ReduceMean" : "ReduceSum";
    lwi_aten_return(a, out, how == 0 ? x : lwi_aten_reduced(a, op, x, (size_t)rank, axes, false));
}

static int product(lwi_aten *a, int x, int y) { return NODE(a, "Mul", x, y); }
static int times(lwi_aten *a, int x, double y) { return product(a, x, lwi_aten_like(a, x, y)); }
static int plus(lwi_aten *a, int x, double y) { return NODE(a, "Add", x, lwi_aten_like(a, x, y)); }
static int less_one(lwi_aten *a, int x) { return NODE(a, "Sub", lwi_aten_like(a, x, 1), x); }
static int positive(lwi_aten *a, int x) { return NODE(a, "Max", x, lwi_aten_like(a, x, 0)); }

static int apart(lwi_aten *a, const lwi_aten_value *in) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    return NODE(a, "Sub", x, y);
}

/* self, target, reduction */
void lwi_aten_mse_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int d = apart(a, in);
    reduced(a, product(a, d, d), &in[2], out);
}

void lwi_aten_l1_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    reduced(a, NODE(a, "Abs", apart(a, in)), &in[2], out);
}

/* Squares up to a distance, straight on from there: huber is smooth_l1 times that distance. */
static void rounded(lwi_aten *a, const lwi_aten_value *in, bool huber, lwi_aten_value *out) {
    const int d = NODE(a, "Abs", apart(a, in));
    const double limit = lwi_aten_get_float(a, &in[3]), factor = huber ? limit : 1;
    const int inside = NODE(a, "Less", d, lwi_aten_like(a, d, limit));
    const int square = times(a, product(a, d, d), limit > 0 ? 0.5 * factor / limit : 0);
    const int line = times(a, plus(a, d, -0.5 * limit), factor);
    reduced(a, NODE(a, "Where", inside, square, line), &in[2], out);
}

/* self, target, reduction, beta */
void lwi_aten_smooth_l1_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    rounded(a, in, false, out);
}

/* self, target, reduction, delta */
void lwi_aten_huber_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    rounded(a, in, true, out);
}

/* ---------------------------------------------------------------- cross entropy */

static int log_at_least(lwi_aten *a, int x) {
    return NODE(a, "Max", NODE(a, "Log", x), lwi_aten_like(a, x, -100));
}

/* self, target, weight, reduction */
void lwi_aten_bce(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    const int yes = product(a, t, log_at_least(a, x));
    const int no = product(a, less_one(a, t), log_at_least(a, less_one(a, x)));
    int y = NODE(a, "Neg", NODE(a, "Add", yes, no));
    if (lwi_aten_given(&in[2])) y = product(a, y, lwi_aten_id(a, &in[2]));
    reduced(a, y, &in[3], out);
}

/* self, target, weight, pos_weight, reduction */
void lwi_aten_bce_with_logits(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    int cost = NODE(a, "Softplus", NODE(a, "Neg", x)); /* log(1 + exp(-x)) */
    if (lwi_aten_given(&in[3])) {
        const int more = product(a, plus(a, lwi_aten_id(a, &in[3]), -1), t);
        cost = product(a, plus(a, more, 1), cost);
    }
    int y = NODE(a, "Add", product(a, less_one(a, t), x), cost);
    if (lwi_aten_given(&in[2])) y = product(a, y, lwi_aten_id(a, &in[2]));
    reduced(a, y, &in[4], out);
}

/* self, target, reduction, log_target: target (log target - self), 0 where target is 0 */
void lwi_aten_kl_div(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    if (lwi_aten_get_bool(a, &in[3])) {
        reduced(a, product(a, NODE(a, "Exp", t), NODE(a, "Sub", t, x)), &in[2], out);
        return;
    }
    const int zero = lwi_aten_like(a, t, 0);
    const int entropy = product(a, t, NODE(a, "Log", t));
    const int safe = NODE(a, "Where", NODE(a, "Equal", t, zero), zero, entropy);
    reduced(a, NODE(a, "Sub", safe, product(a, t, x)), &in[2], out);
}

static int nll(lwi_aten *a, int log_p, int target, const lwi_aten_value *weight, int64_t reduction,
               int64_t ignored) {
    static const char *const names[] = {"none", "mean", "sum"};
    const int y = NODE(a, "NegativeLogLikelihoodLoss", log_p, target, lwi_aten_id(a, weight));
    lwi_build_text(&a->b, "reduction", names[reduction < 0 || reduction > 2 ? 1 : reduction]);
    lwi_build_int(&a->b, "ignore_index", ignored);
    return y;
}

/* One example without a batch gets one. */
static int batched(lwi_aten *a, int x, bool batch) {
    return batch ? x : lwi_aten_unsqueeze(a, x, 0);
}

/* The sum of the weights of the targets that count. */
static int total_weight(lwi_aten *a, int x, int target, const lwi_aten_value *weight,
                        int64_t ignored) {
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int counts =
        NODE(a, "Not", NODE(a, "Equal", target, lwi_aten_like(a, target, (double)ignored)));
    int each = lwi_aten_cast(a, counts, dtype);
    if (lwi_aten_given(weight)) {
        const int safe = NODE(a, "Where", counts, target, lwi_aten_like(a, target, 0));
        each = product(a, each, NODE(a, "Gather", lwi_aten_id(a, weight), safe));
    }
    const int sum = NODE(a, "ReduceSum", each, -1);
    lwi_build_int(&a->b, "keepdims", 0);
    return sum;
}

/* self, target, weight, reduction, ignore_index; the forward function also returns the weight */
void lwi_aten_nll_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    const int64_t how = lwi_aten_get_int(a, &in[3]), ignored = lwi_aten_get_int(a, &in[4]);
    const bool batch = lwi_aten_rank(a, x) > 1;
    int y = nll(a, batched(a, x, batch), batched(a, t, batch), &in[2], how, ignored);
    if (!batch && how == 0) y = lwi_aten_squeeze(a, y, 0);
    lwi_aten_return(a, &out[0], y);
    if (!strstr(a->row->name, "forward")) return;
    lwi_aten_return(a, &out[1],
                    how == 0 ? lwi_aten_like(a, x, 0) : total_weight(a, x, t, &in[2], ignored));
}

/* What every class would cost: for label smoothing. */
static int smooth_part(lwi_aten *a, int log_p, int target, const lwi_aten_value *weight,
                       int64_t how, int64_t ignored) {
    const int64_t axis = 1;
    const int rank = lwi_aten_rank(a, log_p);
    int costs = NODE(a, "Neg", log_p);
    if (lwi_aten_given(weight)) {
        int64_t dims[LW_MAX_RANK] = {-1, 1, 1, 1, 1, 1, 1, 1};
        const int w = lwi_aten_reshape(a, lwi_aten_id(a, weight), (size_t)rank - 1, dims);
        costs = product(a, costs, w);
    }
    const int all = lwi_aten_reduced(a, "ReduceSum", costs, 1, &axis, false);
    const int skipped = NODE(a, "Equal", target, lwi_aten_like(a, target, (double)ignored));
    const int kept = NODE(a, "Where", skipped, lwi_aten_like(a, all, 0), all);
    if (how == 0) return kept;
    const int sum = NODE(a, "ReduceSum", kept, -1);
    lwi_build_int(&a->b, "keepdims", 0);
    return how == 2 ? sum : NODE(a, "Div", sum, total_weight(a, log_p, target, weight, ignored));
}

/* Targets are shares of the classes. */
static void with_shares(lwi_aten *a, const lwi_aten_value *in, int log_p, lwi_aten_value *out) {
    const int64_t axis = lwi_aten_rank(a, log_p) > 1;
    const double smoothing = lwi_aten_get_float(a, &in[5]);
    int t = lwi_aten_id(a, &in[1]);
    const int64_t classes = lwi_aten_dim(a, log_p, (int)axis);
    if (smoothing > 0 && classes < 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the number of classes is not fixed");
    if (smoothing > 0) t = plus(a, times(a, t, 1 - smoothing), smoothing / (double)classes);
    int costs = product(a, log_p, t);
    if (lwi_aten_given(&in[2])) {
        int64_t dims[LW_MAX_RANK] = {-1, 1, 1, 1, 1, 1, 1, 1};
        const size_t rank = (size_t)(lwi_aten_rank(a, log_p) - axis);
        costs = product(a, costs, lwi_aten_reshape(a, lwi_aten_id(a, &in[2]), rank, dims));
    }
    const int y = NODE(a, "Neg", lwi_aten_reduced(a, "ReduceSum", costs, 1, &axis, false));
    reduced(a, y, &in[3], out);
}

/* self, target, weight, reduction, ignore_index, label_smoothing */
void lwi_aten_cross_entropy(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int given = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    const bool batch = lwi_aten_rank(a, given) > 1;
    const int log_p = NODE(a, "LogSoftmax", given);
    lwi_build_int(&a->b, "axis", batch);
    if (!lwi_aten_is_integral(lwi_aten_dtype(a, t))) {
        with_shares(a, in, log_p, out);
        return;
    }
    const int64_t how = lwi_aten_get_int(a, &in[3]), ignored = lwi_aten_get_int(a, &in[4]);
    const double smoothing = lwi_aten_get_float(a, &in[5]);
    const int x = batched(a, log_p, batch), target = batched(a, t, batch);
    int y = nll(a, x, target, &in[2], how, ignored);
    if (smoothing > 0) {
        const int64_t classes = lwi_aten_dim(a, x, 1);
        if (classes < 0) lwi_aten_fail(a, LW_UNSUPPORTED, "the number of classes is not fixed");
        const int smooth = smooth_part(a, x, target, &in[2], how, ignored);
        y = NODE(a, "Add", times(a, y, 1 - smoothing),
                 times(a, smooth, smoothing / (double)classes));
    }
    lwi_aten_return(a, out, batch || how ? y : lwi_aten_squeeze(a, y, 0));
}

/* ------------------------------------------------------------------- margins */

/* input1, input2, target, margin, reduction */
void lwi_aten_margin_ranking_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int d = product(a, NODE(a, "Neg", lwi_aten_id(a, &in[2])), apart(a, in));
    reduced(a, positive(a, plus(a, d, lwi_aten_get_float(a, &in[3]))), &in[4], out);
}

/* self, target, margin, reduction: self where target is 1, max(0, margin - self) where it is -1 */
void lwi_aten_hinge_embedding_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    const int margin = lwi_aten_scalar(a, &in[2], lwi_aten_dtype(a, x));
    const int like = NODE(a, "Equal", t, lwi_aten_like(a, t, 1));
    const int other = positive(a, NODE(a, "Sub", margin, x));
    reduced(a, NODE(a, "Where", like, x, other), &in[3], out);
}

/* log(1 + exp(-target self)); self, target, reduction */
void lwi_aten_soft_margin_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = product(a, lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]));
    reduced(a, NODE(a, "Softplus", NODE(a, "Neg", x)), &in[2], out);
}

/* input, target, log_input, full, eps, reduction */
void lwi_aten_poisson_nll_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), t = lwi_aten_id(a, &in[1]);
    if (lwi_aten_get_bool(a, &in[3])) lwi_aten_fail(a, LW_UNSUPPORTED, "full=True");
    const bool logs = lwi_aten_get_bool(a, &in[2]);
    const int size = logs ? NODE(a, "Exp", x) : x;
    const int log_x = logs ? x : NODE(a, "Log", plus(a, x, lwi_aten_get_float(a, &in[4])));
    reduced(a, NODE(a, "Sub", size, product(a, t, log_x)), &in[5], out);
}

/* input1, input2, target, margin, reduction: 1 - cos where target is 1, max(0, cos - margin) else
 */
void lwi_aten_cosine_embedding_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), y = lwi_aten_id(a, &in[1]), t = lwi_aten_id(a, &in[2]);
    const int64_t last = -1;
    const double eps = 1e-12; /* added to the squares, so that nothing is divided by zero */
    const int dot = lwi_aten_reduced(a, "ReduceSum", product(a, x, y), 1, &last, false);
    const int xx =
        plus(a, lwi_aten_reduced(a, "ReduceSum", product(a, x, x), 1, &last, false), eps);
    const int yy =
        plus(a, lwi_aten_reduced(a, "ReduceSum", product(a, y, y), 1, &last, false), eps);
    const int cosine = NODE(a, "Div", dot, NODE(a, "Sqrt", product(a, xx, yy)));
    const int like = NODE(a, "Equal", t, lwi_aten_like(a, t, 1));
    const int other = positive(a, plus(a, cosine, -lwi_aten_get_float(a, &in[3])));
    reduced(a, NODE(a, "Where", like, less_one(a, cosine), other), &in[4], out);
}

/* anchor, positive, negative, margin, p, eps, swap, reduction */
void lwi_aten_triplet_margin_loss(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), p = lwi_aten_id(a, &in[1]), n = lwi_aten_id(a, &in[2]);
    const double power = lwi_aten_get_float(a, &in[4]), eps = lwi_aten_get_float(a, &in[5]);
    const int near = lwi_aten_row_distance(a, x, p, power, eps, false);
    int far = lwi_aten_row_distance(a, x, n, power, eps, false);
    if (lwi_aten_get_bool(a, &in[6]))
        far = NODE(a, "Min", far, lwi_aten_row_distance(a, p, n, power, eps, false));
    const int d = plus(a, NODE(a, "Sub", near, far), lwi_aten_get_float(a, &in[3]));
    reduced(a, positive(a, d), &in[7], out);
}

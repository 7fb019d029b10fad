/* SPDX-License-Identifier: MIT
 * SVMClassifier (ai.onnx.ml 1): a machine for each pair of classes, whose votes decide, as in
 * libsvm (Chang and Lin 2011); or one linear score for each class. With prob_a and prob_b the
 * scores are probabilities (Wu, Lin and Weng 2004). */
#include "ops/svm.h"

#include <math.h>
#include <string.h>

typedef struct job {
    lwi_call *c;
    lwi_svm svm;
    lwi_labels labels;
    lwi_post_transform transform;
    const int64_t *counts; /* support vectors of each class */
    const float *prob_a, *prob_b;
    size_t rows, classes, pairs, n_scores, n_out; /* n_scores: before a second one is added */
    double *work;                                 /* work_size numbers for each row */
    size_t work_size;
} job;

/* Reads everything that decides the shape of the outputs. */
static lw_status read_shape(lwi_call *c, job *j, size_t *features) {
    size_t n_counts = 0, n_a = 0, n_b = 0, n_vectors = 0;
    *j = (job){.c = c};
    LW_TRY(lwi_feature_rows(c, &j->rows, features));
    LW_TRY(lwi_find_labels(c, "classlabels_ints", "classlabels_strings", &j->labels));
    j->classes = j->labels.n;
    if (j->classes > 1 << 16) return lwi_call_fail(c, LW_LIMIT, "%zu classes", j->classes);
    j->pairs = j->classes * (j->classes - 1) / 2;
    j->counts = lwi_attr_ints(c->node, "vectors_per_class", &n_counts);
    for (size_t i = 0; i < n_counts; i++) {
        if (j->counts[i] < 0 || j->counts[i] > INT32_MAX)
            return lwi_call_fail(c, LW_RANGE, "class %zu has %lld support vectors", i,
                                 (long long)j->counts[i]);
        n_vectors += (size_t)j->counts[i];
    }
    LW_TRY(lwi_svm_read(c, n_vectors, *features, &j->svm));
    if (n_vectors) {
        j->prob_a = lwi_attr_floats(c->node, "prob_a", &n_a);
        j->prob_b = lwi_attr_floats(c->node, "prob_b", &n_b);
        if (n_a == 0) j->prob_a = NULL;
    }
    const size_t rows = n_vectors ? j->classes - 1 : j->classes;
    const size_t columns = n_vectors ? n_vectors : *features;
    if ((n_vectors && (n_counts != j->classes || j->classes < 2 || j->svm.n_rho < j->pairs)) ||
        j->svm.n_coefficients / (columns ? columns : 1) < rows ||
        (j->prob_a && (n_a < j->pairs || n_b < j->pairs)))
        return lwi_call_fail(c, LW_SHAPE, "the numbers of the model do not fit %zu classes",
                             j->classes);
    j->n_scores = n_vectors && !j->prob_a ? j->pairs : j->classes;
    j->n_out = j->n_scores == 1 && j->classes == 2 ? 2 : j->n_scores;
    return LW_OK;
}

/* The scores of all pairs of classes, and the votes of the pairs. */
static void run_pairs(const job *j, size_t row, double *kernels, double *scores, double *votes) {
    const size_t n = j->svm.n_vectors;
    for (size_t i = 0; i < n; i++)
        kernels[i] = lwi_svm_kernel(&j->svm, j->c->in[0], row, i);
    for (size_t a = 0; a < j->classes; a++)
        votes[a] = 0;
    size_t start_a = 0, pair = 0;
    for (size_t a = 0; a < j->classes; a++) {
        size_t start_b = start_a + (size_t)j->counts[a];
        for (size_t b = a + 1; b < j->classes; b++, pair++) {
            double score = j->svm.rho[pair];
            for (size_t i = start_a; i < start_a + (size_t)j->counts[a]; i++)
                score += j->svm.coefficients[(b - 1) * n + i] * kernels[i];
            for (size_t i = start_b; i < start_b + (size_t)j->counts[b]; i++)
                score += j->svm.coefficients[a * n + i] * kernels[i];
            start_b += (size_t)j->counts[b];
            scores[pair] = score;
            votes[score > 0 ? a : b]++;
        }
        start_a += (size_t)j->counts[a];
    }
}

/* Probabilities p of n classes that fit those of the pairs, r[a * n + b], best: minimises p' q p
 * step by step (method 2 of Wu, Lin and Weng). q, qp: room for n * n and n numbers. */
static void fit_probabilities(size_t n, const double *r, double *q, double *qp, double *p) {
    for (size_t t = 0; t < n; t++) {
        p[t] = 1 / (double)n;
        q[t * n + t] = 0;
        for (size_t k = 0; k < n; k++) {
            if (k == t) continue;
            q[t * n + t] += r[k * n + t] * r[k * n + t];
            q[t * n + k] = -r[k * n + t] * r[t * n + k];
        }
    }
    for (size_t step = 0; step < (n > 100 ? n : 100); step++) {
        double pqp = 0, error = 0;
        for (size_t t = 0; t < n; t++) {
            qp[t] = 0;
            for (size_t k = 0; k < n; k++)
                qp[t] += q[t * n + k] * p[k];
            pqp += p[t] * qp[t];
        }
        for (size_t t = 0; t < n; t++)
            error = fmax(error, fabs(qp[t] - pqp));
        if (error < 0.005 / (double)n) break;
        for (size_t t = 0; t < n; t++) {
            const double d = (pqp - qp[t]) / q[t * n + t];
            p[t] += d;
            pqp = (pqp + d * (d * q[t * n + t] + 2 * qp[t])) / ((1 + d) * (1 + d));
            for (size_t k = 0; k < n; k++) {
                qp[k] = (qp[k] + d * q[t * n + k]) / (1 + d);
                p[k] /= 1 + d;
            }
        }
    }
}

/* Replaces the scores of the pairs by probabilities of the classes; work: 2 n^2 + n numbers. */
static void make_probabilities(const job *j, double *scores, double *work) {
    const size_t n = j->classes;
    double *r = work, *q = r + n * n, *qp = q + n * n;
    size_t pair = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++, pair++) {
            const double p = 1 / (1 + exp(scores[pair] * j->prob_a[pair] + j->prob_b[pair]));
            r[a * n + b] = fmin(fmax(p, 1e-7), 1 - 1e-7);
            r[b * n + a] = 1 - r[a * n + b];
        }
    fit_probabilities(n, r, q, qp, scores);
}

static size_t largest(const double *v, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (v[i] > v[best]) best = i;
    return best;
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->classes, room = j->pairs > n ? j->pairs : n;
    for (size_t row = begin; row < end; row++) {
        double *scores = j->work + row * j->work_size, *votes = scores + room + 1;
        double *rest = votes + n;
        size_t best;
        if (j->svm.n_vectors) {
            run_pairs(j, row, rest, scores, votes);
            best = largest(votes, n);
            if (j->prob_a) make_probabilities(j, scores, rest);
        } else {
            for (size_t i = 0; i < n; i++)
                scores[i] =
                    j->svm.rho[0] + lwi_svm_linear(&j->svm, j->c->in[0], row, i * j->svm.features);
            best = largest(scores, n);
        }
        if (j->n_out > j->n_scores)
            lwi_binary_scores(j->transform, j->transform == LWI_POST_NONE, scores[0], scores);
        else lwi_transform_scores(j->transform, scores, j->n_scores);
        if (j->c->out[0]) lwi_put_label(&j->labels, best, j->c->out[0], row);
        if (!j->c->out[1]) continue;
        float *z = (float *)j->c->out[1]->data + row * j->n_out;
        for (size_t i = 0; i < j->n_out; i++)
            z[i] = (float)scores[i];
    }
}

static lw_status infer(lwi_call *c) {
    job j;
    size_t features = 0;
    LW_TRY(read_shape(c, &j, &features));
    const int64_t dims[] = {(int64_t)j.rows, (int64_t)j.n_out};
    LW_TRY(lwi_out(c, 0, lwi_labels_dtype(&j.labels), 1, dims));
    return lwi_out(c, 1, LW_FLOAT32, 2, dims);
}

static lw_status run(lwi_call *c) {
    job j;
    size_t features = 0;
    LW_TRY(read_shape(c, &j, &features));
    LW_TRY(lwi_find_post_transform(c, &j.transform));
    const size_t n = j.classes, room = j.pairs > n ? j.pairs : n;
    const size_t probabilities = j.prob_a ? 2 * n * n + n : 0;
    const size_t rest = j.svm.n_vectors > probabilities ? j.svm.n_vectors : probabilities;
    j.work_size = room + 1 + n + rest;
    LW_TRY(lwi_scratch(c, j.rows, j.work_size * sizeof *j.work, &j.work));
    lwi_parallel(c, j.rows, 1 + 8192 / ((j.svm.n_vectors + 1) * (features + 1)), run_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_svm_classifier = {.infer = infer, .run = run};

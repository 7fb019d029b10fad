/* SPDX-License-Identifier: MIT
 * Eigh: of every symmetric matrix [n, n] of a batch the eigenvalues [n], the smallest first, and
 * the eigenvectors as columns [n, n], by Jacobi's rotations. Only the lower triangle is read. The
 * signs of eigenvectors mean nothing. */
#include "ops/matrices.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_SWEEPS = 60 };

/* Rows p and q of [n, n] are turned by (cosine, sine). */
static void turn_rows(double *x, size_t n, size_t p, size_t q, double cosine, double sine) {
    for (size_t i = 0; i < n; i++) {
        const double a = x[p * n + i], b = x[q * n + i];
        x[p * n + i] = cosine * a - sine * b;
        x[q * n + i] = sine * a + cosine * b;
    }
}

static void turn_columns(double *x, size_t n, size_t p, size_t q, double cosine, double sine) {
    for (size_t i = 0; i < n; i++) {
        const double a = x[i * n + p], b = x[i * n + q];
        x[i * n + p] = cosine * a - sine * b;
        x[i * n + q] = sine * a + cosine * b;
    }
}

/* Makes a[p, q] zero; false: it is as good as zero already. */
static bool rotate(double *a, double *v, size_t n, size_t p, size_t q) {
    const double off = a[p * n + q];
    const double ends = fabs(a[p * n + p]) + fabs(a[q * n + q]);
    if (off == 0 || fabs(off) <= DBL_EPSILON * DBL_EPSILON * ends) return false;
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
    const double tangent = copysign(1 / (fabs(theta) + hypot(theta, 1)), theta);
    const double cosine = 1 / hypot(tangent, 1), sine = tangent * cosine;
    turn_rows(a, n, p, q, cosine, sine);
    turn_columns(a, n, p, q, cosine, sine);
    turn_rows(v, n, p, q, cosine, sine);
    return fabs(off) > DBL_EPSILON * ends;
}

/* a: [n, n], becomes diagonal; v: [n, n], the eigenvectors as rows. */
static void diagonalize(double *a, double *v, size_t n) {
    bool busy = true;
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < MOST_SWEEPS && busy; sweep++) {
        busy = false;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                busy |= rotate(a, v, n, p, q);
    }
}

/* The place of the smallest value that is not taken. */
static size_t smallest(const double *a, const double *taken, size_t n) {
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (taken[i] == 0 && (best == n || a[i * n + i] < a[best * n + best])) best = i;
    return best;
}

/* taken, values: [n]; vectors: [n, n], as columns */
static void put_in_order(const double *a, const double *v, size_t n, double *taken, double *values,
                         double *vectors) {
    memset(taken, 0, n * sizeof *taken);
    for (size_t k = 0; k < n; k++) {
        const size_t from = smallest(a, taken, n);
        taken[from] = 1;
        values[k] = a[from * n + from];
        for (size_t i = 0; i < n; i++)
            vectors[i * n + k] = v[from * n + i];
    }
}

static lw_status run(lwi_call *c) {
    const lwi_matrices s = lwi_matrices_of(c);
    const size_t n = s.rows, size = n * n;
    double *a = NULL;
    LW_TRY(lwi_scratch(c, 3 * size + 2 * n, sizeof *a, &a));
    double *v = a + size, *vectors = v + size, *values = vectors + size;
    for (size_t b = 0; b < s.batch; b++) {
        LW_TRY(lwi_check_cancel(c));
        lwi_get_matrix(c, b, a);
        for (size_t i = 0; i < size; i++)
            if (i % n > i / n) a[i] = a[i % n * n + i / n];
        diagonalize(a, v, n);
        put_in_order(a, v, n, values + n, values, vectors);
        lwi_put_in_matrices(c, 0, b * n, n, values);
        lwi_put_in_matrices(c, 1, b * size, size, vectors);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_square_matrices(c));
    const int64_t n = c->in[0]->dims[c->in[0]->rank - 1];
    LW_TRY(lwi_out_matrices(c, 0, n, -1));
    return lwi_out_matrices(c, 1, n, n);
}

const lwi_op lwi_op_eigh = {.infer = infer, .run = run, .flags = LWI_WIDEN};

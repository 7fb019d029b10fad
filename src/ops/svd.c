/* SPDX-License-Identifier: MIT
 * Svd: every matrix A [m, n] of a batch as U diag(S) Vh, by one-sided Jacobi rotations (Hestenes):
 * rows of the wider form are turned until they are at right angles. U is [m, k], S [k], the largest
 * first, and Vh [k, n], k = min(m, n); with the attribute full_matrices U is [m, m] and Vh [n, n].
 * The signs of singular vectors mean nothing. */
#include "ops/matrices.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_SWEEPS = 60 };

/* A, or its transpose where that has fewer rows, is `few` rows of `many` numbers. */
typedef struct svd {
    size_t few, many;
    double *w;      /* [few, many], becomes diag(s) right, put in order in `right` */
    double *turned; /* [few, few]: what the rows were turned by: w = turned A */
    double *left;   /* [few, few]: rows are singular vectors of the shorter kind */
    double *right;  /* [many, many]: those of the longer kind; only the first are made at first */
    double *s;      /* [few] */
    double *length; /* [few] */
} svd;

static double dot(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void turn(double *x, double *y, size_t n, double cosine, double sine) {
    for (size_t i = 0; i < n; i++) {
        const double a = x[i], b = y[i];
        x[i] = cosine * a - sine * b;
        y[i] = sine * a + cosine * b;
    }
}

/* Rows p and q at right angles; false: they were, or are as good as zero beside the largest. */
static bool rotate(const svd *s, size_t p, size_t q, double least) {
    double *x = s->w + p * s->many, *y = s->w + q * s->many;
    const double xx = dot(x, x, s->many), yy = dot(y, y, s->many), xy = dot(x, y, s->many);
    if (!(fabs(xy) > DBL_EPSILON * sqrt(xx * yy)) || xx <= least || yy <= least) return false;
    const double zeta = (yy - xx) / (2 * xy);
    const double tangent = copysign(1 / (fabs(zeta) + hypot(zeta, 1)), zeta);
    const double cosine = 1 / hypot(tangent, 1), sine = tangent * cosine;
    turn(x, y, s->many, cosine, sine);
    turn(s->turned + p * s->few, s->turned + q * s->few, s->few, cosine, sine);
    return true;
}

static void decompose(const svd *s) {
    const double norm = dot(s->w, s->w, s->few * s->many);
    const double least = norm * DBL_EPSILON * DBL_EPSILON;
    bool busy = true;
    memset(s->turned, 0, s->few * s->few * sizeof *s->turned);
    for (size_t i = 0; i < s->few; i++)
        s->turned[i * s->few + i] = 1;
    for (int sweep = 0; sweep < MOST_SWEEPS && busy; sweep++) {
        busy = false;
        for (size_t p = 0; p < s->few; p++)
            for (size_t q = p + 1; q < s->few; q++)
                busy |= rotate(s, p, q, least);
    }
}

/* Row k of x [.., n], at right angles to those before it: what is left of the unit vector that they
 * hold least of. */
static void add_row(double *x, size_t k, size_t n) {
    double *row = x + k * n, most = -1;
    size_t best = 0;
    for (size_t j = 0; j < n; j++) {
        double left = 1;
        for (size_t i = 0; i < k; i++)
            left -= x[i * n + j] * x[i * n + j];
        if (left > most) most = left, best = j;
    }
    memset(row, 0, n * sizeof *row);
    row[best] = 1;
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i < k; i++) {
            const double part = dot(row, x + i * n, n);
            for (size_t j = 0; j < n; j++)
                row[j] -= part * x[i * n + j];
        }
        const double length = sqrt(dot(row, row, n));
        for (size_t j = 0; j < n; j++)
            row[j] /= length;
    }
}

/* The longest rows first; `right` gets as many rows as `rows` says. */
static void put_in_order(const svd *s, size_t rows) {
    for (size_t i = 0; i < s->few; i++)
        s->length[i] = sqrt(dot(s->w + i * s->many, s->w + i * s->many, s->many));
    for (size_t at = 0; at < s->few; at++) {
        size_t best = 0;
        for (size_t i = 1; i < s->few; i++)
            if (s->length[i] > s->length[best] || s->length[best] < 0) best = i;
        s->s[at] = s->length[best];
        memcpy(s->left + at * s->few, s->turned + best * s->few, s->few * sizeof *s->left);
        if (s->s[at] > DBL_EPSILON * (double)s->many * s->s[0])
            for (size_t j = 0; j < s->many; j++)
                s->right[at * s->many + j] = s->w[best * s->many + j] / s->s[at];
        else add_row(s->right, at, s->many);
        s->length[best] = -1;
    }
    for (size_t k = s->few; k < rows; k++)
        add_row(s->right, k, s->many);
}

static void transpose(const double *from, size_t rows, size_t columns, double *to) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

/* One matrix; spare: [many, many]. tall: its columns are the rows of w. */
static void run_matrix(lwi_call *c, const svd *s, size_t b, bool tall, size_t rows, double *spare) {
    lwi_get_matrix(c, b, tall ? spare : s->w);
    if (tall) transpose(spare, s->many, s->few, s->w);
    decompose(s);
    put_in_order(s, rows);
    const size_t few = s->few * s->few, many = rows * s->many;
    lwi_put_in_matrices(c, 1, b * s->few, s->few, s->s);
    if (tall) {
        transpose(s->right, rows, s->many, spare);
        lwi_put_in_matrices(c, 0, b * many, many, spare);
        lwi_put_in_matrices(c, 2, b * few, few, s->left);
    } else {
        transpose(s->left, s->few, s->few, spare);
        lwi_put_in_matrices(c, 0, b * few, few, spare);
        lwi_put_in_matrices(c, 2, b * many, many, s->right);
    }
}

static lw_status run(lwi_call *c) {
    const lwi_matrices m = lwi_matrices_of(c);
    const bool tall = m.rows > m.columns;
    svd s = {.few = tall ? m.columns : m.rows, .many = tall ? m.rows : m.columns};
    const size_t rows = lwi_attr_int(c->node, "full_matrices", 0) ? s.many : s.few;
    double *spare = NULL;
    LW_TRY(lwi_scratch(c, s.few, (s.many + 2 * s.few + 2) * sizeof *s.w, &s.w));
    LW_TRY(lwi_scratch(c, rows, s.many * sizeof *s.right, &s.right));
    LW_TRY(lwi_scratch(c, rows, s.many * sizeof *spare, &spare));
    s.turned = s.w + s.few * s.many;
    s.left = s.turned + s.few * s.few;
    s.s = s.left + s.few * s.few;
    s.length = s.s + s.few;
    for (size_t b = 0; b < m.batch; b++) {
        LW_TRY(lwi_check_cancel(c));
        run_matrix(c, &s, b, tall, rows, spare);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    const lw_value *x = c->in[0];
    const int64_t m = x->dims[x->rank - 2], n = x->dims[x->rank - 1], k = m < n ? m : n;
    const bool full = lwi_attr_int(c->node, "full_matrices", 0);
    LW_TRY(lwi_out_matrices(c, 0, m, full ? m : k));
    LW_TRY(lwi_out_matrices(c, 1, k, -1));
    return lwi_out_matrices(c, 2, full ? n : k, n);
}

const lwi_op lwi_op_svd = {.infer = infer, .run = run, .flags = LWI_WIDEN};

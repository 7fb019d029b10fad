/* SPDX-License-Identifier: MIT
 * DFT (ONNX 20): the discrete Fourier transform along one axis. The last dimension holds real
 * numbers (1) or complex ones (2). One-sided: only the first half of the spectrum of real numbers
 * comes out, and of an inverse transform it goes in and real numbers come out. */
#include "ops/fft_rows.h"
#include "ops/wide.h"

typedef struct job {
    const lw_value *x;
    lw_value *y;
    size_t n;                   /* length of the transform */
    size_t x_dim, y_dim, inner; /* inner: elements between axis and last dimension */
    size_t x_parts, y_parts;    /* 1: real, 2: complex */
    bool half_in;               /* the input is half a spectrum */
    double scale;
} job;

typedef struct setting {
    int axis;
    int64_t length, out_length, parts;
    bool inverse, onesided;
} setting;

static lw_status read_setting(const lwi_call *c, setting *s) {
    const lw_value *x = c->in[0];
    int64_t axis = -2;
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    if (lwi_has(c, 2)) LW_TRY(lwi_in_int(c, 2, &axis));
    LW_TRY(lwi_axis(c, axis, x->rank, &s->axis));
    const int64_t parts = x->dims[x->rank - 1];
    if (s->axis == x->rank - 1 || parts < 1 || parts > 2)
        return lwi_call_fail(c, LW_SHAPE,
                             "the last dimension (%lld) must be 1 or 2 and not the "
                             "axis",
                             (long long)parts);
    s->inverse = lwi_attr_int(c->node, "inverse", 0) != 0;
    s->onesided = lwi_attr_int(c->node, "onesided", 0) != 0;
    const int64_t dim = x->dims[s->axis];
    s->length = s->inverse && s->onesided ? 2 * (dim - 1) : dim;
    if (lwi_has(c, 1)) LW_TRY(lwi_in_int(c, 1, &s->length));
    if (s->length < 1 || s->length > (int64_t)1 << 40)
        return lwi_call_fail(c, LW_RANGE, "a transform of length %lld is not possible",
                             (long long)s->length);
    s->out_length = s->onesided && !s->inverse ? s->length / 2 + 1 : s->length;
    s->parts = s->onesided && s->inverse ? 1 : 2;
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    setting s;
    int64_t dims[LW_MAX_RANK];
    const lw_value *x = c->in[0];
    LW_TRY(read_setting(c, &s));
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d];
    dims[s.axis] = s.out_length;
    dims[x->rank - 1] = s.parts;
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

/* Fills in the other half of the spectrum of real numbers: z[n - k] is the conjugate of z[k]. */
static void mirror(double *z, size_t n) {
    z[1] = 0;
    if (n % 2 == 0) z[n + 1] = 0;
    for (size_t k = 1; 2 * k < n; k++) {
        z[2 * (n - k)] = z[2 * k];
        z[2 * (n - k) + 1] = -z[2 * k + 1];
    }
}

static void load(const void *arg, size_t row, double *z) {
    const job *j = arg;
    const size_t base = row / j->inner * j->x_dim * j->inner + row % j->inner;
    size_t given = j->half_in ? j->n / 2 + 1 : j->n;
    if (given > j->x_dim) given = j->x_dim;
    for (size_t i = 0; i < given; i++) {
        const size_t at = (base + i * j->inner) * j->x_parts;
        z[2 * i] = lwi_wide(j->x, at);
        z[2 * i + 1] = j->x_parts > 1 ? lwi_wide(j->x, at + 1) : 0;
    }
    for (size_t i = 2 * given; i < 2 * j->n; i++)
        z[i] = 0;
    if (j->half_in) mirror(z, j->n);
}

static void store(const void *arg, size_t row, const double *z) {
    const job *j = arg;
    const size_t base = row / j->inner * j->y_dim * j->inner + row % j->inner;
    for (size_t i = 0; i < j->y_dim; i++) {
        const size_t at = (base + i * j->inner) * j->y_parts;
        lwi_set_wide(j->y, at, z[2 * i] * j->scale);
        if (j->y_parts > 1) lwi_set_wide(j->y, at + 1, z[2 * i + 1] * j->scale);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    setting s;
    LW_TRY(read_setting(c, &s));
    if (y->count == 0) return LW_OK;
    job j = {.x = x,
             .y = y,
             .n = (size_t)s.length,
             .x_dim = (size_t)x->dims[s.axis],
             .y_dim = (size_t)s.out_length,
             .x_parts = (size_t)x->dims[x->rank - 1],
             .y_parts = (size_t)s.parts,
             .half_in = s.inverse && s.onesided,
             .scale = s.inverse ? 1 / (double)s.length : 1};
    size_t outer, dim;
    lwi_split_axis(y, s.axis, &outer, &dim, &j.inner);
    j.inner /= j.y_parts;
    lwi_fft fft;
    LW_TRY(lwi_fft_plan(c, j.n, &fft));
    const lwi_fft_rows rows = {load, store, &j, outer * j.inner, s.inverse};
    return lwi_fft_run(c, &fft, &rows);
}

const lwi_op lwi_op_dft = {.infer = infer, .run = run, .flags = LWI_WIDEN};

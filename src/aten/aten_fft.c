/* SPDX-License-Identifier: MIT
 * Fourier transforms. What is worked on is complex here: a last axis of two, or of one for real
 * numbers. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

typedef enum scaling { FULL, ROOT, NONE } scaling; /* by 1 / n, 1 / sqrt(n) or not at all */

typedef struct transform {
    int axis;
    const lwi_aten_value *n; /* length; NULL: what is there */
    bool inverse, onesided;
    scaling scale;
} transform;

/* x without the last axis of one or two. */
static int rank_of(lwi_aten *a, int x) { return lwi_aten_rank(a, x) - 1; }

static int opened(lwi_aten *a, const lwi_aten_value *v) {
    if (lwi_aten_is_complex(v)) return lwi_aten_id(a, v);
    return lwi_aten_unsqueeze(a, lwi_aten_floats(a, v), -1);
}

/* "norm": None is "backward": the inverse is divided by n. */
static scaling scaling_of(lwi_aten *a, const lwi_aten_value *norm, bool inverse) {
    if (lwi_aten_is(norm, "ortho")) return ROOT;
    if (lwi_aten_is(norm, "forward")) return inverse ? NONE : FULL;
    if (lwi_aten_given(norm) && !lwi_aten_is(norm, "backward"))
        lwi_aten_fail(a, LW_INVALID, "Invalid normalization mode");
    return inverse ? FULL : NONE;
}

/* ONNX divides the inverse by n, and nothing else. */
static int scaled(lwi_aten *a, int y, const lwi_aten_value *n, const transform *t) {
    const lw_dtype dtype = lwi_aten_dtype(a, y);
    if (t->scale == (t->inverse ? FULL : NONE)) return y;
    int factor = lwi_aten_scalar(a, n, dtype);
    if (t->scale == ROOT) factor = NODE(a, "Sqrt", factor);
    return NODE(a, t->inverse ? "Mul" : "Div", y, factor);
}

static int transformed(lwi_aten *a, int x, const transform *t) {
    const lwi_aten_value two = lwi_aten_int(2), one = lwi_aten_int(1);
    lwi_aten_value n = t->n ? *t->n : lwi_aten_size(a, x, t->axis);
    if (!t->n && t->inverse && t->onesided) {
        const lwi_aten_value rest = lwi_aten_number(a, "sub", &n, &one);
        n = lwi_aten_number(a, "mul", &rest, &two);
    }
    const int y =
        NODE(a, "DFT", x, lwi_aten_scalar(a, &n, LW_INT64), lwi_aten_int_scalar(a, t->axis));
    lwi_build_int(&a->b, "inverse", t->inverse);
    lwi_build_int(&a->b, "onesided", t->onesided);
    return scaled(a, y, &n, t);
}

static void finish(lwi_aten *a, int y, bool real, lwi_aten_value *out) {
    if (real) lwi_aten_return(a, out, lwi_aten_squeeze(a, y, -1));
    else lwi_aten_return_complex(a, out, y);
}

/* "fft_fft", "fft_ifft", "fft_rfft", "fft_irfft": self, n, dim, norm */
void lwi_aten_fft(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const char *kind = a->row->name + 4; /* behind "fft_" */
    const int x = opened(a, &in[0]);
    const bool inverse = kind[0] == 'i' || kind[1] == 'i';
    const bool onesided = strchr(kind, 'r') != NULL;
    const transform t = {.axis = lwi_aten_axis(a, &in[2], rank_of(a, x)),
                         .n = lwi_aten_given(&in[1]) ? &in[1] : NULL,
                         .inverse = inverse,
                         .onesided = onesided,
                         .scale = scaling_of(a, &in[3], inverse)};
    finish(a, transformed(a, x, &t), inverse && onesided, out);
}

/* Several axes, the last first (the first for a real inverse, whose last makes real numbers). */
static int all_transformed(lwi_aten *a, int x, size_t n, const int64_t *axes,
                           const lwi_aten_value *lengths, transform t) {
    const bool onesided = t.onesided;
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const size_t k = t.inverse ? i : n - 1 - i;
        t.axis = (int)axes[k];
        t.n = lengths ? &lengths[k] : NULL;
        t.onesided = onesided && k == n - 1;
        x = transformed(a, x, &t);
    }
    return x;
}

/* "fft_fft2", "fft_ifftn", "fft_rfft2" ...: self, s, dim, norm */
void lwi_aten_fft_many(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const char *kind = a->row->name + 4;
    const int x = opened(a, &in[0]);
    const bool inverse = kind[0] == 'i', onesided = strchr(kind, 'r') != NULL;
    int64_t axes[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[2], rank_of(a, x), axes);
    const bool sizes = in[1].kind == LWI_ATEN_LIST && in[1].list.n == n;
    if (lwi_aten_given(&in[1]) && !sizes)
        lwi_aten_fail(a, LW_UNSUPPORTED, "sizes for other dimensions");
    const transform t = {
        .inverse = inverse, .onesided = onesided, .scale = scaling_of(a, &in[3], inverse)};
    const int y = all_transformed(a, x, n, axes, sizes ? in[1].list.items : NULL, t);
    finish(a, y, inverse && onesided, out);
}

/* "_fft_r2c", "_fft_c2c": self, dim, normalization, onesided or forward */
void lwi_aten_fft_plain(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const scaling scalings[] = {NONE, ROOT, FULL};
    const int x = opened(a, &in[0]);
    const bool real = a->row->name[5] == 'r', flag = lwi_aten_get_bool(a, &in[3]);
    int64_t axes[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[1], rank_of(a, x), axes);
    const int64_t scale = lwi_aten_get_int(a, &in[2]);
    if (scale < 0 || scale > 2) lwi_aten_fail(a, LW_RANGE, "normalization %lld", (long long)scale);
    if (a->b.status != LW_OK) return;
    const transform t = {
        .inverse = !real && !flag, .onesided = real && flag, .scale = scalings[scale]};
    lwi_aten_return_complex(a, out, all_transformed(a, x, n, axes, NULL, t));
}

/* self, dim, normalization, last_dim_size */
void lwi_aten_fft_c2r(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const scaling scalings[] = {NONE, ROOT, FULL};
    int x = lwi_aten_id(a, &in[0]);
    int64_t axes[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[1], rank_of(a, x), axes);
    const int64_t scale = lwi_aten_get_int(a, &in[2]);
    if (scale < 0 || scale > 2 || n == 0)
        lwi_aten_fail(a, LW_RANGE, "normalization %lld", (long long)scale);
    if (a->b.status != LW_OK) return;
    transform t = {.inverse = true, .scale = scalings[scale]};
    x = all_transformed(a, x, n - 1, axes, NULL, t);
    t.axis = (int)axes[n - 1];
    t.n = &in[3];
    t.onesided = true;
    finish(a, transformed(a, x, &t), true, out);
}

/* --------------------------------------------------------------------- frequencies */

/* "fft_fftshift", "fft_ifftshift": self, dim: by half of the size, rounded down or up */
void lwi_aten_fft_shift(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const bool inverse = a->row->name[4] == 'i', complex = lwi_aten_is_complex(&in[0]);
    int64_t axes[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[1], lwi_aten_rank(a, x) - complex, axes);
    const lwi_aten_value two = lwi_aten_int(2), up = lwi_aten_int(!inverse);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const lwi_aten_value size = lwi_aten_size(a, x, (int)axes[i]);
        const lwi_aten_value more = lwi_aten_number(a, "add", &size, &up);
        const lwi_aten_value half = lwi_aten_number(a, "floordiv", &more, &two);
        const int middle = lwi_aten_ints(a, &half), axis = INTS(a, axes[i]);
        const int parts[] = {NODE(a, "Slice", x, middle, INTS(a, INT64_MAX), axis),
                             NODE(a, "Slice", x, INTS(a, 0), middle, axis)};
        x = lwi_aten_concat(a, (int)axes[i], 2, parts);
    }
    if (complex) lwi_aten_return_complex(a, out, x);
    else lwi_aten_return(a, out, x);
}

typedef struct frequencies {
    int64_t n;
    double d;
    bool half;
} frequencies;

static double frequency(void *arg, int64_t i) {
    const frequencies *f = arg;
    const int64_t k = f->half || i < (f->n + 1) / 2 ? i : i - f->n;
    return (double)k / ((double)f->n * f->d);
}

/* "fft_fftfreq", "fft_rfftfreq": n, d, dtype */
void lwi_aten_fft_freq(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    frequencies f = {lwi_aten_get_int(a, &in[0]), lwi_aten_get_float(a, &in[1]),
                     a->row->name[4] == 'r'};
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[2], LW_FLOAT32);
    lwi_aten_return(a, out, lwi_aten_table(a, f.half ? f.n / 2 + 1 : f.n, frequency, &f, dtype));
}

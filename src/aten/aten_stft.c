/* SPDX-License-Identifier: MIT
 * Fourier transforms of overlapping frames, and signals from them. */
#include "aten/lower.h"

#include <math.h>

/* A window of n elements: ones without one, zeros on both sides of one that is shorter. */
static int window_of(lwi_aten *a, const lwi_aten_value *given, const lwi_aten_value *length,
                     int64_t n, lw_dtype dtype) {
    const int64_t size = lwi_aten_given(length) ? lwi_aten_get_int(a, length) : n;
    int w = lwi_aten_given(given) ? lwi_aten_as(a, given, dtype)
                                  : NODE(a, "Expand", lwi_aten_fill(a, dtype, 1), INTS(a, size));
    if (size > n || size < 1) lwi_aten_fail(a, LW_RANGE, "expected 0 < win_length <= n_fft");
    if (size < n && a->b.status == LW_OK) {
        const int64_t before = (n - size) / 2;
        w = NODE(a, "Pad", w, INTS(a, before, n - size - before), lwi_aten_fill(a, dtype, 0));
    }
    return w;
}

typedef struct frames {
    int64_t n, hop;
    bool normalized, onesided, complex;
} frames;

static frames read_frames(lwi_aten *a, const lwi_aten_value *n, const lwi_aten_value *hop,
                          const lwi_aten_value *normalized, const lwi_aten_value *onesided) {
    frames f = {.n = lwi_aten_get_int(a, n), .normalized = lwi_aten_get_bool(a, normalized)};
    f.hop = lwi_aten_given(hop) ? lwi_aten_get_int(a, hop) : f.n / 4;
    f.onesided = !lwi_aten_given(onesided) || lwi_aten_get_bool(a, onesided);
    if (f.n < 1 || f.hop < 1)
        lwi_aten_fail(a, LW_RANGE, "n_fft %lld, hop_length %lld", (long long)f.n, (long long)f.hop);
    return f;
}

/* x [batch, length] or [length] */
static void analyse(lwi_aten *a, int x, int window, const frames *f, lwi_aten_value *out) {
    const bool batch = lwi_aten_rank(a, x) == 2;
    if (!batch) x = lwi_aten_unsqueeze(a, x, 0);
    int y =
        NODE(a, "STFT", x, lwi_aten_int_scalar(a, f->hop), window, lwi_aten_int_scalar(a, f->n));
    lwi_build_int(&a->b, "onesided", f->onesided);
    if (f->normalized) y = NODE(a, "Div", y, lwi_aten_like(a, y, sqrt((double)f->n)));
    y = lwi_aten_transpose(a, y, 4, (int64_t[]){0, 2, 1, 3});
    if (!batch) y = lwi_aten_squeeze(a, y, 0);
    if (f->complex) lwi_aten_return_complex(a, out, y);
    else lwi_aten_return(a, out, y);
}

/* self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex */
void lwi_aten_stft(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    frames f = read_frames(a, &in[1], &in[2], &in[5], &in[6]);
    f.complex = lwi_aten_given(&in[7]) && lwi_aten_get_bool(a, &in[7]);
    const int window = window_of(a, &in[4], &in[3], f.n, lwi_aten_dtype(a, x));
    if (a->b.status == LW_OK) analyse(a, x, window, &f, out);
}

static int padded(lwi_aten *a, int x, const lwi_aten_value *mode, int64_t n) {
    const int rank = lwi_aten_rank(a, x);
    int64_t pads[4] = {0};
    pads[rank - 1] = pads[2 * rank - 1] = n / 2;
    const int y = NODE(a, "Pad", x, lwi_build_ints(&a->b, 2 * (size_t)rank, pads));
    const char *name = lwi_aten_is(mode, "replicate")  ? "edge"
                       : lwi_aten_is(mode, "constant") ? "constant"
                                                       : "reflect";
    lwi_build_text(&a->b, "mode", name);
    return y;
}

/* self, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided,
 * return_complex */
void lwi_aten_stft_center(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_floats(a, &in[0]);
    frames f = read_frames(a, &in[1], &in[2], &in[7], &in[8]);
    f.complex = lwi_aten_given(&in[9]) && lwi_aten_get_bool(a, &in[9]);
    const int window = window_of(a, &in[4], &in[3], f.n, lwi_aten_dtype(a, x));
    const int rank = lwi_aten_rank(a, x);
    if (rank < 1 || rank > 2) lwi_aten_fail(a, LW_SHAPE, "expected a 1D or 2D tensor");
    if (a->b.status != LW_OK) return;
    if (lwi_aten_get_bool(a, &in[5])) x = padded(a, x, &in[6], f.n);
    analyse(a, x, window, &f, out);
}

/* --------------------------------------------------------------------- synthesis */

/* Frames [batch, frames, n] added where they lie: [batch, length]. */
static int overlapped(lwi_aten *a, int x, const frames *f, const lwi_aten_value *length) {
    const int columns = lwi_aten_transpose(a, x, 3, (int64_t[]){0, 2, 1});
    const lwi_aten_value size = lwi_aten_list(a, 2, (lwi_aten_value[]){lwi_aten_int(1), *length});
    const int y = NODE(a, "Col2Im", columns, lwi_aten_ints(a, &size), INTS(a, 1, f->n));
    lwi_build_list(&a->b, "strides", 2, (int64_t[]){1, f->hop});
    return NODE(a, "Squeeze", y, INTS(a, 1, 2));
}

/* self [batch, bins, frames], n_fft, hop_length, win_length, window, center, normalized, onesided,
 * length, return_complex */
void lwi_aten_istft(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const frames f = read_frames(a, &in[1], &in[2], &in[6], &in[7]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const bool batch = lwi_aten_rank(a, x) == 4, center = lwi_aten_get_bool(a, &in[5]);
    if (!lwi_aten_is_complex(&in[0]) || !f.onesided || lwi_aten_get_bool(a, &in[9]))
        lwi_aten_fail(a, LW_UNSUPPORTED, "signals that are not real");
    const int window = window_of(a, &in[4], &in[3], f.n, dtype);
    if (a->b.status != LW_OK) return;
    if (!batch) x = lwi_aten_unsqueeze(a, x, 0);
    x = lwi_aten_transpose(a, x, 4, (int64_t[]){0, 2, 1, 3});
    x = NODE(a, "DFT", x, lwi_aten_int_scalar(a, f.n), lwi_aten_int_scalar(a, 2));
    lwi_build_int(&a->b, "inverse", 1);
    lwi_build_int(&a->b, "onesided", 1);
    x = NODE(a, "Mul", lwi_aten_squeeze(a, x, -1), window);
    if (f.normalized) x = NODE(a, "Mul", x, lwi_aten_fill(a, dtype, sqrt((double)f.n)));
    const lwi_aten_value count = lwi_aten_size(a, x, 1), hop = lwi_aten_int(f.hop);
    const lwi_aten_value rest = lwi_aten_int(f.n - f.hop);
    const lwi_aten_value steps = lwi_aten_number(a, "mul", &count, &hop);
    const lwi_aten_value all = lwi_aten_number(a, "add", &steps, &rest);
    const int squares = NODE(a, "Mul", window, window);
    const int each = NODE(a, "Expand", squares, lwi_aten_shape(a, lwi_aten_slice(a, x, 0, 0, 1)));
    int y = NODE(a, "Div", overlapped(a, x, &f, &all), overlapped(a, each, &f, &all));
    if (center)
        y = lwi_aten_slice(a, y, 1, f.n / 2, lwi_aten_given(&in[8]) ? INT64_MAX : -(f.n / 2));
    if (lwi_aten_given(&in[8])) y = lwi_aten_slice(a, y, 1, 0, lwi_aten_get_int(a, &in[8]));
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

/* SPDX-License-Identifier: MIT
 * Elements found by where they lie: strides, diagonals, windows that slide. */
#include "aten/lower.h"

int lwi_aten_steps(lwi_aten *a, const lwi_aten_value *n, int64_t step) {
    const lwi_aten_value by = lwi_aten_int(step), end = lwi_aten_number(a, "mul", n, &by);
    if (step == 0) return NODE(a, "Expand", INTS(a, 0), lwi_aten_ints(a, n));
    return NODE(a, "Range", lwi_aten_int_scalar(a, 0), lwi_aten_scalar(a, &end, LW_INT64),
                lwi_aten_int_scalar(a, step));
}

/* x[i][j] + y[k] -> [i][j][k] */
static int outer_sum(lwi_aten *a, int x, int y) {
    return x < 0 ? y : NODE(a, "Add", lwi_aten_unsqueeze(a, x, -1), y);
}

/* size, stride, storage_offset: where each element lies */
static int strided(lwi_aten *a, const lwi_aten_value *in) {
    int64_t strides[LW_MAX_RANK];
    const size_t n = lwi_aten_get_ints(a, &in[1], LW_MAX_RANK, strides);
    int places = -1;
    if (in[0].list.n != n) lwi_aten_fail(a, LW_INVALID, "mismatch in length of strides and shape");
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++)
        places = outer_sum(a, places, lwi_aten_steps(a, &in[0].list.items[i], strides[i]));
    if (n == 0) places = lwi_aten_int_scalar(a, 0);
    if (lwi_aten_given(&in[2]))
        places = NODE(a, "Add", places, lwi_aten_scalar(a, &in[2], LW_INT64));
    return places;
}

static int flat(lwi_aten *a, int x) { return lwi_aten_reshape(a, x, 1, (int64_t[]){-1}); }

/* self, size, stride, storage_offset; self is contiguous */
void lwi_aten_as_strided(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = flat(a, lwi_aten_id(a, &in[0]));
    lwi_aten_return(a, out, NODE(a, "Gather", x, strided(a, in + 1)));
}

/* self, src, size, stride, storage_offset: self with src where those elements lie */
void lwi_aten_as_strided_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int src = flat(a, lwi_aten_as(a, &in[1], lwi_aten_dtype(a, x)));
    const int y = NODE(a, "ScatterElements", flat(a, x), flat(a, strided(a, in + 2)), src);
    lwi_aten_return(a, out, NODE(a, "Reshape", y, lwi_aten_shape(a, x)));
}

/* ------------------------------------------------------------------ diagonals */

static int diagonal_of(lwi_aten *a, int x, int64_t offset, int first, int second) {
    const int rank = lwi_aten_rank(a, x);
    const int64_t rows = lwi_aten_dim(a, x, first), columns = lwi_aten_dim(a, x, second);
    if (rows < 0 || columns < 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the length of the diagonal is not fixed");
    if (first == second) lwi_aten_fail(a, LW_INVALID, "diagonal dimensions cannot be identical");
    if (a->b.status != LW_OK) return -1;
    const int64_t below = offset < 0 ? -offset : 0, right = offset > 0 ? offset : 0;
    int64_t n = rows - below < columns - right ? rows - below : columns - right;
    if (n < 0) n = 0;
    x = lwi_aten_move(a, x, 2, (int64_t[]){first, second}, (int64_t[]){rank - 2, rank - 1});
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < rank - 2; d++)
        dims[d] = 0;
    dims[rank - 2] = rows * columns;
    const lwi_aten_value count = lwi_aten_int(n);
    const int places = NODE(a, "Add", lwi_aten_steps(a, &count, columns + 1),
                            lwi_aten_int_scalar(a, below * columns + right));
    const int y = NODE(a, "Gather", lwi_aten_reshape(a, x, (size_t)rank - 1, dims), places);
    lwi_build_int(&a->b, "axis", rank - 2);
    return y;
}

/* self, offset, dim1, dim2 */
void lwi_aten_diagonal(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int first = lwi_aten_axis(a, &in[2], rank), second = lwi_aten_axis(a, &in[3], rank);
    lwi_aten_return(a, out, diagonal_of(a, x, lwi_aten_get_int(a, &in[1]), first, second));
}

/* self, src, offset, dim1, dim2 */
void lwi_aten_diagonal_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x), shape = lwi_aten_shape(a, x);
    const int first = lwi_aten_axis(a, &in[3], rank), second = lwi_aten_axis(a, &in[4], rank);
    const int places =
        diagonal_of(a, lwi_aten_numbered(a, shape), lwi_aten_get_int(a, &in[2]), first, second);
    const int flat = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int where = lwi_aten_reshape(a, places, 1, (int64_t[]){-1});
    const int source =
        lwi_aten_reshape(a, lwi_aten_as(a, &in[1], lwi_aten_dtype(a, x)), 1, (int64_t[]){-1});
    const int y = NODE(a, "ScatterElements", flat, where, source);
    lwi_aten_return(a, out, NODE(a, "Reshape", y, shape));
}

/* A matrix, or many, with x on a diagonal and zeros elsewhere. */
static int on_diagonal(lwi_aten *a, int x, int64_t offset) {
    const int rank = lwi_aten_rank(a, x);
    const int64_t size = offset < 0 ? -offset : offset;
    int64_t pads[2 * LW_MAX_RANK] = {0};
    if (a->b.status != LW_OK || rank == 0) return -1;
    pads[offset < 0 ? rank - 1 : 2 * rank - 1] = size;
    const int zero = lwi_aten_like(a, x, 0);
    if (size) x = NODE(a, "Pad", x, lwi_build_ints(&a->b, 2 * (size_t)rank, pads), zero);
    const lwi_aten_value n = lwi_aten_size(a, x, rank - 1);
    const int columns = lwi_aten_steps(a, &n, 1);
    const int rows = NODE(a, "Add", columns, lwi_aten_int_scalar(a, offset));
    const int here = NODE(a, "Equal", lwi_aten_unsqueeze(a, rows, 1), columns);
    return NODE(a, "Where", here, lwi_aten_unsqueeze(a, x, rank), zero);
}

/* self, offset, dim1, dim2 */
void lwi_aten_diag_embed(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x) + 1;
    const int first = lwi_aten_axis(a, &in[2], rank), second = lwi_aten_axis(a, &in[3], rank);
    int64_t offset = lwi_aten_get_int(a, &in[1]);
    const int y = on_diagonal(a, x, offset);
    if (a->b.status != LW_OK) return;
    lwi_aten_return(
        a, out,
        lwi_aten_move(a, y, 2, (int64_t[]){rank - 2, rank - 1}, (int64_t[]){first, second}));
}

/* self, diagonal */
void lwi_aten_diag(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int64_t offset = lwi_aten_get_int(a, &in[1]);
    const bool vector = lwi_aten_rank(a, x) == 1;
    lwi_aten_return(a, out, vector ? on_diagonal(a, x, offset) : diagonal_of(a, x, offset, 0, 1));
}

/* "tril", "triu": self, diagonal */
void lwi_aten_trilu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = NODE(a, "Trilu", x, lwi_aten_scalar(a, &in[1], LW_INT64));
    lwi_build_int(&a->b, "upper", a->row->name[3] == 'u');
    lwi_aten_return(a, out, y);
}

/* -------------------------------------------------------------------- windows */

lwi_aten_value lwi_aten_windows(lwi_aten *a, int x, int axis, int64_t around, int64_t span,
                                int64_t stride) {
    const lwi_aten_value size = lwi_aten_size(a, x, axis), more = lwi_aten_int(around - span);
    const lwi_aten_value by = lwi_aten_int(stride), one = lwi_aten_int(1);
    const lwi_aten_value room = lwi_aten_number(a, "add", &size, &more);
    const lwi_aten_value steps = lwi_aten_number(a, "floordiv", &room, &by);
    return lwi_aten_number(a, "add", &steps, &one);
}

/* Starts of n windows and places in them: [i][k] = i stride + k dilation. */
static int places_of(lwi_aten *a, const lwi_aten_value *n, int64_t stride, int64_t kernel,
                     int64_t dilation) {
    const lwi_aten_value size = lwi_aten_int(kernel);
    return outer_sum(a, lwi_aten_steps(a, n, stride), lwi_aten_steps(a, &size, dilation));
}

/* self, dimension, size, step: windows of a dimension, a new one in the end has their elements */
void lwi_aten_unfold_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int axis = lwi_aten_axis(a, &in[1], rank);
    const int64_t size = lwi_aten_get_int(a, &in[2]), step = lwi_aten_get_int(a, &in[3]);
    if (size < 0 || step < 1)
        lwi_aten_fail(a, LW_RANGE, "size %lld, step %lld", (long long)size, (long long)step);
    if (a->b.status != LW_OK) return;
    const lwi_aten_value n = lwi_aten_windows(a, x, axis, 0, size, step);
    const int y = NODE(a, "Gather", x, places_of(a, &n, step, size, 1));
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, lwi_aten_move(a, y, 1, (int64_t[]){axis + 1}, (int64_t[]){rank}));
}

static int padded_picture(lwi_aten *a, int x, const int64_t pad[2]) {
    if (pad[0] == 0 && pad[1] == 0) return x;
    return NODE(a, "Pad", x, INTS(a, 0, 0, pad[0], pad[1], 0, 0, pad[0], pad[1]),
                lwi_aten_like(a, x, 0));
}

/* self, kernel_size, dilation, padding, stride: columns of patches */
void lwi_aten_im2col(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    int64_t kernel[2], dilation[2], pad[2], stride[2];
    const bool batch = lwi_aten_rank(a, x) == 4;
    const bool pairs = lwi_aten_get_ints(a, &in[1], 2, kernel) == 2 &&
                       lwi_aten_get_ints(a, &in[2], 2, dilation) == 2 &&
                       lwi_aten_get_ints(a, &in[3], 2, pad) == 2 &&
                       lwi_aten_get_ints(a, &in[4], 2, stride) == 2;
    if (!pairs) lwi_aten_fail(a, LW_INVALID, "two numbers are expected of each");
    if (!pairs || a->b.status != LW_OK) return;
    x = padded_picture(a, batch ? x : lwi_aten_unsqueeze(a, x, 0), pad);
    const int n = lwi_aten_size_id(a, x, 0);
    for (int i = 0; i < 2; i++) { /* [N, C, H, W] -> [N, C, H', kh, W', kw] */
        const int axis = i ? 4 : 2;
        const lwi_aten_value count =
            lwi_aten_windows(a, x, axis, 0, dilation[i] * (kernel[i] - 1) + 1, stride[i]);
        x = NODE(a, "Gather", x, places_of(a, &count, stride[i], kernel[i], dilation[i]));
        lwi_build_int(&a->b, "axis", axis);
    }
    const int64_t channels = lwi_aten_dim(a, x, 1);
    if (channels < 0) lwi_aten_fail(a, LW_UNSUPPORTED, "the number of channels is not fixed");
    if (a->b.status != LW_OK) return;
    const int turned = lwi_aten_transpose(a, x, 6, (int64_t[]){0, 1, 3, 5, 2, 4});
    const int shape[] = {n, INTS(a, channels * kernel[0] * kernel[1]), INTS(a, -1)};
    const int y = NODE(a, "Reshape", turned, lwi_aten_concat(a, 0, 3, shape));
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

/* self, output_size, kernel_size, dilation, padding, stride */
void lwi_aten_col2im(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool batch = lwi_aten_rank(a, x) == 3;
    int64_t pad[4], dilation[2], stride[2];
    const bool pairs = lwi_aten_get_ints(a, &in[3], 2, dilation) == 2 &&
                       lwi_aten_get_ints(a, &in[4], 2, pad) == 2 &&
                       lwi_aten_get_ints(a, &in[5], 2, stride) == 2;
    if (!pairs) lwi_aten_fail(a, LW_INVALID, "two numbers are expected of each");
    if (!pairs || a->b.status != LW_OK) return;
    pad[2] = pad[0];
    pad[3] = pad[1];
    const int size = lwi_aten_ints(a, &in[1]), kernel = lwi_aten_ints(a, &in[2]);
    const int y = NODE(a, "Col2Im", batch ? x : lwi_aten_unsqueeze(a, x, 0), size, kernel);
    lwi_build_list(&a->b, "dilations", 2, dilation);
    lwi_build_list(&a->b, "pads", 4, pad);
    lwi_build_list(&a->b, "strides", 2, stride);
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

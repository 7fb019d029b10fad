/* SPDX-License-Identifier: MIT
 * Elements in another order: backwards, rotated, shuffled between channels and space. */
#include "aten/lower.h"

#include <string.h>

int lwi_aten_flipped(lwi_aten *a, int x, size_t n, const int64_t *axes) {
    int64_t first[LW_MAX_RANK], last[LW_MAX_RANK], step[LW_MAX_RANK];
    for (size_t i = 0; i < n; i++) {
        first[i] = step[i] = -1;
        last[i] = INT64_MIN;
    }
    if (n == 0) return x;
    return NODE(a, "Slice", x, lwi_build_ints(&a->b, n, first), lwi_build_ints(&a->b, n, last),
                lwi_build_ints(&a->b, n, axes), lwi_build_ints(&a->b, n, step));
}

/* self, dims */
void lwi_aten_flip(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    int64_t axes[LW_MAX_RANK];
    const size_t n = in[1].list.n ? lwi_aten_axes(a, &in[1], lwi_aten_rank(a, x), axes) : 0;
    lwi_aten_return(a, out, lwi_aten_flipped(a, x, n, axes));
}

/* "fliplr", "flipud" */
void lwi_aten_flip_side(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int64_t axis = a->row->name[4] == 'l';
    lwi_aten_return(a, out, lwi_aten_flipped(a, lwi_aten_id(a, &in[0]), 1, &axis));
}

static int rolled(lwi_aten *a, int x, int axis, int64_t shift) {
    const int64_t size = lwi_aten_dim(a, x, axis);
    if (size > 0) shift %= size;
    if (shift == 0 || size == 0) return x;
    const int parts[] = {lwi_aten_slice(a, x, axis, -shift, INT64_MAX),
                         lwi_aten_slice(a, x, axis, 0, -shift)};
    return lwi_aten_concat(a, axis, 2, parts);
}

/* self, shifts, dims; no dims: as if it had one dimension */
void lwi_aten_roll(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    int64_t shifts[LW_MAX_RANK], axes[LW_MAX_RANK] = {0};
    const bool flat = in[2].list.n == 0;
    const size_t n = lwi_aten_get_ints(a, &in[1], LW_MAX_RANK, shifts);
    if (!flat && lwi_aten_axes(a, &in[2], lwi_aten_rank(a, x), axes) != n)
        lwi_aten_fail(a, LW_INVALID, "shifts and dimensions must align");
    int y = flat ? lwi_aten_reshape(a, x, 1, (int64_t[]){-1}) : x;
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++)
        y = rolled(a, y, (int)axes[i], shifts[i]);
    lwi_aten_return(a, out, flat ? NODE(a, "Reshape", y, lwi_aten_shape(a, x)) : y);
}

/* self, k, dims: by k quarter turns from the first to the second dimension */
void lwi_aten_rot90(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    int64_t axes[LW_MAX_RANK];
    const int64_t k = lwi_aten_get_int(a, &in[1]) & 3;
    if (lwi_aten_axes(a, &in[2], lwi_aten_rank(a, x), axes) != 2)
        lwi_aten_fail(a, LW_INVALID, "expected total rotation dims == 2");
    if (a->b.status != LW_OK) return;
    if (k == 2) x = lwi_aten_flipped(a, x, 2, axes);
    if (k & 1) {
        x = lwi_aten_flipped(a, x, 1, k == 1 ? &axes[1] : &axes[0]);
        x = lwi_aten_move(a, x, 2, axes, (int64_t[]){axes[1], axes[0]});
    }
    lwi_aten_return(a, out, x);
}

/* ------------------------------------------------------- channels and space */

/* A picture without a batch gets one. */
static int with_batch(lwi_aten *a, int x, bool *batch) {
    const int rank = lwi_aten_rank(a, x);
    *batch = rank != 3;
    if (rank != 3 && rank != 4) lwi_aten_fail(a, LW_UNSUPPORTED, "%d dimensions", rank);
    return *batch ? x : lwi_aten_unsqueeze(a, x, 0);
}

/* self, upscale_factor */
void lwi_aten_pixel_shuffle(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    bool batch = true;
    const int x = with_batch(a, lwi_aten_id(a, &in[0]), &batch);
    const int y = NODE(a, "DepthToSpace", x);
    lwi_build_int(&a->b, "blocksize", lwi_aten_get_int(a, &in[1]));
    lwi_build_text(&a->b, "mode", "CRD");
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

/* A size times or divided by a number, as 1-D int64. */
static int size_by(lwi_aten *a, int x, int axis, const char *op, int64_t number) {
    const lwi_aten_value size = lwi_aten_size(a, x, axis), by = lwi_aten_int(number);
    const lwi_aten_value result = lwi_aten_number(a, op, &size, &by);
    return lwi_aten_ints(a, &result);
}

/* self, downscale_factor */
void lwi_aten_pixel_unshuffle(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    bool batch = true;
    const int x = with_batch(a, lwi_aten_id(a, &in[0]), &batch);
    const int64_t r = lwi_aten_get_int(a, &in[1]);
    if (r < 1) lwi_aten_fail(a, LW_RANGE, "downscale factor is %lld", (long long)r);
    if (a->b.status != LW_OK) return;
    const int h = size_by(a, x, 2, "floordiv", r), w = size_by(a, x, 3, "floordiv", r);
    const int n = lwi_aten_size_id(a, x, 0), c = lwi_aten_size_id(a, x, 1);
    const int cut = lwi_aten_concat(a, 0, 6, (int[]){n, c, h, INTS(a, r), w, INTS(a, r)});
    const int blocks = NODE(a, "Reshape", x, cut);
    const int turned = lwi_aten_transpose(a, blocks, 6, (int64_t[]){0, 1, 3, 5, 2, 4});
    const int shape = lwi_aten_concat(a, 0, 4, (int[]){n, size_by(a, x, 1, "mul", r * r), h, w});
    const int y = NODE(a, "Reshape", turned, shape);
    lwi_aten_return(a, out, batch ? y : lwi_aten_squeeze(a, y, 0));
}

/* self, groups */
void lwi_aten_channel_shuffle(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int64_t groups = lwi_aten_get_int(a, &in[1]);
    if (groups < 1) lwi_aten_fail(a, LW_RANGE, "%lld groups", (long long)groups);
    if (a->b.status != LW_OK) return;
    const int sizes[] = {lwi_aten_size_id(a, x, 0), INTS(a, groups),
                         size_by(a, x, 1, "floordiv", groups), INTS(a, -1)};
    const int cut = NODE(a, "Reshape", x, lwi_aten_concat(a, 0, 4, sizes));
    const int turned = lwi_aten_transpose(a, cut, 4, (int64_t[]){0, 2, 1, 3});
    lwi_aten_return(a, out, NODE(a, "Reshape", turned, lwi_aten_shape(a, x)));
}

/* SPDX-License-Identifier: MIT
 * Resizing, and sampling by a grid. */
#include "aten/lower.h"

#include <string.h>

typedef struct resizing {
    const char *mode, *coordinates, *nearest;
    bool antialias;
} resizing;

/* "_upsample_bicubic2d_aa.vec": everything but the sizes is in the name. */
static resizing read_name(lwi_aten *a, bool align_corners) {
    const char *name = a->row->name;
    resizing r = {.coordinates = align_corners ? "align_corners" : "half_pixel",
                  .antialias = strstr(name, "_aa") != NULL};
    r.mode = strstr(name, "cubic") ? "cubic" : "linear";
    if (!strstr(name, "nearest")) return r;
    const bool exact = strstr(name, "exact") != NULL;
    r.mode = "nearest";
    r.coordinates = exact ? "half_pixel" : "asymmetric";
    r.nearest = exact ? "round_prefer_ceil" : "floor";
    return r;
}

/* An axis that keeps its size is copied, whatever its factor: so it is with PyTorch's linear
 * interpolation, "nearest" and antialias. */
static bool copies_equal(const resizing *r) {
    return r->mode[0] == 'l' || r->antialias || (r->nearest && !strcmp(r->nearest, "floor"));
}

/* 1 where size * factor is size, 1-D float32. */
static int factor_of_free(lwi_aten *a, int size, double factor) {
    const int given = lwi_aten_fill(a, LW_FLOAT32, factor), one = lwi_aten_fill(a, LW_FLOAT32, 1);
    const int exact = lwi_aten_cast(a, size, LW_FLOAT64);
    const int scaled =
        NODE(a, "Floor", NODE(a, "Mul", exact, lwi_aten_fill(a, LW_FLOAT64, factor)));
    return NODE(a, "Where", NODE(a, "Equal", scaled, exact), one, given);
}

static int factor_of(lwi_aten *a, int x, int axis, double factor, const resizing *r) {
    const int64_t size = lwi_aten_dim(a, x, axis);
    if (size < 0 && copies_equal(r) && factor >= 1 && factor < 2)
        return factor_of_free(a, lwi_aten_size_id(a, x, axis), factor);
    const bool equal = size >= 0 && (int64_t)((double)size * factor) == size;
    const float value = equal && copies_equal(r) ? 1 : (float)factor;
    const int64_t one = 1;
    return lwi_build_floats(&a->b, 1, &one, &value);
}

static int factors(lwi_aten *a, int x, const lwi_aten_value *list, size_t n, const resizing *r) {
    int parts[LW_MAX_RANK];
    if (n == 0 || (int)n + 2 != lwi_aten_rank(a, x))
        lwi_aten_fail(a, LW_SHAPE, "%zu factors for %d dimensions", n, lwi_aten_rank(a, x));
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++)
        parts[i] = factor_of(a, x, (int)i + 2, lwi_aten_get_float(a, &list[i]), r);
    return a->b.status == LW_OK ? lwi_aten_concat(a, 0, n, parts) : -1;
}

/* Sizes times scales, rounded down: corners are aligned with whole sizes. */
static int scaled_sizes(lwi_aten *a, int x, const lwi_aten_value *scales) {
    lwi_aten_value sizes[LW_MAX_RANK];
    const lwi_aten_value one = lwi_aten_float(1);
    const size_t n = scales->list.n;
    if (n > LW_MAX_RANK - 2 || (int)n + 2 != lwi_aten_rank(a, x))
        lwi_aten_fail(a, LW_SHAPE, "%zu scales for %d dimensions", n, lwi_aten_rank(a, x));
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const lwi_aten_value size = lwi_aten_size(a, x, (int)i + 2);
        const lwi_aten_value exact = lwi_aten_number(a, "mul", &size, &scales->list.items[i]);
        sizes[i] = lwi_aten_number(a, "floordiv", &exact, &one);
    }
    if (a->b.status != LW_OK) return -1;
    const lwi_aten_value list = lwi_aten_list(a, n, sizes);
    return lwi_aten_ints(a, &list);
}

/* The last n axes get sizes (1-D) or are multiplied by scales. */
static int resized(lwi_aten *a, int x, size_t n, int scales, int sizes, const resizing *r) {
    int64_t axes[LW_MAX_RANK];
    const int rank = lwi_aten_rank(a, x);
    if ((size_t)rank != n + 2 || n > LW_MAX_RANK - 2)
        lwi_aten_fail(a, LW_SHAPE, "%d dimensions, expected %zu", rank, n + 2);
    if (a->b.status != LW_OK) return -1;
    for (size_t i = 0; i < n; i++)
        axes[i] = (int64_t)i + 2;
    const int y = NODE(a, "Resize", x, -1, scales, sizes);
    lwi_build_list(&a->b, "axes", n, axes);
    lwi_build_text(&a->b, "mode", r->mode);
    lwi_build_text(&a->b, "coordinate_transformation_mode", r->coordinates);
    if (r->nearest) lwi_build_text(&a->b, "nearest_mode", r->nearest);
    if (!strcmp(r->mode, "cubic"))
        lwi_build_float(&a->b, "cubic_coeff_a", r->antialias ? -0.5 : -0.75);
    if (r->antialias) lwi_build_int(&a->b, "antialias", 1);
    if (r->antialias) lwi_build_int(&a->b, "exclude_outside", 1);
    return y;
}

/* input, output_size, [align_corners,] scale_factors */
void lwi_aten_upsample_vec(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool nearest = strstr(a->row->name, "nearest") != NULL;
    const resizing r = read_name(a, !nearest && lwi_aten_get_bool(a, &in[2]));
    const lwi_aten_value *scale = &in[nearest ? 2 : 3];
    const int x = lwi_aten_id(a, &in[0]);
    int sizes = -1, scales = -1;
    size_t n = 0;
    if (lwi_aten_given(&in[1])) {
        sizes = lwi_aten_ints(a, &in[1]);
        n = in[1].kind == LWI_ATEN_LIST ? in[1].list.n : 1;
    } else if (scale->kind == LWI_ATEN_LIST && !strcmp(r.coordinates, "align_corners")) {
        n = scale->list.n;
        sizes = scaled_sizes(a, x, scale);
    } else if (scale->kind == LWI_ATEN_LIST) {
        scales = factors(a, x, scale->list.items, scale->list.n, &r);
        n = scale->list.n;
    } else lwi_aten_fail(a, LW_INVALID, "either output_size or scale_factors should be defined");
    lwi_aten_return(a, out, resized(a, x, n, scales, sizes, &r));
}

/* self, output_size, [align_corners,] a scale for each axis or none */
void lwi_aten_upsample(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool nearest = strstr(a->row->name, "nearest") != NULL;
    const resizing r = read_name(a, !nearest && lwi_aten_get_bool(a, &in[2]));
    const lwi_aten_value *scale = &in[nearest ? 2 : 3];
    const int x = lwi_aten_id(a, &in[0]);
    const size_t n = in[1].kind == LWI_ATEN_LIST ? in[1].list.n : 0;
    bool all = n > 0;
    for (size_t i = 0; i < n; i++)
        all &= lwi_aten_given(&scale[i]);
    lwi_aten_return(a, out,
                    all ? resized(a, x, n, factors(a, x, scale, n, &r), -1, &r)
                        : resized(a, x, n, -1, lwi_aten_ints(a, &in[1]), &r));
}

/* input, grid, interpolation_mode, padding_mode, align_corners */
void lwi_aten_grid_sampler(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const char *const modes[] = {"linear", "nearest", "cubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const int64_t mode = lwi_aten_get_int(a, &in[2]), padding = lwi_aten_get_int(a, &in[3]);
    if (mode < 0 || mode > 2 || padding < 0 || padding > 2)
        lwi_aten_fail(a, LW_UNSUPPORTED, "mode %lld, padding %lld", (long long)mode,
                      (long long)padding);
    if (a->b.status != LW_OK) return;
    const int y = NODE(a, "GridSample", lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]));
    lwi_build_text(&a->b, "mode", modes[mode]);
    lwi_build_text(&a->b, "padding_mode", paddings[padding]);
    lwi_build_int(&a->b, "align_corners", lwi_aten_get_bool(a, &in[4]));
    lwi_aten_return(a, out, y);
}

/* theta, size, align_corners */
void lwi_aten_affine_grid(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, "AffineGrid", lwi_aten_id(a, &in[0]), lwi_aten_ints(a, &in[1]));
    lwi_build_int(&a->b, "align_corners", lwi_aten_get_bool(a, &in[2]));
    lwi_aten_return(a, out, y);
}

/* SPDX-License-Identifier: MIT
 * Elements or slices of one dimension by index: writing. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

static int flat(lwi_aten *a, int x) { return lwi_aten_reshape(a, x, 1, (int64_t[]){-1}); }

static int elements(lwi_aten *a, int x, int places, int source, int axis, const char *reduction) {
    const int y = NODE(a, "ScatterElements", x, places, source);
    lwi_build_int(&a->b, "axis", axis);
    if (reduction) lwi_build_text(&a->b, "reduction", reduction);
    return y;
}

/* Slices at places of an axis. */
static int slices(lwi_aten *a, int x, int axis, int places, int source, const char *reduction) {
    const int64_t from = axis, first = 0;
    if (lwi_aten_rank(a, places) == 0) places = flat(a, places);
    const int turned = axis ? lwi_aten_move(a, x, 1, &from, &first) : x;
    const int rows = axis ? lwi_aten_move(a, source, 1, &from, &first) : source;
    const int y = NODE(a, "ScatterND", turned, lwi_aten_unsqueeze(a, places, 1), rows);
    if (reduction) lwi_build_text(&a->b, "reduction", reduction);
    return axis ? lwi_aten_move(a, y, 1, &first, &from) : y;
}

/* The shape of the slices of x at places. */
static int slices_shape(lwi_aten *a, int x, int axis, int places) {
    int sizes[LW_MAX_RANK];
    const int rank = lwi_aten_rank(a, x);
    for (int d = 0; d < rank; d++)
        sizes[d] = d == axis ? lwi_aten_size_id(a, flat(a, places), 0) : lwi_aten_size_id(a, x, d);
    return lwi_aten_concat(a, 0, (size_t)rank, sizes);
}

/* "index_add", "index_copy": self, dim, index, source[, alpha] */
void lwi_aten_index_write(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const bool add = a->row->name[6] == 'a';
    int source = lwi_aten_as(a, &in[3], dtype);
    if (add && (in[4].id >= 0 || lwi_aten_get_float(a, &in[4]) != 1))
        source = NODE(a, "Mul", source, lwi_aten_scalar(a, &in[4], dtype));
    lwi_aten_return(a, out, slices(a, x, axis, lwi_aten_id(a, &in[2]), source, add ? "add" : NULL));
}

/* self, dim, index, value */
void lwi_aten_index_fill(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const int places = lwi_aten_id(a, &in[2]);
    const int value = lwi_aten_as(a, &in[3], lwi_aten_dtype(a, x));
    const int source = NODE(a, "Expand", value, slices_shape(a, x, axis, places));
    lwi_aten_return(a, out, slices(a, x, axis, places, source, NULL));
}

/* ------------------------------------------------------------------- reductions */

/* ONNX's word for PyTorch's, and what changes nothing. */
static const struct {
    const char *name, *onnx;
    double neutral, neutral_int;
} reductions[] = {{"sum", "add", 0, 0},
                  {"add", "add", 0, 0},
                  {"prod", "mul", 1, 1},
                  {"multiply", "mul", 1, 1},
                  {"amax", "max", -INFINITY, -9e18},
                  {"amin", "min", INFINITY, 9e18},
                  {"mean", "add", 0, 0}};
enum { REDUCTIONS = sizeof reductions / sizeof *reductions };

static int find_reduction(lwi_aten *a, const lwi_aten_value *v) {
    for (int i = 0; i < REDUCTIONS; i++)
        if (lwi_aten_is(v, reductions[i].name)) return i;
    lwi_aten_fail(a, LW_UNSUPPORTED, "this way to reduce is not supported");
    return 0;
}

static int neutral(lwi_aten *a, int kind, int like) {
    const lw_dtype dtype = lwi_aten_dtype(a, like);
    if (lwi_aten_is_integral(dtype)) return lwi_aten_fill(a, dtype, reductions[kind].neutral_int);
    return lwi_aten_fill(a, dtype, reductions[kind].neutral);
}

/* self, dim, index, source, reduce, include_self */
void lwi_aten_index_reduce(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x)), places = lwi_aten_id(a, &in[2]);
    const int source = lwi_aten_as(a, &in[3], lwi_aten_dtype(a, x));
    const int kind = find_reduction(a, &in[4]);
    if (!strcmp(reductions[kind].name, "mean"))
        lwi_aten_fail(a, LW_UNSUPPORTED, "means are not supported");
    if (!lwi_aten_get_bool(a, &in[5])) {
        const int fresh = NODE(a, "Expand", neutral(a, kind, x), slices_shape(a, x, axis, places));
        x = slices(a, x, axis, places, fresh, NULL);
    }
    lwi_aten_return(a, out, slices(a, x, axis, places, source, reductions[kind].onnx));
}

/* The part of source that there are places for. */
static int covered(lwi_aten *a, int source, int places) {
    const int rank = lwi_aten_rank(a, places);
    int64_t zeros[LW_MAX_RANK] = {0};
    bool same = rank == lwi_aten_rank(a, source);
    if (rank == 0) return source;
    for (int d = 0; d < rank && same; d++)
        same = lwi_aten_dim(a, places, d) >= 0 &&
               lwi_aten_dim(a, places, d) == lwi_aten_dim(a, source, d);
    if (same) return source;
    return NODE(a, "Slice", source, lwi_build_ints(&a->b, (size_t)rank, zeros),
                lwi_aten_shape(a, places));
}

typedef struct scattering {
    int x, places, source, axis;
    bool scalar;
} scattering;

/* self, dim, index, src or value */
static scattering read_scattering(lwi_aten *a, const lwi_aten_value *in) {
    scattering s = {.x = lwi_aten_id(a, &in[0]), .places = lwi_aten_id(a, &in[2])};
    s.axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, s.x));
    s.source = lwi_aten_as(a, &in[3], lwi_aten_dtype(a, s.x));
    s.scalar = lwi_aten_rank(a, s.x) == 0;
    if (s.scalar) s.x = flat(a, s.x);
    if (lwi_aten_rank(a, s.places) == 0) s.places = flat(a, s.places);
    const bool value = in[3].kind != LWI_ATEN_TENSOR || lwi_aten_rank(a, s.source) == 0;
    s.source = value ? NODE(a, "Expand", s.source, lwi_aten_shape(a, s.places))
                     : covered(a, s.source, s.places);
    return s;
}

static void finish(lwi_aten *a, const scattering *s, int y, lwi_aten_value *out) {
    lwi_aten_return(a, out, s->scalar ? lwi_aten_squeeze(a, y, 0) : y);
}

void lwi_aten_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const scattering s = read_scattering(a, in);
    finish(a, &s, elements(a, s.x, s.places, s.source, s.axis, NULL), out);
}

void lwi_aten_scatter_add(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const scattering s = read_scattering(a, in);
    finish(a, &s, elements(a, s.x, s.places, s.source, s.axis, "add"), out);
}

/* By how many a sum is divided. */
static int divided(lwi_aten *a, const scattering *s, int y, bool include_self) {
    const lw_dtype dtype = lwi_aten_dtype(a, y);
    const int own =
        NODE(a, "Expand", lwi_aten_fill(a, dtype, include_self), lwi_aten_shape(a, s->x));
    const int ones = NODE(a, "Expand", lwi_aten_fill(a, dtype, 1), lwi_aten_shape(a, s->places));
    const int count = NODE(a, "Max", elements(a, own, s->places, ones, s->axis, "add"),
                           lwi_aten_fill(a, dtype, 1));
    if (!lwi_aten_is_integral(dtype)) return NODE(a, "Div", y, count);
    return NODE(a, "Div", NODE(a, "Sub", y, NODE(a, "Mod", y, count)), count);
}

/* self, dim, index, src or value, reduce[, include_self] */
void lwi_aten_scatter_reduce(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const scattering s = read_scattering(a, in);
    const int kind = find_reduction(a, &in[4]);
    const bool two = !strcmp(a->row->overload, "two");
    const bool include_self = !two || lwi_aten_get_bool(a, &in[5]);
    int x = s.x;
    if (!include_self) {
        const int fresh = NODE(a, "Expand", neutral(a, kind, x), lwi_aten_shape(a, s.places));
        x = elements(a, x, s.places, fresh, s.axis, NULL);
    }
    int y = elements(a, x, s.places, s.source, s.axis, reductions[kind].onnx);
    if (!strcmp(reductions[kind].name, "mean")) y = divided(a, &s, y, include_self);
    finish(a, &s, y, out);
}

/* self, index, source, accumulate: of all elements in a row */
void lwi_aten_put(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), places = flat(a, lwi_aten_id(a, &in[1]));
    const int source = flat(a, lwi_aten_as(a, &in[2], lwi_aten_dtype(a, x)));
    const char *reduction = lwi_aten_get_bool(a, &in[3]) ? "add" : NULL;
    const int y = elements(a, flat(a, x), places, source, 0, reduction);
    lwi_aten_return(a, out, NODE(a, "Reshape", y, lwi_aten_shape(a, x)));
}

/* self, value */
void lwi_aten_fill_value(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int value = lwi_aten_as(a, &in[1], lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, NODE(a, "Expand", value, lwi_aten_shape(a, x)));
}

void lwi_aten_zero(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Expand", lwi_aten_like(a, x, 0), lwi_aten_shape(a, x)));
}

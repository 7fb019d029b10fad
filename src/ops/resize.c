/* SPDX-License-Identifier: MIT
 * Resize (ONNX 19). Where the specification's text and its test data differ (align_corners with
 * scales that give a fractional size), the test data are followed. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

/* The axes that scales, sizes and roi speak of. */
typedef struct selection {
    int n;
    int axes[LW_MAX_RANK];
} selection;

static lw_status select_axes(const lwi_call *c, selection *s) {
    size_t n = 0;
    uint32_t set;
    const int rank = c->in[0]->rank;
    const int64_t *axes = lwi_attr_ints(c->node, "axes", &n);
    s->n = axes ? (int)n : rank;
    if (axes) LW_TRY(lwi_axes(c, axes, n, rank, &set));
    for (int i = 0; i < s->n; i++) {
        s->axes[i] = i;
        if (axes) LW_TRY(lwi_axis(c, axes[i], rank, &s->axes[i]));
    }
    return LW_OK;
}

static lw_status set_sizes(const lwi_call *c, const selection *s, lwi_resize *r) {
    int64_t sizes[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 3, sizes, LW_MAX_RANK, &n));
    if (n != (size_t)s->n)
        return lwi_call_fail(c, LW_SHAPE, "sizes has %zu elements, expected %d", n, s->n);
    const char *policy = lwi_attr_string(c->node, "keep_aspect_ratio_policy", "stretch");
    const bool larger = !strcmp(policy, "not_smaller");
    const bool stretch = !larger && strcmp(policy, "not_larger") != 0;
    double common = larger ? 0 : INFINITY;
    for (int i = 0; i < s->n; i++) {
        lwi_resize_axis *a = &r->axes[s->axes[i]];
        if (sizes[i] < 0 || (a->in == 0 && sizes[i] > 0))
            return lwi_call_fail(c, LW_SHAPE, "axis %d of size %lld cannot become %lld", s->axes[i],
                                 (long long)a->in, (long long)sizes[i]);
        a->out = sizes[i];
        a->width = (double)a->out;
        a->scale = a->in ? (double)a->out / (double)a->in : 1;
        if (larger ? a->scale > common : a->scale < common) common = a->scale;
    }
    for (int i = 0; i < s->n && !stretch; i++) {
        lwi_resize_axis *a = &r->axes[s->axes[i]];
        a->scale = common;
        a->width = common * (double)a->in;
        if (!(a->width < 1e15)) return lwi_call_fail(c, LW_LIMIT, "the output is too large");
        a->out = (int64_t)floor(a->width + 0.5);
    }
    return LW_OK;
}

static lw_status set_scales(const lwi_call *c, const selection *s, lwi_resize *r) {
    if (!lwi_known(c, 2)) return lwi_later(c, 2);
    const lw_value *scales = c->in[2];
    if (scales->count != (size_t)s->n)
        return lwi_call_fail(c, LW_SHAPE, "scales has %zu elements, expected %d", scales->count,
                             s->n);
    for (int i = 0; i < s->n; i++) {
        lwi_resize_axis *a = &r->axes[s->axes[i]];
        const float scale = (float)lwi_get_double(scales, (size_t)i);
        const float size = floorf((float)a->in * scale);
        if (!(scale > 0) || !(size < 1e15f))
            return lwi_call_fail(c, LW_RANGE, "scales[%d] is %g", i, (double)scale);
        a->scale = scale;
        a->width = (double)scale * (double)a->in;
        a->out = (int64_t)size;
    }
    return LW_OK;
}

static lw_status read_shape(const lwi_call *c, lwi_resize *r) {
    selection s;
    const lw_value *x = c->in[0];
    *r = (lwi_resize){.rank = x->rank};
    LW_TRY(select_axes(c, &s));
    for (int d = 0; d < x->rank; d++)
        r->axes[d] = (lwi_resize_axis){
            .in = x->dims[d], .out = x->dims[d], .scale = 1, .width = (double)x->dims[d], .end = 1};
    const bool scales = lwi_has(c, 2) && (c->in[2]->count > 0 || !lwi_has(c, 3));
    if (!scales && !lwi_has(c, 3))
        return lwi_call_fail(c, LW_INVALID, "has neither scales nor sizes");
    return scales ? set_scales(c, &s, r) : set_sizes(c, &s, r);
}

lw_status lwi_resize_shape(const lwi_call *c, lwi_resize *r) {
    LW_TRY(read_shape(c, r));
    for (int d = 0; d < r->rank; d++) {
        lwi_resize_axis *a = &r->axes[d];
        a->same = a->in == a->out && a->width == (double)a->in;
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    lwi_resize r;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_resize_shape(c, &r));
    for (int d = 0; d < r.rank; d++)
        dims[d] = r.axes[d].out;
    return lwi_out(c, 0, c->in[0]->dtype, r.rank, dims);
}

static lw_status read_region(const lwi_call *c, lwi_resize *r) {
    selection s;
    LW_TRY(select_axes(c, &s));
    if (!lwi_has(c, 1) || c->in[1]->count != 2 * (size_t)s.n)
        return lwi_call_fail(c, LW_SHAPE, "roi has %zu elements, expected %d",
                             lwi_has(c, 1) ? c->in[1]->count : 0, 2 * s.n);
    for (int i = 0; i < s.n; i++) {
        r->axes[s.axes[i]].start = lwi_get_double(c->in[1], (size_t)i);
        r->axes[s.axes[i]].end = lwi_get_double(c->in[1], (size_t)(s.n + i));
    }
    return LW_OK;
}

static lw_status read_mode(const lwi_call *c, lwi_resize *r) {
    const char *mode = lwi_attr_string(c->node, "mode", "nearest");
    if (!strcmp(mode, "nearest")) r->mode = LWI_NEAREST;
    else if (!strcmp(mode, "linear")) r->mode = LWI_LINEAR;
    else if (!strcmp(mode, "cubic")) r->mode = LWI_CUBIC;
    else return lwi_call_fail(c, LW_UNSUPPORTED, "the mode '%.40s' is not known", mode);
    r->coordinates = lwi_attr_string(c->node, "coordinate_transformation_mode", "half_pixel");
    r->nearest = lwi_attr_string(c->node, "nearest_mode", "round_prefer_floor");
    r->antialias = lwi_attr_int(c->node, "antialias", 0) != 0;
    r->exclude_outside = lwi_attr_int(c->node, "exclude_outside", 0) != 0;
    r->cubic_a = (double)lwi_attr_float(c->node, "cubic_coeff_a", -0.75f);
    r->extrapolation = lwi_attr_float(c->node, "extrapolation_value", 0);
    r->crop = !strcmp(r->coordinates, "tf_crop_and_resize");
    return r->crop ? read_region(c, r) : LW_OK;
}

lw_status lwi_resize_read(lwi_call *c, lwi_resize *r) {
    LW_TRY(lwi_resize_shape(c, r));
    LW_TRY(read_mode(c, r));
    for (int d = 0; d < r->rank; d++) {
        lwi_resize_axis *a = &r->axes[d];
        if (r->crop) a->same = a->same && a->start == 0 && a->end == 1;
        if (!a->same && a->out > 0) LW_TRY(lwi_resize_tables(c, r, a));
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_resize r;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_resize_read(c, &r));
    return r.mode == LWI_NEAREST ? lwi_resize_nearest(c, &r) : lwi_resize_weighted(c, &r);
}

const lwi_op lwi_op_resize = {.infer = infer, .run = run, .flags = LWI_WIDEN};

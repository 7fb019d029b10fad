/* SPDX-License-Identifier: MIT
 * Pooling with windows whose starts are drawn (Graham, arXiv:1412.6071): window i of o starts at
 * floor((i + u) r) - floor(u r) with r = (size - kernel) / (o - 1), the last one at size - kernel.
 * u is given for each plane and axis. */
#include "aten/lower.h"

typedef struct fractions {
    size_t n; /* spatial dimensions */
    int64_t kernel[3], to[3], from[3];
    int samples; /* [N, C, n] */
    bool batch;
} fractions;

/* Places of an axis, [N, C, outputs, kernel]. */
static int places_of(lwi_aten *a, const fractions *f, size_t i) {
    const int64_t room = f->from[i] - f->kernel[i], o = f->to[i];
    const double r = o > 1 ? (double)room / (double)(o - 1) : 0;
    /* The numbers of a plane are in the order width, height; of a solid as its axes. */
    const size_t which = f->n == 2 ? 1 - i : i;
    int u = NODE(a, "Gather", f->samples, lwi_aten_int_scalar(a, (int64_t)which));
    lwi_build_int(&a->b, "axis", 2);
    u = lwi_aten_unsqueeze(a, u, -1);
    const lwi_aten_value before = lwi_aten_int(o - 1), kernel = lwi_aten_int(f->kernel[i]);
    const int steps = lwi_aten_cast(a, lwi_aten_steps(a, &before, 1), LW_FLOAT32);
    const int ratio = lwi_aten_fill(a, LW_FLOAT32, r);
    const int moved = NODE(a, "Floor", NODE(a, "Mul", NODE(a, "Add", u, steps), ratio));
    const int starts = NODE(a, "Sub", moved, NODE(a, "Floor", NODE(a, "Mul", u, ratio)));
    const int last = NODE(a, "Add", NODE(a, "Mul", u, lwi_aten_fill(a, LW_FLOAT32, 0)),
                          lwi_aten_fill(a, LW_FLOAT32, (double)room));
    const int all = lwi_aten_concat(a, -1, 2, (int[]){starts, last});
    const int whole = lwi_aten_unsqueeze(a, lwi_aten_cast(a, all, LW_INT64), -1);
    return NODE(a, "Add", whole, lwi_aten_steps(a, &kernel, 1));
}

/* Places in a plane, [N, C, outputs of all axes, elements of a window]. */
static int windows_of(lwi_aten *a, const fractions *f) {
    int all = -1;
    for (size_t i = 0; i < f->n && a->b.status == LW_OK; i++) {
        int64_t dims[8] = {0, 0, 1, 1, 1, 1, 1, 1};
        dims[2 + i] = f->to[i];
        dims[2 + f->n + i] = f->kernel[i];
        const int places = lwi_aten_reshape(a, places_of(a, f, i), 2 + 2 * f->n, dims);
        if (all < 0) all = places;
        else all = NODE(a, "Add", NODE(a, "Mul", all, lwi_aten_int_scalar(a, f->from[i])), places);
    }
    int64_t shape[6] = {0, 0};
    for (size_t i = 0; i < f->n; i++)
        shape[2 + i] = f->to[i];
    shape[2 + f->n] = -1;
    return lwi_aten_reshape(a, all, 3 + f->n, shape);
}

static int read_fractions(lwi_aten *a, const lwi_aten_value *in, fractions *f) {
    int x = lwi_aten_id(a, &in[0]);
    *f = (fractions){.n = (size_t)(a->row->name[19] - '0'), .samples = lwi_aten_id(a, &in[3])};
    f->batch = lwi_aten_rank(a, x) == (int)f->n + 2;
    if (!f->batch) x = lwi_aten_unsqueeze(a, x, 0);
    const bool all = lwi_aten_get_ints(a, &in[1], 3, f->kernel) == f->n &&
                     lwi_aten_get_ints(a, &in[2], 3, f->to) == f->n;
    if (!all) lwi_aten_fail(a, LW_INVALID, "%zu numbers are expected of each", f->n);
    for (size_t i = 0; i < f->n && a->b.status == LW_OK; i++) {
        f->from[i] = lwi_aten_dim(a, x, (int)i + 2);
        if (f->from[i] < 0) lwi_aten_fail(a, LW_UNSUPPORTED, "a size is not fixed");
        else if (f->to[i] < 1 || f->kernel[i] < 1 || f->from[i] < f->kernel[i])
            lwi_aten_fail(a, LW_RANGE, "windows of %lld in %lld elements", (long long)f->kernel[i],
                          (long long)f->from[i]);
    }
    return x;
}

/* self, kernel_size, output_size, random_samples */
void lwi_aten_fractional_max_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    fractions f;
    const int x = read_fractions(a, in, &f);
    if (a->b.status != LW_OK) return;
    const int places = windows_of(a, &f), shape = lwi_aten_shape(a, places);
    const int planes = lwi_aten_reshape(a, x, 3, (int64_t[]){0, 0, -1});
    const int flat = lwi_aten_reshape(a, places, 3, (int64_t[]){0, 0, -1});
    int taken = NODE(a, "GatherElements", planes, flat);
    lwi_build_int(&a->b, "axis", 2);
    taken = NODE(a, "Reshape", taken, shape);
    const int y = NODE(a, "ReduceMax", taken, INTS(a, -1));
    lwi_build_int(&a->b, "keepdims", 0);
    const int which = NODE(a, "ArgMax", taken);
    lwi_build_int(&a->b, "axis", -1);
    int place = NODE(a, "GatherElements", places, which);
    lwi_build_int(&a->b, "axis", -1);
    place = lwi_aten_squeeze(a, place, -1);
    lwi_aten_return(a, &out[0], f.batch ? y : lwi_aten_squeeze(a, y, 0));
    lwi_aten_return(a, &out[1], f.batch ? place : lwi_aten_squeeze(a, place, 0));
}

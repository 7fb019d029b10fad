/* SPDX-License-Identifier: MIT
 * DeformConv (ONNX 22; arXiv:1703.06211 and 1811.11168): a convolution whose kernel elements are
 * moved by offsets, between the elements of the input, and weighted by a mask. */
#include "ops/deform_conv.h"

#include <math.h>
#include <string.h>

typedef struct deform {
    lwi_conv conv;
    size_t offset_groups;
    const lw_value *x, *offset, *mask; /* mask: NULL if there is none */
    void *columns;                     /* [channels of a group x kernel, output] */
    size_t product;                    /* image and group under way */
} deform;

static lw_status check_offsets(const lwi_call *c, const lwi_conv *conv, size_t input,
                               size_t channels) {
    const lw_value *v = c->in[input];
    const lwi_window *w = &conv->window;
    bool fits = v->rank == w->rank + 2 && v->dims[0] == (int64_t)conv->batch &&
                v->dims[1] == (int64_t)channels;
    for (int d = 0; fits && d < w->rank; d++)
        fits = v->dims[2 + d] == w->out[d];
    if (fits) return LW_OK;
    char text[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "input %zu has shape %s, expected %zu channels", input,
                         lwi_shape_text(v->rank, v->dims, text), channels);
}

lw_status lwi_deform_shape(const lwi_call *c, lwi_conv *conv, size_t *offset_groups) {
    LW_TRY(lwi_conv_shape(c, 0, 1, false, conv));
    LW_TRY(lwi_need_rank(c, 0, 3, LW_MAX_RANK));
    LW_TRY(lwi_conv_check_bias(c, conv, 3));
    const int64_t groups = lwi_attr_int(c->node, "offset_group", 1);
    if (groups < 1 || c->in[0]->dims[1] % groups)
        return lwi_call_fail(c, LW_SHAPE, "offset_group is %lld", (long long)groups);
    *offset_groups = (size_t)groups;
    const size_t channels = *offset_groups * conv->kernel_size;
    LW_TRY(check_offsets(c, conv, 2, channels * (size_t)conv->window.rank));
    return lwi_has(c, 4) ? check_offsets(c, conv, 4, channels) : LW_OK;
}

static lw_status infer(lwi_call *c) {
    lwi_conv conv;
    size_t offset_groups;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_deform_shape(c, &conv, &offset_groups));
    return lwi_out(c, 0, c->in[0]->dtype, lwi_conv_dims(&conv, false, dims), dims);
}

/* Linear interpolation along every axis; elements outside are 0. */
#define SAMPLE(NAME, T, FLOOR)                                                                     \
    static T NAME##_sample(const lwi_window *w, const T *x, const T *at) {                         \
        T sum = 0;                                                                                 \
        for (uint32_t corner = 0; corner < 1u << w->rank; corner++) {                              \
            T weight = 1;                                                                          \
            int64_t offset = 0;                                                                    \
            for (int d = 0; d < w->rank; d++) {                                                    \
                const T low = FLOOR(at[d]), i = low + (T)(corner >> d & 1);                        \
                if (!(i >= 0 && i < (T)w->in[d])) {                                                \
                    weight = 0;                                                                    \
                    break;                                                                         \
                }                                                                                  \
                weight *= corner >> d & 1 ? at[d] - low : 1 - (at[d] - low);                       \
                offset = offset * w->in[d] + (int64_t)i;                                           \
            }                                                                                      \
            if (weight != 0) sum += weight * x[offset];                                            \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    /* The same in a plane. */                                                                     \
    static T NAME##_sample_plane(const lwi_window *w, const T *x, const T *at) {                   \
        const int64_t height = w->in[0], width = w->in[1];                                         \
        if (!(at[0] > -1 && at[0] < (T)height && at[1] > -1 && at[1] < (T)width)) return 0;        \
        const int64_t i = (int64_t)(at[0] + 1) - 1, j = (int64_t)(at[1] + 1) - 1;                  \
        const T down = at[0] - (T)i, right = at[1] - (T)j, up = 1 - down, left = 1 - right;        \
        const bool rows[2] = {i >= 0 && up != 0, i + 1 < height && down != 0};                     \
        const bool columns[2] = {j >= 0 && left != 0, j + 1 < width && right != 0};                \
        T sum = 0;                                                                                 \
        x += i * width + j;                                                                        \
        if (rows[0] && columns[0]) sum += up * left * x[0];                                        \
        if (rows[1] && columns[0]) sum += down * left * x[width];                                  \
        if (rows[0] && columns[1]) sum += up * right * x[1];                                       \
        if (rows[1] && columns[1]) sum += down * right * x[width + 1];                             \
        return sum;                                                                                \
    }                                                                                              \
    /* Row r of the columns: element r % kernel of the kernel in channel r / kernel. */            \
    static void NAME(void *arg, size_t begin, size_t end) {                                        \
        const deform *f = arg;                                                                     \
        const lwi_conv *v = &f->conv;                                                              \
        const lwi_window *w = &v->window;                                                          \
        const size_t image = f->product / v->groups, all = v->groups * v->channels;                \
        for (size_t r = begin; r < end; r++) {                                                     \
            const size_t k = r % v->kernel_size;                                                   \
            const size_t channel = f->product % v->groups * v->channels + r / v->kernel_size;      \
            const size_t group = channel / (all / f->offset_groups);                               \
            const size_t row = (image * f->offset_groups + group) * v->kernel_size + k;            \
            const T *x = (const T *)f->x->data + (image * all + channel) * v->in_size;             \
            const T *offset = (const T *)f->offset->data + row * (size_t)w->rank * v->out_size;    \
            const T *mask = f->mask ? (const T *)f->mask->data + row * v->out_size : NULL;         \
            T *to = (T *)f->columns + r * v->out_size, at[LW_MAX_RANK];                            \
            int64_t tap[LW_MAX_RANK], place[LW_MAX_RANK] = {0}, start[LW_MAX_RANK];                \
            lwi_window_index(w->rank, w->kernel, k, tap);                                          \
            for (size_t o = 0; o < v->out_size; o++) {                                             \
                lwi_window_start(w, place, start);                                                 \
                for (int d = 0; d < w->rank; d++)                                                  \
                    at[d] = (T)(start[d] + tap[d] * w->dilation[d]) +                              \
                            offset[(size_t)d * v->out_size + o];                                   \
                const T value =                                                                    \
                    w->rank == 2 ? NAME##_sample_plane(w, x, at) : NAME##_sample(w, x, at);        \
                to[o] = value * (mask ? mask[o] : 1);                                              \
                lwi_window_next(w->rank, w->out, place);                                           \
            }                                                                                      \
        }                                                                                          \
    }
SAMPLE(columns_f32, float, floorf)
SAMPLE(columns_f64, double, floor)

static void operands(const void *arg, size_t i, lwi_operands *o) {
    (void)i;
    *o = *(const lwi_operands *)arg;
}

static void finish(const deform *f, lw_dtype dtype) {
    const lwi_conv *v = &f->conv;
    const size_t filters = v->groups * v->filters;
    for (size_t i = 0; i < v->batch * filters; i++)
        if (dtype == LW_FLOAT32)
            lwi_conv_finish_f32(v, i % filters, (float *)v->y + i * v->out_size, v->out_size);
        else lwi_conv_finish_f64(v, i % filters, (double *)v->y + i * v->out_size, v->out_size);
}

static lw_status run(lwi_call *c) {
    deform f = {.x = c->in[0], .offset = c->in[2], .mask = lwi_has(c, 4) ? c->in[4] : NULL};
    lw_value *y = c->out[0];
    LW_TRY(lwi_deform_shape(c, &f.conv, &f.offset_groups));
    if (y->count == 0) return LW_OK;
    lwi_conv *v = &f.conv;
    v->bias = lwi_has(c, 3) ? c->in[3]->data : NULL;
    v->y = y->data;
    const size_t k = v->channels * v->kernel_size, element = lwi_dtype_size(y->dtype);
    LW_TRY(lwi_scratch(c, k * v->out_size, element, &f.columns));
    for (f.product = 0; f.product < v->batch * v->groups; f.product++) {
        lwi_parallel(c, k, 1 + 1024 / (v->out_size + 1),
                     y->dtype == LW_FLOAT32 ? columns_f32 : columns_f64, &f);
        const char *w = c->in[1]->data;
        const lwi_operands o = {{w + f.product % v->groups * v->filters * k * element, k, 1},
                                {f.columns, v->out_size, 1},
                                (char *)v->y + f.product * v->filters * v->out_size * element,
                                v->out_size};
        const lwi_product p = {.dtype = y->dtype,
                               .m = v->filters,
                               .n = v->out_size,
                               .k = k,
                               .batch = 1,
                               .arg = &o,
                               .operands = operands};
        LW_TRY(lwi_multiply(c, &p, NULL));
        LW_TRY(lwi_check_cancel(c));
    }
    finish(&f, y->dtype);
    return LW_OK;
}

const lwi_op lwi_op_deform_conv = {.infer = infer, .run = run, .flags = LWI_WIDEN};

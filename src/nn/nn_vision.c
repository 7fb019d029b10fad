/* SPDX-License-Identifier: MIT
 * Resizing, sampling, boxes, regions, spectrograms. */
#include "nn/nn_kinds.h"

#include <math.h>

/* ----------------------------------------------------------------- interpolate */

static bool is(const char *text, const char *name) { return !strcmp(text, name); }

/* What the mode is called for tensors with so many spatial dimensions; NULL: there is none. */
static const char *upsample_op(const char *mode, int spatial, bool antialias) {
    static const char *const nearest[] = {"upsample_nearest1d.vec", "upsample_nearest2d.vec",
                                          "upsample_nearest3d.vec"};
    static const char *const exact[] = {"_upsample_nearest_exact1d.vec",
                                        "_upsample_nearest_exact2d.vec",
                                        "_upsample_nearest_exact3d.vec"};
    if (antialias && spatial == 2 && is(mode, "bilinear")) return "_upsample_bilinear2d_aa.vec";
    if (antialias && spatial == 2 && is(mode, "bicubic")) return "_upsample_bicubic2d_aa.vec";
    if (antialias || spatial < 1 || spatial > 3) return NULL;
    if (is(mode, "nearest")) return nearest[spatial - 1];
    if (is(mode, "nearest-exact")) return exact[spatial - 1];
    if (spatial == 1 && is(mode, "linear")) return "upsample_linear1d.vec";
    if (spatial == 2 && is(mode, "bilinear")) return "upsample_bilinear2d.vec";
    if (spatial == 2 && is(mode, "bicubic")) return "upsample_bicubic2d.vec";
    return spatial == 3 && is(mode, "trilinear") ? "upsample_trilinear3d.vec" : NULL;
}

/* The size that scale factors give. */
static lw_ints scaled_size(lw_array *x, int spatial, const double *scale) {
    lw_ints size = {.n = (size_t)spatial};
    for (int s = 0; s < spatial; s++)
        size.v[s] = (int64_t)((double)lw_size(x, s - spatial) * scale[s]);
    return size;
}

static lw_array *area(lw_array *x, int spatial, const lw_ints *size) {
    return spatial == 1   ? lw_adaptive_avg_pool1d(x, *size)
           : spatial == 2 ? lw_adaptive_avg_pool2d(x, *size)
                          : lw_adaptive_avg_pool3d(x, *size);
}

lw_array *lw_interpolate(lw_array *input, const lw_interpolate_options *options) {
    static const lw_interpolate_options none = {.mode = NULL};
    const lw_interpolate_options *o = options ? options : &none;
    if (!input) return NULL;
    const char *mode = o->mode ? o->mode : "nearest";
    const int spatial = lw_dim(input) - 2;
    const char *op = upsample_op(mode, spatial, o->antialias);
    const bool align_corners = o->align_corners, by_size = o->size.n > 0;
    double scale[3] = {o->scale_factor[0], o->scale_factor[1], o->scale_factor[2]};
    for (int s = 1; s < 3; s++)
        if (scale[s] == 0) scale[s] = scale[s - 1];
    lw_ints size = o->size;
    for (; size.n == 1 && (int)size.n < spatial; size.n = (size_t)spatial)
        size.v[1] = size.v[2] = size.v[0];
    const bool is_area = is(mode, "area") && spatial > 0 && spatial < 4;
    if (lw_nn_status(input->nn) != LW_OK) return NULL;
    if ((!op && !is_area) || by_size == (scale[0] != 0)) {
        lwi_nn_fail(input->nn, LW_INVALID, "lw_interpolate: %s '%s' for %d dimensions",
                    op ? "size or scale_factor must be given, mode" : "there is no mode", mode,
                    spatial + 2);
        return NULL;
    }
    if (!by_size && (is_area || o->recompute_scale_factor))
        size = scaled_size(input, spatial, scale);
    if (is_area) return area(input, spatial, &size);
    const lwi_nn_argument scales = {.name = "scale_factors",
                                    .kind = size.n ? LWI_NN_NONE : LWI_NN_FLOATS,
                                    .floats = {scale, (size_t)spatial}};
    if (is(mode, "nearest") || is(mode, "nearest-exact"))
        return CALL(op, A_V(input), A_Q(size), scales);
    return CALL(op, A_V(input), A_Q(size), A_B(align_corners), scales);
}

lw_array *lw_upsample(lw_array *input, const lw_interpolate_options *options) {
    return lw_interpolate(input, options);
}

/* ------------------------------------------------------------------ grid_sample */

static int64_t place_in(const char *const *names, int64_t n, const char *name) {
    for (int64_t i = 0; name && i < n; i++)
        if (is(name, names[i])) return i;
    return name ? -1 : 0;
}

lw_array *lw_grid_sample(lw_array *input, lw_array *grid, const char *mode,
                         const char *padding_mode, bool align_corners) {
    static const char *const modes[] = {"bilinear", "nearest", "bicubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const int64_t m = place_in(modes, 3, mode), p = place_in(paddings, 3, padding_mode);
    if (input && (m < 0 || p < 0))
        lwi_nn_fail(input->nn, LW_INVALID, "lw_grid_sample: mode '%s', padding_mode '%s'",
                    mode ? mode : "bilinear", padding_mode ? padding_mode : "zeros");
    return CALL("grid_sampler", A_V(input), A_V(grid), A_I(m), A_I(p), A_B(align_corners));
}

/* ------------------------------------------------------------ boxes and regions */

lw_array *lw_batched_nms(lw_array *boxes, lw_array *scores, lw_array *idxs, double iou_threshold) {
    /* boxes of different classes are moved so far apart that they do not meet */
    lw_array *step = lw_add_scalar(lw_max(boxes), 1);
    lw_array *moved = lw_mul(lw_type_as(idxs, boxes), step);
    return lw_nms(lw_add(boxes, lw_unsqueeze(moved, 1)), scores, iou_threshold);
}

static lw_array *column(lw_array *x, int64_t first, int64_t n) { return lw_narrow(x, 1, first, n); }

static lw_array *area_of(lw_array *boxes) {
    lw_array *size = lw_sub(column(boxes, 2, 2), column(boxes, 0, 2));
    return lw_prod_dim(size, 1, false);
}

lw_array *lw_box_iou(lw_array *boxes1, lw_array *boxes2) {
    lw_array *a = lw_unsqueeze(boxes1, 1), *b = lw_unsqueeze(boxes2, 0);
    lw_array *low = lw_maximum(lw_narrow(a, 2, 0, 2), lw_narrow(b, 2, 0, 2));
    lw_array *high = lw_minimum(lw_narrow(a, 2, 2, 2), lw_narrow(b, 2, 2, 2));
    lw_array *size = lw_clamp(lw_sub(high, low), 0, NAN);
    lw_array *both = lw_prod_dim(size, 2, false);
    lw_array *all = lw_add(lw_unsqueeze(area_of(boxes1), 1), area_of(boxes2));
    return lw_div(both, lw_sub(all, both));
}

lw_array *lw_roi_align(lw_array *input, lw_array *boxes, lw_ints output_size, double spatial_scale,
                       int64_t sampling_ratio, bool aligned) {
    const int64_t height = output_size.v[0], width = output_size.v[output_size.n > 1];
    return CALL("torchvision::roi_align", A_V(input), A_V(boxes), A_D(spatial_scale), A_I(height),
                A_I(width), A_I(sampling_ratio), A_B(aligned));
}

lw_array *lw_roi_pool(lw_array *input, lw_array *boxes, lw_ints output_size, double spatial_scale) {
    const int64_t height = output_size.v[0], width = output_size.v[output_size.n > 1];
    return CALL("torchvision::roi_pool", A_V(input), A_V(boxes), A_D(spatial_scale), A_I(height),
                A_I(width));
}

static int64_t item(const lw_ints *list, size_t i, int64_t absent) {
    return list->n == 0 ? absent : list->v[i < list->n ? i : list->n - 1];
}

lw_array *lw_deform_conv2d(lw_array *input, lw_array *offset, lw_array *weight, lw_array *bias,
                           const lw_conv_options *options) {
    const lw_conv_options o = options ? *options : (lw_conv_options){.groups = 0};
    if (!input || !offset || !weight || lw_dim(weight) != 4) return NULL;
    const int64_t stride_h = item(&o.stride, 0, 1), stride_w = item(&o.stride, 1, 1);
    const int64_t pad_h = item(&o.padding, 0, 0), pad_w = item(&o.padding, 1, 0);
    const int64_t dilation_h = item(&o.dilation, 0, 1), dilation_w = item(&o.dilation, 1, 1);
    const int64_t area = 2 * lw_size(weight, 2) * lw_size(weight, 3), each = lw_size(weight, 1);
    const int64_t groups = each > 0 ? lw_size(input, 1) / each : 1;
    const int64_t offset_groups = area > 0 ? lw_size(offset, 1) / area : 1;
    const bool use_mask = o.mask != NULL;
    lw_array *mask =
        o.mask ? o.mask : lw_zeros(input->nn, LW_INTS(lw_size(input, 0), 1), LW_FLOAT32);
    lw_array *shift = bias ? bias : lw_zeros(input->nn, LW_INTS(lw_size(weight, 0)), LW_FLOAT32);
    return CALL("torchvision::deform_conv2d", A_V(input), A_V(weight), A_V(offset), A_V(mask),
                A_V(shift), A_I(stride_h), A_I(stride_w), A_I(pad_h), A_I(pad_w), A_I(dilation_h),
                A_I(dilation_w), A_I(groups), A_I(offset_groups), A_B(use_mask));
}

/* --------------------------------------------------------------- spectrograms */

static lw_stft_options with_defaults(const lw_stft_options *options, int64_t n_fft) {
    lw_stft_options o = options ? *options : (lw_stft_options){.window = NULL};
    if (!o.hop_length) o.hop_length = n_fft / 4;
    if (!o.win_length) o.win_length = n_fft;
    return o;
}

/* torch.stft pads by itself before it calls the operator. */
static lw_array *padded(lw_array *x, int64_t n, const char *mode) {
    const lw_ints pads = {2, {n, n}};
    if (lw_dim(x) > 1) return lw_pad(x, pads, mode ? mode : "reflect", NAN);
    return lw_squeeze(lw_pad(lw_unsqueeze(x, 0), pads, mode ? mode : "reflect", NAN),
                      (lw_ints){1, {0}});
}

lw_array *lw_stft(lw_array *input, int64_t n_fft, const lw_stft_options *options) {
    const lw_stft_options o = with_defaults(options, n_fft);
    const int64_t hop_length = o.hop_length, win_length = o.win_length;
    const bool normalized = o.normalized, onesided = !o.two_sided, return_complex = true;
    lw_array *window = o.window;
    if (input && o.center != LW_OFF) input = padded(input, n_fft / 2, o.pad_mode);
    return CALL("stft", A_V(input), A_I(n_fft), A_I(hop_length), A_I(win_length), A_O(window),
                A_B(normalized), A_B(onesided), A_B(return_complex));
}

lw_array *lw_istft(lw_array *input, int64_t n_fft, const lw_stft_options *options) {
    const lw_stft_options o = with_defaults(options, n_fft);
    const int64_t hop_length = o.hop_length, win_length = o.win_length;
    const int64_t length = o.length ? o.length : LW_NONE;
    const bool normalized = o.normalized, onesided = !o.two_sided, center = o.center != LW_OFF;
    lw_array *window = o.window;
    return CALL("istft", A_V(input), A_I(n_fft), A_I(hop_length), A_I(win_length), A_O(window),
                A_B(center), A_B(normalized), A_B(onesided), A_I(length));
}

/* SPDX-License-Identifier: MIT
 *
 * The functions of lampwick/nn.h, which includes this file. Made by scripts/make_nn.py of
 * src/nn/nn.def.
 *
 * Comments say how PyTorch is called, with its defaults, where that is not what the prototype says;
 * defaults are written out here. Functions with _scalar take a number, which is an int if it is
 * whole. Results behind the first are stored where the last arguments say, which may be NULL;
 * functions that make a list store it in parts, which must be as long as the list, and return its
 * first. Nothing is written to arguments, and nothing is trained.
 */
#ifndef LAMPWICK_NN_FUNCTIONS_H
#define LAMPWICK_NN_FUNCTIONS_H

#include <lampwick/nn.h>

#ifdef __cplusplus
extern "C" {
#endif
/* clang-format off */

/* ---- Convolution ---- */

/* F.conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) */
LW_API lw_array *lw_conv1d(lw_array *input, lw_array *weight, lw_array *bias,
                           const lw_conv_options *options);
/* F.conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) */
LW_API lw_array *lw_conv2d(lw_array *input, lw_array *weight, lw_array *bias,
                           const lw_conv_options *options);
/* F.conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) */
LW_API lw_array *lw_conv3d(lw_array *input, lw_array *weight, lw_array *bias,
                           const lw_conv_options *options);
/* F.conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
 * dilation=1) */
LW_API lw_array *lw_conv_transpose1d(lw_array *input, lw_array *weight, lw_array *bias,
                                     const lw_conv_options *options);
/* F.conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
 * dilation=1) */
LW_API lw_array *lw_conv_transpose2d(lw_array *input, lw_array *weight, lw_array *bias,
                                     const lw_conv_options *options);
/* F.conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
 * dilation=1) */
LW_API lw_array *lw_conv_transpose3d(lw_array *input, lw_array *weight, lw_array *bias,
                                     const lw_conv_options *options);
/* torchvision.ops.deform_conv2d(input, offset, weight, bias=None, stride=1, padding=0,
 * dilation=1, mask=None) */
LW_API lw_array *lw_deform_conv2d(lw_array *input, lw_array *offset, lw_array *weight,
                                  lw_array *bias, const lw_conv_options *options);
/* F.unfold(input, kernel_size, dilation=1, padding=0, stride=1) */
LW_API lw_array *lw_unfold(lw_array *input, lw_ints kernel_size, lw_ints dilation, lw_ints padding,
                           lw_ints stride);
/* F.fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1) */
LW_API lw_array *lw_fold(lw_array *input, lw_ints output_size, lw_ints kernel_size,
                         lw_ints dilation, lw_ints padding, lw_ints stride);

/* ---- Pooling ---- */

/* F.avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
 * count_include_pad=True) */
LW_API lw_array *lw_avg_pool1d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
 * count_include_pad=True, divisor_override=None) */
LW_API lw_array *lw_avg_pool2d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
 * count_include_pad=True, divisor_override=None) */
LW_API lw_array *lw_avg_pool3d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False) */
LW_API lw_array *lw_max_pool1d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False) */
LW_API lw_array *lw_max_pool2d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False) */
LW_API lw_array *lw_max_pool3d(lw_array *input, lw_ints kernel_size,
                               const lw_pool_options *options);
/* F.max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
 * return_indices=True) */
LW_API lw_array *lw_max_pool1d_with_indices(lw_array *input, lw_ints kernel_size,
                                            const lw_pool_options *options, lw_array **indices);
/* F.max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
 * return_indices=True) */
LW_API lw_array *lw_max_pool2d_with_indices(lw_array *input, lw_ints kernel_size,
                                            const lw_pool_options *options, lw_array **indices);
/* F.max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
 * return_indices=True) */
LW_API lw_array *lw_max_pool3d_with_indices(lw_array *input, lw_ints kernel_size,
                                            const lw_pool_options *options, lw_array **indices);
/* F.max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None) */
LW_API lw_array *lw_max_unpool1d(lw_array *input, lw_array *indices, lw_ints kernel_size,
                                 lw_ints stride, lw_ints padding, lw_ints output_size);
/* F.max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None) */
LW_API lw_array *lw_max_unpool2d(lw_array *input, lw_array *indices, lw_ints kernel_size,
                                 lw_ints stride, lw_ints padding, lw_ints output_size);
/* F.max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None) */
LW_API lw_array *lw_max_unpool3d(lw_array *input, lw_array *indices, lw_ints kernel_size,
                                 lw_ints stride, lw_ints padding, lw_ints output_size);
/* F.lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False) */
LW_API lw_array *lw_lp_pool1d(lw_array *input, double norm_type, lw_ints kernel_size,
                              lw_ints stride, bool ceil_mode);
/* F.lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False) */
LW_API lw_array *lw_lp_pool2d(lw_array *input, double norm_type, lw_ints kernel_size,
                              lw_ints stride, bool ceil_mode);
/* F.lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False) */
LW_API lw_array *lw_lp_pool3d(lw_array *input, double norm_type, lw_ints kernel_size,
                              lw_ints stride, bool ceil_mode);
LW_API lw_array *lw_adaptive_avg_pool1d(lw_array *input, lw_ints output_size);
LW_API lw_array *lw_adaptive_avg_pool2d(lw_array *input, lw_ints output_size);
LW_API lw_array *lw_adaptive_avg_pool3d(lw_array *input, lw_ints output_size);
/* F.adaptive_max_pool1d(input, output_size, return_indices=True) */
LW_API lw_array *lw_adaptive_max_pool1d(lw_array *input, lw_ints output_size, lw_array **indices);
/* F.adaptive_max_pool2d(input, output_size, return_indices=True) */
LW_API lw_array *lw_adaptive_max_pool2d(lw_array *input, lw_ints output_size, lw_array **indices);
/* F.adaptive_max_pool3d(input, output_size, return_indices=True) */
LW_API lw_array *lw_adaptive_max_pool3d(lw_array *input, lw_ints output_size, lw_array **indices);
/* F.fractional_max_pool2d(input, kernel_size, output_size, return_indices=True, _random_samples) */
LW_API lw_array *lw_fractional_max_pool2d(lw_array *input, lw_ints kernel_size, lw_ints output_size,
                                          lw_array *random_samples, lw_array **indices);
/* F.fractional_max_pool3d(input, kernel_size, output_size, return_indices=True, _random_samples) */
LW_API lw_array *lw_fractional_max_pool3d(lw_array *input, lw_ints kernel_size, lw_ints output_size,
                                          lw_array *random_samples, lw_array **indices);

/* ---- Attention ---- */

/* F.scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0,
 * is_causal=False, scale=None, enable_gqa=False) */
LW_API lw_array *lw_scaled_dot_product_attention(lw_array *query, lw_array *key, lw_array *value,
                                                 const lw_attention_options *options);
/* F.multi_head_attention_forward(query, key, value, embed_dim, num_heads, in_proj_weight,
 * in_proj_bias, ..., out_proj_weight, out_proj_bias, ...) */
LW_API lw_array *lw_multi_head_attention_forward(lw_array *query, lw_array *key, lw_array *value,
                                                 int64_t num_heads, const lw_mha_options *options,
                                                 lw_array **attn_weights);

/* ---- Activations ---- */

LW_API lw_array *lw_threshold(lw_array *input, double threshold, double value);
LW_API lw_array *lw_relu(lw_array *input);
LW_API lw_array *lw_relu6(lw_array *input);
/* F.hardtanh(input, min_val=-1.0, max_val=1.0) */
LW_API lw_array *lw_hardtanh(lw_array *input, double min_val, double max_val);
LW_API lw_array *lw_hardswish(lw_array *input);
/* F.elu(input, alpha=1.0) */
LW_API lw_array *lw_elu(lw_array *input, double alpha);
LW_API lw_array *lw_selu(lw_array *input);
/* F.celu(input, alpha=1.0) */
LW_API lw_array *lw_celu(lw_array *input, double alpha);
/* F.leaky_relu(input, negative_slope=0.01) */
LW_API lw_array *lw_leaky_relu(lw_array *input, double negative_slope);
LW_API lw_array *lw_prelu(lw_array *input, lw_array *weight);
/* F.rrelu(input, lower=1/8, upper=1/3) */
LW_API lw_array *lw_rrelu(lw_array *input, double lower, double upper);
/* F.glu(input, dim=-1) */
LW_API lw_array *lw_glu(lw_array *input, int64_t dim);
/* F.gelu(input, approximate='none') */
LW_API lw_array *lw_gelu(lw_array *input, const char *approximate);
LW_API lw_array *lw_logsigmoid(lw_array *input);
/* F.hardshrink(input, lambd=0.5) */
LW_API lw_array *lw_hardshrink(lw_array *input, double lambd);
LW_API lw_array *lw_tanhshrink(lw_array *input);
LW_API lw_array *lw_softsign(lw_array *input);
/* F.softplus(input, beta=1.0, threshold=20.0) */
LW_API lw_array *lw_softplus(lw_array *input, double beta, double threshold);
LW_API lw_array *lw_softmin(lw_array *input, int64_t dim);
/* F.softmax(input, dim, dtype=None) */
LW_API lw_array *lw_softmax(lw_array *input, int64_t dim, lw_dtype dtype);
/* F.softshrink(input, lambd=0.5) */
LW_API lw_array *lw_softshrink(lw_array *input, double lambd);
/* F.gumbel_softmax(logits, tau=1, hard=False, dim=-1) */
LW_API lw_array *lw_gumbel_softmax(lw_array *logits, double tau, bool hard, int64_t dim);
/* F.log_softmax(input, dim, dtype=None) */
LW_API lw_array *lw_log_softmax(lw_array *input, int64_t dim, lw_dtype dtype);
LW_API lw_array *lw_hardsigmoid(lw_array *input);
LW_API lw_array *lw_silu(lw_array *input);
LW_API lw_array *lw_mish(lw_array *input);

/* ---- Normalisation ---- */

/* F.batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
 * eps=1e-05) */
LW_API lw_array *lw_batch_norm(lw_array *input, lw_array *running_mean, lw_array *running_var,
                               lw_array *weight, lw_array *bias, double eps);
/* F.group_norm(input, num_groups, weight=None, bias=None, eps=1e-05) */
LW_API lw_array *lw_group_norm(lw_array *input, int64_t num_groups, lw_array *weight,
                               lw_array *bias, double eps);
/* F.instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
 * use_input_stats=True, eps=1e-05) */
LW_API lw_array *lw_instance_norm(lw_array *input, lw_array *running_mean, lw_array *running_var,
                                  lw_array *weight, lw_array *bias, double eps);
/* F.layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05) */
LW_API lw_array *lw_layer_norm(lw_array *input, lw_ints normalized_shape, lw_array *weight,
                               lw_array *bias, double eps);
/* F.rms_norm(input, normalized_shape, weight=None, eps=None) */
LW_API lw_array *lw_rms_norm(lw_array *input, lw_ints normalized_shape, lw_array *weight,
                             double eps);
/* F.local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0) */
LW_API lw_array *lw_local_response_norm(lw_array *input, int64_t size, double alpha, double beta,
                                        double k);
/* F.normalize(input, p=2.0, dim=1, eps=1e-12) */
LW_API lw_array *lw_normalize(lw_array *input, double p, int64_t dim, double eps);

/* ---- Linear and sparse layers ---- */

/* F.linear(input, weight, bias=None) */
LW_API lw_array *lw_linear(lw_array *input, lw_array *weight, lw_array *bias);
/* F.bilinear(input1, input2, weight, bias=None) */
LW_API lw_array *lw_bilinear(lw_array *input1, lw_array *input2, lw_array *weight, lw_array *bias);
LW_API lw_array *lw_embedding(lw_array *input, lw_array *weight);
/* F.embedding_bag(input, weight, offsets=None, mode='mean', per_sample_weights=None,
 * include_last_offset=False) */
LW_API lw_array *lw_embedding_bag(lw_array *input, lw_array *weight, lw_array *offsets,
                                  const char *mode, lw_array *per_sample_weights,
                                  bool include_last_offset);
/* F.one_hot(tensor, num_classes=-1) */
LW_API lw_array *lw_one_hot(lw_array *tensor, int64_t num_classes);

/* ---- Dropout: nothing happens, networks are not trained here ---- */

/* F.dropout(input, p=0.5, training=False) */
LW_API lw_array *lw_dropout(lw_array *input, double p);
/* F.alpha_dropout(input, p=0.5, training=False) */
LW_API lw_array *lw_alpha_dropout(lw_array *input, double p);
/* F.feature_alpha_dropout(input, p=0.5, training=False) */
LW_API lw_array *lw_feature_alpha_dropout(lw_array *input, double p);
/* F.dropout1d(input, p=0.5, training=False) */
LW_API lw_array *lw_dropout1d(lw_array *input, double p);
/* F.dropout2d(input, p=0.5, training=False) */
LW_API lw_array *lw_dropout2d(lw_array *input, double p);
/* F.dropout3d(input, p=0.5, training=False) */
LW_API lw_array *lw_dropout3d(lw_array *input, double p);

/* ---- Distances and losses ---- */

/* F.pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False) */
LW_API lw_array *lw_pairwise_distance(lw_array *x1, lw_array *x2, double p, double eps,
                                      bool keepdim);
/* F.cosine_similarity(x1, x2, dim=1, eps=1e-08) */
LW_API lw_array *lw_cosine_similarity(lw_array *x1, lw_array *x2, int64_t dim, double eps);
/* F.pdist(input, p=2.0) */
LW_API lw_array *lw_pdist(lw_array *input, double p);
/* F.cross_entropy(input, target, weight=None, reduction='mean', ignore_index=-100,
 * label_smoothing=0.0) */
LW_API lw_array *lw_cross_entropy(lw_array *input, lw_array *target, lw_array *weight,
                                  const char *reduction, int64_t ignore_index,
                                  double label_smoothing);
/* F.nll_loss(input, target, weight=None, reduction='mean', ignore_index=-100) */
LW_API lw_array *lw_nll_loss(lw_array *input, lw_array *target, lw_array *weight,
                             const char *reduction, int64_t ignore_index);
/* F.mse_loss(input, target, reduction='mean') */
LW_API lw_array *lw_mse_loss(lw_array *input, lw_array *target, const char *reduction);
/* F.l1_loss(input, target, reduction='mean') */
LW_API lw_array *lw_l1_loss(lw_array *input, lw_array *target, const char *reduction);
/* F.smooth_l1_loss(input, target, reduction='mean', beta=1.0) */
LW_API lw_array *lw_smooth_l1_loss(lw_array *input, lw_array *target, const char *reduction,
                                   double beta);
/* F.huber_loss(input, target, reduction='mean', delta=1.0) */
LW_API lw_array *lw_huber_loss(lw_array *input, lw_array *target, const char *reduction,
                               double delta);
/* F.binary_cross_entropy(input, target, weight=None, reduction='mean') */
LW_API lw_array *lw_binary_cross_entropy(lw_array *input, lw_array *target, lw_array *weight,
                                         const char *reduction);
/* F.binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None,
 * reduction='mean') */
LW_API lw_array *lw_binary_cross_entropy_with_logits(lw_array *input, lw_array *target,
                                                     lw_array *weight, lw_array *pos_weight,
                                                     const char *reduction);
/* F.kl_div(input, target, reduction='mean', log_target=False) */
LW_API lw_array *lw_kl_div(lw_array *input, lw_array *target, const char *reduction,
                           bool log_target);
/* F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean',
 * zero_infinity=False) */
LW_API lw_array *lw_ctc_loss(lw_array *log_probs, lw_array *targets, lw_array *input_lengths,
                             lw_array *target_lengths, int64_t blank, const char *reduction,
                             bool zero_infinity);
/* F.cosine_embedding_loss(input1, input2, target, margin=0, reduction='mean') */
LW_API lw_array *lw_cosine_embedding_loss(lw_array *input1, lw_array *input2, lw_array *target,
                                          double margin, const char *reduction);
/* F.triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False,
 * reduction='mean') */
LW_API lw_array *lw_triplet_margin_loss(lw_array *anchor, lw_array *positive, lw_array *negative,
                                        double margin, double p, double eps, bool swap,
                                        const char *reduction);
/* F.hinge_embedding_loss(input, target, margin=1.0, reduction='mean') */
LW_API lw_array *lw_hinge_embedding_loss(lw_array *input, lw_array *target, double margin,
                                         const char *reduction);
/* F.margin_ranking_loss(input1, input2, target, margin=0, reduction='mean') */
LW_API lw_array *lw_margin_ranking_loss(lw_array *input1, lw_array *input2, lw_array *target,
                                        double margin, const char *reduction);
/* F.soft_margin_loss(input, target, reduction='mean') */
LW_API lw_array *lw_soft_margin_loss(lw_array *input, lw_array *target, const char *reduction);
/* F.poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-08, reduction='mean') */
LW_API lw_array *lw_poisson_nll_loss(lw_array *input, lw_array *target, bool log_input, bool full,
                                     double eps, const char *reduction);

/* ---- Vision ---- */

LW_API lw_array *lw_pixel_shuffle(lw_array *input, int64_t upscale_factor);
LW_API lw_array *lw_pixel_unshuffle(lw_array *input, int64_t downscale_factor);
LW_API lw_array *lw_channel_shuffle(lw_array *input, int64_t groups);
/* F.pad(input, pad, mode='constant', value=None) */
LW_API lw_array *lw_pad(lw_array *input, lw_ints pad, const char *mode, double value);
/* F.interpolate(input, size=None, scale_factor=None, mode='nearest', align_corners=None,
 * antialias=False) */
LW_API lw_array *lw_interpolate(lw_array *input, const lw_interpolate_options *options);
/* F.upsample(input, size=None, scale_factor=None, mode='nearest', align_corners=None) */
LW_API lw_array *lw_upsample(lw_array *input, const lw_interpolate_options *options);
/* F.grid_sample(input, grid, mode='bilinear', padding_mode='zeros', align_corners=False) */
LW_API lw_array *lw_grid_sample(lw_array *input, lw_array *grid, const char *mode,
                                const char *padding_mode, bool align_corners);
/* F.affine_grid(theta, size, align_corners=False) */
LW_API lw_array *lw_affine_grid(lw_array *theta, lw_ints size, bool align_corners);
/* torchvision.ops.nms(boxes, scores, iou_threshold) */
LW_API lw_array *lw_nms(lw_array *boxes, lw_array *scores, double iou_threshold);
/* torchvision.ops.batched_nms(boxes, scores, idxs, iou_threshold) */
LW_API lw_array *lw_batched_nms(lw_array *boxes, lw_array *scores, lw_array *idxs,
                                double iou_threshold);
/* torchvision.ops.roi_align(input, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1,
 * aligned=False) */
LW_API lw_array *lw_roi_align(lw_array *input, lw_array *boxes, lw_ints output_size,
                              double spatial_scale, int64_t sampling_ratio, bool aligned);
/* torchvision.ops.roi_pool(input, boxes, output_size, spatial_scale=1.0) */
LW_API lw_array *lw_roi_pool(lw_array *input, lw_array *boxes, lw_ints output_size,
                             double spatial_scale);
/* torchvision.ops.box_iou(boxes1, boxes2) */
LW_API lw_array *lw_box_iou(lw_array *boxes1, lw_array *boxes2);

/* ---- Making tensors ---- */

/* torch.zeros(size, dtype=None) */
LW_API lw_array *lw_zeros(lw_nn *nn, lw_ints size, lw_dtype dtype);
/* torch.ones(size, dtype=None) */
LW_API lw_array *lw_ones(lw_nn *nn, lw_ints size, lw_dtype dtype);
/* torch.full(size, fill_value, dtype=None) */
LW_API lw_array *lw_full(lw_nn *nn, lw_ints size, double fill_value, lw_dtype dtype);
/* torch.empty(size, dtype=None) */
LW_API lw_array *lw_empty(lw_nn *nn, lw_ints size, lw_dtype dtype);
/* torch.arange(start, end, step=1, dtype=None) */
LW_API lw_array *lw_arange(lw_nn *nn, double start, double end, double step, lw_dtype dtype);
/* torch.linspace(start, end, steps, dtype=None) */
LW_API lw_array *lw_linspace(lw_nn *nn, double start, double end, int64_t steps, lw_dtype dtype);
/* torch.logspace(start, end, steps, base=10.0, dtype=None) */
LW_API lw_array *lw_logspace(lw_nn *nn, double start, double end, int64_t steps, double base,
                             lw_dtype dtype);
/* torch.eye(n, dtype=None) */
LW_API lw_array *lw_eye(lw_nn *nn, int64_t n, lw_dtype dtype);
/* torch.zeros_like(input, dtype=None) */
LW_API lw_array *lw_zeros_like(lw_array *input, lw_dtype dtype);
/* torch.ones_like(input, dtype=None) */
LW_API lw_array *lw_ones_like(lw_array *input, lw_dtype dtype);
/* torch.full_like(input, fill_value, dtype=None) */
LW_API lw_array *lw_full_like(lw_array *input, double fill_value, lw_dtype dtype);
/* torch.rand(size, dtype=None) */
LW_API lw_array *lw_rand(lw_nn *nn, lw_ints size, lw_dtype dtype);
/* torch.randn(size, dtype=None) */
LW_API lw_array *lw_randn(lw_nn *nn, lw_ints size, lw_dtype dtype);
/* torch.rand_like(input, dtype=None) */
LW_API lw_array *lw_rand_like(lw_array *input, lw_dtype dtype);
/* torch.randn_like(input, dtype=None) */
LW_API lw_array *lw_randn_like(lw_array *input, lw_dtype dtype);
/* torch.randint(low, high, size, dtype=None) */
LW_API lw_array *lw_randint(lw_nn *nn, int64_t low, int64_t high, lw_ints size, lw_dtype dtype);
/* torch.randperm(n) */
LW_API lw_array *lw_randperm(lw_nn *nn, int64_t n);
LW_API lw_array *lw_bernoulli(lw_array *input);
/* torch.multinomial(input, num_samples, replacement=False) */
LW_API lw_array *lw_multinomial(lw_array *input, int64_t num_samples, bool replacement);
LW_API lw_array *lw_normal(lw_array *mean, lw_array *std);
/* torch.hann_window(window_length, periodic=True, dtype=None) */
LW_API lw_array *lw_hann_window(lw_nn *nn, int64_t window_length, bool periodic);
/* torch.hamming_window(window_length, periodic=True, dtype=None) */
LW_API lw_array *lw_hamming_window(lw_nn *nn, int64_t window_length, bool periodic);
/* torch.blackman_window(window_length, dtype=None) */
LW_API lw_array *lw_blackman_window(lw_nn *nn, int64_t window_length, lw_dtype dtype);
/* torch.bartlett_window(window_length, dtype=None) */
LW_API lw_array *lw_bartlett_window(lw_nn *nn, int64_t window_length, lw_dtype dtype);
/* torch.tril_indices(row, col, offset=0) */
LW_API lw_array *lw_tril_indices(lw_nn *nn, int64_t row, int64_t col, int64_t offset);
/* torch.triu_indices(row, col, offset=0) */
LW_API lw_array *lw_triu_indices(lw_nn *nn, int64_t row, int64_t col, int64_t offset);
/* torch.vander(x, N=None, increasing=False) */
LW_API lw_array *lw_vander(lw_array *x, int64_t N, bool increasing);

/* ---- Joining, cutting, choosing ---- */

/* torch.cat(tensors, dim=0) */
LW_API lw_array *lw_cat(lw_array *const *tensors, size_t n_tensors, int64_t dim);
/* torch.concat(tensors, dim=0) */
LW_API lw_array *lw_concat(lw_array *const *tensors, size_t n_tensors, int64_t dim);
/* torch.stack(tensors, dim=0) */
LW_API lw_array *lw_stack(lw_array *const *tensors, size_t n_tensors, int64_t dim);
LW_API lw_array *lw_hstack(lw_array *const *tensors, size_t n_tensors);
LW_API lw_array *lw_vstack(lw_array *const *tensors, size_t n_tensors);
LW_API lw_array *lw_dstack(lw_array *const *tensors, size_t n_tensors);
LW_API lw_array *lw_column_stack(lw_array *const *tensors, size_t n_tensors);
/* torch.split(tensor, split_size, dim=0) */
LW_API lw_array *lw_split(lw_array *tensor, int64_t split_size, int64_t dim, lw_array **parts,
                          size_t n_parts);
/* torch.split(tensor, split_size_or_sections, dim=0) */
LW_API lw_array *lw_split_with_sizes(lw_array *tensor, lw_ints split_sizes, int64_t dim,
                                     lw_array **parts, size_t n_parts);
/* torch.tensor_split(input, indices_or_sections, dim=0) */
LW_API lw_array *lw_tensor_split(lw_array *input, lw_ints indices, int64_t dim, lw_array **parts,
                                 size_t n_parts);
/* torch.chunk(input, chunks, dim=0) */
LW_API lw_array *lw_chunk(lw_array *input, int64_t chunks, int64_t dim, lw_array **parts,
                          size_t n_parts);
/* torch.unbind(input, dim=0) */
LW_API lw_array *lw_unbind(lw_array *input, int64_t dim, lw_array **parts, size_t n_parts);
LW_API lw_array *lw_narrow(lw_array *input, int64_t dim, int64_t start, int64_t length);
LW_API lw_array *lw_select(lw_array *input, int64_t dim, int64_t index);
/* input[..., start:end:step, ...] */
LW_API lw_array *lw_slice(lw_array *input, int64_t dim, int64_t start, int64_t end, int64_t step);
/* input[indices] */
LW_API lw_array *lw_index(lw_array *input, lw_array *const *indices, size_t n_indices);
LW_API lw_array *lw_index_select(lw_array *input, int64_t dim, lw_array *index);
LW_API lw_array *lw_gather(lw_array *input, int64_t dim, lw_array *index);
LW_API lw_array *lw_take(lw_array *input, lw_array *index);
/* torch.take_along_dim(input, indices, dim=None) */
LW_API lw_array *lw_take_along_dim(lw_array *input, lw_array *indices, int64_t dim);
LW_API lw_array *lw_scatter(lw_array *input, int64_t dim, lw_array *index, lw_array *src);
/* torch.scatter(input, dim, index, value) */
LW_API lw_array *lw_scatter_value(lw_array *input, int64_t dim, lw_array *index, double value);
LW_API lw_array *lw_scatter_add(lw_array *input, int64_t dim, lw_array *index, lw_array *src);
/* torch.scatter_reduce(input, dim, index, src, reduce, include_self=True) */
LW_API lw_array *lw_scatter_reduce(lw_array *input, int64_t dim, lw_array *index, lw_array *src,
                                   const char *reduce, bool include_self);
/* torch.index_put(input, indices, values, accumulate=False) */
LW_API lw_array *lw_index_put(lw_array *input, lw_array *const *indices, size_t n_indices,
                              lw_array *values, bool accumulate);
/* torch.index_add(input, dim, index, source, alpha=1) */
LW_API lw_array *lw_index_add(lw_array *input, int64_t dim, lw_array *index, lw_array *source,
                              double alpha);
LW_API lw_array *lw_index_copy(lw_array *input, int64_t dim, lw_array *index, lw_array *source);
LW_API lw_array *lw_index_fill(lw_array *input, int64_t dim, lw_array *index, double value);
LW_API lw_array *lw_select_scatter(lw_array *input, lw_array *src, int64_t dim, int64_t index);
/* torch.slice_scatter(input, src, dim=0, start=None, end=None, step=1) */
LW_API lw_array *lw_slice_scatter(lw_array *input, lw_array *src, int64_t dim, int64_t start,
                                  int64_t end, int64_t step);
/* torch.diagonal_scatter(input, src, offset=0, dim1=0, dim2=1) */
LW_API lw_array *lw_diagonal_scatter(lw_array *input, lw_array *src, int64_t offset, int64_t dim1,
                                     int64_t dim2);
LW_API lw_array *lw_masked_fill(lw_array *input, lw_array *mask, double value);
LW_API lw_array *lw_masked_select(lw_array *input, lw_array *mask);
LW_API lw_array *lw_masked_scatter(lw_array *input, lw_array *mask, lw_array *source);
LW_API lw_array *lw_where(lw_array *condition, lw_array *input, lw_array *other);
LW_API lw_array *lw_nonzero(lw_array *input);
LW_API lw_array *lw_argwhere(lw_array *input);

/* ---- Shapes ---- */

/* input.view(shape) */
LW_API lw_array *lw_view(lw_array *input, lw_ints shape);
LW_API lw_array *lw_reshape(lw_array *input, lw_ints shape);
/* input.view_as(other) */
LW_API lw_array *lw_view_as(lw_array *input, lw_array *other);
/* input.reshape_as(other) */
LW_API lw_array *lw_reshape_as(lw_array *input, lw_array *other);
LW_API lw_array *lw_ravel(lw_array *input);
LW_API lw_array *lw_atleast_1d(lw_array *input);
LW_API lw_array *lw_atleast_2d(lw_array *input);
LW_API lw_array *lw_atleast_3d(lw_array *input);
/* torch.flatten(input, start_dim=0, end_dim=-1) */
LW_API lw_array *lw_flatten(lw_array *input, int64_t start_dim, int64_t end_dim);
LW_API lw_array *lw_unflatten(lw_array *input, int64_t dim, lw_ints sizes);
/* torch.squeeze(input, dim=None) */
LW_API lw_array *lw_squeeze(lw_array *input, lw_ints dim);
LW_API lw_array *lw_unsqueeze(lw_array *input, int64_t dim);
LW_API lw_array *lw_transpose(lw_array *input, int64_t dim0, int64_t dim1);
LW_API lw_array *lw_permute(lw_array *input, lw_ints dims);
LW_API lw_array *lw_movedim(lw_array *input, lw_ints source, lw_ints destination);
LW_API lw_array *lw_swapaxes(lw_array *input, int64_t axis0, int64_t axis1);
LW_API lw_array *lw_t(lw_array *input);
/* input.expand(size) */
LW_API lw_array *lw_expand(lw_array *input, lw_ints size);
/* input.expand_as(other) */
LW_API lw_array *lw_expand_as(lw_array *input, lw_array *other);
LW_API lw_array *lw_broadcast_to(lw_array *input, lw_ints size);
/* input.repeat(repeats) */
LW_API lw_array *lw_repeat(lw_array *input, lw_ints repeats);
/* torch.repeat_interleave(input, repeats, dim=None) */
LW_API lw_array *lw_repeat_interleave(lw_array *input, int64_t repeats, int64_t dim);
LW_API lw_array *lw_tile(lw_array *input, lw_ints dims);
LW_API lw_array *lw_flip(lw_array *input, lw_ints dims);
LW_API lw_array *lw_fliplr(lw_array *input);
LW_API lw_array *lw_flipud(lw_array *input);
/* torch.roll(input, shifts, dims=None) */
LW_API lw_array *lw_roll(lw_array *input, lw_ints shifts, lw_ints dims);
/* torch.rot90(input, k=1, dims=(0, 1)) */
LW_API lw_array *lw_rot90(lw_array *input, int64_t k, lw_ints dims);
/* input.contiguous() */
LW_API lw_array *lw_contiguous(lw_array *input);
/* torch.as_strided(input, size, stride, storage_offset=None) */
LW_API lw_array *lw_as_strided(lw_array *input, lw_ints size, lw_ints stride,
                               int64_t storage_offset);
/* input.unfold(dimension, size, step) */
LW_API lw_array *lw_tensor_unfold(lw_array *input, int64_t dimension, int64_t size, int64_t step);
/* torch.diagonal(input, offset=0, dim1=0, dim2=1) */
LW_API lw_array *lw_diagonal(lw_array *input, int64_t offset, int64_t dim1, int64_t dim2);
/* torch.diag(input, diagonal=0) */
LW_API lw_array *lw_diag(lw_array *input, int64_t diagonal);
/* torch.diag_embed(input, offset=0, dim1=-2, dim2=-1) */
LW_API lw_array *lw_diag_embed(lw_array *input, int64_t offset, int64_t dim1, int64_t dim2);
/* torch.tril(input, diagonal=0) */
LW_API lw_array *lw_tril(lw_array *input, int64_t diagonal);
/* torch.triu(input, diagonal=0) */
LW_API lw_array *lw_triu(lw_array *input, int64_t diagonal);
/* torch.meshgrid(*tensors, indexing='ij') */
LW_API lw_array *lw_meshgrid(lw_array *const *tensors, size_t n_tensors, const char *indexing,
                             lw_array **parts, size_t n_parts);
/* torch.broadcast_tensors(*tensors) */
LW_API lw_array *lw_broadcast_tensors(lw_array *const *tensors, size_t n_tensors, lw_array **parts,
                                      size_t n_parts);

/* ---- Arithmetic, element by element ---- */

LW_API lw_array *lw_abs(lw_array *input);
LW_API lw_array *lw_neg(lw_array *input);
LW_API lw_array *lw_sign(lw_array *input);
LW_API lw_array *lw_sqrt(lw_array *input);
LW_API lw_array *lw_rsqrt(lw_array *input);
LW_API lw_array *lw_square(lw_array *input);
LW_API lw_array *lw_pow(lw_array *input, lw_array *exponent);
/* torch.pow(input, exponent) */
LW_API lw_array *lw_pow_scalar(lw_array *input, double exponent);
LW_API lw_array *lw_exp(lw_array *input);
LW_API lw_array *lw_exp2(lw_array *input);
LW_API lw_array *lw_expm1(lw_array *input);
LW_API lw_array *lw_log(lw_array *input);
LW_API lw_array *lw_log2(lw_array *input);
LW_API lw_array *lw_log10(lw_array *input);
LW_API lw_array *lw_log1p(lw_array *input);
LW_API lw_array *lw_sin(lw_array *input);
LW_API lw_array *lw_cos(lw_array *input);
LW_API lw_array *lw_tan(lw_array *input);
LW_API lw_array *lw_asin(lw_array *input);
LW_API lw_array *lw_acos(lw_array *input);
LW_API lw_array *lw_atan(lw_array *input);
LW_API lw_array *lw_atan2(lw_array *input, lw_array *other);
LW_API lw_array *lw_sinh(lw_array *input);
LW_API lw_array *lw_cosh(lw_array *input);
LW_API lw_array *lw_tanh(lw_array *input);
LW_API lw_array *lw_asinh(lw_array *input);
LW_API lw_array *lw_acosh(lw_array *input);
LW_API lw_array *lw_atanh(lw_array *input);
LW_API lw_array *lw_erf(lw_array *input);
LW_API lw_array *lw_erfc(lw_array *input);
LW_API lw_array *lw_erfinv(lw_array *input);
LW_API lw_array *lw_sigmoid(lw_array *input);
LW_API lw_array *lw_ceil(lw_array *input);
LW_API lw_array *lw_floor(lw_array *input);
LW_API lw_array *lw_round(lw_array *input);
LW_API lw_array *lw_trunc(lw_array *input);
LW_API lw_array *lw_frac(lw_array *input);
LW_API lw_array *lw_reciprocal(lw_array *input);
/* torch.clamp(input, min=None, max=None) */
LW_API lw_array *lw_clamp(lw_array *input, double min, double max);
/* torch.clip(input, min=None, max=None) */
LW_API lw_array *lw_clip(lw_array *input, double min, double max);
LW_API lw_array *lw_lerp(lw_array *input, lw_array *end, lw_array *weight);
/* torch.lerp(input, end, weight) */
LW_API lw_array *lw_lerp_scalar(lw_array *input, lw_array *end, double weight);
/* torch.addcmul(input, tensor1, tensor2, value=1) */
LW_API lw_array *lw_addcmul(lw_array *input, lw_array *tensor1, lw_array *tensor2, double value);
/* torch.addcdiv(input, tensor1, tensor2, value=1) */
LW_API lw_array *lw_addcdiv(lw_array *input, lw_array *tensor1, lw_array *tensor2, double value);
LW_API lw_array *lw_add(lw_array *input, lw_array *other);
LW_API lw_array *lw_sub(lw_array *input, lw_array *other);
LW_API lw_array *lw_mul(lw_array *input, lw_array *other);
LW_API lw_array *lw_div(lw_array *input, lw_array *other);
/* torch.div(input, other, rounding_mode=None) */
LW_API lw_array *lw_div_mode(lw_array *input, lw_array *other, const char *rounding_mode);
/* torch.add(input, other) */
LW_API lw_array *lw_add_scalar(lw_array *input, double other);
/* torch.sub(input, other) */
LW_API lw_array *lw_sub_scalar(lw_array *input, double other);
/* torch.rsub(input, other) */
LW_API lw_array *lw_rsub_scalar(lw_array *input, double other);
/* torch.mul(input, other) */
LW_API lw_array *lw_mul_scalar(lw_array *input, double other);
/* torch.div(input, other) */
LW_API lw_array *lw_div_scalar(lw_array *input, double other);
LW_API lw_array *lw_true_divide(lw_array *input, lw_array *other);
LW_API lw_array *lw_floor_divide(lw_array *input, lw_array *other);
LW_API lw_array *lw_remainder(lw_array *input, lw_array *other);
LW_API lw_array *lw_fmod(lw_array *input, lw_array *other);
LW_API lw_array *lw_maximum(lw_array *input, lw_array *other);
LW_API lw_array *lw_minimum(lw_array *input, lw_array *other);
LW_API lw_array *lw_logaddexp(lw_array *input, lw_array *other);
LW_API lw_array *lw_xlogy(lw_array *input, lw_array *other);
LW_API lw_array *lw_hypot(lw_array *input, lw_array *other);
LW_API lw_array *lw_heaviside(lw_array *input, lw_array *values);
LW_API lw_array *lw_logaddexp2(lw_array *input, lw_array *other);
LW_API lw_array *lw_copysign(lw_array *input, lw_array *other);
LW_API lw_array *lw_fmax(lw_array *input, lw_array *other);
LW_API lw_array *lw_fmin(lw_array *input, lw_array *other);
LW_API lw_array *lw_deg2rad(lw_array *input);
LW_API lw_array *lw_rad2deg(lw_array *input);
LW_API lw_array *lw_sgn(lw_array *input);
LW_API lw_array *lw_signbit(lw_array *input);
LW_API lw_array *lw_sinc(lw_array *input);
/* torch.logit(input, eps=None) */
LW_API lw_array *lw_logit(lw_array *input, double eps);
/* torch.nan_to_num(input, nan=0.0, posinf=None, neginf=None) */
LW_API lw_array *lw_nan_to_num(lw_array *input, double nan, double posinf, double neginf);

/* ---- Comparison, logic, bits ---- */

LW_API lw_array *lw_eq(lw_array *input, lw_array *other);
LW_API lw_array *lw_ne(lw_array *input, lw_array *other);
LW_API lw_array *lw_lt(lw_array *input, lw_array *other);
LW_API lw_array *lw_le(lw_array *input, lw_array *other);
LW_API lw_array *lw_gt(lw_array *input, lw_array *other);
LW_API lw_array *lw_ge(lw_array *input, lw_array *other);
/* torch.eq(input, other) */
LW_API lw_array *lw_eq_scalar(lw_array *input, double other);
/* torch.ne(input, other) */
LW_API lw_array *lw_ne_scalar(lw_array *input, double other);
/* torch.lt(input, other) */
LW_API lw_array *lw_lt_scalar(lw_array *input, double other);
/* torch.le(input, other) */
LW_API lw_array *lw_le_scalar(lw_array *input, double other);
/* torch.gt(input, other) */
LW_API lw_array *lw_gt_scalar(lw_array *input, double other);
/* torch.ge(input, other) */
LW_API lw_array *lw_ge_scalar(lw_array *input, double other);
/* torch.isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) */
LW_API lw_array *lw_isclose(lw_array *input, lw_array *other, double rtol, double atol,
                            bool equal_nan);
/* torch.allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) */
LW_API lw_array *lw_allclose(lw_array *input, lw_array *other, double rtol, double atol,
                             bool equal_nan);
LW_API lw_array *lw_isnan(lw_array *input);
LW_API lw_array *lw_isinf(lw_array *input);
LW_API lw_array *lw_isfinite(lw_array *input);
LW_API lw_array *lw_isposinf(lw_array *input);
LW_API lw_array *lw_isneginf(lw_array *input);
LW_API lw_array *lw_logical_and(lw_array *input, lw_array *other);
LW_API lw_array *lw_logical_or(lw_array *input, lw_array *other);
LW_API lw_array *lw_logical_not(lw_array *input);
LW_API lw_array *lw_logical_xor(lw_array *input, lw_array *other);
LW_API lw_array *lw_bitwise_and(lw_array *input, lw_array *other);
LW_API lw_array *lw_bitwise_or(lw_array *input, lw_array *other);
LW_API lw_array *lw_bitwise_not(lw_array *input);
LW_API lw_array *lw_bitwise_xor(lw_array *input, lw_array *other);
LW_API lw_array *lw_bitwise_left_shift(lw_array *input, lw_array *other);
LW_API lw_array *lw_bitwise_right_shift(lw_array *input, lw_array *other);
LW_API lw_array *lw_isin(lw_array *elements, lw_array *test_elements);
LW_API lw_array *lw_any(lw_array *input);
/* torch.any(input, dim, keepdim=False) */
LW_API lw_array *lw_any_dim(lw_array *input, int64_t dim, bool keepdim);
LW_API lw_array *lw_all(lw_array *input);
/* torch.all(input, dim, keepdim=False) */
LW_API lw_array *lw_all_dim(lw_array *input, int64_t dim, bool keepdim);
LW_API lw_array *lw_equal(lw_array *input, lw_array *other);

/* ---- Reduction: dim {0} stands for all of them ---- */

/* torch.sum(input, dim=None, keepdim=False, dtype=None) */
LW_API lw_array *lw_sum(lw_array *input, lw_ints dim, bool keepdim, lw_dtype dtype);
/* torch.mean(input, dim=None, keepdim=False, dtype=None) */
LW_API lw_array *lw_mean(lw_array *input, lw_ints dim, bool keepdim, lw_dtype dtype);
LW_API lw_array *lw_prod(lw_array *input);
/* torch.prod(input, dim, keepdim=False) */
LW_API lw_array *lw_prod_dim(lw_array *input, int64_t dim, bool keepdim);
LW_API lw_array *lw_max(lw_array *input);
/* torch.max(input, dim, keepdim=False) */
LW_API lw_array *lw_max_dim(lw_array *input, int64_t dim, bool keepdim, lw_array **indices);
LW_API lw_array *lw_min(lw_array *input);
/* torch.min(input, dim, keepdim=False) */
LW_API lw_array *lw_min_dim(lw_array *input, int64_t dim, bool keepdim, lw_array **indices);
/* torch.amax(input, dim=(), keepdim=False) */
LW_API lw_array *lw_amax(lw_array *input, lw_ints dim, bool keepdim);
/* torch.amin(input, dim=(), keepdim=False) */
LW_API lw_array *lw_amin(lw_array *input, lw_ints dim, bool keepdim);
/* torch.argmax(input, dim=None, keepdim=False) */
LW_API lw_array *lw_argmax(lw_array *input, int64_t dim, bool keepdim);
/* torch.argmin(input, dim=None, keepdim=False) */
LW_API lw_array *lw_argmin(lw_array *input, int64_t dim, bool keepdim);
/* torch.std(input, dim=None, correction=1, keepdim=False) */
LW_API lw_array *lw_std(lw_array *input, lw_ints dim, double correction, bool keepdim);
/* torch.var(input, dim=None, correction=1, keepdim=False) */
LW_API lw_array *lw_var(lw_array *input, lw_ints dim, double correction, bool keepdim);
/* torch.std_mean(input, dim=None, correction=1, keepdim=False) */
LW_API lw_array *lw_std_mean(lw_array *input, lw_ints dim, double correction, bool keepdim,
                             lw_array **mean);
/* torch.var_mean(input, dim=None, correction=1, keepdim=False) */
LW_API lw_array *lw_var_mean(lw_array *input, lw_ints dim, double correction, bool keepdim,
                             lw_array **mean);
LW_API lw_array *lw_median(lw_array *input);
/* torch.median(input, dim, keepdim=False) */
LW_API lw_array *lw_median_dim(lw_array *input, int64_t dim, bool keepdim, lw_array **indices);
/* torch.nanmean(input, dim=None, keepdim=False) */
LW_API lw_array *lw_nanmean(lw_array *input, lw_ints dim, bool keepdim);
/* torch.nansum(input, dim=None, keepdim=False, dtype=None) */
LW_API lw_array *lw_nansum(lw_array *input, lw_ints dim, bool keepdim, lw_dtype dtype);
LW_API lw_array *lw_nanmedian(lw_array *input);
/* torch.nanmedian(input, dim, keepdim=False) */
LW_API lw_array *lw_nanmedian_dim(lw_array *input, int64_t dim, bool keepdim, lw_array **indices);
/* torch.quantile(input, q, dim=None, keepdim=False) */
LW_API lw_array *lw_quantile(lw_array *input, double q, int64_t dim, bool keepdim);
/* torch.logsumexp(input, dim, keepdim=False) */
LW_API lw_array *lw_logsumexp(lw_array *input, lw_ints dim, bool keepdim);
/* torch.norm(input, p='fro', dim=None, keepdim=False) */
LW_API lw_array *lw_norm(lw_array *input, double p, lw_ints dim, bool keepdim);
/* torch.linalg.vector_norm(x, ord=2, dim=None, keepdim=False, dtype=None) */
LW_API lw_array *lw_linalg_vector_norm(lw_array *x, double ord, lw_ints dim, bool keepdim,
                                       lw_dtype dtype);
/* torch.linalg.norm(A, ord=None, dim=None, keepdim=False, dtype=None) */
LW_API lw_array *lw_linalg_norm(lw_array *A, double ord, lw_ints dim, bool keepdim, lw_dtype dtype);
/* torch.dist(input, other, p=2) */
LW_API lw_array *lw_dist(lw_array *input, lw_array *other, double p);
LW_API lw_array *lw_renorm(lw_array *input, double p, int64_t dim, double maxnorm);
/* torch.cov(input, correction=1) */
LW_API lw_array *lw_cov(lw_array *input, int64_t correction);
LW_API lw_array *lw_corrcoef(lw_array *input);
/* torch.cumsum(input, dim, dtype=None) */
LW_API lw_array *lw_cumsum(lw_array *input, int64_t dim, lw_dtype dtype);
/* torch.cumprod(input, dim, dtype=None) */
LW_API lw_array *lw_cumprod(lw_array *input, int64_t dim, lw_dtype dtype);
LW_API lw_array *lw_logcumsumexp(lw_array *input, int64_t dim);
/* torch.cummax(input, dim) */
LW_API lw_array *lw_cummax(lw_array *input, int64_t dim, lw_array **indices);
/* torch.cummin(input, dim) */
LW_API lw_array *lw_cummin(lw_array *input, int64_t dim, lw_array **indices);
/* torch.diff(input, n=1, dim=-1) */
LW_API lw_array *lw_diff(lw_array *input, int64_t n, int64_t dim);
/* torch.count_nonzero(input, dim=None) */
LW_API lw_array *lw_count_nonzero(lw_array *input, int64_t dim);
/* torch.histc(input, bins=100, min=0, max=0) */
LW_API lw_array *lw_histc(lw_array *input, int64_t bins, double min, double max);
/* torch.bincount(input, weights=None, minlength=0) */
LW_API lw_array *lw_bincount(lw_array *input, lw_array *weights, int64_t minlength);
/* torch.unique(input, sorted=True, return_inverse=True, return_counts=True) */
LW_API lw_array *lw_unique(lw_array *input, lw_array **inverse, lw_array **counts);
/* torch.unique_consecutive(input, return_inverse=True, return_counts=True) */
LW_API lw_array *lw_unique_consecutive(lw_array *input, lw_array **inverse, lw_array **counts);

/* ---- Sorting and searching ---- */

/* torch.sort(input, dim=-1, descending=False) */
LW_API lw_array *lw_sort(lw_array *input, int64_t dim, bool descending, lw_array **indices);
/* torch.argsort(input, dim=-1, descending=False) */
LW_API lw_array *lw_argsort(lw_array *input, int64_t dim, bool descending);
LW_API lw_array *lw_msort(lw_array *input);
/* torch.topk(input, k, dim=-1, largest=True, sorted=True) */
LW_API lw_array *lw_topk(lw_array *input, int64_t k, int64_t dim, bool largest, bool sorted,
                         lw_array **indices);
/* torch.kthvalue(input, k, dim=-1, keepdim=False) */
LW_API lw_array *lw_kthvalue(lw_array *input, int64_t k, int64_t dim, bool keepdim,
                             lw_array **indices);
/* torch.searchsorted(sorted_sequence, values, right=False) */
LW_API lw_array *lw_searchsorted(lw_array *sorted_sequence, lw_array *values, bool right);
/* torch.bucketize(input, boundaries, right=False) */
LW_API lw_array *lw_bucketize(lw_array *input, lw_array *boundaries, bool right);

/* ---- Linear algebra ---- */

LW_API lw_array *lw_matmul(lw_array *input, lw_array *other);
LW_API lw_array *lw_mm(lw_array *input, lw_array *mat2);
LW_API lw_array *lw_bmm(lw_array *input, lw_array *mat2);
LW_API lw_array *lw_mv(lw_array *input, lw_array *vec);
LW_API lw_array *lw_dot(lw_array *input, lw_array *tensor);
/* torch.addmm(input, mat1, mat2, beta=1, alpha=1) */
LW_API lw_array *lw_addmm(lw_array *input, lw_array *mat1, lw_array *mat2, double beta,
                          double alpha);
/* torch.addmv(input, mat, vec, beta=1, alpha=1) */
LW_API lw_array *lw_addmv(lw_array *input, lw_array *mat, lw_array *vec, double beta, double alpha);
/* torch.baddbmm(input, batch1, batch2, beta=1, alpha=1) */
LW_API lw_array *lw_baddbmm(lw_array *input, lw_array *batch1, lw_array *batch2, double beta,
                            double alpha);
LW_API lw_array *lw_einsum(const char *equation, lw_array *const *operands, size_t n_operands);
/* torch.tensordot(a, b, dims) */
LW_API lw_array *lw_tensordot(lw_array *a, lw_array *b, lw_ints dims_a, lw_ints dims_b);
LW_API lw_array *lw_outer(lw_array *input, lw_array *vec2);
LW_API lw_array *lw_inner(lw_array *input, lw_array *other);
/* torch.cross(input, other, dim=None) */
LW_API lw_array *lw_cross(lw_array *input, lw_array *other, int64_t dim);
LW_API lw_array *lw_kron(lw_array *input, lw_array *other);
/* torch.cdist(x1, x2, p=2.0) */
LW_API lw_array *lw_cdist(lw_array *x1, lw_array *x2, double p);
LW_API lw_array *lw_chain_matmul(lw_array *const *matrices, size_t n_matrices);
/* torch.linalg.inv(A) */
LW_API lw_array *lw_linalg_inv(lw_array *A);
/* torch.linalg.det(A) */
LW_API lw_array *lw_linalg_det(lw_array *A);
/* torch.linalg.solve(A, B, left=True) */
LW_API lw_array *lw_linalg_solve(lw_array *A, lw_array *B, bool left);
/* torch.linalg.cholesky(A, upper=False) */
LW_API lw_array *lw_linalg_cholesky(lw_array *A, bool upper);
/* torch.linalg.svd(A, full_matrices=True) */
LW_API lw_array *lw_linalg_svd(lw_array *A, bool full_matrices, lw_array **S, lw_array **Vh);
/* torch.linalg.qr(A, mode='reduced') */
LW_API lw_array *lw_linalg_qr(lw_array *A, const char *mode, lw_array **upper);
/* torch.linalg.eigh(A, UPLO='L') */
LW_API lw_array *lw_linalg_eigh(lw_array *A, const char *UPLO, lw_array **eigenvectors);
/* torch.linalg.svdvals(A) */
LW_API lw_array *lw_linalg_svdvals(lw_array *A);
/* torch.linalg.eigvalsh(A, UPLO='L') */
LW_API lw_array *lw_linalg_eigvalsh(lw_array *A, const char *UPLO);
/* torch.linalg.pinv(A, atol=None, rtol=None) */
LW_API lw_array *lw_linalg_pinv(lw_array *A, double atol, double rtol);
/* torch.linalg.matrix_rank(A, atol=None, rtol=None) */
LW_API lw_array *lw_linalg_matrix_rank(lw_array *A, double atol, double rtol);
/* torch.linalg.lstsq(A, B).solution */
LW_API lw_array *lw_linalg_lstsq(lw_array *A, lw_array *B);
/* torch.linalg.slogdet(A) */
LW_API lw_array *lw_linalg_slogdet(lw_array *A, lw_array **logabsdet);
/* torch.linalg.solve_triangular(A, B, upper, left=True, unitriangular=False) */
LW_API lw_array *lw_linalg_solve_triangular(lw_array *A, lw_array *B, bool upper, bool left,
                                            bool unitriangular);
/* torch.linalg.matrix_norm(A, ord='fro', dim=(-2, -1), keepdim=False) */
LW_API lw_array *lw_linalg_matrix_norm(lw_array *A, const char *ord, lw_ints dim, bool keepdim);
/* torch.linalg.matrix_power(A, n) */
LW_API lw_array *lw_linalg_matrix_power(lw_array *A, int64_t n);
/* torch.linalg.multi_dot(tensors) */
LW_API lw_array *lw_linalg_multi_dot(lw_array *const *tensors, size_t n_tensors);
/* torch.linalg.cross(input, other, dim=-1) */
LW_API lw_array *lw_linalg_cross(lw_array *input, lw_array *other, int64_t dim);
LW_API lw_array *lw_logdet(lw_array *input);
LW_API lw_array *lw_trace(lw_array *input);
LW_API lw_array *lw_vdot(lw_array *input, lw_array *other);
/* torch.cholesky_solve(B, L, upper=False) */
LW_API lw_array *lw_cholesky_solve(lw_array *B, lw_array *L, bool upper);
/* torch.addr(input, vec1, vec2, beta=1, alpha=1) */
LW_API lw_array *lw_addr(lw_array *input, lw_array *vec1, lw_array *vec2, double beta,
                         double alpha);
/* torch.addbmm(input, batch1, batch2, beta=1, alpha=1) */
LW_API lw_array *lw_addbmm(lw_array *input, lw_array *batch1, lw_array *batch2, double beta,
                           double alpha);

/* ---- Recurrent layers ---- */

/* torch.lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
 * batch_first) */
LW_API lw_array *lw_lstm(lw_array *input, lw_array *const *hx, size_t n_hx, lw_array *const *params,
                         size_t n_params, bool has_biases, int64_t num_layers, double dropout,
                         bool train, bool bidirectional, bool batch_first, lw_array **hn,
                         lw_array **cn);
/* torch.gru(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
 * batch_first) */
LW_API lw_array *lw_gru(lw_array *input, lw_array *hx, lw_array *const *params, size_t n_params,
                        bool has_biases, int64_t num_layers, double dropout, bool train,
                        bool bidirectional, bool batch_first, lw_array **hn);
/* torch.rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
 * batch_first) */
LW_API lw_array *lw_rnn_tanh(lw_array *input, lw_array *hx, lw_array *const *params,
                             size_t n_params, bool has_biases, int64_t num_layers, double dropout,
                             bool train, bool bidirectional, bool batch_first, lw_array **hn);
/* torch.rnn_relu(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
 * batch_first) */
LW_API lw_array *lw_rnn_relu(lw_array *input, lw_array *hx, lw_array *const *params,
                             size_t n_params, bool has_biases, int64_t num_layers, double dropout,
                             bool train, bool bidirectional, bool batch_first, lw_array **hn);
/* torch.lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) */
LW_API lw_array *lw_lstm_cell(lw_array *input, lw_array *const *hx, size_t n_hx, lw_array *w_ih,
                              lw_array *w_hh, lw_array *b_ih, lw_array *b_hh, lw_array **cn);
/* torch.gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) */
LW_API lw_array *lw_gru_cell(lw_array *input, lw_array *hx, lw_array *w_ih, lw_array *w_hh,
                             lw_array *b_ih, lw_array *b_hh);
/* torch.rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) */
LW_API lw_array *lw_rnn_tanh_cell(lw_array *input, lw_array *hx, lw_array *w_ih, lw_array *w_hh,
                                  lw_array *b_ih, lw_array *b_hh);
/* torch.rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) */
LW_API lw_array *lw_rnn_relu_cell(lw_array *input, lw_array *hx, lw_array *w_ih, lw_array *w_hh,
                                  lw_array *b_ih, lw_array *b_hh);

/* ---- Frequencies ---- */

/* torch.fft.fft(input, n=None, dim=-1, norm=None) */
LW_API lw_array *lw_fft_fft(lw_array *input, int64_t n, int64_t dim, const char *norm);
/* torch.fft.ifft(input, n=None, dim=-1, norm=None) */
LW_API lw_array *lw_fft_ifft(lw_array *input, int64_t n, int64_t dim, const char *norm);
/* torch.fft.rfft(input, n=None, dim=-1, norm=None) */
LW_API lw_array *lw_fft_rfft(lw_array *input, int64_t n, int64_t dim, const char *norm);
/* torch.fft.irfft(input, n=None, dim=-1, norm=None) */
LW_API lw_array *lw_fft_irfft(lw_array *input, int64_t n, int64_t dim, const char *norm);
/* torch.fft.fft2(input, s=None, dim=(-2, -1), norm=None) */
LW_API lw_array *lw_fft_fft2(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.ifft2(input, s=None, dim=(-2, -1), norm=None) */
LW_API lw_array *lw_fft_ifft2(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.rfft2(input, s=None, dim=(-2, -1), norm=None) */
LW_API lw_array *lw_fft_rfft2(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.irfft2(input, s=None, dim=(-2, -1), norm=None) */
LW_API lw_array *lw_fft_irfft2(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.fftn(input, s=None, dim=None, norm=None) */
LW_API lw_array *lw_fft_fftn(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.ifftn(input, s=None, dim=None, norm=None) */
LW_API lw_array *lw_fft_ifftn(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.rfftn(input, s=None, dim=None, norm=None) */
LW_API lw_array *lw_fft_rfftn(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.irfftn(input, s=None, dim=None, norm=None) */
LW_API lw_array *lw_fft_irfftn(lw_array *input, lw_ints s, lw_ints dim, const char *norm);
/* torch.fft.fftshift(input, dim=None) */
LW_API lw_array *lw_fft_fftshift(lw_array *input, lw_ints dim);
/* torch.fft.ifftshift(input, dim=None) */
LW_API lw_array *lw_fft_ifftshift(lw_array *input, lw_ints dim);
/* torch.fft.fftfreq(n, d=1.0) */
LW_API lw_array *lw_fft_fftfreq(lw_nn *nn, int64_t n, double d);
/* torch.fft.rfftfreq(n, d=1.0) */
LW_API lw_array *lw_fft_rfftfreq(lw_nn *nn, int64_t n, double d);
/* torch.stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True,
 * pad_mode='reflect', normalized=False, onesided=None, return_complex=True) */
LW_API lw_array *lw_stft(lw_array *input, int64_t n_fft, const lw_stft_options *options);
/* torch.istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True,
 * normalized=False, onesided=None, length=None) */
LW_API lw_array *lw_istft(lw_array *input, int64_t n_fft, const lw_stft_options *options);
LW_API lw_array *lw_view_as_real(lw_array *input);
LW_API lw_array *lw_view_as_complex(lw_array *input);
LW_API lw_array *lw_complex(lw_array *real, lw_array *imag);
LW_API lw_array *lw_polar(lw_array *abs, lw_array *angle);
LW_API lw_array *lw_real(lw_array *input);
LW_API lw_array *lw_imag(lw_array *input);
LW_API lw_array *lw_angle(lw_array *input);
LW_API lw_array *lw_conj(lw_array *input);

/* ---- Types and quantisation ---- */

/* input.to(dtype) */
LW_API lw_array *lw_to(lw_array *input, lw_dtype dtype);
/* input.type_as(tensor) */
LW_API lw_array *lw_type_as(lw_array *input, lw_array *tensor);
LW_API lw_array *lw_clone(lw_array *input);
/* input.detach() */
LW_API lw_array *lw_detach(lw_array *input);
/* torch.quantize_per_tensor(input, scale, zero_point, dtype).int_repr() */
LW_API lw_array *lw_quantize_per_tensor(lw_array *input, double scale, int64_t zero_point,
                                        lw_dtype dtype);
/* torch.quantize_per_channel(input, scales, zero_points, axis, dtype).int_repr() */
LW_API lw_array *lw_quantize_per_channel(lw_array *input, lw_array *scales, lw_array *zero_points,
                                         int64_t axis, lw_dtype dtype);
/* torch.dequantize(input) */
LW_API lw_array *lw_dequantize(lw_array *input, lw_array *scales, lw_array *zero_points,
                               int64_t axis);
LW_API lw_array *lw_fake_quantize_per_tensor_affine(lw_array *input, double scale,
                                                    int64_t zero_point, int64_t quant_min,
                                                    int64_t quant_max);
LW_API lw_array *lw_fake_quantize_per_channel_affine(lw_array *input, lw_array *scale,
                                                     lw_array *zero_point, int64_t axis,
                                                     int64_t quant_min, int64_t quant_max);

/* clang-format on */
#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT
 * What the models of ai.onnx.ml do with scores: post_transform and class labels. Where the
 * specification is silent, ONNX Runtime is followed. */
#ifndef LWI_ML_SCORES_H
#define LWI_ML_SCORES_H

#include "ops/op.h"

typedef enum lwi_post_transform {
    LWI_POST_NONE,
    LWI_POST_SOFTMAX,
    LWI_POST_LOGISTIC,
    LWI_POST_SOFTMAX_ZERO,
    LWI_POST_PROBIT
} lwi_post_transform;

/* The attribute post_transform, a string. */
lw_status lwi_find_post_transform(const lwi_call *call, lwi_post_transform *transform);
/* Of n scores in place. A single score is changed by PROBIT only. */
void lwi_transform_scores(lwi_post_transform transform, double *scores, size_t n);
/* Two scores from the one of the positive class: [1 - s, s], or [-s, s] if signs is set; LOGISTIC
 * and PROBIT apply to them. */
void lwi_binary_scores(lwi_post_transform transform, bool signs, double score, double pair[2]);

/* Class labels: integers or strings. */
typedef struct lwi_labels {
    const int64_t *ints;
    const lw_string *strings;
    size_t n;
} lwi_labels;
lw_status lwi_find_labels(const lwi_call *call, const char *ints, const char *strings,
                          lwi_labels *labels);
static inline lw_dtype lwi_labels_dtype(const lwi_labels *l) {
    return l->strings ? LW_STRING : LW_INT64;
}
/* Element row of the output gets label `index`, which must be below n. */
void lwi_put_label(const lwi_labels *labels, size_t index, lw_value *y, size_t row);

/* Rows and columns of an input [N, F]; [F] is one row. */
lw_status lwi_feature_rows(const lwi_call *call, size_t *rows, size_t *features);

#endif

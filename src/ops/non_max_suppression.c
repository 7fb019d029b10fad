/* SPDX-License-Identifier: MIT
 * NonMaxSuppression (ONNX 11): for each class the best boxes that do not overlap better ones. */
#include "ops/op.h"

#include <math.h>
#include <stdlib.h>

typedef struct box {
    float top, left, bottom, right;
} box;

typedef struct candidate {
    float score;
    int64_t index;
} candidate;

typedef struct limits {
    int64_t most;
    double overlap, score;
    bool centered;
} limits;

static void order(float *low, float *high) {
    if (*low <= *high) return;
    const float t = *low;
    *low = *high;
    *high = t;
}

static box read_box(const float *p, bool centered) {
    box b = {p[0], p[1], p[2], p[3]};
    if (centered) b = (box){p[1] - p[3] / 2, p[0] - p[2] / 2, p[1] + p[3] / 2, p[0] + p[2] / 2};
    order(&b.top, &b.bottom);
    order(&b.left, &b.right);
    return b;
}

static float area(const box *b) { return (b->bottom - b->top) * (b->right - b->left); }

static bool overlaps(const box *a, const box *b, double threshold) {
    const float top = a->top > b->top ? a->top : b->top;
    const float left = a->left > b->left ? a->left : b->left;
    const float bottom = a->bottom < b->bottom ? a->bottom : b->bottom;
    const float right = a->right < b->right ? a->right : b->right;
    const float both = bottom > top && right > left ? (bottom - top) * (right - left) : 0;
    const float whole = area(a) + area(b) - both;
    return area(a) > 0 && area(b) > 0 && whole > 0 && both / whole > (float)threshold;
}

/* Best first; equal scores in the order of the boxes. */
static int compare(const void *pa, const void *pb) {
    const candidate *a = pa, *b = pb;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static lw_status read_limits(const lwi_call *c, limits *l) {
    *l = (limits){.score = -(double)INFINITY,
                  .centered = lwi_attr_int(c->node, "center_point_box", 0) != 0};
    if (lwi_has(c, 2)) LW_TRY(lwi_in_int(c, 2, &l->most));
    if (lwi_has(c, 3)) LW_TRY(lwi_in_number(c, 3, &l->overlap));
    if (lwi_has(c, 4)) LW_TRY(lwi_in_number(c, 4, &l->score));
    if (l->overlap < 0 || l->overlap > 1)
        return lwi_call_fail(c, LW_RANGE, "iou_threshold is %g, expected 0 to 1", l->overlap);
    return LW_OK;
}

static lw_status check_shapes(const lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 3, 3));
    LW_TRY(lwi_need_rank(c, 1, 3, 3));
    const int64_t *boxes = c->in[0]->dims, *scores = c->in[1]->dims;
    if (boxes[2] == 4 && boxes[0] == scores[0] && boxes[1] == scores[2]) return LW_OK;
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "boxes of shape %s and scores of shape %s do not match",
                         lwi_shape_text(3, boxes, a), lwi_shape_text(3, scores, b));
}

/* Chooses among the boxes of one image and class; the indices go to chosen. */
static size_t choose(const limits *l, const float *boxes, const float *scores, size_t n,
                     candidate *candidates, box *kept, int64_t *chosen) {
    size_t n_candidates = 0, found = 0;
    for (size_t i = 0; i < n; i++)
        if ((double)scores[i] > l->score)
            candidates[n_candidates++] = (candidate){scores[i], (int64_t)i};
    qsort(candidates, n_candidates, sizeof *candidates, compare);
    for (size_t i = 0; i < n_candidates && (int64_t)found < l->most; i++) {
        const box b = read_box(boxes + 4 * candidates[i].index, l->centered);
        bool alone = true;
        for (size_t k = 0; k < found && alone; k++)
            alone = !overlaps(&kept[k], &b, l->overlap);
        if (!alone) continue;
        kept[found] = b;
        chosen[found++] = candidates[i].index;
    }
    return found;
}

static lw_status run(lwi_call *c) {
    limits l;
    LW_TRY(check_shapes(c));
    LW_TRY(read_limits(c, &l));
    const lw_value *scores = c->in[1];
    const size_t n = (size_t)scores->dims[2];
    const size_t classes = (size_t)scores->dims[1];
    const size_t groups = scores->count ? scores->count / n : 0;
    candidate *candidates;
    box *kept;
    int64_t *chosen;
    size_t *counts, total = 0;
    LW_TRY(lwi_scratch(c, n, sizeof *candidates, &candidates));
    LW_TRY(lwi_scratch(c, n, sizeof *kept, &kept));
    LW_TRY(lwi_scratch(c, scores->count, sizeof *chosen, &chosen));
    LW_TRY(lwi_scratch(c, groups, sizeof *counts, &counts));
    for (size_t g = 0; g < groups; g++) {
        LW_TRY(lwi_check_cancel(c));
        counts[g] =
            choose(&l, (const float *)c->in[0]->data + g / classes * n * 4,
                   (const float *)scores->data + g * n, n, candidates, kept, chosen + g * n);
        total += counts[g];
    }
    LW_TRY(lwi_out(c, 0, LW_INT64, 2, (int64_t[]){(int64_t)total, 3}));
    if (!c->out[0]) return LW_OK;
    int64_t *y = c->out[0]->data;
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < counts[g]; i++) {
            *y++ = (int64_t)(g / classes);
            *y++ = (int64_t)(g % classes);
            *y++ = chosen[g * n + i];
        }
    return LW_OK;
}

const lwi_op lwi_op_non_max_suppression = {.run = run};

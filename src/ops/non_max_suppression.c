/* SPDX-License-Identifier: MIT
 * NonMaxSuppression (ONNX 11): for each class the best boxes that do not overlap better ones. */
#include "base/sort_keys.h"
#include "ops/op.h"

#include <math.h>

typedef struct box {
    float top, left, bottom, right;
} box;

/* Chosen boxes, side by side so that a candidate is compared with several at once. */
typedef struct chosen_boxes {
    float *top, *left, *bottom, *right, *area;
    size_t n;
} chosen_boxes;

enum { AT_ONCE = 32 };

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

/* Whether any of boxes [first, last) shares more than the threshold with b. Every term is computed
 * for all of them, which allows vector code. */
static bool any_overlaps(const chosen_boxes *k, size_t first, size_t last, box b, float threshold) {
    const float area_b = area(&b);
    int any = 0;
    for (size_t i = first; i < last; i++) {
        const float top = k->top[i] > b.top ? k->top[i] : b.top;
        const float left = k->left[i] > b.left ? k->left[i] : b.left;
        const float bottom = k->bottom[i] < b.bottom ? k->bottom[i] : b.bottom;
        const float right = k->right[i] < b.right ? k->right[i] : b.right;
        const float shared = (bottom - top) * (right - left);
        const float both = ((bottom > top) & (right > left)) ? shared : 0;
        const float whole = k->area[i] + area_b - both;
        any |= (k->area[i] > 0) & (whole > 0) & (both / whole > threshold);
    }
    return any && area_b > 0;
}

static bool stands_alone(const chosen_boxes *kept, box b, float threshold) {
    for (size_t i = 0; i < kept->n; i += AT_ONCE) {
        const size_t last = kept->n - i < AT_ONCE ? kept->n : i + AT_ONCE;
        if (any_overlaps(kept, i, last, b, threshold)) return false;
    }
    return true;
}

static void keep(chosen_boxes *kept, box b) {
    const size_t i = kept->n++;
    kept->top[i] = b.top;
    kept->left[i] = b.left;
    kept->bottom[i] = b.bottom;
    kept->right[i] = b.right;
    kept->area[i] = area(&b);
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

/* Memory for one image and class. */
typedef struct room {
    lwi_keyed *candidates, *spare;
    chosen_boxes kept;
} room;

static lw_status make_room(lwi_call *c, size_t n, room *m) {
    float *parts = NULL;
    LW_TRY(lwi_scratch(c, n, sizeof *m->candidates, &m->candidates));
    LW_TRY(lwi_scratch(c, n, sizeof *m->spare, &m->spare));
    LW_TRY(lwi_scratch(c, n, 5 * sizeof *parts, &parts));
    m->kept = (chosen_boxes){parts, parts + n, parts + 2 * n, parts + 3 * n, parts + 4 * n, 0};
    return LW_OK;
}

/* Chooses among the boxes of one image and class, best first, equal scores in the order of the
 * boxes; the indices go to chosen. */
static size_t choose(const limits *l, const float *boxes, const float *scores, size_t n, room *m,
                     int64_t *chosen) {
    size_t n_candidates = 0, found = 0;
    for (size_t i = 0; i < n; i++) {
        m->candidates[n_candidates] = (lwi_keyed){UINT32_MAX - lwi_key_of_float(scores[i]), i};
        n_candidates += (double)scores[i] > l->score;
    }
    lwi_sort_keys(m->candidates, m->spare, n_candidates, sizeof(uint32_t));
    m->kept.n = 0;
    for (size_t i = 0; i < n_candidates && (int64_t)found < l->most; i++) {
        const size_t at = m->candidates[i].place;
        const box b = read_box(boxes + 4 * at, l->centered);
        if (!stands_alone(&m->kept, b, (float)l->overlap)) continue;
        keep(&m->kept, b);
        chosen[found++] = (int64_t)at;
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
    room m;
    int64_t *chosen;
    size_t *counts, total = 0;
    LW_TRY(make_room(c, n, &m));
    LW_TRY(lwi_scratch(c, scores->count, sizeof *chosen, &chosen));
    LW_TRY(lwi_scratch(c, groups, sizeof *counts, &counts));
    for (size_t g = 0; g < groups; g++) {
        LW_TRY(lwi_check_cancel(c));
        counts[g] = choose(&l, (const float *)c->in[0]->data + g / classes * n * 4,
                           (const float *)scores->data + g * n, n, &m, chosen + g * n);
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

/* SPDX-License-Identifier: MIT
 * Where boxes go: layers from top to bottom, as in Sugiyama, Tagawa and Toda 1981, "Methods for
 * visual understanding of hierarchical system structures". A layer is the longest way from a
 * source; long edges get a bend in each layer; order by barycentres; then places as near to the
 * neighbours' mean as order and widths allow (least squares by pooling adjacent violators). */
#include <stdlib.h>
#include <string.h>

#include "drawing.h"
#include "text.h"

enum { GAP = 18, LAYER_GAP = 34, BEND_WIDTH = 6, MOST_BENDS = 100000, SWEEPS = 12 };

/* Edges by box: those of box i are items[start[i]] up to items[start[i + 1]]. */
typedef struct neighbours {
    size_t *start, *items;
} neighbours;

static neighbours find_neighbours(const lwi_drawing *d, bool above) {
    neighbours n = {lwi_resize(NULL, d->n_boxes + 2, sizeof *n.start),
                    lwi_resize(NULL, d->n_edges, sizeof *n.items)};
    memset(n.start, 0, (d->n_boxes + 2) * sizeof *n.start);
    for (size_t i = 0; i < d->n_edges; i++)
        n.start[(above ? d->edges[i].to : d->edges[i].from) + 2]++;
    for (size_t i = 2; i < d->n_boxes + 2; i++)
        n.start[i] += n.start[i - 1];
    for (size_t i = 0; i < d->n_edges; i++) {
        const lwi_edge *e = &d->edges[i];
        n.items[n.start[(above ? e->to : e->from) + 1]++] = above ? e->from : e->to;
    }
    return n;
}

static void free_neighbours(neighbours *n) {
    free(n->start);
    free(n->items);
}

/* Longest ways by Kahn's order; what lies on a circle stays in layer 0. */
static void set_layers(lwi_drawing *d) {
    neighbours below = find_neighbours(d, false);
    size_t *waiting = lwi_resize(NULL, d->n_boxes, sizeof *waiting);
    size_t *queue = lwi_resize(NULL, d->n_boxes, sizeof *queue), n = 0;
    memset(waiting, 0, d->n_boxes * sizeof *waiting);
    for (size_t i = 0; i < d->n_edges; i++)
        waiting[d->edges[i].to]++;
    for (size_t i = 0; i < d->n_boxes; i++)
        if (!waiting[i]) queue[n++] = i;
    for (size_t k = 0; k < n; k++) {
        const size_t box = queue[k];
        for (size_t i = below.start[box]; i < below.start[box + 1]; i++) {
            lwi_box *to = &d->boxes[below.items[i]];
            if (to->layer <= d->boxes[box].layer) to->layer = d->boxes[box].layer + 1;
            if (!--waiting[below.items[i]]) queue[n++] = below.items[i];
        }
    }
    /* A box without anything above it (a constant) goes right above what reads it. */
    for (size_t k = n; k-- > 0;) {
        lwi_box *box = &d->boxes[queue[k]];
        int least = -1;
        for (size_t i = below.start[queue[k]]; i < below.start[queue[k] + 1]; i++) {
            const int layer = d->boxes[below.items[i]].layer;
            if (least < 0 || layer < least) least = layer;
        }
        if (box->layer == 0 && box->kind == LWI_BOX_NODE && least > 0) box->layer = least - 1;
    }
    free(queue);
    free(waiting);
    free_neighbours(&below);
}

/* Cuts edges at each layer they pass; the very long ones of huge graphs stay whole. */
static void add_bends(lwi_drawing *d) {
    const size_t n = d->n_edges;
    size_t bends = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t from = d->edges[i].from, to = d->edges[i].to;
        const int first = d->boxes[from].layer, last = d->boxes[to].layer;
        if (last - first <= 1 || (bends += (size_t)(last - first)) > MOST_BENDS) continue;
        size_t before = from;
        for (int layer = first + 1; layer < last; layer++) {
            const size_t bend = lwi_drawing_add_box(
                d, (lwi_box){.kind = LWI_BOX_BEND, .layer = layer, .width = BEND_WIDTH});
            if (before == from) d->edges[i].to = bend;
            else lwi_drawing_add_edge(d, before, bend);
            before = bend;
        }
        lwi_drawing_add_edge(d, before, to);
    }
}

/* Boxes by layer, from the left. */
typedef struct layers {
    size_t **rows;
    size_t *counts;
    size_t n;
} layers;

static layers make_layers(lwi_drawing *d) {
    layers l = {0};
    for (size_t i = 0; i < d->n_boxes; i++)
        if ((size_t)d->boxes[i].layer >= l.n) l.n = (size_t)d->boxes[i].layer + 1;
    l.rows = lwi_resize(NULL, l.n, sizeof *l.rows);
    l.counts = lwi_resize(NULL, l.n, sizeof *l.counts);
    memset(l.counts, 0, l.n * sizeof *l.counts);
    for (size_t i = 0; i < d->n_boxes; i++)
        l.counts[d->boxes[i].layer]++;
    for (size_t k = 0; k < l.n; k++) {
        l.rows[k] = lwi_resize(NULL, l.counts[k], sizeof **l.rows);
        l.counts[k] = 0;
    }
    for (size_t i = 0; i < d->n_boxes; i++) {
        lwi_box *box = &d->boxes[i];
        box->place = l.counts[box->layer];
        l.rows[box->layer][l.counts[box->layer]++] = i;
    }
    return l;
}

static void free_layers(layers *l) {
    for (size_t k = 0; k < l->n; k++)
        free(l->rows[k]);
    free(l->rows);
    free(l->counts);
}

typedef struct wish {
    double where;
    size_t box, place;
} wish;

static int by_wish(const void *a, const void *b) {
    const wish *x = a, *y = b;
    if (x->where != y->where) return x->where < y->where ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* The mean of the neighbours' places (or x), of its own where there are none. */
static double mean_of(const lwi_drawing *d, const neighbours *n, size_t box, bool x) {
    double sum = 0;
    const size_t count = n->start[box + 1] - n->start[box];
    if (!count) return x ? d->boxes[box].x : (double)d->boxes[box].place;
    for (size_t i = n->start[box]; i < n->start[box + 1]; i++) {
        const lwi_box *other = &d->boxes[n->items[i]];
        sum += x ? other->x : (double)other->place;
    }
    return sum / (double)count;
}

static void order_row(lwi_drawing *d, const neighbours *n, size_t *row, size_t count,
                      wish *wishes) {
    for (size_t i = 0; i < count; i++)
        wishes[i] = (wish){mean_of(d, n, row[i], false), row[i], i};
    qsort(wishes, count, sizeof *wishes, by_wish);
    for (size_t i = 0; i < count; i++) {
        row[i] = wishes[i].box;
        d->boxes[row[i]].place = i;
    }
}

/* A run of boxes that touch: their common shift is the mean of what each wants. */
typedef struct pool {
    double sum, weight;
    size_t first;
} pool;

static void place_row(lwi_drawing *d, const neighbours *n, const size_t *row, size_t count,
                      pool *pools, double *offsets) {
    size_t top = 0;
    double offset = 0;
    for (size_t i = 0; i < count; i++) {
        const lwi_box *box = &d->boxes[row[i]];
        if (i) offset += (d->boxes[row[i - 1]].width + box->width) / 2 + GAP;
        offsets[i] = offset;
        /* Bends weigh more, so that long edges become straight. */
        const double weight = box->kind == LWI_BOX_BEND ? 4 : 1;
        pools[top++] = (pool){(mean_of(d, n, row[i], true) - offset) * weight, weight, i};
        while (top > 1 && pools[top - 2].sum / pools[top - 2].weight >=
                              pools[top - 1].sum / pools[top - 1].weight) {
            pools[top - 2].sum += pools[top - 1].sum;
            pools[top - 2].weight += pools[top - 1].weight;
            top--;
        }
    }
    for (size_t k = 0; k < top; k++)
        for (size_t i = pools[k].first; i < (k + 1 < top ? pools[k + 1].first : count); i++)
            d->boxes[row[i]].x = pools[k].sum / pools[k].weight + offsets[i];
}

static void arrange(lwi_drawing *d, layers *l) {
    neighbours above = find_neighbours(d, true), below = find_neighbours(d, false);
    wish *wishes = lwi_resize(NULL, d->n_boxes, sizeof *wishes);
    pool *pools = lwi_resize(NULL, d->n_boxes, sizeof *pools);
    double *offsets = lwi_resize(NULL, d->n_boxes, sizeof *offsets);
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t k = 0; k < l->n; k++) {
            const size_t row = sweep % 2 ? l->n - 1 - k : k;
            order_row(d, sweep % 2 ? &below : &above, l->rows[row], l->counts[row], wishes);
        }
    for (size_t i = 0; i < d->n_boxes; i++)
        d->boxes[i].x = 100.0 * (double)d->boxes[i].place;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t k = 0; k < l->n; k++) {
            const size_t row = sweep % 2 ? l->n - 1 - k : k;
            place_row(d, sweep % 2 ? &below : &above, l->rows[row], l->counts[row], pools, offsets);
        }
    free(wishes);
    free(pools);
    free(offsets);
    free_neighbours(&above);
    free_neighbours(&below);
}

static void set_heights(lwi_drawing *d, const layers *l) {
    double y = GAP, left = 0, right = 0;
    for (size_t k = 0; k < l->n; k++) {
        double most = 0;
        for (size_t i = 0; i < l->counts[k]; i++)
            if (d->boxes[l->rows[k][i]].height > most) most = d->boxes[l->rows[k][i]].height;
        for (size_t i = 0; i < l->counts[k]; i++)
            d->boxes[l->rows[k][i]].y = y + most / 2;
        y += most + LAYER_GAP;
    }
    for (size_t i = 0; i < d->n_boxes; i++) {
        const lwi_box *box = &d->boxes[i];
        if (!i || box->x - box->width / 2 < left) left = box->x - box->width / 2;
        if (!i || box->x + box->width / 2 > right) right = box->x + box->width / 2;
    }
    for (size_t i = 0; i < d->n_boxes; i++)
        d->boxes[i].x += GAP - left;
    d->width = right - left + 2 * GAP;
    d->height = y - LAYER_GAP + GAP;
}

void lwi_drawing_layout(lwi_drawing *d) {
    set_layers(d);
    add_bends(d);
    layers l = make_layers(d);
    arrange(d, &l);
    set_heights(d, &l);
    free_layers(&l);
}

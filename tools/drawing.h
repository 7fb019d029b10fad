/* SPDX-License-Identifier: MIT
 * A picture of a network in three steps: what is drawn (drawing_build.c), where
 * (drawing_layout.c), and as what text (drawing_svg.c). */
#ifndef LWI_DRAWING_H
#define LWI_DRAWING_H

#include <stdio.h>

#include <lampwick.h>

#include "measure.h"

typedef enum lwi_box_kind {
    LWI_BOX_INPUT,
    LWI_BOX_OUTPUT,
    LWI_BOX_NODE,
    LWI_BOX_BEND /* where a long edge passes a layer */
} lwi_box_kind;

typedef struct lwi_box {
    lwi_box_kind kind;
    char *label, *detail, *title; /* big line, small line, what the pointer shows */
    double share;                 /* of the run's time; -1: not measured */
    int layer;
    size_t place; /* in its layer, from the left */
    double x, y, width, height;
} lwi_box;

typedef struct lwi_edge {
    size_t from, to; /* boxes */
} lwi_edge;

typedef struct lwi_drawing {
    lwi_box *boxes;
    size_t n_boxes, box_capacity;
    lwi_edge *edges; /* after layout: pieces between neighbouring layers, or a few long ones */
    size_t n_edges, edge_capacity;
    double width, height;
} lwi_drawing;

/* nodes: times of the model's nodes, NULL if not measured. */
void lwi_drawing_build(const lw_model *model, const lwi_node_time *nodes, lwi_drawing *drawing);
void lwi_drawing_layout(lwi_drawing *drawing);
/* interactive: a page with the picture, to be moved and zoomed. */
void lwi_drawing_write(const lwi_drawing *drawing, const char *title, bool interactive, FILE *file);
void lwi_drawing_free(lwi_drawing *drawing);

size_t lwi_drawing_add_box(lwi_drawing *drawing, lwi_box box);
void lwi_drawing_add_edge(lwi_drawing *drawing, size_t from, size_t to);

#endif

/* SPDX-License-Identifier: MIT
 * The best classes of a score tensor, with their names. */
#ifndef LWI_TOP_LIST_H
#define LWI_TOP_LIST_H

#include <lampwick.h>

typedef struct lwi_labels {
    char *text;
    char **lines; /* NULL: no labels */
    size_t n;
} lwi_labels;

/* One label on each line; path NULL gives none. Complains and returns false if unreadable. */
bool lwi_labels_read(const char *path, lwi_labels *labels);
void lwi_labels_free(lwi_labels *labels);

/* Scores as doubles, of each row along the last axis that has more than one element. NULL if the
 * tensor has no numbers. */
double *lwi_scores(const lw_value *tensor, bool softmax, size_t *rows, size_t *classes);
/* The indices of the best `top` of n scores, best first; returns how many. */
size_t lwi_top_indices(const double *scores, size_t n, size_t top, size_t *indices);
/* Prints "  RANK  LABEL  SCORE" for each row. */
void lwi_print_top(const lw_value *tensor, size_t top, bool softmax, const lwi_labels *labels);
/* The label of a class; "class 7" written into `number` where there is none. */
const char *lwi_label(const lwi_labels *labels, size_t index, char *number, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#include "top_list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "text.h"

bool lwi_labels_read(const char *path, lwi_labels *labels) {
    *labels = (lwi_labels){0};
    if (!path) return true;
    uint8_t *data;
    size_t size;
    if (!lwi_read_file(path, &data, &size)) {
        lwi_complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    labels->text = lwi_resize((char *)data, size + 1, 1);
    labels->text[size] = 0;
    for (char *rest = labels->text; rest && *rest;) {
        char *line = strsep(&rest, "\n");
        line[strcspn(line, "\r")] = 0;
        labels->lines = lwi_resize(labels->lines, labels->n + 1, sizeof *labels->lines);
        labels->lines[labels->n++] = line;
    }
    return true;
}

void lwi_labels_free(lwi_labels *labels) {
    free(labels->lines);
    free(labels->text);
}

const char *lwi_label(const lwi_labels *labels, size_t index, char *number, size_t size) {
    if (index < labels->n) return labels->lines[index];
    snprintf(number, size, "class %zu", index);
    return number;
}

static void apply_softmax(double *scores, size_t n) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] > most) most = scores[i];
    for (size_t i = 0; i < n; i++)
        sum += scores[i] = exp(scores[i] - most);
    for (size_t i = 0; i < n; i++)
        scores[i] /= sum;
}

double *lwi_scores(const lw_value *tensor, bool softmax, size_t *rows, size_t *classes) {
    const lw_dtype dtype = lw_tensor_dtype(tensor);
    const size_t n = lw_tensor_count(tensor);
    if (!n || dtype == LW_STRING || dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128) return NULL;
    *classes = 1;
    for (int i = lw_tensor_rank(tensor); i-- > 0 && *classes == 1;)
        *classes = (size_t)lw_tensor_dims(tensor)[i];
    *rows = n / *classes;
    double *scores = lwi_resize(NULL, n, sizeof *scores);
    for (size_t i = 0; i < n; i++)
        scores[i] = lw_tensor_get(tensor, i);
    for (size_t r = 0; r < *rows && softmax; r++)
        apply_softmax(scores + r * *classes, *classes);
    return scores;
}

size_t lwi_top_indices(const double *scores, size_t n, size_t top, size_t *indices) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(scores[i])) continue;
        size_t at = kept;
        while (at > 0 && scores[indices[at - 1]] < scores[i])
            at--;
        if (at == top) continue;
        if (kept < top) kept++;
        memmove(indices + at + 1, indices + at, (kept - 1 - at) * sizeof *indices);
        indices[at] = i;
    }
    return kept;
}

void lwi_print_top(const lw_value *tensor, size_t top, bool softmax, const lwi_labels *labels) {
    size_t rows, classes;
    double *scores = lwi_scores(tensor, softmax, &rows, &classes);
    if (!scores) {
        printf("  has no scores\n");
        return;
    }
    if (top > classes) top = classes;
    size_t *indices = lwi_resize(NULL, top, sizeof *indices);
    for (size_t r = 0; r < rows; r++) {
        const double *row = scores + r * classes;
        const size_t n = lwi_top_indices(row, classes, top, indices);
        int width = 1;
        char number[40];
        for (size_t i = 0; i < n; i++) {
            const int w = (int)strlen(lwi_label(labels, indices[i], number, sizeof number));
            if (w > width) width = w;
        }
        if (rows > 1) printf(" row %zu\n", r);
        for (size_t i = 0; i < n; i++)
            printf("%3zu  %-*s  %.4f\n", i + 1, width > 60 ? 60 : width,
                   lwi_label(labels, indices[i], number, sizeof number), row[indices[i]]);
    }
    free(indices);
    free(scores);
}

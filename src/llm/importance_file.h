/* SPDX-License-Identifier: MIT
 * Importance matrices in GGUF files, as llama.cpp has them: tensors NAME.in_sum2 [matrices,
 * columns] and NAME.counts [matrices, 1] for the weight NAME. */
#ifndef LWI_IMPORTANCE_FILE_H
#define LWI_IMPORTANCE_FILE_H

#include "base/file.h"
#include "files/gguf_file.h"

typedef struct lwi_importance {
    lwi_arena arena;
    lwi_file file;
    lwi_gguf gguf;
    float **means; /* of tensor i of the file, where it is one of sums; NULL: not checked yet */
    size_t n;      /* tensors; 0: nothing is open */
} lwi_importance;

/* Closed with lwi_importance_close, also after a failure. */
lw_status lwi_importance_open(const char *path, lwi_importance *importance);
void lwi_importance_close(lwi_importance *importance);
/* Mean squares [matrices, columns] for a weight; NULL: there are none of this shape. */
const float *lwi_importance_find(const lwi_importance *importance, const char *weight,
                                 size_t matrices, size_t columns);

#endif

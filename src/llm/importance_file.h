/* SPDX-License-Identifier: MIT
 * Importance matrices as llama.cpp has them: GGUF files with tensors NAME.in_sum2 [matrices,
 * columns] and NAME.counts [matrices, 1] for the weight NAME, or files of the older kind (.dat). */
#ifndef LWI_IMPORTANCE_FILE_H
#define LWI_IMPORTANCE_FILE_H

#include "base/file.h"
#include "base/strmap.h"
#include "files/gguf_file.h"

/* Of a weight. */
typedef struct lwi_importance_means {
    float *means;
    size_t n;
} lwi_importance_means;

typedef struct lwi_importance {
    lwi_arena arena;
    lwi_file file;
    lwi_gguf gguf;
    lwi_strmap index; /* of items, by the weight's name */
    lwi_importance_means *items;
    size_t n, capacity; /* n 0: nothing is open */
} lwi_importance;

/* Closed with lwi_importance_close, also after a failure. */
lw_status lwi_importance_open(const char *path, lwi_importance *importance);
void lwi_importance_close(lwi_importance *importance);
/* Mean squares [matrices, columns] for a weight; NULL: there are none of this shape. */
const float *lwi_importance_find(const lwi_importance *importance, const char *weight,
                                 size_t matrices, size_t columns);

#endif

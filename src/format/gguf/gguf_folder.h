/* SPDX-License-Identifier: MIT
 * A GGUF file that is written as a Hugging Face folder: what the parts of that share. */
#ifndef LWI_GGUF_FOLDER_H
#define LWI_GGUF_FOLDER_H

#include "arch/checkpoint.h"
#include "base/byte_buffer.h"
#include "files/gguf_file.h"
#include "graph/network.h"

enum { LWI_FOLDER_NAME = 160 };

typedef struct lwi_folder_family {
    const char *architecture, *model_type, *class, *activation;
    float added;         /* to the weights of norms in GGUF files */
    const char *experts; /* what stands before their names in a layer; NULL: there are none */
} lwi_folder_family;

/* A tensor as it will be. */
typedef struct lwi_folder_item {
    char name[LWI_FOLDER_NAME];
    lwi_checkpoint_tensor t; /* as it is, rows in order */
    const char *dtype;
    const lwi_block_type *type; /* of the dtype */
    size_t bytes;
    float added;
} lwi_folder_item;

typedef struct lwi_folder_work {
    lwi_network network; /* holds files and memory */
    lwi_gguf gguf;
    const lwi_folder_family *family;
    lwi_folder_item *items;
    size_t n;
    lwi_buffer text;
} lwi_folder_work;

/* A hyperparameter; absent if there is none. */
double lwi_folder_number(const lwi_folder_work *w, const char *key, double absent);
/* gguf_folder_config.c: the text of config.json. */
lw_status lwi_folder_config(const lwi_folder_work *w, lwi_buffer *text);

#endif

/* SPDX-License-Identifier: MIT
 * A GGUF file that is written as a Hugging Face folder: what the parts of that share. */
#ifndef LWI_GGUF_FOLDER_H
#define LWI_GGUF_FOLDER_H

#include "arch/checkpoint.h"
#include "base/byte_buffer.h"
#include "files/gguf_file.h"
#include "graph/network.h"

enum { LWI_FOLDER_NAME = 160 };

/* A tensor without ".weight" or ".bias"; inside a layer without "blk.N." and what layers are called
 * there. */
typedef struct lwi_folder_name {
    const char *from, *to;
    bool outside; /* of layers */
} lwi_folder_name;

typedef struct lwi_folder_family {
    const char *architecture, *model_type, *class;
    const char *layers;           /* "model.layers." */
    const lwi_folder_name *names; /* the last one is empty; NULL: none of its own */
    bool like_llama;              /* others are those of folder_names.def */
    const char *activation;       /* where the file does not say */
    float added;                  /* to the weights of norms in GGUF files */
    const char *experts; /* what stands before their names in a layer; NULL: there are none */
    const char *has;     /* a tensor by which the family is told from others; NULL: none */
    bool turned;         /* matrices in layers are [in, out] in folders */
    bool mixed;          /* queries, keys and values alternate by groups of heads there */
    int full_every; /* every so manieth layer sees all where the file does not say; 0: all do */
    /* With cls.output.weight: the class, what stands before other names then, and those of the
     * classifier itself. */
    const char *classifier, *prefix;
    const lwi_folder_name *head;
} lwi_folder_family;

/* NULL: there is no such form. */
const lwi_folder_family *lwi_folder_family_of(const lwi_gguf *gguf);

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
    bool classifies;
    lwi_folder_item *items;
    size_t n;
    lwi_buffer text;
} lwi_folder_work;

/* A hyperparameter; absent if there is none. */
double lwi_folder_number(const lwi_folder_work *w, const char *key, double absent);
/* gguf_folder_config.c: the text of config.json. */
lw_status lwi_folder_config(const lwi_folder_work *w, lwi_buffer *text);

#endif

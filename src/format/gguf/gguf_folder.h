/* SPDX-License-Identifier: MIT
 * A GGUF file that is written as a Hugging Face folder: what the parts of that share. */
#ifndef LWI_GGUF_FOLDER_H
#define LWI_GGUF_FOLDER_H

#include "arch/checkpoint.h"
#include "base/byte_buffer.h"
#include "base/file_writer.h"
#include "files/gguf_file.h"
#include "graph/network.h"

enum { LWI_FOLDER_NAME = 160 };

/* A tensor without ".weight" or ".bias"; inside a layer without "blk.N." and what layers are called
 * there. */
typedef struct lwi_folder_name {
    const char *from, *to;
    bool outside; /* of layers */
} lwi_folder_name;

typedef struct lwi_folder_item lwi_folder_item;
typedef struct lwi_folder_work lwi_folder_work;

/* Makes the numbers of a tensor from one or two of the file's, t and second, in the type that it
 * is going to have. to is NULL: only the shape, rank and dims of the item, is found and checked. */
typedef lw_status lwi_folder_make(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to);

/* A tensor that is not simply a matrix or vector under another name: inside a layer, with all that
 * stands behind "blk.N." and the folder's "layers.N."; outside of one, with its whole name. */
typedef struct lwi_folder_joint {
    const char *first, *second; /* in GGUF files; second NULL: it is made of one */
    const char *to;
    lwi_folder_make *make;
} lwi_folder_joint;

typedef struct lwi_folder_family {
    const char *architecture, *model_type, *class;
    const char *layers;           /* "model.layers." */
    const lwi_folder_name *names; /* the last one is empty; NULL: none of its own */
    bool like_llama;              /* others are those of folder_names.def */
    const char *activation;       /* where the file does not say */
    float added;                  /* to the weights of norms in GGUF files */
    const char *experts;  /* what stands before their names in a layer; NULL: there are none */
    bool named_experts;   /* up_proj, not w3, though they do not stand behind "mlp" */
    bool with_or_without; /* experts: the architecture's name says that it is this family */
    const char *has;      /* how the name of a tensor ends by which it is told from others, or */
    const char *says;     /* a hyperparameter that is true then; NULL: none */
    bool turned;          /* matrices in layers are [in, out] in folders */
    bool mixed;           /* queries, keys and values alternate by groups of heads there */
    int full_every; /* every so manieth layer sees all where the file does not say; 0: all do */
    /* With cls.output.weight: the class, what stands before other names then, and those of the
     * classifier itself. */
    const char *classifier, *prefix;
    const lwi_folder_name *head;
    const lwi_folder_joint *joints; /* the last one is empty; NULL: none */
    /* Of the decoder, where the file has "enc." and "dec." before names, or only "enc.". */
    const char *decoder_layers;
    bool bare_decoder;
    const lwi_folder_name *decoder_names;
    const char *const *without;    /* hyperparameters that mean something else; NULL at the end */
    const char *window, *windowed; /* "sliding_window", "sliding_attention" if NULL */
    /* Puts what config.json of this family has beside (gguf_folder_own.c); NULL: nothing. */
    lw_status (*own)(const lwi_folder_work *w, lwi_buffer *text);
} lwi_folder_family;

/* NULL: there is no such form. */
const lwi_folder_family *lwi_folder_family_of(const lwi_gguf *gguf);

/* A tensor as it will be. */
struct lwi_folder_item {
    char name[LWI_FOLDER_NAME];
    lwi_checkpoint_tensor t; /* as it is, rows in order */
    lwi_checkpoint_tensor second;
    lwi_folder_make *make; /* NULL: it is t, with another type perhaps */
    int rank;
    int64_t dims[4];
    const char *dtype;
    const lwi_block_type *type; /* of the dtype */
    size_t bytes;
    float added;
    int part; /* 0: of the model; 2, 3: of the layer behind it with that number */
};

struct lwi_folder_work {
    lwi_network network; /* holds files and memory */
    lwi_gguf gguf;
    const lwi_folder_family *family;
    bool classifies;
    lwi_folder_item *items;
    size_t n;
    lwi_buffer text;
    int part; /* whose items are written */
};

/* A hyperparameter; absent if there is none. Of a list the largest. */
double lwi_folder_number(const lwi_folder_work *w, const char *key, double absent);
/* The same as a size; 0 if it is none. */
size_t lwi_folder_size(const lwi_folder_work *w, const char *key);
/* NULL: there is none. */
const lwi_gguf_pair *lwi_folder_pair(const lwi_folder_work *w, const char *key);
bool lwi_folder_has(const lwi_folder_work *w, const char *tensor);
/* A member of config.json, behind another. */
lw_status lwi_folder_put_number(lwi_buffer *text, const char *key, double value);
lw_status lwi_folder_put_flag(lwi_buffer *text, const char *key, bool value);

/* gguf_folder_make.c */
lwi_folder_make lwi_folder_copy;       /* as it is */
lwi_folder_make lwi_folder_vector;     /* one axis */
lwi_folder_make lwi_folder_row;        /* [n] as [1, n] */
lwi_folder_make lwi_folder_shifted;    /* two rows before the first */
lwi_folder_make lwi_folder_kernel;     /* [channels, size] as [channels, 1, size] */
lwi_folder_make lwi_folder_log;        /* the logarithm of what is negative */
lwi_folder_make lwi_folder_log_vector; /* both */
lwi_folder_make lwi_folder_stack;      /* rows of the second behind those of the first, by group */
lwi_folder_make lwi_folder_turn;       /* [experts, out, in] as [experts, in, out] */
lwi_folder_make lwi_folder_turn_alternating; /* the same of two whose columns alternate */
lwi_folder_make lwi_folder_turn_halves;      /* or stand one behind the other */
lwi_folder_make lwi_folder_latent;           /* DeepSeek's keys and values of a small vector */
/* Gated delta nets (gguf_folder_delta.c): Qwen3-Next's one projection; Qwen3.5's heads of values.
 */
lwi_folder_make lwi_folder_projection;
lwi_folder_make lwi_folder_tiled, lwi_folder_tiled_kernel, lwi_folder_tiled_log,
    lwi_folder_tiled_columns;
/* The numbers of a tensor in the item's type; the caller frees them. */
lw_status lwi_folder_plain(const lwi_folder_item *it, const lwi_checkpoint_tensor *t,
                           uint8_t **numbers);
size_t lwi_folder_count(const lwi_checkpoint_tensor *t);
lw_status lwi_folder_odd_size(const lwi_folder_item *it);

/* A file of the folder. */
lw_status lwi_folder_write(const char *folder, const char *name, lwi_folder_work *w,
                           lw_status (*put)(lwi_folder_work *w, lwi_file_writer *to));
/* Header and numbers of the items of w->part. */
lw_status lwi_folder_put_weights(lwi_folder_work *w, lwi_file_writer *to);
/* Parts of sentence-transformers, if the file says how states are pooled or has layers behind the
 * model (gguf_folder_sentences.c). */
lw_status lwi_folder_sentences(lwi_folder_work *w, const char *folder);

/* gguf_folder_own.c */
typedef lw_status lwi_folder_own(const lwi_folder_work *w, lwi_buffer *text);
lwi_folder_own lwi_folder_deepseek, lwi_folder_gpt_oss, lwi_folder_llama4, lwi_folder_lfm2,
    lwi_folder_mamba, lwi_folder_mamba2, lwi_folder_granite, lwi_folder_delta, lwi_folder_t5,
    lwi_folder_rwkv, lwi_folder_glm, lwi_folder_bart, lwi_folder_mpt, lwi_folder_gptj,
    lwi_folder_gpt_neo, lwi_folder_starcoder, lwi_folder_opt, lwi_folder_mpnet, lwi_folder_lfm2_moe,
    lwi_folder_minimax, lwi_folder_minicpm, lwi_folder_gemma4, lwi_folder_nemotron_h,
    lwi_folder_jamba, lwi_folder_bidirectional, lwi_folder_whisper;
/* gguf_folder_config.c: the text of config.json. */
lw_status lwi_folder_config(const lwi_folder_work *w, lwi_buffer *text);

#endif

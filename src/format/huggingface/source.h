/* SPDX-License-Identifier: MIT
 * A Hugging Face folder as a checkpoint: what the parts of the door share. */
#ifndef LWI_HUGGINGFACE_SOURCE_H
#define LWI_HUGGINGFACE_SOURCE_H

#include "arch/adapters.h"
#include "base/json_read.h"
#include "base/strmap.h"
#include "files/safetensors_file.h"
#include "graph/network.h"

typedef enum lwi_hf_form {
    LWI_HF_PLAIN,
    LWI_HF_NORMS_AFTER,
    LWI_HF_TURNED,
    LWI_HF_FUSED,
    LWI_HF_FUSED_HALVES,
    LWI_HF_MIXED,
    LWI_HF_PAIR,
    LWI_HF_SHIFTED,
    LWI_HF_STACKS,
    LWI_HF_STACKS_AFTER
} lwi_hf_form;

typedef struct lwi_hf_family {
    const char *model_type, *architecture;
    lwi_hf_form form;
} lwi_hf_family;

typedef struct lwi_hf_source {
    lwi_network *network;
    const lwi_json_item *root;    /* config.json */
    const lwi_json_item *config;  /* of the part that makes text */
    const lwi_json_item *pooling; /* of sentence-transformers; NULL: there is none */
    const lwi_hf_family *family;
    lwi_safetensors files;
    lwi_checkpoint_tensor *tensors; /* by the architecture's names */
    size_t n, capacity;
    lwi_strmap index;
} lwi_hf_source;

/* The family has tensors of an encoder and of a decoder, with "enc." and "dec." before them. */
bool lwi_hf_has_stacks(const lwi_hf_source *s);
/* A file of the folder. */
lw_status lwi_hf_read_json(lwi_hf_source *s, const char *folder, const char *name,
                           const lwi_json_item **root);
bool lwi_hf_has_file(const char *folder, const char *name);
/* Maps the files of weights in the folder and adds their tensors to files: stem.safetensors or
 * torch_stem.bin, each in one file or in several with an index. */
lw_status lwi_hf_read_weights(lwi_hf_source *s, const char *folder, const char *stem,
                              const char *torch_stem, lwi_safetensors *files);
/* A member of config.json that is there and not null, else NULL. */
const lwi_json_item *lwi_hf_config(const lwi_hf_source *s, const char *name);
/* Of its rope_scaling or rope_parameters. */
const lwi_json_item *lwi_hf_rope(const lwi_hf_source *s, const char *name);
/* The row of the first position. */
int64_t lwi_hf_first_position(const lwi_hf_source *s);
/* LW_UNSUPPORTED: an option that few models have would change what is computed. */
lw_status lwi_hf_check_options(const lwi_hf_source *s);
/* For lwi_checkpoint. */
bool lwi_hf_number(void *state, const char *key, size_t i, double *value);
lw_string lwi_hf_text(void *state, const char *key);

/* Weights of the files that are quantised become float16 or bfloat16 (hf_quantized.c).
 * LW_UNSUPPORTED names a method that is not known. */
lw_status lwi_hf_unquantize(lwi_hf_source *s);
/* config.json, and the weights under the architecture's names. */
lw_status lwi_hf_read_folder(lwi_hf_source *s, const char *folder);
/* The architecture's name of a tensor; false: nobody knows it. */
bool lwi_hf_name(const lwi_hf_source *s, const char *name, char *to, size_t size);
/* A tensor of a file as it lies there. */
lw_status lwi_hf_view(const lwi_safetensor *from, lwi_checkpoint_tensor *tensor);
/* Adds a tensor under the architecture's name. */
lw_status lwi_hf_add(lwi_hf_source *s, const lwi_checkpoint_tensor *tensor);
/* All tensors of the files by the architecture's names; those that nobody knows keep their own. */
lw_status lwi_hf_translate(lwi_hf_source *s);
/* Matrices [in, out] become [out, in]; mixed rows are put in order. A copy in the arena. */
lw_status lwi_hf_turn(lwi_hf_source *s, lwi_checkpoint_tensor *tensor);
lw_status lwi_hf_turn_experts(lwi_hf_source *s, lwi_checkpoint_tensor *tensor);
lw_status lwi_hf_unmix(lwi_hf_source *s, lwi_checkpoint_tensor *tensor);
/* The tensors of all experts of a layer as gpt-oss and Llama 4 have them: a part of the last axis
 * becomes a tensor of its own, [experts, out, in] or a bias [experts, out]. *done: it was such a
 * tensor. */
lw_status lwi_hf_split_experts(lwi_hf_source *s, const lwi_checkpoint_tensor *tensor,
                               const char *name, long layer, bool *done);
/* The same for those in MXFP4, from its name and type in the file. */
lw_status lwi_hf_pack_experts(lwi_hf_source *s, const lwi_safetensor *tensor, const char *name,
                              long layer, bool *done);
/* Positions that the model never has are left out. */
lw_status lwi_hf_shift(lwi_hf_source *s, lwi_checkpoint_tensor *tensor);
/* How states are pooled, and layers that follow, where the folder says so. */
lw_status lwi_hf_add_sentence_parts(lwi_hf_source *s, const char *folder);
/* All tensors in the form of GGUF files. LW_UNSUPPORTED: a family that is laid out otherwise, or a
 * tensor that is not known. */
lw_status lwi_hf_arrange(lwi_hf_source *s);
/* Those of gated delta nets; for lwi_hf_arrange. */
lw_status lwi_hf_arrange_delta(lwi_hf_source *s);
/* Tensors that are made of numbers in config.json. */
lw_status lwi_hf_add_rope_factors(lwi_hf_source *s);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Weights and hyperparameters of a language model in a Hugging Face folder, in the form that GGUF
 * files have them: for programs that convert. The rules of lampwick.h hold.
 */
#ifndef LAMPWICK_LLM_WEIGHTS_H
#define LAMPWICK_LLM_WEIGHTS_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lw_checkpoint lw_checkpoint; /* immutable */

/* Maps the folder's files. Errors: LW_UNSUPPORTED (a family that is laid out otherwise in GGUF
 * files, or a tensor that is not known), LW_CORRUPT, LW_IO, LW_NOT_FOUND, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_checkpoint_open(const char *folder, lw_checkpoint **checkpoint);
LW_API void lw_checkpoint_free(lw_checkpoint *checkpoint);
/* "llama" */
LW_API const char *lw_checkpoint_architecture(const lw_checkpoint *checkpoint);
/* A hyperparameter by GGUF's key, without the architecture in front; false: there is none. */
LW_API bool lw_checkpoint_number(const lw_checkpoint *checkpoint, const char *key, double *value);
/* Element i of one that is a list, or the only number. */
LW_API bool lw_checkpoint_element(const lw_checkpoint *checkpoint, const char *key, size_t i,
                                  double *value);
/* Likewise; {NULL, 0}: there is none. */
LW_API lw_string lw_checkpoint_text(const lw_checkpoint *checkpoint, const char *key);

typedef struct lw_checkpoint_tensor {
    size_t size;
    const char *name; /* "blk.0.attn_q.weight" */
    uint32_t type;    /* GGML's number: 0 float32, 1 float16, 30 bfloat16 */
    int rank;         /* 1 to 4 */
    int64_t dims[4];  /* row-major */
    const void *data; /* of any alignment; lives as long as the checkpoint */
    size_t bytes;
} lw_checkpoint_tensor;
/* Tensor i of all; LW_RANGE behind the last. */
LW_API LW_MUST_CHECK lw_status lw_checkpoint_get(const lw_checkpoint *checkpoint, size_t i,
                                                 lw_checkpoint_tensor *tensor);

/* The other way: config.json and model.safetensors of a GGUF file (of a split one the first part is
 * named) in a folder, which is made if need be. Weights in blocks become float16. Errors:
 * LW_UNSUPPORTED (a family or tensor for which there is no form yet), LW_CORRUPT, LW_IO. */
LW_API LW_MUST_CHECK lw_status lw_weights_to_folder(const char *path, const char *folder);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT
 *
 * Tensors by name in files of weights: safetensors, what torch.save wrote (.pth, .pt, .bin: a
 * state_dict, a checkpoint around one, or a whole network), GGUF where it has plain numbers. Files
 * are mapped. Pickles are read as data: nothing in them is ever run. The rules of lampwick.h hold.
 *
 *   lw_weights *weights = NULL;
 *   lw_value *kernel = NULL;
 *   if (lw_weights_open("resnet18.pth", NULL, &weights) == LW_OK &&
 *       lw_weights_tensor(weights, "layer1.0.conv1.weight", &kernel) == LW_OK)
 *       ...
 *   lw_value_free(kernel), lw_weights_free(weights);
 */
#ifndef LAMPWICK_WEIGHTS_H
#define LAMPWICK_WEIGHTS_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lw_weights lw_weights; /* immutable: any number of threads may share it */

typedef struct lw_weights_options {
    size_t size;
    const lw_allocator *allocator; /* NULL: malloc; copied */
    const char *key;    /* of a PyTorch file, the dictionary that is taken: "model", "ckpt.ema"; "":
                           the outermost one; NULL: where training programs put weights
                           ("state_dict", "model" ...), else the outermost */
    bool keep_prefixes; /* "module." and "_orig_mod.", which wrappers put in front of names, stay */
    bool any_class;     /* a PyTorch file may want any function called that does not belong to the
                           system: what it would make is passed over. Else such a file is refused */
} lw_weights_options;

/* options may be NULL. Errors: LW_IO, LW_CORRUPT, LW_UNSUPPORTED (a call that weights do not need,
 * a kind of tensor that is not known), LW_NOT_FOUND (no such key, no tensors), LW_LIMIT,
 * LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_weights_open(const char *path, const lw_weights_options *options,
                                               lw_weights **weights);
/* The same from memory, which is borrowed until lw_weights_free. */
LW_API LW_MUST_CHECK lw_status lw_weights_parse(const void *data, size_t size,
                                                const lw_weights_options *options,
                                                lw_weights **weights);
LW_API void lw_weights_free(lw_weights *weights);

typedef struct lw_weights_info {
    size_t size;
    const char *format; /* "safetensors", "PyTorch (zip)", "PyTorch (legacy)", "PyTorch (tar)",
                           "GGUF" */
    size_t tensors;
    const char *key;    /* the dictionary that was taken; "": the outermost */
    const char *prefix; /* what was taken off all names; "": nothing */
    size_t others;      /* values of the file that are no tensors */
} lw_weights_info;
LW_API LW_MUST_CHECK lw_status lw_weights_describe(const lw_weights *weights,
                                                   lw_weights_info *info);

typedef struct lw_weights_entry {
    size_t size;
    const char *name; /* as all that is here, lives as long as the weights */
    lw_dtype dtype;   /* of quantised tensors: of the integers */
    int rank;
    const int64_t *dims; /* [rank] */
    size_t bytes;        /* of the elements in order */
    const char *shares;  /* the first tensor that has the same elements (tied weights), or NULL */
    bool quantized;      /* numbers are (integer - zero point) * scale */
    int axis;            /* of quantised tensors: along which there is a scale for each; -1: one */
    double scale;        /* with axis -1 */
    int64_t zero_point;
} lw_weights_entry;
/* Tensor i of all, in the file's order; LW_RANGE behind the last. */
LW_API LW_MUST_CHECK lw_status lw_weights_get(const lw_weights *weights, size_t i,
                                              lw_weights_entry *entry);
/* The place of a name; LW_NOT_FOUND if there is no such tensor. */
LW_API LW_MUST_CHECK lw_status lw_weights_find(const lw_weights *weights, const char *name,
                                               size_t *i);

/* A new value with the elements in order, which the caller frees, before the weights: it borrows
 * the file's bytes where they lie in order and aligned, and is a copy else. LW_NOT_FOUND. */
LW_API LW_MUST_CHECK lw_status lw_weights_tensor(const lw_weights *weights, const char *name,
                                                 lw_value **tensor);
/* Scales (float) and zero points (integers) of a quantised tensor with an axis, likewise. */
LW_API LW_MUST_CHECK lw_status lw_weights_scales(const lw_weights *weights, const char *name,
                                                 lw_value **scales, lw_value **zero_points);

/* Writes all tensors to a file, which appears when it is complete: .safetensors, or .pth, .pt and
 * .bin, a state_dict that torch.load reads with weights_only=True. A quantised tensor becomes
 * float32; tied weights stay so in PyTorch's files. LW_UNSUPPORTED: a type that the format does not
 * have, or another kind of file. */
LW_API LW_MUST_CHECK lw_status lw_weights_save(const lw_weights *weights, const char *path);

#ifdef __cplusplus
}
#endif
#endif

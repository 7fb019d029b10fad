/* SPDX-License-Identifier: MIT
 * A loaded model: immutable once lw_model_load has returned, counted, shared by contexts. */
#ifndef LWI_MODEL_H
#define LWI_MODEL_H

#include "opt/passes.h"
#include "run/vendor_plugin.h"
#include "run/weight_cache.h"

struct lw_model {
    atomic_int refs;
    lw_allocator allocator;
    lwi_network network;
    lw_image_decoder image_decoder;
    bool inspect;
    const void *data;     /* what was read, file_bytes of it */
    const char *path;     /* of its file; NULL: from memory */
    uint64_t skip_passes; /* a set, see opt/passes.h */
    size_t pass_counts[LWI_PASS_COUNT];
    pthread_mutex_t align_lock; /* guards aligned, and the constants until it is set */
    bool aligned;
    size_t file_bytes;
    lwi_weights weights;
    const char *cache_path; /* NULL: none */
    lwi_weight_cache cache;
    bool keep_graph;
    lw_model *base;    /* whose variant this is (run/variants.h); NULL: none's */
    lwi_given *givens; /* that a variant was made for, in its network's arena */
    size_t n_givens;
    void *written;                /* what it was read from, if that was written for it; NULL */
    pthread_mutex_t variant_lock; /* guards what follows */
    lw_model **variants;
    size_t n_variants, cap_variants;
    bool fixed_sizes;   /* a graph for free sizes could not be made */
    bool fixed_numbers; /* a graph for numbers of any value could not be made */
};

lw_model *lwi_model_ref(const lw_model *model);
/* Makes sure that constants can be read by kernels: done once, by the first who needs it, so that
 * loading alone touches no weights. Large tensors of float numbers are left out: most are wanted
 * in a packed form only. */
lw_status lwi_model_align(const lw_model *model);
/* A constant, or a copy that the model keeps if the constant is not aligned or about to go. */
lw_status lwi_model_settled(const lw_model *model, const lw_value *value, const lw_value **settled);
/* The packed form of one of the model's constants, made if it is not there yet. The pages of the
 * file that hold the constant are given back then. */
lw_status lwi_model_packed(const lw_model *model, const lw_value *value, const lwi_packing *packing,
                           const void **packed);

/* Gives back the pages of the model's files that hold these bytes. */
void lwi_model_forget(const lw_model *model, const void *data, size_t bytes);
/* Whether a first plan had better leave weights where they lie: there are so many that packing them
 * takes long, and none is packed yet, nor to be found in a file or kept in one. */
bool lwi_model_packs_late(const lw_model *model);

/* A model whose graph is made by a function rather than read from a file: make fills the network,
 * which is initialised. The passes run as after loading. */
lw_status lwi_model_make(lw_status (*make)(void *arg, lwi_network *network), void *arg,
                         const lw_model_options *options, lw_model **model);

/* A variant of a model whose network has a maker: its graph for these inputs. It belongs to base,
 * which keeps it. */
lw_status lwi_model_make_variant(lw_model *base, const lwi_given *givens, size_t n,
                                 lw_model **variant);

/* A pass has changed something. */
bool lwi_model_has_passed(const lw_model *model);
/* The same model once more, as it was loaded, without passes. It reads what the model has mapped,
 * which must live longer. Not every model can: one made in C is not read from anywhere. */
bool lwi_model_can_reread(const lw_model *model);
lw_status lwi_model_reread(const lw_model *model, lw_model **plain);

/* The same model once more, divided into parts for a plug-in and the rest, which goes through the
 * passes. It reads what the model has mapped. A variant's graph is made once more; one that was
 * made in C is written as an ONNX model, unless passes have changed it: LW_UNSUPPORTED. */
lw_status lwi_model_divide(const lw_model *model, lwi_vendor_plugin *plugin, bool fallback,
                           lw_model **divided);

/* The same model, made for runs that replace default values of inputs: the passes of *model take
 * those for constants. It reads what the model has mapped, which must live longer. */
lw_status lwi_model_open_defaults(const lw_model *model, lw_model **open);

#endif

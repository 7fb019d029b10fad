/* SPDX-License-Identifier: MIT
 * Values: tensors, sequences, maps and optionals. Tensors are row-major and contiguous; elements
 * under 8 bits are packed, first element in the low bits.
 *
 * Values are counted: lwi_value_ref/lwi_value_release. Who owns a tensor's bytes is its storage;
 * NULL means borrowed (from the caller, a mapped file, an arena). */
#ifndef LWI_VALUE_H
#define LWI_VALUE_H

#include "base/memory.h"

#include <stdatomic.h>

/* Counted memory. release gives it back. */
typedef struct lwi_storage {
    atomic_int refs;
    void *data;
    void (*release)(struct lwi_storage *);
    lw_allocator allocator; /* of the storage struct itself, and of data by default */
    void *owner;            /* for release */
} lwi_storage;

/* A tensor's elements in the memory of a device, counted, and where they are on this side. */
typedef struct lwi_remote {
    atomic_int refs;
    void (*release)(struct lwi_remote *); /* NULL: lent, for as long as a node runs */
    void *owner;                          /* for release */
    void *handle;                         /* of the device's memory */
    size_t offset, bytes;
    void *host;       /* memory on this side; NULL: none yet */
    bool there, here; /* where the elements are: on the device, in host */
} lwi_remote;

/* How long the contents of a tensor stay what they are. */
typedef enum lwi_fixed {
    LWI_VARIES,
    LWI_FIXED_PLAN,   /* computed with a plan: as long as the plan lives */
    LWI_FIXED_MODEL,  /* a constant of the model, or computed from such */
    LWI_FIXED_PASSING /* the same, but its memory goes when the plan is made */
} lwi_fixed;

struct lw_value {
    atomic_int refs;
    lw_kind kind;
    lw_dtype dtype; /* of a tensor; of the tensors in a sequence or optional */
    int rank;
    int64_t dims[LW_MAX_RANK];
    size_t count; /* elements of a tensor */
    size_t bytes;
    void *data;           /* NULL: not known yet, on a device only, or no elements */
    lwi_storage *storage; /* NULL: borrowed */
    lwi_remote *remote;   /* NULL: the elements are nowhere but in data */
    size_t remote_at;     /* bytes from where it begins */
    lw_value **items;     /* sequence; optional (0 or 1); map: keys, values */
    size_t n_items;
    lw_allocator allocator; /* of this struct and of items */
    bool embedded;          /* lives inside another struct: never freed itself */
    uint8_t fixed;          /* lwi_fixed */
    const void *origin;     /* what a constant is known by, if not by data */
};

size_t lwi_dtype_size(lw_dtype dtype);         /* bytes of an element; 1 for those under 8 bits */
bool lwi_dtype_is_packed(lw_dtype dtype);      /* under 8 bits */
bool lwi_dtype_is_float(lw_dtype dtype);       /* any floating-point type, not complex */
bool lwi_dtype_is_small_float(lw_dtype dtype); /* floating point below 32 bits */
bool lwi_dtype_is_integer(lw_dtype dtype);     /* signed or unsigned, not bool */
bool lwi_dtype_is_signed(lw_dtype dtype);

/* Elements and bytes of a shape. LW_SHAPE on a negative dimension or an overflow, LW_LIMIT on too
 * many dimensions. */
lw_status lwi_shape_count(int rank, const int64_t *dims, size_t *count);
lw_status lwi_shape_bytes(lw_dtype dtype, int rank, const int64_t *dims, size_t *count,
                          size_t *bytes);
/* "[1,3,224,224]"; returns buffer. */
enum { LWI_SHAPE_TEXT = 160 };
char *lwi_shape_text(int rank, const int64_t *dims, char buffer[LWI_SHAPE_TEXT]);
bool lwi_same_shape(const lw_value *a, const lw_value *b);

/* Makes *value a borrowed tensor over data without allocating. */
lw_status lwi_tensor_init(lw_value *value, lw_dtype dtype, int rank, const int64_t *dims,
                          void *data);
/* An owned, zeroed tensor. */
lw_status lwi_tensor_make(const lw_allocator *allocator, lw_dtype dtype, int rank,
                          const int64_t *dims, lw_value **value);
/* An empty value of the kind, with room for n items (NULL at first). */
lw_status lwi_value_make(const lw_allocator *allocator, lw_kind kind, lw_dtype dtype, size_t n,
                         lw_value **value);
lw_value *lwi_value_ref(const lw_value *value);
void lwi_value_release(lw_value *value);
/* Drops storage and items of an embedded value, which can then be used again. */
void lwi_value_clear(lw_value *value);
/* A deep copy that owns everything, strings too. */
lw_status lwi_value_clone(const lw_allocator *allocator, const lw_value *value, lw_value **copy);

lwi_storage *lwi_storage_ref(lwi_storage *storage);
void lwi_storage_release(lwi_storage *storage);
lwi_remote *lwi_remote_ref(lwi_remote *remote);
void lwi_remote_release(lwi_remote *remote);
/* data becomes owned by the new storage and is freed with the allocator. */
lw_status lwi_storage_make(const lw_allocator *allocator, void *data, lwi_storage **storage);

/* Reads element i of a numeric or bool tensor. Packed types are unpacked. */
double lwi_get_double(const lw_value *value, size_t i);
int64_t lwi_get_int(const lw_value *value, size_t i);

#endif

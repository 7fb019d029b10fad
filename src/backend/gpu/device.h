/* SPDX-License-Identifier: MIT
 * A device that runs kernels on memory of its own. What drives it (OpenCL, CUDA ...) is a table of
 * functions; who uses it does not know which one that is. Work is done in the order in which it is
 * given, but for copies beside it, which are ordered by marks alone. What is uploaded has been read
 * when the call returns; downloads are done. One thread uses a device at a time. */
#ifndef LWI_DEVICE_H
#define LWI_DEVICE_H

#include "base/strmap.h"

typedef struct lwi_device lwi_device;

/* A block of a device's memory. */
typedef struct lwi_device_memory {
    void *handle;
    size_t bytes;
} lwi_device_memory;

/* What a driver is asked for, so that kernels may read whole pieces of 16 bytes. */
static inline size_t lwi_device_room(size_t bytes) { return (bytes | 15) + 1; }

typedef enum lwi_device_argument_kind {
    LWI_DEVICE_MEMORY, /* two parameters of the kernel: a pointer, and a number of bytes behind it
                        */
    LWI_DEVICE_INT,
    LWI_DEVICE_FLOAT,
    LWI_DEVICE_MAP,  /* one parameter: a map of the tensor that lies there; where device->maps */
    LWI_DEVICE_LOCAL /* no parameter: bytes of local memory for a group; where device->maps */
} lwi_device_argument_kind;

/* A tensor [batch, outer, inner] of 16-bit floats, of which kernels copy boxes to local memory, a
 * box of one matrix. It begins at a multiple of 16 bytes, and so do its rows and matrices. */
typedef struct lwi_device_map {
    bool is_bf16;
    uint64_t dims[3];    /* the innermost first */
    uint64_t strides[2]; /* bytes from row to row, and from matrix to matrix */
    uint32_t box[2];     /* of the first two dims; 64 in the first */
} lwi_device_map;
enum { LWI_DEVICE_MAP_ALIGN = 16 };

typedef enum lwi_device_float { LWI_DEVICE_F32, LWI_DEVICE_F16, LWI_DEVICE_BF16 } lwi_device_float;

/* alpha A B + bias, row by row in Y [batch, m, n], of one type: what a library on the machine may
 * be given. Strides in elements, of which one of row and column is 1; batch strides of 0 are for
 * what all matrices share. */
typedef struct lwi_device_product {
    lwi_device_float type;
    bool bias; /* [n] */
    float alpha;
    size_t m, n, k, batch;
    size_t a_row, a_column, a_batch;
    size_t b_row, b_column, b_batch;
} lwi_device_product;
/* Its arguments, each memory; it does not take what begins at no multiple of LWI_DEVICE_MAP_ALIGN.
 */
enum {
    LWI_DEVICE_PRODUCT_A,
    LWI_DEVICE_PRODUCT_B,
    LWI_DEVICE_PRODUCT_BIAS,
    LWI_DEVICE_PRODUCT_Y,
    LWI_DEVICE_PRODUCT_SCRATCH, /* from a multiple of LWI_DEVICE_SCRATCH_ALIGN on */
    LWI_DEVICE_PRODUCT_ARGUMENTS
};
enum { LWI_DEVICE_SCRATCH_ALIGN = 256 };

typedef struct lwi_device_argument {
    lwi_device_argument_kind kind;
    union {
        struct {
            void *handle;
            size_t offset;             /* bytes */
            const lwi_device_map *map; /* of LWI_DEVICE_MAP */
        } memory;
        int32_t i;
        float f;
    };
} lwi_device_argument;

/* The two lines of work of a device. */
typedef enum lwi_device_lane { LWI_DEVICE_WORK, LWI_DEVICE_BESIDE } lwi_device_lane;

typedef struct lwi_device_api {
    /* Makes what a new device of that number needs; what was made before a failure, close undoes.
     */
    lw_status (*start)(lwi_device *device, size_t index);
    void (*close)(lwi_device *device); /* all but the struct */
    lw_status (*allocate)(lwi_device *device, size_t bytes, lwi_device_memory *memory);
    void (*release)(lwi_device *device, lwi_device_memory *memory);
    lw_status (*upload)(lwi_device *device, void *handle, size_t offset, const void *from,
                        size_t bytes);
    lw_status (*download)(lwi_device *device, const void *handle, size_t offset, void *to,
                          size_t bytes);
    /* The same beside the work that was given before, and is given later. */
    lw_status (*upload_beside)(lwi_device *device, void *handle, size_t offset, const void *from,
                               size_t bytes);
    lw_status (*download_beside)(lwi_device *device, const void *handle, size_t offset, void *to,
                                 size_t bytes);
    /* A place in a lane: all that was given to it before; *mark, if it is not NULL, is set anew.
     * What is given to a lane after await waits until the other one has come to a mark in it. No
     * recording is under way. */
    lw_status (*mark)(lwi_device *device, lwi_device_lane lane, void **mark);
    lw_status (*await)(lwi_device *device, lwi_device_lane lane, void *mark);
    void (*unmark)(lwi_device *device, void *mark);
    /* Within the device's memory; the two do not overlap. */
    lw_status (*copy)(lwi_device *device, void *to, size_t to_offset, const void *from,
                      size_t from_offset, size_t bytes);
    lw_status (*find_kernel)(lwi_device *device, const char *name, void **kernel);
    /* kernel: of lwi_device_kernel; name: for errors. groups: work groups in x, y and z; size: work
     * items of a group (in x). */
    lw_status (*launch)(lwi_device *device, void *kernel, const char *name,
                        const uint32_t groups[3], uint32_t size,
                        const lwi_device_argument *arguments, size_t n);
    lw_status (*finish)(lwi_device *device);
    /* Where device->records: launches between record and recorded are not done, but become one
     * piece of work for replay. recorded gives NULL if they cannot; a failed launch does not end
     * the recording. */
    lw_status (*record)(lwi_device *device);
    lw_status (*recorded)(lwi_device *device, void **recording);
    lw_status (*replay)(lwi_device *device, void *recording);
    void (*forget)(lwi_device *device, void *recording);
    /* NULL: there is no library. *prepared, which the device keeps, is NULL where it does not take
     * the product; scratch: bytes that it works in. */
    lw_status (*prepare_product)(lwi_device *device, const lwi_device_product *product,
                                 void **prepared, size_t *scratch);
    lw_status (*multiply)(lwi_device *device, void *prepared,
                          const lwi_device_argument arguments[LWI_DEVICE_PRODUCT_ARGUMENTS]);
} lwi_device_api;

enum { LWI_DEVICE_KERNELS = 256 };

struct lwi_device {
    const lwi_device_api *api;
    char name[32];  /* "opencl:0" */
    uint32_t units; /* multiprocessors, compute units; 0 where that is not known */
    bool records;
    bool maps;                            /* it has kernels *_mapped (kernels/half_mapped.k) */
    bool multiplies_f16, multiplies_bf16; /* it has units for products of matrices of that type */
    void *kernels[LWI_DEVICE_KERNELS];    /* those that were asked for, as the driver knows them */
    int n_kernels;
    lwi_strmap kernel_names;
};

/* What is known of a device without opening it. */
typedef struct lwi_device_facts {
    char name[32];         /* "opencl:0" */
    char description[128]; /* "NVIDIA Tesla P4" */
    char driver[128];      /* its version */
    uint64_t memory;       /* bytes */
    uint32_t units;        /* multiprocessors, compute units */
    char capability[32];   /* "6.1", "OpenCL 1.2" */
    bool usable;
    char reason[160]; /* why not */
} lwi_device_facts;

/* Device number `index` of all kinds; false: there are not so many. A kind without any counts as
 * one that cannot be used: its name has no number, and the reason says why. */
bool lwi_device_find(size_t index, lwi_device_facts *facts);
/* Opens one by its name ("opencl" means "opencl:0"). LW_NOT_FOUND, with a sentence that says what
 * is there; LW_UNSUPPORTED if it cannot be used. */
lw_status lwi_device_open(const char *name, lwi_device **device);
void lwi_device_close(lwi_device *device);
/* Of kernels/, by its name; the driver is asked once. */
lw_status lwi_device_launch(lwi_device *device, const char *kernel, const uint32_t groups[3],
                            uint32_t size, const lwi_device_argument *arguments, size_t n);

/* Whether it has a kernel of that name: some need doubles. */
bool lwi_device_has(lwi_device *device, const char *kernel);

/* For drivers: a device in `bytes` of memory that begin with an lwi_device, the rest zero, named
 * "kind:index", and started. */
lw_status lwi_device_make(const lwi_device_api *api, size_t bytes, const char *kind, size_t index,
                          lwi_device **device);

#endif

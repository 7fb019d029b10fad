/* SPDX-License-Identifier: MIT
 * What is declared here is what NVIDIA's manual of cuBLAS says of cuBLASLt's functions, of its
 * versions 11 to 13. Its matrices lie column by column: a product row by row, Y = A B, is to it
 * Y' = B' A', whose left factor is our right one. */
#include "backend/gpu/cublas_lt.h"

#include "backend/gpu/dynamic_library.h"
#include "base/memory.h"

#include <string.h>

typedef struct desc desc;     /* cublasLtMatmulDesc_t */
typedef struct layout layout; /* cublasLtMatrixLayout_t */
typedef struct taste taste;   /* cublasLtMatmulPreference_t */

/* cublasLtMatmulHeuristicResult_t */
typedef struct choice {
    uint64_t algorithm[8];
    size_t scratch;
    int state;
    float waves;
    int reserved[4];
} choice;

enum {
    REAL_F32 = 0, /* cudaDataType_t */
    REAL_F16 = 2,
    REAL_BF16 = 14,
    COMPUTE_F32 = 68, /* cublasComputeType_t */
    TURNED = 1,       /* cublasOperation_t */
    BIAS = 4          /* cublasLtEpilogue_t */
};
enum { BATCH_COUNT = 5, BATCH_STRIDE = 6 };                               /* of layouts */
enum { TURN_LEFT = 3, TURN_RIGHT = 4, EPILOGUE = 7, BIAS_POINTER = 8 };   /* of descs */
enum { MOST_SCRATCH = 1, REDUCTIONS = 3, LEFT_ALIGNED = 5, ALIGNED = 4 }; /* of tastes */
/* Sums in parts are put together in float32, never in the output. */
enum { REDUCE_IN_COMPUTE_TYPE = 2 };
enum { SCRATCH = 32 << 20 /* bytes, what the manual advises for Hopper's cards */ };

/* F(member, what follows cublasLt in the name, parameters) */
#define FUNCTIONS(F)                                                                               \
    F(create, Create, (void **handle))                                                             \
    F(destroy, Destroy, (void *handle))                                                            \
    F(new_desc, MatmulDescCreate, (desc * *made, int compute, int scale))                          \
    F(free_desc, MatmulDescDestroy, (desc * desc))                                                 \
    F(set_desc, MatmulDescSetAttribute, (desc * desc, int which, const void *from, size_t bytes))  \
    F(new_layout, MatrixLayoutCreate,                                                              \
      (layout * *made, int type, uint64_t rows, uint64_t columns, int64_t stride))                 \
    F(free_layout, MatrixLayoutDestroy, (layout * layout))                                         \
    F(set_layout, MatrixLayoutSetAttribute,                                                        \
      (layout * layout, int which, const void *from, size_t bytes))                                \
    F(new_taste, MatmulPreferenceCreate, (taste * *made))                                          \
    F(free_taste, MatmulPreferenceDestroy, (taste * taste))                                        \
    F(set_taste, MatmulPreferenceSetAttribute,                                                     \
      (taste * taste, int which, const void *from, size_t bytes))                                  \
    F(choose, MatmulAlgoGetHeuristic,                                                              \
      (void *handle, desc *desc, layout *left, layout *right, layout *c, layout *y, taste *taste,  \
       int most, choice *choices, int *n))                                                         \
    F(multiply, Matmul,                                                                            \
      (void *handle, desc *desc, const void *alpha, lwi_card_address left, layout *left_layout,    \
       lwi_card_address right, layout *right_layout, const void *beta, lwi_card_address c,         \
       layout *c_layout, lwi_card_address y, layout *y_layout, const uint64_t *algorithm,          \
       lwi_card_address scratch, size_t scratch_bytes, lwi_card_stream *stream))

struct lwi_cublas_lt {
    void *handle;
#define F(member, name, parameters) int(*member) parameters;
    FUNCTIONS(F)
#undef F
};

struct lwi_cublas_product {
    const lwi_cublas_lt *library;
    desc *desc;
    layout *left, *right, *y;
    choice choice;
    float alpha;
    bool bias;
};

/* -------------------------------------------------------------------- opening */

static bool bind(void *library, lwi_cublas_lt *l) {
    bool all = true;
#define F(member, name, parameters)                                                                \
    all = lwi_library_bind(library, "cublasLt" #name, &l->member) && all;
    FUNCTIONS(F)
#undef F
    return all;
}

/* The newest for this driver that starts: one for a newer CUDA does not. */
lwi_cublas_lt *lwi_cublas_lt_open(int version) {
    static const char *const files[] = {"libcublasLt.so.13", "libcublasLt.so.12",
                                        "libcublasLt.so.11"};
    lwi_cublas_lt *l = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *l, &l) != LW_OK) return NULL;
    for (int i = 0; i < 3; i++) {
        void *library = version >= 1000 * (13 - i) ? lwi_library_open(&files[i], 1) : NULL;
        if (library && bind(library, l) && l->create(&l->handle) == 0) return l;
    }
    lwi_free(&lwi_malloc_allocator, l);
    return NULL;
}

/* The library itself stays until the process ends. */
void lwi_cublas_lt_close(lwi_cublas_lt *l) {
    if (!l) return;
    l->destroy(l->handle);
    lwi_free(&lwi_malloc_allocator, l);
}

/* ------------------------------------------------------------------- products */

static int type_of(lwi_device_float type) {
    return type == LWI_DEVICE_F16 ? REAL_F16 : type == LWI_DEVICE_BF16 ? REAL_BF16 : REAL_F32;
}

/* rows x columns, column by column; a batch of them. */
static int make_layout(const lwi_cublas_lt *l, const lwi_device_product *w, size_t rows,
                       size_t columns, size_t stride, size_t batch_stride, layout **made) {
    const int32_t count = (int32_t)w->batch;
    const int64_t offset = (int64_t)batch_stride;
    int code = l->new_layout(made, type_of(w->type), rows, columns, (int64_t)stride);
    if (code == 0) code = l->set_layout(*made, BATCH_COUNT, &count, sizeof count);
    if (code == 0) code = l->set_layout(*made, BATCH_STRIDE, &offset, sizeof offset);
    return code;
}

/* Ours is rows x columns with these strides, of which one is 1; its transpose is meant. */
static int make_operand(const lwi_cublas_product *p, const lwi_device_product *w, bool is_left,
                        size_t rows, size_t columns, const size_t strides[3], layout **made) {
    const lwi_cublas_lt *l = p->library;
    const int32_t turned = TURNED;
    if (strides[1] == 1) return make_layout(l, w, columns, rows, strides[0], strides[2], made);
    const int code = make_layout(l, w, rows, columns, strides[1], strides[2], made);
    if (code != 0) return code;
    return l->set_desc(p->desc, is_left ? TURN_LEFT : TURN_RIGHT, &turned, sizeof turned);
}

static int make_desc(lwi_cublas_product *p) {
    const int32_t bias = BIAS;
    const int code = p->library->new_desc(&p->desc, COMPUTE_F32, REAL_F32);
    if (code != 0 || !p->bias) return code;
    return p->library->set_desc(p->desc, EPILOGUE, &bias, sizeof bias);
}

/* What lies anywhere may begin at a multiple of LWI_DEVICE_MAP_ALIGN bytes. */
static int make_taste(const lwi_cublas_lt *l, taste **made) {
    const uint64_t scratch = SCRATCH;
    const uint32_t reductions = REDUCE_IN_COMPUTE_TYPE, aligned = LWI_DEVICE_MAP_ALIGN;
    int code = l->new_taste(made);
    if (code == 0) code = l->set_taste(*made, MOST_SCRATCH, &scratch, sizeof scratch);
    if (code == 0) code = l->set_taste(*made, REDUCTIONS, &reductions, sizeof reductions);
    for (int i = 0; i < ALIGNED && code == 0; i++)
        code = l->set_taste(*made, LEFT_ALIGNED + i, &aligned, sizeof aligned);
    return code;
}

/* The library's own order of what it takes to be fastest: it does not measure. */
static int choose(lwi_cublas_product *p) {
    const lwi_cublas_lt *l = p->library;
    taste *wanted = NULL;
    int n = 0;
    int code = make_taste(l, &wanted);
    if (code == 0)
        code =
            l->choose(l->handle, p->desc, p->left, p->right, p->y, p->y, wanted, 1, &p->choice, &n);
    if (wanted) l->free_taste(wanted);
    return code != 0 ? code : n < 1 ? -1 : p->choice.state;
}

lwi_cublas_product *lwi_cublas_lt_prepare(lwi_cublas_lt *l, const lwi_device_product *w,
                                          size_t *scratch) {
    const size_t a[3] = {w->a_row, w->a_column, w->a_batch};
    const size_t b[3] = {w->b_row, w->b_column, w->b_batch};
    lwi_cublas_product *p = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *p, &p) != LW_OK) return NULL;
    p->library = l;
    p->alpha = w->alpha;
    p->bias = w->bias;
    int code = make_desc(p);
    if (code == 0) code = make_operand(p, w, true, w->k, w->n, b, &p->left);
    if (code == 0) code = make_operand(p, w, false, w->m, w->k, a, &p->right);
    if (code == 0) code = make_layout(l, w, w->n, w->m, w->n, w->m * w->n, &p->y);
    if (code == 0) code = choose(p);
    *scratch = p->choice.scratch;
    if (code == 0) return p;
    lwi_cublas_product_free(p);
    return NULL;
}

void lwi_cublas_product_free(lwi_cublas_product *p) {
    if (!p) return;
    if (p->y) p->library->free_layout(p->y);
    if (p->right) p->library->free_layout(p->right);
    if (p->left) p->library->free_layout(p->left);
    if (p->desc) p->library->free_desc(p->desc);
    lwi_free(&lwi_malloc_allocator, p);
}

int lwi_cublas_lt_multiply(lwi_cublas_product *p,
                           const lwi_card_address places[LWI_DEVICE_PRODUCT_ARGUMENTS],
                           lwi_card_stream *stream) {
    const lwi_cublas_lt *l = p->library;
    const lwi_card_address a = places[LWI_DEVICE_PRODUCT_A], b = places[LWI_DEVICE_PRODUCT_B],
                           y = places[LWI_DEVICE_PRODUCT_Y], bias = places[LWI_DEVICE_PRODUCT_BIAS],
                           scratch = places[LWI_DEVICE_PRODUCT_SCRATCH];
    const float beta = 0;
    int code = 0;
    if (p->bias) code = l->set_desc(p->desc, BIAS_POINTER, &bias, sizeof bias);
    if (code != 0) return code;
    return l->multiply(l->handle, p->desc, &p->alpha, b, p->left, a, p->right, &beta, y, p->y, y,
                       p->y, p->choice.algorithm, scratch, p->choice.scratch, stream);
}

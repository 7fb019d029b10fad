/* SPDX-License-Identifier: MIT
 * A libcublasLt.so.12 without a card, for tests: it checks what it is given against NVIDIA's manual
 * of cuBLASLt, and multiplies on the processor, in float32, when the stream of fake_card.c comes to
 * it. FAKE_CARD may hold noproducts (it does not start), and nochoice (it has no algorithm). */
#include "base/half.h"
#include "fake_card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API(name) __attribute__((visibility("default"))) int name

enum { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum { F32 = 0, F16 = 2, BF16 = 14, COMPUTE_32F = 68 };
enum { A, B, BIAS, Y, SCRATCH };
enum { SCRATCH_BYTES = 1 << 20, NUMBER = 4711 /* of the only algorithm */ };

typedef struct handle {
    int card;
} handle;

/* Attributes by their numbers; sizes as the manual has them. */
typedef struct desc {
    int compute, scale;
    int32_t turned[2]; /* of the left and the right factor */
    int32_t epilogue;
    uint64_t bias;
} desc;

typedef struct layout {
    int type;
    uint64_t rows, columns;
    int64_t stride;
    int32_t batch;
    int64_t batch_stride;
} layout;

typedef struct taste {
    uint64_t scratch;
    uint32_t reductions, aligned[4];
} taste;

typedef struct choice {
    uint64_t algorithm[8];
    size_t scratch;
    int state;
    float waves;
    int reserved[4];
} choice;

static int made; /* things that are not yet freed */

static void *make(size_t bytes) {
    __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    return calloc(1, bytes);
}

static int drop(void *thing) {
    if (!thing) fake_wrong("cuBLASLt frees what was not made");
    __atomic_sub_fetch(&made, 1, __ATOMIC_RELAXED);
    free(thing);
    return SUCCESS;
}

__attribute__((destructor)) static void count(void) {
    if (made) fake_wrong("%d things of cuBLASLt were not freed", made);
}

API(cublasLtCreate)(handle **created) {
    const int card = fake_current_card("cublasLtCreate");
    if (fake_says("noproducts")) return NOT_INITIALIZED;
    *created = make(sizeof **created);
    (*created)->card = card;
    return SUCCESS;
}

API(cublasLtDestroy)(handle *h) { return drop(h); }

/* ------------------------------------------------------------------ descriptors */

static int set(void *to, size_t size, const void *from, size_t bytes) {
    if (bytes != size) fake_wrong("an attribute of cuBLASLt of %zu bytes, not %zu", bytes, size);
    memcpy(to, from, size);
    return SUCCESS;
}

API(cublasLtMatmulDescCreate)(desc **created, int compute, int scale) {
    if (compute != COMPUTE_32F || scale != F32) fake_wrong("sums that are not in float32");
    *created = make(sizeof **created);
    **created = (desc){.compute = compute, .scale = scale, .epilogue = 1};
    return SUCCESS;
}
API(cublasLtMatmulDescDestroy)(desc *d) { return drop(d); }
API(cublasLtMatmulDescSetAttribute)(desc *d, int which, const void *from, size_t bytes) {
    switch (which) {
    case 3:
    case 4:
        return set(&d->turned[which - 3], 4, from, bytes);
    case 7:
        return set(&d->epilogue, 4, from, bytes);
    case 8:
        return set(&d->bias, 8, from, bytes);
    default:
        return INVALID_VALUE;
    }
}

API(cublasLtMatrixLayoutCreate)
(layout **created, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    if (type != F32 && type != F16 && type != BF16) fake_wrong("a matrix of type %d", type);
    if (stride < (int64_t)rows) fake_wrong("columns that overlap");
    *created = make(sizeof **created);
    **created =
        (layout){.type = type, .rows = rows, .columns = columns, .stride = stride, .batch = 1};
    return SUCCESS;
}
API(cublasLtMatrixLayoutDestroy)(layout *l) { return drop(l); }
API(cublasLtMatrixLayoutSetAttribute)(layout *l, int which, const void *from, size_t bytes) {
    switch (which) {
    case 5:
        return set(&l->batch, 4, from, bytes);
    case 6:
        return set(&l->batch_stride, 8, from, bytes);
    default:
        return INVALID_VALUE;
    }
}

API(cublasLtMatmulPreferenceCreate)(taste **created) {
    *created = make(sizeof **created);
    **created = (taste){.reductions = ~0u, .aligned = {256, 256, 256, 256}};
    return SUCCESS;
}
API(cublasLtMatmulPreferenceDestroy)(taste *t) { return drop(t); }
API(cublasLtMatmulPreferenceSetAttribute)(taste *t, int which, const void *from, size_t bytes) {
    switch (which) {
    case 1:
        return set(&t->scratch, 8, from, bytes);
    case 3:
        return set(&t->reductions, 4, from, bytes);
    case 5:
    case 6:
    case 7:
    case 8:
        return set(&t->aligned[which - 5], 4, from, bytes);
    default:
        return INVALID_VALUE;
    }
}

/* ------------------------------------------------------------------- products */

/* What a product is, for the stream: matrices column by column, Y = left right. */
typedef struct product {
    float alpha;
    bool bias;
    int type;
    size_t m, n, k; /* rows of Y, its columns, the sum */
    int32_t batch;
    size_t left[3], right[3],
        y[2]; /* strides from row to row, column to column, matrix to matrix */
} product;

static size_t rows_of(const layout *l, int32_t turned) { return turned ? l->columns : l->rows; }
static size_t columns_of(const layout *l, int32_t turned) { return turned ? l->rows : l->columns; }

static void check(const handle *h, const desc *d, const layout *left, const layout *right,
                  const layout *c, const layout *y) {
    if (!h || h->card != fake_current_card("cuBLASLt")) fake_wrong("a handle of another card");
    if (d->turned[0] >> 1 || d->turned[1] >> 1) fake_wrong("an operation that is none");
    if (d->epilogue != 1 && d->epilogue != 4) fake_wrong("epilogue %d", d->epilogue);
    if (left->type != right->type || left->type != y->type || c != y)
        fake_wrong("matrices of several types");
    if (rows_of(left, d->turned[0]) != y->rows || columns_of(right, d->turned[1]) != y->columns ||
        columns_of(left, d->turned[0]) != rows_of(right, d->turned[1]))
        fake_wrong("sizes that do not go together");
    if (left->batch != right->batch || left->batch != y->batch) fake_wrong("several batches");
    if (y->batch > 1 && y->batch_stride < (int64_t)(y->rows * y->columns))
        fake_wrong("results that overlap");
}

API(cublasLtMatmulAlgoGetHeuristic)
(const handle *h, const desc *d, const layout *left, const layout *right, const layout *c,
 const layout *y, const taste *t, int most, choice *choices, int *n) {
    check(h, d, left, right, c, y);
    if (t->reductions & ~2u) fake_wrong("sums may be rounded on their way");
    for (int i = 0; i < 4; i++)
        if (t->aligned[i] > 16) fake_wrong("operands lie anywhere");
    *n = 0;
    if (fake_says("nochoice")) return NOT_SUPPORTED;
    if (most < 1) return INVALID_VALUE;
    choices[0] = (choice){.algorithm = {NUMBER, left->rows, right->rows, y->rows},
                          .scratch = t->scratch < SCRATCH_BYTES ? t->scratch : SCRATCH_BYTES};
    *n = 1;
    return SUCCESS;
}

static float load(int type, uint64_t from, size_t i) {
    if (type == F32) return ((const float *)(uintptr_t)from)[i];
    const uint16_t bits = ((const uint16_t *)(uintptr_t)from)[i];
    if (type == F16) return lwi_f16_to_f32(bits);
    const uint32_t wide = (uint32_t)bits << 16;
    float x;
    memcpy(&x, &wide, 4);
    return x;
}

static void store(int type, uint64_t to, size_t i, float x) {
    uint32_t wide;
    if (type == F32) ((float *)(uintptr_t)to)[i] = x;
    if (type == F16) ((uint16_t *)(uintptr_t)to)[i] = lwi_f32_to_f16(x);
    if (type != BF16) return;
    memcpy(&wide, &x, 4);
    wide += 0x7fff + (wide >> 16 & 1); /* results are finite */
    ((uint16_t *)(uintptr_t)to)[i] = (uint16_t)(wide >> 16);
}

static void multiply_one(const product *p, const uint64_t *places, size_t batch, size_t i,
                         size_t j) {
    float sum = 0;
    for (size_t k = 0; k < p->k; k++)
        sum += load(p->type, places[A], batch * p->left[2] + i * p->left[0] + k * p->left[1]) *
               load(p->type, places[B], batch * p->right[2] + k * p->right[0] + j * p->right[1]);
    sum = p->alpha * sum + (p->bias ? load(p->type, places[BIAS], i) : 0);
    store(p->type, places[Y], batch * p->y[1] + i + j * p->y[0], sum);
}

static void run(const void *what, const uint64_t *places) {
    product p;
    memcpy(&p, what, sizeof p);
    for (size_t b = 0; b < (size_t)p.batch; b++)
        for (size_t j = 0; j < p.n; j++)
            for (size_t i = 0; i < p.m; i++)
                multiply_one(&p, places, b, i, j);
}

static void find_strides(const layout *l, int32_t turned, size_t strides[3]) {
    strides[0] = turned ? (size_t)l->stride : 1;
    strides[1] = turned ? 1 : (size_t)l->stride;
    strides[2] = (size_t)l->batch_stride;
}

static size_t bytes_of(const layout *l) {
    const size_t last = (size_t)(l->batch - 1) * (size_t)l->batch_stride +
                        (l->columns - 1) * (size_t)l->stride + l->rows;
    return last * (l->type == F32 ? 4 : 2);
}

static void check_places(const uint64_t *places) {
    for (int i = A; i <= Y; i++)
        if (places[i] % 16) fake_wrong("an operand of cuBLASLt at no multiple of 16 bytes");
    if (places[SCRATCH] % 256) fake_wrong("memory to work in at no multiple of 256 bytes");
}

API(cublasLtMatmul)
(const handle *h, const desc *d, const float *alpha, uint64_t left, const layout *left_layout,
 uint64_t right, const layout *right_layout, const float *beta, uint64_t c, const layout *c_layout,
 uint64_t y, const layout *y_layout, const uint64_t *algorithm, uint64_t scratch,
 size_t scratch_bytes, void *stream) {
    check(h, d, left_layout, right_layout, c_layout, y_layout);
    if (*beta != 0 || c != y) fake_wrong("what is added to is not the result");
    if (algorithm[0] != NUMBER || algorithm[1] != left_layout->rows ||
        algorithm[2] != right_layout->rows || algorithm[3] != y_layout->rows)
        fake_wrong("an algorithm that was chosen for another product");
    if (scratch_bytes < SCRATCH_BYTES) fake_wrong("too little memory to work in");
    const bool bias = d->epilogue == 4;
    fake_task task = {.run = run,
                      .places = {left, right, bias ? d->bias : 0, y, scratch},
                      .bytes = {bytes_of(left_layout), bytes_of(right_layout),
                                y_layout->rows * (y_layout->type == F32 ? 4 : 2),
                                bytes_of(y_layout), scratch_bytes}};
    product p = {.alpha = *alpha,
                 .bias = bias,
                 .type = y_layout->type,
                 .m = y_layout->rows,
                 .n = y_layout->columns,
                 .k = columns_of(left_layout, d->turned[0]),
                 .batch = y_layout->batch,
                 .y = {(size_t)y_layout->stride, (size_t)y_layout->batch_stride}};
    find_strides(left_layout, d->turned[0], p.left);
    find_strides(right_layout, d->turned[1], p.right);
    check_places(task.places);
    memcpy(task.what, &p, sizeof p);
    fake_add_task("cublasLtMatmul", stream, &task);
    return SUCCESS;
}

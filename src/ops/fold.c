/* SPDX-License-Identifier: MIT */
#include "ops/fold.h"

#include <string.h>

typedef struct fold {
    const lwi_window *window;
    const char *columns;
    char *images;
    size_t element, in_size, out_size, kernel_size;
    void (*plane)(const lwi_window *w, const void *columns, void *image);
} fold;

/* LANES: numbers in an element (2 in a complex one). */
#define FOLD(NAME, T, LANES)                                                                       \
    static void NAME(const lwi_window *w, const void *columns, void *image) {                      \
        const T *from = columns;                                                                   \
        const int axis = w->rank - 1;                                                              \
        const int64_t stride = w->stride[axis];                                                    \
        const size_t length = (size_t)w->out[axis];                                                \
        const size_t rows = lwi_window_count(axis, w->out);                                        \
        const size_t kernel = lwi_window_count(w->rank, w->kernel);                                \
        int64_t at[LW_MAX_RANK] = {0}, low, high;                                                  \
        for (size_t k = 0; k < kernel; k++, lwi_window_next(w->rank, w->kernel, at)) {             \
            const int64_t shift = at[axis] * w->dilation[axis] - w->begin[axis];                   \
            int64_t place[LW_MAX_RANK] = {0}, start[LW_MAX_RANK];                                  \
            lwi_window_inside(w, shift, w->out[axis], &low, &high);                                \
            for (size_t r = 0; r < rows; r++, from += length * LANES) {                            \
                lwi_window_start(w, place, start);                                                 \
                lwi_window_next(axis, w->out, place);                                              \
                const int64_t row = lwi_window_row(w, start, at);                                  \
                if (row < 0) continue;                                                             \
                T *to = (T *)image + (row + shift) * LANES;                                        \
                for (int64_t o = low * LANES; stride == 1 && o < high * LANES; o++)                \
                    to[o] += from[o];                                                              \
                for (int64_t o = low; stride != 1 && o < high; o++)                                \
                    for (int64_t p = 0; p < LANES; p++)                                            \
                        to[o * stride * LANES + p] += from[o * LANES + p];                         \
            }                                                                                      \
        }                                                                                          \
    }
FOLD(fold_f32, float, 1)
FOLD(fold_f64, double, 1)
FOLD(fold_c64, float, 2)
FOLD(fold_c128, double, 2)
FOLD(fold_8, uint8_t, 1)
FOLD(fold_16, uint16_t, 1)
FOLD(fold_32, uint32_t, 1)
FOLD(fold_64, uint64_t, 1)
FOLD(fold_bool, bool, 1)

static void fold_planes(void *arg, size_t begin, size_t end) {
    const fold *f = arg;
    for (size_t i = begin; i < end; i++) {
        char *image = f->images + i * f->in_size * f->element;
        memset(image, 0, f->in_size * f->element);
        f->plane(f->window, f->columns + i * f->kernel_size * f->out_size * f->element, image);
    }
}

static bool choose(lw_dtype dtype, fold *f) {
    switch (dtype) {
    case LW_FLOAT32:
        f->plane = fold_f32;
        return true;
    case LW_FLOAT64:
        f->plane = fold_f64;
        return true;
    case LW_COMPLEX64:
        f->plane = fold_c64;
        return true;
    case LW_COMPLEX128:
        f->plane = fold_c128;
        return true;
    case LW_BOOL:
        f->plane = fold_bool;
        return true;
    case LW_INT8:
    case LW_UINT8:
        f->plane = fold_8;
        return true;
    case LW_INT16:
    case LW_UINT16:
        f->plane = fold_16;
        return true;
    case LW_INT32:
    case LW_UINT32:
        f->plane = fold_32;
        return true;
    case LW_INT64:
    case LW_UINT64:
        f->plane = fold_64;
        return true;
    default:
        return false;
    }
}

lw_status lwi_fold(const lwi_call *c, const lwi_window *w, lw_dtype dtype, size_t planes,
                   const void *columns, void *images) {
    fold f = {w,
              columns,
              images,
              lwi_dtype_size(dtype),
              lwi_window_count(w->rank, w->in),
              lwi_window_count(w->rank, w->out),
              lwi_window_count(w->rank, w->kernel),
              NULL};
    if (!choose(dtype, &f))
        return lwi_call_fail(c, LW_TYPE, "elements of %s cannot be added", lw_dtype_name(dtype));
    lwi_parallel(c, planes, 1 + (1 << 14) / (f.kernel_size * f.out_size + 1), fold_planes, &f);
    return LW_OK;
}

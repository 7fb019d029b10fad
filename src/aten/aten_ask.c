/* SPDX-License-Identifier: MIT
 * What tensors say of themselves, as numbers of the program. */
#include "aten/lower.h"

/* self, dim */
void lwi_aten_ask_size(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    *out = lwi_aten_size(a, x, lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x)));
}

/* All sizes, as a list. */
void lwi_aten_ask_sizes(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    lwi_aten_value sizes[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        sizes[d] = lwi_aten_size(a, x, d);
    *out = lwi_aten_list(a, (size_t)rank, sizes);
}

/* Likewise, as a tensor. */
void lwi_aten_shape_as_tensor(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_shape(a, lwi_aten_id(a, &in[0])));
}

static lwi_aten_value product_from(lwi_aten *a, int x, int first) {
    lwi_aten_value count = lwi_aten_int(1);
    for (int d = first; d < lwi_aten_rank(a, x); d++) {
        const lwi_aten_value size = lwi_aten_size(a, x, d);
        count = lwi_aten_number(a, "mul", &count, &size);
    }
    return count;
}

void lwi_aten_ask_numel(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = product_from(a, lwi_aten_id(a, &in[0]), 0);
}

/* self, dim: of a contiguous tensor, as all are here */
void lwi_aten_ask_stride(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    *out = product_from(a, x, lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x)) + 1);
}

void lwi_aten_ask_offset(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    (void)a, (void)in;
    *out = lwi_aten_int(0);
}

void lwi_aten_ask_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = lwi_aten_int(lwi_aten_tensor_rank(a, &in[0]));
}

/* The one element. */
void lwi_aten_item(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = lwi_aten_number_of(a, lwi_aten_id(a, &in[0]));
}

void lwi_aten_is_nonzero(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = lwi_aten_number_of(a, lwi_aten_cast(a, lwi_aten_id(a, &in[0]), LW_BOOL));
}

void lwi_aten_ask_floating(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_dtype(a, lwi_aten_id(a, &in[0]));
    *out = lwi_aten_bool(lwi_dtype_is_float(dtype) && !lwi_aten_is_complex(&in[0]));
}

void lwi_aten_ask_complex(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    (void)a;
    *out = lwi_aten_bool(lwi_aten_is_complex(&in[0]));
}

void lwi_aten_ask_contiguous(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    (void)a, (void)in;
    *out = lwi_aten_bool(true);
}

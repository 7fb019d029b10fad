/* SPDX-License-Identifier: MIT
 * What passes over quantised networks look for: tensors of 8-bit codes that DequantizeLinear turns
 * into float32 numbers, and QuantizeLinear the other way. */
#ifndef LWI_QUANTIZED_H
#define LWI_QUANTIZED_H

#include "opt/rewrite.h"

/* The codes behind a float32 value, with constant scale and zero point. */
typedef struct lwi_quantized {
    int codes, scale, zero; /* values; zero is -1 where it is omitted */
    lw_dtype dtype;         /* of the codes */
    int64_t axis;           /* what it says, for scales that are not single */
    bool single;            /* one scale: then these are */
    float scale_number;
    int64_t zero_number;
} lwi_quantized;

/* node, which may be NULL, is a DequantizeLinear. */
bool lwi_is_dequantize(const lwi_node *node);
/* value is made by a DequantizeLinear of 8-bit (or, for biases, int32) codes. */
bool lwi_dequantized(const lwi_rewrite *r, int value, lwi_quantized *q);
/* node is a QuantizeLinear to 8-bit codes with a single scale; q->codes is its output. */
bool lwi_quantizes(const lwi_rewrite *r, const lwi_node *node, lwi_quantized *q);
/* Same type, and single scales and zero points that are equal. */
bool lwi_same_codes(const lwi_quantized *a, const lwi_quantized *b);
/* The zero point as a value: a new constant where it is omitted. */
lw_status lwi_zero_value(lwi_rewrite *r, const lwi_quantized *q, int *zero);
/* Element i of a float32 or int32 constant that may not be aligned. */
float lwi_constant_f32(const lw_value *value, size_t i);
int32_t lwi_constant_i32(const lw_value *value, size_t i);

/* An operator between dequantised inputs and the QuantizeLinear of its output. */
typedef struct lwi_quantized_op {
    lwi_rewrite *r;
    size_t index; /* of the operator */
    size_t place; /* of the QuantizeLinear, before which new nodes go */
    lwi_quantized y;
    int64_t low, high; /* codes of the result: its type's range, or less (Relu, Clip) */
} lwi_quantized_op;

/* Makes the integer form, whose output is `out`; *made says whether there is one. It need not
 * clamp, unless *clamps is set. */
typedef lw_status lwi_integer_form(const lwi_quantized_op *op, int out, bool *made, bool *clamps);
/* NULL: none. */
lwi_integer_form *lwi_integer_form_of(const lwi_node *node);
/* The forms: quantized_products.c, quantized_forms.c. */
lwi_integer_form lwi_integer_conv, lwi_integer_matmul, lwi_integer_gemm;
/* A node in the operator's place with copies of some of its attributes (names: NULL at the end). */
lw_status lwi_integer_node(const lwi_quantized_op *op, const char *domain, const char *op_type,
                           const int *inputs, size_t n_inputs, int out, const char *const *names);
/* A bias in units of scale_x * scale_w as int32: from codes or from numbers. *bias -1: cannot be.
 */
lw_status lwi_integer_bias(lwi_rewrite *r, int value, const lwi_quantized *x,
                           const lwi_quantized *w, size_t n, int *bias);

#endif

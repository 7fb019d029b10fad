/* SPDX-License-Identifier: MIT
 * The operands of products of 8-bit matrices. */
#ifndef LWI_INTEGER_OPERAND_H
#define LWI_INTEGER_OPERAND_H

#include "ops/op.h"

/* Checks the number of elements of input `zero`, if it is there: one, or one for each row (by_row)
 * or column of the matrices of input `matrices`: of one matrix or of all of them. */
lw_status lwi_check_zeros(const lwi_call *call, size_t matrices, size_t zero, bool by_row);

/* The int8 or uint8 elements of input `matrices` less their zero points, as int32 in scratch
 * memory. */
lw_status lwi_less_zeros(lwi_call *call, size_t matrices, size_t zero, bool by_row,
                         int32_t **numbers);

#endif

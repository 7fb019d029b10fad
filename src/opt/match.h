/* SPDX-License-Identifier: MIT
 * Looking for formulas that exporters write as several nodes. Functions return the value that was
 * found, or -1; they look at who makes a value, not at who else reads it. */
#ifndef LWI_MATCH_H
#define LWI_MATCH_H

#include "opt/rewrite.h"

/* The input of the node of that operator (ai.onnx) which makes the value. */
int lwi_match_unary(const lwi_rewrite *r, int value, const char *op_type);
/* Both inputs of such a node. */
bool lwi_match_binary(const lwi_rewrite *r, int value, const char *op_type, int *a, int *b);
/* A constant of one element that is about the number (five digits). */
bool lwi_match_number(const lwi_rewrite *r, int value, double number);
/* The other summand or factor where one is that number. */
int lwi_match_with_number(const lwi_rewrite *r, int value, const char *op_type, double number);
/* The square of which value? (Mul of equals, or Pow.) */
int lwi_match_square(const lwi_rewrite *r, int value);

/* A product: numbers multiplied together, and other factors. */
enum { LWI_MATCH_FACTORS = 4 };
typedef struct lwi_factors {
    double number;
    int values[LWI_MATCH_FACTORS];
    size_t n;
} lwi_factors;
/* Takes Mul, and Div by numbers, apart; false if there are too many factors. */
bool lwi_match_product(const lwi_rewrite *r, int value, lwi_factors *factors);
/* Number is as given, and there are two other factors. */
bool lwi_match_two_factors(const lwi_rewrite *r, int value, double number, int factors[2]);

/* 1 / sqrt(mean(q^2) + epsilon), by which x was multiplied to make value: gives x and q. The mean
 * is over the dimensions from axis on. */
typedef struct lwi_rms_match {
    int x, squared;
    int axis; /* negative: from the end */
    double epsilon;
} lwi_rms_match;
bool lwi_match_rms(const lwi_rewrite *r, int value, lwi_rms_match *match);
/* The mean over the dimensions from axis on (from the end), kept as 1, of which value? */
int lwi_match_mean(const lwi_rewrite *r, int value, int *axis);

/* What is made of the value by multiplying by a scale, then (with_bias) adding a bias, which have
 * its last dimensions; -1 where there is none. output: the end of it, or the value. */
typedef struct lwi_affine_match {
    int scale, bias, output;
} lwi_affine_match;
void lwi_match_affine(const lwi_rewrite *r, int value, int axis, bool with_bias,
                      lwi_affine_match *match);

/* The formula's constants have left the rank of x, as far as that is known: y may be f(x). */
bool lwi_match_keeps_rank(const lwi_rewrite *r, int x, int y);
/* A new node of ai.onnx makes `output`, whose old maker goes, and with it the nodes before it that
 * nothing else reads. */
lw_status lwi_match_replace(lwi_rewrite *r, int output, const char *op_type, const int *inputs,
                            size_t n_inputs, lwi_node **node);

#endif

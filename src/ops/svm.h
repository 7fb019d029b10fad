/* SPDX-License-Identifier: MIT
 * What SVMClassifier and SVMRegressor of ai.onnx.ml share: support vectors and kernels. */
#ifndef LWI_SVM_H
#define LWI_SVM_H

#include "ops/ml_scores.h"

typedef struct lwi_svm {
    const float *vectors, *coefficients, *rho;
    size_t n_vectors; /* 0: a linear model whose coefficients are those of the features */
    size_t n_coefficients, n_rho, features;
    int kernel;
    double gamma, coef0, degree;
} lwi_svm;

/* Reads the attributes; n_vectors is what the operator says. */
lw_status lwi_svm_read(const lwi_call *call, size_t n_vectors, size_t features, lwi_svm *svm);
/* The kernel of a row of x and support vector i. */
double lwi_svm_kernel(const lwi_svm *svm, const lw_value *x, size_t row, size_t i);
/* The product of a row of x and coefficients, from number `first` on. */
double lwi_svm_linear(const lwi_svm *svm, const lw_value *x, size_t row, size_t first);

#endif

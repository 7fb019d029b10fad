/* SPDX-License-Identifier: MIT
 * Test cases of `lampwick test`: how they are found, and how one is run.
 *   conformance   a folder with one model and test_data_set_N/{input,output}_K.pb
 *   arrays        a folder with one model, inputs.npz and outputs.npz
 *   light         light_NAME.onnx with light_NAME_output_K.pb beside it; its inputs are
 *                 0/n, 1/n, ... (n-1)/n, as in onnx/backend/test/runner */
#ifndef LWI_TEST_CASE_H
#define LWI_TEST_CASE_H

#include "compare_values.h"
#include "session.h"

typedef struct lwi_test_case {
    char *name, *folder, *model;
    enum { LWI_CASE_PROTO, LWI_CASE_ARRAYS, LWI_CASE_LIGHT } kind;
} lwi_test_case;

typedef struct lwi_test_cases {
    lwi_test_case *items;
    size_t n;
} lwi_test_cases;

/* Adds all cases in and below the folder, sorted by name. False if it cannot be read. */
bool lwi_find_cases(const char *folder, lwi_test_cases *cases);
void lwi_free_cases(lwi_test_cases *cases);

/* NULL if it passed, else a new sentence. */
char *lwi_run_case(const lwi_test_case *test, lwi_tolerance tolerance, const lwi_engine *engine);

#endif

/* SPDX-License-Identifier: MIT
 * Recurrent layers of language models: their steps with vectors. */
#include "backend/cpu/cpu_backend.h"
#include "ops/state_steps.h"

static void sum(const float *state, size_t rows, size_t columns, const float *weights, float *y) {
    for (size_t i = 0; i < columns; i++)
        y[i] = 0;
    lwi_cpu_kernels()->mix_rows_f32(&(lwi_mix_rows_f32_job){.weights = weights,
                                                            .rows = state,
                                                            .row = columns,
                                                            .y = y,
                                                            .many = 1,
                                                            .n = rows,
                                                            .k = columns});
}

static void update(const lwi_state_update *u) { lwi_cpu_kernels()->state_update_f32(u); }
static void scan(const lwi_state_scan *s) { lwi_cpu_kernels()->state_scan_f32(s); }

static const lwi_state_steps steps = {sum, update, scan};

/* Every call is taken: what the kernels cannot do does not pass the operators' checks. */
#define CLAIM(op, name)                                                                            \
    static lw_status run_##op(lwi_call *c) { return lwi_##name##_run(c, &steps); }                 \
    const lwi_kernel *lwi_cpu_##op##_claim(const lwi_call *c);                                     \
    const lwi_kernel *lwi_cpu_##op##_claim(const lwi_call *c) {                                    \
        static const lwi_kernel kernel = {NULL, run_##op};                                         \
        (void)c;                                                                                   \
        return &kernel;                                                                            \
    }
CLAIM(gated_delta_rule, gated_delta)
CLAIM(selective_scan, selective_scan)
CLAIM(wkv6, wkv6)
CLAIM(wkv7, wkv7)

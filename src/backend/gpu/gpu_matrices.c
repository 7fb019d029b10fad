/* SPDX-License-Identifier: MIT
 * Cholesky, Qr, Svd and Eigh: a group for each matrix of a batch, in double where the device has
 * it. */
#include "backend/gpu/gpu_backend.h"
#include "ops/matrices.h"

enum { MOST = 4096 /* rows or columns */, SIZE = sizeof(double) /* of a number of the memory */ };

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    const lw_value *x = c->in[0];
    return lwi_gpu_moves(c) && lwi_gpu_is_real(step, x->dtype) && x->rank >= 2 && x->count > 0 &&
           x->dims[x->rank - 1] <= MOST && x->dims[x->rank - 2] <= MOST;
}

static const char not_taken[] = "its type, or it has more than 4096 rows or columns";

static size_t batch_of(const lwi_call *c) {
    const lw_value *x = c->in[0];
    return x->count / (size_t)(x->dims[x->rank - 1] * x->dims[x->rank - 2]);
}

/* Outputs, those that nothing wants by another one; *wanted has a bit for each. */
static void give_outputs(const lwi_call *c, size_t n, lwi_gpu_launch *launch, int *wanted) {
    size_t there = 0;
    while (!c->out[there])
        there++;
    *wanted = 0;
    for (size_t k = 0; k < n; k++) {
        const bool wants = k < c->n_out && c->out[k];
        lwi_gpu_out(launch, wants ? k : there);
        *wanted |= wants << k;
    }
}

lw_status lwi_gpu_cholesky(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step)) return lwi_gpu_refuse(step, not_taken);
    LW_TRY(lwi_gpu_groups(step, "cholesky", batch_of(c), 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch(step, launch, x->count * SIZE);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(x->dtype));
    lwi_gpu_int(launch, x->dims[x->rank - 1]);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_qr(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int wanted = 0;
    if (!takes(c, step)) return lwi_gpu_refuse(step, not_taken);
    const lwi_matrices m = lwi_matrices_of(c);
    const size_t few = m.rows < m.columns ? m.rows : m.columns;
    const size_t width = lwi_attr_int(c->node, "complete", 0) ? m.rows : few;
    LW_TRY(lwi_gpu_groups(step, "qr_factors", m.batch, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    give_outputs(c, 2, launch, &wanted);
    lwi_gpu_scratch(step, launch, m.batch * (m.rows * (m.columns + width) + few) * SIZE);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)m.rows);
    lwi_gpu_int(launch, (int64_t)m.columns);
    lwi_gpu_int(launch, (int64_t)width);
    lwi_gpu_int(launch, wanted);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_svd(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int wanted = 0;
    if (!takes(c, step)) return lwi_gpu_refuse(step, not_taken);
    const lwi_matrices m = lwi_matrices_of(c);
    const bool tall = m.rows > m.columns;
    const size_t few = tall ? m.columns : m.rows, many = tall ? m.rows : m.columns;
    const size_t rows = lwi_attr_int(c->node, "full_matrices", 0) ? many : few;
    LW_TRY(lwi_gpu_groups(step, "svd_factors", m.batch, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    give_outputs(c, 3, launch, &wanted);
    lwi_gpu_scratch(step, launch, m.batch * (few * (many + few + 1) + (rows + 1) * many) * SIZE);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)few);
    lwi_gpu_int(launch, (int64_t)many);
    lwi_gpu_int(launch, (int64_t)rows);
    lwi_gpu_int(launch, tall);
    lwi_gpu_int(launch, wanted);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_eigh(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int wanted = 0;
    if (!takes(c, step)) return lwi_gpu_refuse(step, not_taken);
    const lwi_matrices m = lwi_matrices_of(c);
    LW_TRY(lwi_gpu_groups(step, "eigen_factors", m.batch, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    give_outputs(c, 2, launch, &wanted);
    lwi_gpu_scratch(step, launch, m.batch * m.rows * (2 * m.rows + 1) * SIZE);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)m.rows);
    lwi_gpu_int(launch, wanted);
    *taken = true;
    return LW_OK;
}

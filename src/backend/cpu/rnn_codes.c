/* SPDX-License-Identifier: MIT */
#include "backend/cpu/rnn_codes.h"

#include "backend/cpu/cpu_q_gemm.h"

#include <string.h>

/* ----------------------------------------------------------------- packing */

size_t lwi_rnn_codes_bytes(size_t k, size_t columns) {
    return (lwi_q_packed_bytes(lwi_q_whole_steps(k), columns) + 63) / 64 * 64;
}

/* Kernels with an unsigned A see codes that are 128 too large: that is where sums start. */
void lwi_rnn_pack_codes(const uint8_t *codes, bool flip, size_t k, size_t columns, int64_t *offsets,
                        void *to) {
    const size_t depth = lwi_q_whole_steps(k);
    for (size_t i = 0; i < depth; i++)
        offsets[i] = i < k ? (int64_t)(i * columns) : -1;
    lwi_q_pack(codes, flip ? LW_UINT8 : LW_INT8, offsets, depth, 1, columns, to);
    const size_t width = lwi_cpu_kernels()->gemm_i8_width;
    int32_t *sums = (int32_t *)lwi_q_packed_at(to, depth, columns).sums;
    const int32_t factor = lwi_cpu_kernels()->gemm_i8_signed ? 0 : -128;
    for (size_t c = 0; c < (columns + width - 1) / width * width; c++)
        sums[c] *= factor;
}

/* --------------------------------------------------------------- splitting */

void lwi_rnn_split_rows(const float *x, size_t k, size_t rows, const lwi_rnn_split *to) {
    const lwi_kernels *kernels = lwi_cpu_kernels();
    const size_t plane = lwi_q_whole_steps(k);
    const uint8_t flip = kernels->gemm_i8_signed ? 0 : 0x80;
    uint8_t *codes = to->codes;
    for (size_t r = 0; r < rows; r++, codes += LWI_SPLIT_PLANES * plane) {
        to->scales[r] = kernels->split_f32(x + r * k, k, flip, codes, plane);
        for (size_t i = 0; i < LWI_SPLIT_PLANES; i++)
            memset(codes + i * plane + k, flip, plane - k); /* meets zeros in B */
    }
}

/* ----------------------------------------------------------------- products */

void lwi_rnn_multiply(const lwi_rnn_product *m) {
    const lwi_kernels *kernels = lwi_cpu_kernels();
    const size_t depth = lwi_q_whole_steps(m->k), width = kernels->gemm_i8_width;
    const size_t padded = (m->columns + width - 1) / width * width;
    const lwi_q_packed b = lwi_q_packed_at(m->b, depth, m->all);
    const int64_t offset = 0;
    const size_t panel = lwi_q_panel_bytes(depth);
    kernels->gemm_i8(&(lwi_gemm_i8_job){.a = m->x.codes,
                                        .a_row = depth,
                                        .offsets = &offset,
                                        .segments = 1,
                                        .length = depth,
                                        .b = b.panels + m->first / width * panel,
                                        .b_panel = panel,
                                        .rows = m->rows * LWI_SPLIT_PLANES,
                                        .columns = m->columns,
                                        .start = b.sums + m->first,
                                        .y = m->sums,
                                        .y_row = padded,
                                        .output = &(lwi_i8_output){.store = LWI_I8_INT32}});
    for (size_t r = 0; r < m->rows; r++) {
        float *y = m->y + r * m->y_row;
        kernels->join_split_f32(m->sums + r * LWI_SPLIT_PLANES * padded, padded, m->columns,
                                m->x.scales[r] * m->factor, m->add ? y : m->bias, y);
    }
}

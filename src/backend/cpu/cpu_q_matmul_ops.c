/* SPDX-License-Identifier: MIT
 * QLinearMatMul, MatMulInteger, QGemm, MatMulIntegerToFloat and DynamicQuantizeMatMul. */
#include "backend/cpu/cpu_q_matmul.h"

enum { NO = LWI_NO_INPUT };

static const lwi_q_roles INTEGER = {0, NO, 2, 1, NO, 3, NO, NO, NO, NO};
static const lwi_q_roles QLINEAR = {0, 1, 2, 3, 4, 5, 6, 7, NO, NO};
static const lwi_q_roles QGEMM = {0, 1, 2, 3, 4, 5, 7, 8, 6, NO};
static const lwi_q_roles TO_FLOAT = {0, 2, 4, 1, 3, 5, NO, NO, NO, 6};
static const lwi_q_roles DYNAMIC = {0, NO, NO, 1, 2, 3, NO, NO, NO, 4};

static lw_status run(lwi_call *c) { return lwi_q_matmul_run(c, c->in[0]->data, NULL); }

#define PRODUCT(ident, ROLES)                                                                      \
    static lw_status prepare_##ident(lwi_call *c) { return lwi_q_matmul_prepare(c, &(ROLES)); }    \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {prepare_##ident, run};                                   \
        const bool fits = lwi_is_8_bits(c->in[0]->dtype) && lwi_q_matmul_fits(c, &(ROLES));        \
        return fits ? &kernel : NULL;                                                              \
    }
PRODUCT(matmul_integer, INTEGER)
PRODUCT(matmul_integer_to_float, TO_FLOAT)
PRODUCT(qgemm, QGEMM)
PRODUCT(qlinear_matmul, QLINEAR)

/* ------------------------------------------------------------------ dynamic */

enum { STRIP = 4096 };

typedef struct quantizing {
    const float *x;
    size_t n;
    float *least, *greatest; /* of strips */
    float scale;
    lwi_coding coding;
    uint8_t *y;
} quantizing;

static size_t strip_size(const quantizing *q, size_t strip) {
    const size_t left = q->n - strip * STRIP;
    return left < STRIP ? left : STRIP;
}

static void find_ranges(void *arg, size_t begin, size_t end) {
    const quantizing *q = arg;
    for (size_t s = begin; s < end; s++)
        lwi_cpu_kernels()->range_f32(q->x + s * STRIP, strip_size(q, s), &q->least[s],
                                     &q->greatest[s]);
}

static void quantize(void *arg, size_t begin, size_t end) {
    const quantizing *q = arg;
    for (size_t s = begin; s < end; s++)
        lwi_cpu_kernels()->quantize_f32(q->x + s * STRIP, strip_size(q, s), q->scale, &q->coding,
                                        q->y + s * STRIP);
}

lw_status lwi_q_dynamic(lwi_call *c, const float *x, size_t n, uint8_t *y, lwi_q_given *given) {
    const size_t strips = (n + STRIP - 1) / STRIP;
    quantizing q = {.x = x, .n = n, .y = y};
    LW_TRY(lwi_scratch(c, 2 * strips + 1, sizeof *q.least, &q.least));
    q.greatest = q.least + strips;
    for (size_t s = 0; s < 2 * strips; s++)
        q.least[s] = 0;
    lwi_parallel(c, strips, 8, find_ranges, &q);
    float range[2] = {0, 0};
    for (size_t s = 0; s < strips; s++) {
        range[0] = q.least[s] < range[0] ? q.least[s] : range[0];
        range[1] = q.greatest[s] > range[1] ? q.greatest[s] : range[1];
    }
    const lwi_u8_scale u = lwi_dynamic_scale(range, 2);
    *given = (lwi_q_given){u.scale, (int32_t)u.zero};
    q.scale = u.scale;
    q.coding = (lwi_coding){-u.zero, 255 - u.zero, given->zero};
    if (y) lwi_parallel(c, strips, 8, quantize, &q);
    return LW_OK;
}

static lw_status prepare_dynamic(lwi_call *c) { return lwi_q_matmul_prepare(c, &DYNAMIC); }

static lw_status run_dynamic(lwi_call *c) {
    const lw_value *a = c->in[0];
    lwi_q_given given;
    uint8_t *codes = NULL;
    LW_TRY(lwi_scratch(c, a->count + 1, 1, &codes));
    LW_TRY(lwi_q_dynamic(c, a->data, a->count, codes, &given));
    return lwi_q_matmul_run(c, codes, &given);
}

const lwi_kernel *lwi_cpu_dynamic_quantize_matmul_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_dynamic_quantize_matmul_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_dynamic, run_dynamic};
    return c->in[0]->dtype == LW_FLOAT32 && lwi_q_matmul_fits(c, &DYNAMIC) ? &kernel : NULL;
}

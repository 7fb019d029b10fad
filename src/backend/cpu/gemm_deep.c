/* SPDX-License-Identifier: MIT
 * A row times a constant matrix of few columns and a K of many blocks: the blocks are summed side
 * by side, by all threads, and then added in order, so that the bits are those of any other
 * product. */
#include "backend/cpu/gemm_plan.h"

enum {
    MOST_COLUMNS = 64, /* of a panel, at any level */
    MOST_GROUPS = 256, /* of blocks */
    THREAD = 1 << 17,  /* products that are worth a thread */
};

typedef struct deep {
    const lwi_gemm_plan *plan;
    const float *a;
    float *sums; /* [depths][width] */
    bool back;   /* from the last block to the first */
} deep;

bool lwi_gemm_is_deep(const lwi_gemm_plan *p) {
    return p->panels && !p->pairs && !p->copied && p->x.m == 1 && p->x.batch == 1 &&
           p->depths > 1 && p->padded == p->width && p->width <= MOST_COLUMNS &&
           p->depths <= MOST_GROUPS;
}

/* n blocks that follow one another; the last one of all may be shorter, and stands alone. */
static void sum_group(const deep *d, size_t block, size_t n) {
    const lwi_gemm_plan *p = d->plan;
    const size_t k = block * p->depth, left = p->x.k - k;
    lwi_cpu_kernels()->deep_row_f32(d->a + k, p->panels + k * p->width,
                                    left < p->depth ? left : p->depth, n,
                                    d->sums + block * p->width);
}

/* How many of the blocks before `end`, down to `begin`, are summed together. */
static size_t group_before(const lwi_gemm_plan *p, size_t begin, size_t end) {
    const size_t n = end - begin;
    if (end * p->depth > p->x.k || n == 1) return 1;
    if (n > LWI_DEEP_BLOCKS && n < 2 * LWI_DEEP_BLOCKS) return n / 2;
    return n < LWI_DEEP_BLOCKS ? n : LWI_DEEP_BLOCKS;
}

/* Where weights do not fit the second-level cache, a run goes through them the other way than the
 * one before it, so that it finds there what that one left. */
static void sum_blocks(void *arg, size_t begin, size_t end) {
    const deep *d = arg;
    const lwi_gemm_plan *p = d->plan;
    size_t groups[MOST_GROUPS + 1], n = 0;
    groups[0] = end;
    while (groups[n] > begin && n < MOST_GROUPS) {
        groups[n + 1] = groups[n] - group_before(p, begin, groups[n]);
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t g = d->back ? i : n - 1 - i;
        sum_group(d, groups[g + 1], groups[g] - groups[g + 1]);
    }
}

lw_status lwi_gemm_deep_run(const lwi_gemm_plan *p, lwi_call *c, const float *bias) {
    deep d = {.plan = p, .a = c->in[p->input_a]->data, .back = *p->turn};
    float total[MOST_COLUMNS], *y = c->out[0]->data;
    const float scale = p->scale, low = p->low, high = p->high;
    *p->turn = !*p->turn;
    LW_TRY(lwi_scratch(c, p->depths * p->width, sizeof *d.sums, &d.sums));
    const size_t grain = 1 + THREAD / (p->depth * p->width);
    lwi_parallel(c, p->depths, grain, sum_blocks, &d);
    for (size_t n = 0; n < p->width; n++)
        total[n] = d.sums[n] * scale;
    for (size_t i = 1; i < p->depths; i++)
        for (size_t n = 0; n < p->width; n++)
            total[n] = d.sums[i * p->width + n] * scale + total[n];
    for (size_t n = 0; n < p->x.n; n++) {
        const float v = bias ? total[n] + bias[n] : total[n];
        y[n] = v < low ? low : v > high ? high : v;
    }
    if (p->finish) p->finish(p->arg, c, y, p->x.n, 0, 0, 1, p->x.n);
    return LW_OK;
}

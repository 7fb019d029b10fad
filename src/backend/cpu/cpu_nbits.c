/* SPDX-License-Identifier: MIT
 * MatMulNBits. Constant weights are packed once for the model (kern/nbits_f32.h), codes of 3 and 5
 * to 7 bits in 4 and 8 bits. Few rows of A, which is how language models generate, are multiplied
 * with the codes as they are read; for more rows blocks of B are expanded into panels of the matrix
 * product. */
#include <math.h>
#include <string.h>

#include "backend/cpu/gemm_plan.h"
#include "ops/matmul_nbits.h"

enum { A, B, SCALES, ZEROS, GROUPS, BIAS };
enum {
    FEW_ROWS = 8,
    GROUP = LWI_NBITS_GROUP,
    PORTION = 1 << 17 /* codes that are worth a thread */
};

typedef struct nbits {
    bool packed; /* false: nothing is, the reference runs with this processor's kernels */
    size_t m, n, k;
    unsigned bits; /* in the model */
    size_t file_block;
    lwi_nbits_b b;
    lwi_gemm_plan plan; /* for many rows */
} nbits;

/* ----------------------------------------------------------------- packing */

/* Integer i of those at data, lowest bits first. */
static uint32_t code_at(const uint8_t *data, size_t i, unsigned bits) {
    const size_t at = i * bits;
    const unsigned shift = at & 7, low = data[at >> 3];
    const unsigned high = shift + bits > 8 ? data[(at >> 3) + 1] : 0;
    return (low | high << 8) >> shift & ((1u << bits) - 1);
}

static size_t padded_columns(const nbits *p) { return (p->n + GROUP - 1) / GROUP * GROUP; }

static lw_status pack_codes(void *arg, const lw_value *from, void *to) {
    const nbits *p = arg;
    const unsigned bits = p->b.bits, each = 8 / bits;
    const size_t bytes = p->file_block * p->bits / 8, words = p->b.block * bits / 32;
    uint32_t *out = to;
    memset(out, 0, padded_columns(p) * p->b.blocks * words * sizeof *out);
    for (size_t n = 0; n < p->n; n++)
        for (size_t block = 0; block < p->b.blocks; block++) {
            const uint8_t *data = (const uint8_t *)from->data + (n * p->b.blocks + block) * bytes;
            uint32_t *word = out + (n / GROUP * p->b.blocks + block) * words * GROUP + n % GROUP;
            for (size_t k = 0; k < p->b.block; k++) {
                const size_t in = k % (4 * each);
                word[k / (4 * each) * GROUP] |= code_at(data, k, p->bits)
                                                << (in % 4 * 8 + in / 4 * bits);
            }
        }
    return LW_OK;
}

/* [n][blocks] to groups. */
static void pack_floats(const nbits *p, const float *from, size_t row, float *to) {
    memset(to, 0, padded_columns(p) * p->b.blocks * sizeof *to);
    for (size_t n = 0; n < p->n; n++)
        for (size_t block = 0; block < p->b.blocks; block++)
            to[(n / GROUP * p->b.blocks + block) * GROUP + n % GROUP] = from[n * row + block];
}

static lw_status pack_scales(void *arg, const lw_value *from, void *to) {
    const nbits *p = arg;
    pack_floats(p, from->data, p->b.blocks, to);
    return LW_OK;
}

static lw_status pack_zeros(void *arg, const lw_value *from, void *to) {
    const nbits *p = arg;
    float *out = to;
    if (from->dtype != LW_UINT8) return pack_scales(arg, from, to);
    const size_t row = (p->b.blocks * p->bits + 7) / 8;
    memset(out, 0, padded_columns(p) * p->b.blocks * sizeof *out);
    for (size_t n = 0; n < p->n; n++)
        for (size_t block = 0; block < p->b.blocks; block++)
            out[(n / GROUP * p->b.blocks + block) * GROUP + n % GROUP] =
                (float)code_at((const uint8_t *)from->data + n * row, block, p->bits);
    return LW_OK;
}

static bool is_weight(const lwi_call *c, size_t i) {
    return lwi_has(c, i) && c->in[i]->fixed == LWI_FIXED_MODEL && c->in[i]->count > 0;
}

/* Sets p->packed if everything could be packed. */
static lw_status pack(lwi_call *c, nbits *p) {
    const void *codes = NULL, *scales = NULL, *zeros = NULL;
    const uint64_t variant = p->bits | (uint64_t)p->file_block << 8;
    const size_t numbers = padded_columns(p) * p->b.blocks;
    const size_t bytes = numbers * p->b.block * p->b.bits / 8;
    if (!is_weight(c, B) || !is_weight(c, SCALES) || lwi_has(c, GROUPS)) return LW_OK;
    if (lwi_has(c, ZEROS) && !is_weight(c, ZEROS)) return LW_OK;
    LW_TRY(lwi_packed(c, B, "nbits", variant, bytes, pack_codes, p, &codes));
    if (!codes) return LW_OK;
    LW_TRY(lwi_packed(c, SCALES, "nbits scales", variant, numbers * sizeof(float), pack_scales, p,
                      &scales));
    if (lwi_has(c, ZEROS))
        LW_TRY(lwi_packed(c, ZEROS, "nbits zeros", variant, numbers * sizeof(float), pack_zeros, p,
                          &zeros));
    if (!scales || (lwi_has(c, ZEROS) && !zeros))
        return lwi_call_fail(c, LW_INTERNAL, "its weights are packed in part");
    p->packed = true;
    p->b.codes = codes;
    p->b.scales = scales;
    p->b.offsets = zeros;
    p->b.offset = (float)(1u << (p->bits - 1));
    return LW_OK;
}

/* --------------------------------------------------------------------- plan */

static void fill(const void *arg, size_t k, size_t depth, size_t column, size_t columns,
                 float *panels, size_t panel) {
    lwi_cpu_kernels()->nbits_expand(&((const nbits *)arg)->b, k, depth, column, columns, panels,
                                    panel);
}

static lw_status plan_many(lwi_call *c, nbits *p) {
    lwi_gemm_plan *g = &p->plan;
    g->scale = 1;
    g->low = -INFINITY;
    g->high = INFINITY;
    g->fill = fill;
    g->arg = p;
    g->x.m = p->m;
    g->x.n = p->n;
    g->x.k = p->k;
    g->x.batch = 1;
    g->x.a.row = p->k;
    g->x.a.column = 1;
    return lwi_gemm_plan_cut(c, A, B, g);
}

static lw_status prepare(lwi_call *c) {
    nbits *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    p->n = (size_t)lwi_attr_int(c->node, "N", 0);
    p->k = (size_t)lwi_attr_int(c->node, "K", 0);
    p->bits = (unsigned)lwi_attr_int(c->node, "bits", 4);
    p->file_block = (size_t)lwi_attr_int(c->node, "block_size", 0);
    if (c->out[0]->count == 0 || p->k == 0) return LW_OK;
    p->m = c->out[0]->count / p->n;
    p->b.bits = p->bits == 2 ? 2 : p->bits <= 4 ? 4 : 8;
    p->b.blocks = p->k / p->file_block + (p->k % p->file_block != 0);
    p->b.block = p->b.blocks > 1 ? p->file_block : (p->k + 15) / 16 * 16;
    LW_TRY(pack(c, p));
    return p->packed && p->m > FEW_ROWS ? plan_many(c, p) : LW_OK;
}

/* ---------------------------------------------------------------- few rows */

/* Rows of whole blocks, and the sums of the blocks. */
static lw_status set_rows(lwi_call *c, const nbits *p, lwi_nbits_job *j) {
    const size_t whole = p->b.blocks * p->b.block;
    float *sums = NULL, *copy = NULL;
    j->a = c->in[A]->data;
    j->a_row = p->k;
    LW_TRY(lwi_scratch(c, p->m * p->b.blocks, sizeof *sums, &sums));
    if (whole != p->k) {
        LW_TRY(lwi_scratch(c, p->m * whole, sizeof *copy, &copy));
        for (size_t r = 0; r < p->m; r++) {
            memcpy(copy + r * whole, j->a + r * p->k, p->k * sizeof *copy);
            memset(copy + r * whole + p->k, 0, (whole - p->k) * sizeof *copy);
        }
        j->a = copy;
        j->a_row = whole;
    }
    for (size_t i = 0; i < p->m * p->b.blocks; i++) {
        const float *a = j->a + i / p->b.blocks * j->a_row + i % p->b.blocks * p->b.block;
        float lanes[16] = {0};
        for (size_t k = 0; k < p->b.block; k += 16)
            for (size_t lane = 0; lane < 16; lane++)
                lanes[lane] += a[k + lane];
        sums[i] = 0;
        for (size_t lane = 0; lane < 16; lane++)
            sums[i] += lanes[lane];
    }
    j->sums = sums;
    return LW_OK;
}

typedef struct columns {
    lwi_nbits_job job;
    size_t n;
} columns;

/* Of four groups each. */
static void run_columns(void *arg, size_t begin, size_t end) {
    const columns *x = arg;
    lwi_nbits_job j = x->job;
    j.first = begin * 4 * GROUP;
    j.columns = end * 4 * GROUP < x->n ? (end - begin) * 4 * GROUP : x->n - j.first;
    j.y += j.first;
    if (j.bias) j.bias += j.first;
    lwi_cpu_kernels()->nbits_multiply(&j);
}

static lw_status run_few(lwi_call *c, const nbits *p, const float *bias) {
    columns x = {
        .n = p->n,
        .job = {.b = &p->b, .y = c->out[0]->data, .y_row = p->n, .rows = p->m, .bias = bias}};
    LW_TRY(set_rows(c, p, &x.job));
    lwi_parallel(c, (p->n + 4 * GROUP - 1) / (4 * GROUP), 1 + PORTION / (4 * GROUP * p->k),
                 run_columns, &x);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const nbits *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    if (!p->packed) {
        const lwi_tile tile = lwi_cpu_tile_f32();
        const lwi_nbits_kernels kernels = {.tile_f32 = &tile, .dot = lwi_cpu_kernels()->nbits_dot};
        return lwi_matmul_nbits_run(c, &kernels);
    }
    const float *bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL;
    return p->m > FEW_ROWS ? lwi_gemm_plan_run(&p->plan, c, bias) : run_few(c, p, bias);
}

const lwi_kernel *lwi_cpu_matmul_nbits_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_matmul_nbits_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    (void)c;
    return &kernel;
}

/* SPDX-License-Identifier: MIT
 * Which algorithm a 3x3 convolution is fastest with, from an estimate of processor cycles. The
 * constants are those of one core with AVX-512 (two FMA units, 1 MiB of second-level cache); what
 * matters are their proportions, which other cores share roughly. */
#include "backend/cpu/conv_plan.h"

enum {
    MACS = 32,  /* multiplications and additions per cycle in matrix products */
    LANES = 16, /* floats in a vector */
    IN_2 = 26,  /* cycles to transform a vector of input tiles and of output tiles */
    OUT_2 = 22,
    IN_4 = 85,
    OUT_4 = 80,
    NEAR = 2 << 20, /* bytes of weights that stay in a cache from run to run */
    BYTES = 8,      /* bytes of other weights that arrive per cycle */
};

static double weights_cycles(double floats) {
    const double bytes = floats * sizeof(float);
    return bytes > NEAR ? (bytes - NEAR) / BYTES : 0;
}

static double larger(double a, double b) { return a > b ? a : b; }

/* tile: outputs along an axis; 1: a direct convolution. Weights arrive while others are used. */
static double cycles(const lwi_conv_plan *p, int64_t tile) {
    const double rows = (double)((p->out[1] + tile - 1) / tile);
    const double columns = (double)((p->out[2] + tile - 1) / tile);
    const double tiles = (double)p->batch * rows * columns, channels = (double)p->channels;
    const double filters = (double)p->filters;
    const double points = tile == 1 ? 9 : (double)((tile + 2) * (tile + 2));
    const double product = tiles * points * channels * filters / MACS;
    const double weights = points * channels * filters;
    const double in = tile == 1 ? 0 : tile == 2 ? IN_2 : IN_4;
    const double out = tile == 1 ? 0 : tile == 2 ? OUT_2 : OUT_4;
    return larger(product, weights_cycles(weights)) +
           tiles * (in * channels + out * filters) / LANES;
}

size_t lwi_conv_choose_tile(const lwi_conv_plan *p) {
    size_t best = 1;
    for (size_t tile = 2; tile <= 4; tile += 2)
        if (cycles(p, (int64_t)tile) < cycles(p, (int64_t)best)) best = tile;
    return best;
}

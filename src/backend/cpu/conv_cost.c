/* SPDX-License-Identifier: MIT
 * Which algorithm a 3x3 convolution is fastest with, from an estimate of processor cycles. The
 * constants are those of one core (two FMA units, 1 MiB of second-level cache); what matters are
 * their proportions, which other cores share roughly. Nothing is measured where a model runs: the
 * algorithm decides the bits of the result, which must not depend on what else goes on there. */
#include "backend/cpu/conv_plan.h"

enum {
    STEPS = 2, /* vectors that matrix products multiply and add per cycle */
    START = 8, /* what it costs to begin and end a sum, in such steps */
    /* Cycles to transform a vector of input tiles and of output tiles. */
    IN_2 = 40,
    OUT_2 = 30,
    IN_4 = 110,
    OUT_4 = 80,
    NEAR = 2 << 20,    /* bytes of weights that stay in a cache from run to run */
    BYTES = 4,         /* bytes of other weights that arrive per cycle */
    WORTH = 5,         /* bytes of memory for weights that are worth a cycle in each run */
    SMALL = 384 << 10, /* bytes that are nothing beside those of the program */
};

static double vectors(size_t n) {
    const size_t lanes = lwi_cpu_kernels()->gemm_f32_columns / 2;
    return (double)((n + lanes - 1) / lanes);
}

static double weights_cycles(double floats) {
    const double bytes = floats * sizeof(float);
    return bytes > NEAR ? (bytes - NEAR) / BYTES : 0;
}

static double larger(double a, double b) { return a > b ? a : b; }

/* Weights arrive while others are used. */
static double direct_cycles(const lwi_conv_plan *p) {
    const double outputs = (double)p->batch * (double)p->out[1] * (double)p->out[2];
    const double depth = 9 * (double)p->channels;
    return larger(outputs * vectors(p->filters) * (depth + START) / STEPS,
                  weights_cycles(depth * (double)p->filters));
}

static double winograd_cycles(const lwi_conv_plan *p, int64_t size, double in, double out) {
    const double rows = (double)((p->out[1] + size - 1) / size);
    const double columns = (double)((p->out[2] + size - 1) / size);
    const double tiles = (double)p->batch * rows * columns, channels = (double)p->channels;
    const double points = (double)((size + 2) * (size + 2));
    const double products = tiles * points * vectors(p->filters) * (channels + START) / STEPS;
    return larger(products, weights_cycles(points * channels * (double)p->filters)) +
           tiles * (in * vectors(p->channels) + out * vectors(p->filters));
}

/* What the memory of weights is worth, with so many numbers for a channel and filter. */
static double memory_cycles(const lwi_conv_plan *p, double points) {
    const double bytes = points * (double)p->channels * (double)p->filters * sizeof(float);
    return bytes > SMALL ? bytes / WORTH : 0;
}

size_t lwi_conv_choose_tile(const lwi_conv_plan *p) {
    const double direct = direct_cycles(p) + memory_cycles(p, 9);
    const double two = winograd_cycles(p, 2, IN_2, OUT_2) + memory_cycles(p, 16);
    const double four = winograd_cycles(p, 4, IN_4, OUT_4) + memory_cycles(p, 36);
    if (direct <= two && direct <= four) return 1;
    return two < four ? 2 : 4;
}

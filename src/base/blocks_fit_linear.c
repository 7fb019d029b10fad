/* SPDX-License-Identifier: MIT
 * Scales without mins: of several that which explains most, then the block's by regression. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

#include <math.h>

enum { STEPS = 20 /* scales tried for a group */, PASSES = 4 /* over a block */ };

/* The best of the scales that give `most` a code near edge; how much it explains. */
static double try_edge(const float *x, const float *w, int n, float most, float edge, float width,
                       lwi_block_code_fn *code, float *best) {
    double explained = 0;
    for (int step = -STEPS / 2; step <= STEPS / 2; step++) {
        const float inverse = lwi_block_inverse(most / (edge + width * (float)step));
        double cc = 0, cx = 0;
        for (int i = 0; i < n; i++) {
            const double c = code(x[i] * inverse), wc = lwi_block_weight(w, i) * c;
            cc += wc * c;
            cx += wc * (double)x[i];
        }
        if (cc > 0 && cx * cx / cc > explained) {
            explained = cx * cx / cc;
            *best = (float)(cx / cc);
        }
    }
    return explained;
}

float lwi_block_fit_scale(const float *x, const float *w, int n, lwi_block_edges edges,
                          lwi_block_code_fn *code) {
    float most = 0, low = 0, high = 0;
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > fabsf(most)) most = x[i];
    const double at_low = try_edge(x, w, n, most, edges.low, edges.width, code, &low);
    const double at_high = try_edge(x, w, n, most, edges.high, edges.width, code, &high);
    return at_high > at_low ? high : low;
}

static double error_of(const float *x, const float *w, int n, float scale,
                       lwi_block_code_fn *code) {
    const float inverse = lwi_block_inverse(scale);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double d = (double)(scale * (float)code(x[i] * inverse) - x[i]);
        sum += lwi_block_weight(w, i) * d * d;
    }
    return sum;
}

/* The best of the whole multiples near each group's scale; the error of all. */
static double round_scales(const float *x, const float *w, int group, const float *scales,
                           int least, lwi_block_code_fn *code, lwi_block_linear *fit) {
    double total = 0;
    for (int g = 0; g < 256 / group; g++) {
        const float inverse = lwi_block_inverse(fit->scale);
        const int near = lwi_block_round(scales[g] * inverse, least, -least - 1);
        double lowest = INFINITY;
        fit->s[g] = (int8_t)near;
        for (int s = near - 1; s <= near + 1; s++) {
            if (s < least || s >= -least) continue;
            const double error = error_of(x + g * group, w ? w + g * group : NULL, group,
                                          fit->scale * (float)s, code);
            if (error < lowest) {
                lowest = error;
                fit->s[g] = (int8_t)s;
            }
        }
        total += lowest;
    }
    return total;
}

/* The block's best scale for the codes and multiples that there are. */
static float regress_block(const float *x, const float *w, int group, lwi_block_code_fn *code,
                           const lwi_block_linear *fit) {
    double cc = 0, cx = 0;
    for (int i = 0; i < 256; i++) {
        const int s = fit->s[i / group];
        const double c = s * code(x[i] * lwi_block_inverse(fit->scale * (float)s));
        cc += lwi_block_weight(w, i) * c * c;
        cx += lwi_block_weight(w, i) * c * (double)x[i];
    }
    return cc > 0 ? lwi_block_as_half((float)(cx / cc)) : fit->scale;
}

void lwi_block_fit_linear(const float *x, const float *w, int group, const float *scales, int least,
                          lwi_block_code_fn *code, lwi_block_linear *fit) {
    float most = 0;
    for (int g = 0; g < 256 / group; g++)
        if (fabsf(scales[g]) > fabsf(most)) most = scales[g];
    fit->scale = lwi_block_as_half(most / (float)least);
    double lowest = round_scales(x, w, group, scales, least, code, fit);
    for (int pass = 0; pass < PASSES; pass++) {
        lwi_block_linear next = *fit;
        next.scale = regress_block(x, w, group, code, fit);
        const double error = round_scales(x, w, group, scales, least, code, &next);
        if (!(error < lowest)) break;
        lowest = error;
        *fit = next;
    }
}

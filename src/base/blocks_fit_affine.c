/* SPDX-License-Identifier: MIT
 * Scales and mins: of several scales of a group that which gives the least squared error, each
 * improved twice by linear regression on its codes; then the same for the numbers of the block. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

#include <math.h>

enum { STEPS = 20 /* scales tried for a group */, PASSES = 4 /* over a block */ };

static double error_of(const float *x, const float *w, lwi_block_shape shape, lwi_block_group f) {
    const float inverse = lwi_block_inverse(f.scale);
    double sum = 0;
    for (int i = 0; i < shape.group; i++) {
        const int code = lwi_block_round((x[i] + f.min) * inverse, 0, shape.most);
        const double d = (double)(f.scale * (float)code - f.min - x[i]);
        sum += lwi_block_weight(w, i) * d * d;
    }
    return sum;
}

/* The best scale and min for the codes that f gives. */
static lwi_block_group regress(const float *x, const float *w, lwi_block_shape shape,
                               lwi_block_group f) {
    const float inverse = lwi_block_inverse(f.scale);
    double n = 0, c = 0, cc = 0, sum = 0, cx = 0;
    for (int i = 0; i < shape.group; i++) {
        const double code = lwi_block_round((x[i] + f.min) * inverse, 0, shape.most);
        const double u = lwi_block_weight(w, i), uc = u * code;
        n += u;
        c += uc;
        cc += uc * code;
        sum += u * (double)x[i];
        cx += uc * (double)x[i];
    }
    const double determinant = n * cc - c * c;
    if (!(determinant > 0)) return f;
    const double min = (c * cx - cc * sum) / determinant;
    if (min < 0 && shape.limit) return (lwi_block_group){(float)(cx / cc), 0};
    return (lwi_block_group){(float)((n * cx - c * sum) / determinant), (float)min};
}

lwi_block_group lwi_block_fit_group(const float *x, const float *w, lwi_block_shape shape) {
    float min = shape.limit ? 0 : x[0], max = min;
    for (int i = 0; i < shape.group; i++) {
        if (x[i] < min) min = x[i];
        if (x[i] > max) max = x[i];
    }
    lwi_block_group best = {(max - min) / (float)shape.most, -min};
    double least = error_of(x, w, shape, best);
    for (int i = 0; i <= STEPS; i++) {
        const float levels = (float)shape.most - 1 + 0.1F * (float)i;
        const lwi_block_group once =
            regress(x, w, shape, (lwi_block_group){(max - min) / levels, -min});
        const lwi_block_group f = regress(x, w, shape, once);
        const double error = error_of(x, w, shape, f);
        if (error < least) {
            least = error;
            best = f;
        }
    }
    return best;
}

/* Whole multiples of the block's scale and min that are best together for a group: neighbours of
 * the nearest. Their error is the result. */
static double round_fit(const float *x, const float *w, lwi_block_shape shape, lwi_block_group f,
                        lwi_block_affine *fit, int g) {
    const int near_s = lwi_block_round(f.scale * lwi_block_inverse(fit->scale), 0, shape.limit);
    const int near_m = lwi_block_round(f.min * lwi_block_inverse(fit->min), 0, shape.limit);
    double least = INFINITY;
    fit->s[g] = (uint8_t)near_s;
    fit->m[g] = (uint8_t)near_m;
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++) {
            const int s = near_s + i, m = near_m + j;
            if (s < 0 || s > shape.limit || m < 0 || m > shape.limit) continue;
            const lwi_block_group rounded = {fit->scale * (float)s, fit->min * (float)m};
            const double error = error_of(x, w, shape, rounded);
            if (error < least) {
                least = error;
                fit->s[g] = (uint8_t)s;
                fit->m[g] = (uint8_t)m;
            }
        }
    return least;
}

static double round_groups(const float *x, const float *w, lwi_block_shape shape,
                           const lwi_block_group *groups, lwi_block_affine *fit) {
    double error = 0;
    for (int g = 0; g < 256 / shape.group; g++)
        error += round_fit(x + g * shape.group, w ? w + g * shape.group : NULL, shape, groups[g],
                           fit, g);
    return error;
}

/* The block's best scale and min for the codes and multiples that there are. */
static void regress_block(const float *x, const float *w, lwi_block_shape shape,
                          lwi_block_affine *fit) {
    double aa = 0, bb = 0, ab = 0, ax = 0, bx = 0;
    for (int i = 0; i < 256; i++) {
        const int s = fit->s[i / shape.group], m = fit->m[i / shape.group];
        const float low = fit->min * (float)m, inverse = lwi_block_inverse(fit->scale * (float)s);
        const double a = s * lwi_block_round((x[i] + low) * inverse, 0, shape.most), b = -m;
        const double u = lwi_block_weight(w, i);
        aa += u * a * a;
        bb += u * b * b;
        ab += u * a * b;
        ax += u * a * (double)x[i];
        bx += u * b * (double)x[i];
    }
    const double determinant = aa * bb - ab * ab;
    const bool both = determinant > 0;
    const double scale = both ? (bb * ax - ab * bx) / determinant : aa > 0 ? ax / aa : 0;
    const double min = both ? (aa * bx - ab * ax) / determinant : 0;
    if (!(scale > 0 && min >= 0)) return;
    fit->scale = lwi_block_as_half((float)scale);
    fit->min = lwi_block_as_half((float)min);
}

void lwi_block_fit_affine(const float *x, const float *w, lwi_block_shape shape,
                          lwi_block_affine *fit) {
    lwi_block_group groups[16];
    float scale = 0, min = 0;
    for (int g = 0; g < 256 / shape.group; g++) {
        groups[g] = lwi_block_fit_group(x + g * shape.group, w ? w + g * shape.group : NULL, shape);
        scale = fmaxf(scale, groups[g].scale);
        min = fmaxf(min, groups[g].min);
    }
    fit->scale = lwi_block_as_half(scale / (float)shape.limit);
    fit->min = lwi_block_as_half(min / (float)shape.limit);
    double least = round_groups(x, w, shape, groups, fit);
    for (int pass = 0; pass < PASSES; pass++) {
        lwi_block_affine next = *fit;
        regress_block(x, w, shape, &next);
        const double error = round_groups(x, w, shape, groups, &next);
        if (!(error < least)) break;
        least = error;
        *fit = next;
    }
}

void lwi_block_affine_codes(const float *x, lwi_block_shape shape, const lwi_block_affine *fit,
                            uint8_t *codes) {
    for (int i = 0; i < 256; i++) {
        const int g = i / shape.group;
        const float inverse = lwi_block_inverse(fit->scale * (float)fit->s[g]);
        const float low = fit->min * (float)fit->m[g];
        codes[i] = (uint8_t)lwi_block_round((x[i] + low) * inverse, 0, shape.most);
    }
}

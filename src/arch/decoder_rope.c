/* SPDX-License-Identifier: MIT
 * Angles of the rotary embedding (Su et al. 2021, arXiv 2104.09864), stretched for long contexts:
 * linearly, by YaRN (Peng et al. 2023, arXiv 2309.00071), or by factors that the file gives for
 * each pair. */
#include "arch/decoder.h"

#include <math.h>

enum { MOST_PAIRS = 1 << 15 };

/* The pair whose wave goes round `turns` times in the original context. */
static double pair_of(double turns, double original, double base, double half) {
    return half * log(original / (turns * 2 * M_PI)) / log(base);
}

/* YaRN: fast waves stay as they are, slow ones are stretched, those between are blended. */
static double blend(lwi_decoder *d, double i, double base, double half, double original) {
    lwi_graph_builder *b = &d->b;
    const double fast = lwi_build_number(b, "rope.scaling.yarn_beta_fast", 32);
    const double slow = lwi_build_number(b, "rope.scaling.yarn_beta_slow", 1);
    const double first = pair_of(fast, original, base, half);
    const double last = pair_of(slow, original, base, half);
    const double low = fmax(0, d->smooth_yarn ? first : floor(first));
    const double high = fmin(2 * half - 1, d->smooth_yarn ? last : ceil(last));
    const double ramp = (i - low) / fmax(0.001, high - low);
    return 1 - fmin(1, fmax(0, ramp));
}

typedef struct stretch {
    double factor, original, magnitude;
    bool yarn;
} stretch;

/* DeepSeek scales the scores instead: what remains here is the ratio of two slopes. */
static double yarn_magnitude(lwi_decoder *d, double factor) {
    const double slope = lwi_build_number(&d->b, "rope.scaling.yarn_log_multiplier", 0);
    const double own = lwi_build_number(&d->b, "rope.scaling.yarn_own_multiplier", slope);
    if (factor <= 1) return 1;
    return slope > 0 ? (1 + own * log(factor)) / (1 + slope * log(factor)) : 1 + 0.1 * log(factor);
}

static stretch read_stretch(lwi_decoder *d, bool scaled) {
    lwi_graph_builder *b = &d->b;
    stretch s = {.factor = 1, .magnitude = 1, .original = (double)d->context};
    if (!scaled) return s;
    const bool linear = lwi_build_text_is(b, "rope.scaling.type", "linear");
    s.yarn = lwi_build_text_is(b, "rope.scaling.type", "yarn");
    s.magnitude = lwi_build_number(b, "rope.scaling.attn_factor", 1);
    s.original = lwi_build_number(b, "rope.scaling.original_context_length", s.original);
    if (linear || s.yarn) s.factor = lwi_build_number(b, "rope.scaling.factor", 1);
    else s.factor = lwi_build_number(b, "rope.scale_linear", 1);
    if (!(s.factor > 0)) s.factor = 1;
    if (s.yarn) s.magnitude *= yarn_magnitude(d, s.factor);
    return s;
}

/* Factors by which waves are slowed down, [half]; NULL: none. Contexts up to the original one have
 * the short factors. */
static const float *find_factors(lwi_decoder *d, int64_t half, bool scaled) {
    lwi_graph_builder *b = &d->b;
    static const char *const names[] = {"rope_freqs.weight", "rope_factors_short.weight"};
    const int layer = b->layer;
    int found = -1;
    b->layer = -1;
    for (size_t i = 0; i < 2 && scaled && found < 0; i++)
        found = lwi_build_weight(b, names[i], false);
    b->layer = layer;
    if (found < 0 || b->status != LW_OK) return NULL;
    const lw_value *factors = b->graph->slots[found].constant;
    if ((int64_t)factors->count < half)
        lwi_build_fail(b, LW_CORRUPT, "%zu factors for %lld pairs", factors->count,
                       (long long)half);
    return b->status == LW_OK ? factors->data : NULL;
}

static int times(lwi_decoder *d, int angles, const char *wave, double magnitude) {
    const int y = lwi_build(&d->b, wave, 1, &angles);
    return lwi_build_scale(&d->b, y, magnitude);
}

lwi_rope lwi_decoder_rope(lwi_decoder *d, double base, int64_t half, bool scaled) {
    lwi_graph_builder *b = &d->b;
    const lwi_rope none = {-1, -1};
    float *speeds = NULL;
    const stretch s = read_stretch(d, scaled);
    if (half > MOST_PAIRS || !(base > 1))
        lwi_build_fail(b, LW_CORRUPT, "rope.freq_base is %g, with %lld pairs", base,
                       (long long)half);
    if (b->status == LW_OK)
        b->status = lwi_arena_alloc(b->graph->arena, (size_t)half, sizeof *speeds, &speeds);
    const float *factors = find_factors(d, half, scaled);
    if (b->status != LW_OK) return none;
    for (int64_t i = 0; i < half; i++) {
        const double speed = pow(base, -(double)i / (double)half);
        const double mix = s.yarn ? blend(d, (double)i, base, (double)half, s.original) : 0;
        const double slowed = speed * (mix + (1 - mix) / s.factor);
        speeds[i] = (float)(factors ? slowed / (double)factors[i] : slowed);
    }
    const int ids = lwi_build(b, "Cast", 1, &d->positions);
    lwi_build_int(b, "to", LW_FLOAT32);
    const int column = lwi_build_reshape(b, ids, 2, (int64_t[]){-1, 1});
    const int waves = lwi_build_floats(b, 2, (int64_t[]){1, half}, speeds);
    const int angles = lwi_build_mul(b, column, waves);
    return (lwi_rope){times(d, angles, "Cos", s.magnitude), times(d, angles, "Sin", s.magnitude)};
}

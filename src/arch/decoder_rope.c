/* SPDX-License-Identifier: MIT
 * Angles of the rotary embedding (Su et al. 2021, arXiv 2104.09864), stretched for long contexts:
 * linearly, by YaRN (Peng et al. 2023, arXiv 2309.00071), or by factors that the file gives for
 * each pair, others for short sequences than for long ones. */
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
    const bool whole = lwi_build_number(b, "rope.scaling.yarn_truncate", !d->smooth_yarn) != 0;
    const double low = fmax(0, whole ? floor(first) : first);
    const double high = fmin(2 * half - 1, whole ? ceil(last) : last);
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

/* Factors by which waves are slowed down, [half]; NULL: none. */
static const float *find_factors(lwi_decoder *d, const char *name, int64_t half) {
    lwi_graph_builder *b = &d->b;
    const int layer = b->layer;
    b->layer = -1;
    const int found = lwi_build_weight(b, name, false);
    b->layer = layer;
    if (found < 0 || b->status != LW_OK) return NULL;
    const lw_value *factors = b->graph->slots[found].constant;
    if ((int64_t)factors->count < half)
        lwi_build_fail(b, LW_CORRUPT, "%zu factors for %lld pairs", factors->count,
                       (long long)half);
    return b->status == LW_OK ? factors->data : NULL;
}

/* Angles by position, [1, half]. */
static int make_waves(lwi_decoder *d, double base, int64_t half, const stretch *s,
                      const float *factors) {
    lwi_graph_builder *b = &d->b;
    float *speeds = NULL;
    if (b->status == LW_OK)
        b->status = lwi_arena_alloc(b->graph->arena, (size_t)half, sizeof *speeds, &speeds);
    for (int64_t i = 0; i < half && b->status == LW_OK; i++) {
        const double speed = pow(base, -(double)i / (double)half);
        const double mix = s->yarn ? blend(d, (double)i, base, (double)half, s->original) : 0;
        const double slowed = speed * (mix + (1 - mix) / s->factor);
        speeds[i] = (float)(factors ? slowed / (double)factors[i] : slowed);
    }
    return lwi_build_floats(b, 2, (int64_t[]){1, half}, speeds);
}

/* Sequences that are longer than the original context have other factors (LongRoPE, Ding et al.
 * 2024, arXiv 2402.13753), at all of their positions. */
static int choose_waves(lwi_decoder *d, double base, int64_t half, const stretch *s) {
    lwi_graph_builder *b = &d->b;
    const float *factors = find_factors(d, "rope_factors_short.weight", half);
    const float *far_factors = find_factors(d, "rope_factors_long.weight", half);
    const int waves = make_waves(d, base, half, s, factors);
    if (!factors || !far_factors || s->original >= (double)d->context) return waves;
    const int far_waves = make_waves(d, base, half, s, far_factors);
    const int rows =
        lwi_build(b, "Gather", 2, (int[]){lwi_decoder_need_stretched(d), d->sequences});
    const int is_far = lwi_build(b, "Cast", 1, &rows);
    lwi_build_int(b, "to", LW_BOOL);
    const int column = lwi_build_reshape(b, is_far, 2, (int64_t[]){-1, 1});
    d->original_context = (int64_t)s->original;
    return lwi_build(b, "Where", 3, (int[]){column, far_waves, waves});
}

static int times(lwi_decoder *d, int angles, const char *wave, double magnitude) {
    const int y = lwi_build(&d->b, wave, 1, &angles);
    return lwi_build_scale(&d->b, y, magnitude);
}

lwi_rope lwi_decoder_rope(lwi_decoder *d, double base, int64_t half, bool scaled) {
    lwi_graph_builder *b = &d->b;
    const lwi_rope none = {-1, -1};
    const stretch s = read_stretch(d, scaled);
    if (half > MOST_PAIRS || !(base > 1))
        lwi_build_fail(b, LW_CORRUPT, "rope.freq_base is %g, with %lld pairs", base,
                       (long long)half);
    if (b->status != LW_OK) return none;
    const float *factors = scaled ? find_factors(d, "rope_freqs.weight", half) : NULL;
    const int waves = scaled && !factors ? choose_waves(d, base, half, &s)
                                         : make_waves(d, base, half, &s, factors);
    const int ids = lwi_build(b, "Cast", 1, &d->positions);
    lwi_build_int(b, "to", LW_FLOAT32);
    const int column = lwi_build_reshape(b, ids, 2, (int64_t[]){-1, 1});
    const int angles = lwi_build_mul(b, column, waves);
    return (lwi_rope){times(d, angles, "Cos", s.magnitude), times(d, angles, "Sin", s.magnitude)};
}

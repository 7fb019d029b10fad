/* SPDX-License-Identifier: MIT */
#include "kern/depthwise_i8.h"
#include "kern/level.h"

#include <immintrin.h>

static inline __m512i load(const uint8_t *p, __mmask64 mask, uint32_t flip) {
    return _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, p), _mm512_set1_epi32((int)flip));
}

/* Four taps of 64 channels. */
static inline void add_taps(const lwi_depthwise_i8_job *j, const uint8_t *x, const int64_t *at,
                            const int8_t *w, __mmask64 mask, __m512i s[4]) {
    const __m512i a = load(x + at[0], mask, j->flip), b = load(x + at[1], mask, j->flip);
    const __m512i c = load(x + at[2], mask, j->flip), d = load(x + at[3], mask, j->flip);
    const __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);
    const __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);
    s[0] = _mm512_dpbusd_epi32(s[0], _mm512_unpacklo_epi16(ab0, cd0), _mm512_loadu_si512(w));
    s[1] = _mm512_dpbusd_epi32(s[1], _mm512_unpackhi_epi16(ab0, cd0), _mm512_loadu_si512(w + 64));
    s[2] = _mm512_dpbusd_epi32(s[2], _mm512_unpacklo_epi16(ab1, cd1), _mm512_loadu_si512(w + 128));
    s[3] = _mm512_dpbusd_epi32(s[3], _mm512_unpackhi_epi16(ab1, cd1), _mm512_loadu_si512(w + 192));
}

/* NaN and numbers below all int32 become the least int32. */
static inline __m512i round_codes(const lwi_i8_output *o, __m512i s, const float *scale) {
    const __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(s), _mm512_loadu_ps(scale));
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(o->high), x));
}

static inline __m512i to_shorts(const lwi_i8_output *o, __m512i a, __m512i b) {
    const __m512i x =
        _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16((short)o->zero));
    return _mm512_max_epi16(x, _mm512_set1_epi16((short)((int)o->low + o->zero)));
}

static inline void block(const lwi_depthwise_i8_job *j, const uint8_t *x, size_t p, __mmask64 mask,
                         uint8_t *y) {
    const lwi_i8_output *o = j->output;
    __m512i s[4];
    for (size_t v = 0; v < 4; v++)
        s[v] = _mm512_loadu_si512(j->start + p + v * 16);
    const int8_t *w = j->w + p * j->taps;
    for (size_t t = 0; t < j->taps; t += 4, w += 256)
        add_taps(j, x, j->offsets + t, w, mask, s);
    for (size_t v = 0; v < 4; v++)
        s[v] = round_codes(o, s[v], o->scale + p + v * 16);
    const __m512i low = to_shorts(o, s[0], s[1]), high = to_shorts(o, s[2], s[3]);
    const __m512i codes =
        j->is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
    _mm512_mask_storeu_epi8(y, mask, codes);
}

lwi_depthwise_i8_fn LWI_AT(depthwise_i8);
void LWI_AT(depthwise_i8)(const lwi_depthwise_i8_job *j) {
    for (size_t r = 0; r < j->runs; r++) {
        const uint8_t *x = j->x + r * j->x_run;
        uint8_t *y = j->y + r * j->y_run;
        for (size_t i = 0, p = 0; i < j->n; i += 64) {
            const size_t left = j->n - i;
            const __mmask64 mask = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
            block(j, x + i, p, mask, y + i);
            p = p + 64 == j->period ? 0 : p + 64;
        }
    }
}

/* SPDX-License-Identifier: MIT
 * Panels with rests (gemm_i8_rests.h), for the compiler to vectorise. */
#include "kern/pack_i8.h"

#include <stdbool.h>
#include <string.h>

#include <immintrin.h>

enum { WIDTH = 16, FOUR = WIDTH * 4, REST = 32, LONG = 256 };

/* The sum of the weights of one sign in the two k of a lane. */
static inline int lane(const int8_t *w, int sign) {
    const int a = w[0] * sign, b = w[1] * sign;
    return (a > 0 ? a : 0) + (b > 0 ? b : 0);
}

static inline int least(int a, int b) { return a < b ? a : b; }

/* Takes `excess` out of the two weights of a lane that have a sign, and puts it into rest. */
static void take(int8_t *w, int8_t *rest, int sign, int excess) {
    for (int i = 0; i < 2 && excess > 0; i++) {
        const int part = least(w[i] * sign, excess);
        if (part <= 0) continue;
        w[i] = (int8_t)(w[i] - part * sign);
        rest[i] = (int8_t)(part * sign);
        excess -= part;
    }
}

/* Makes the lanes of eight k and eight columns fit. False: a rest would not fit a lane either. */
static bool split(int8_t *w, lwi_i8_form form, int8_t first[REST], int8_t second[REST]) {
    const int most = LWI_I8_LANE;
    for (int l = 0; l < REST; l += 2)
        for (int sign = -1; sign < 2; sign += 2) {
            const int a = lane(w + l, sign), b = lane(w + FOUR + l, sign), above = a + b - most;
            const bool twos = form == LWI_I8_TWOS;
            const int from_first = twos ? a - most : least(above, least(a, most));
            const int from_second = twos ? b - most : above - from_first;
            if (!twos && above <= 0) continue;
            if (from_second > most) return false;
            take(w + l, first + l, sign, from_first);
            take(w + FOUR + l, second + l, sign, from_second);
        }
    return true;
}

static bool is_any(const int8_t rest[REST]) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)rest);
    return !_mm256_testz_si256(x, x);
}

/* Whether lanes of eight k and eight columns do not fit. */
static bool is_large(const int8_t *w, lwi_i8_form form) {
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi8(1);
    __m256i up[2], down[2];
    for (int half = 0; half < 2; half++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(w + half * FOUR));
        const __m256i positive = _mm256_max_epi8(x, zero);
        up[half] = _mm256_maddubs_epi16(positive, one);
        down[half] = _mm256_maddubs_epi16(_mm256_sub_epi8(_mm256_abs_epi8(x), positive), one);
    }
    const bool twos = form == LWI_I8_TWOS;
    const __m256i a = twos ? _mm256_max_epi16(up[0], up[1]) : _mm256_add_epi16(up[0], up[1]);
    const __m256i b =
        twos ? _mm256_max_epi16(down[0], down[1]) : _mm256_add_epi16(down[0], down[1]);
    const __m256i large =
        _mm256_cmpgt_epi16(_mm256_max_epi16(a, b), _mm256_set1_epi16(LWI_I8_LANE));
    return !_mm256_testz_si256(large, large);
}

/* A panel that is made, and the rests it has so far. */
typedef struct parted {
    int8_t *w, *rests;
    lwi_i8_head *head;
    size_t depth, count;
} parted;

/* How many rests are worth it: those of a short column are too much beside the whole panel. */
static size_t room(const parted *p, lwi_i8_form form) {
    const size_t all = lwi_i8_room(p->depth);
    return form == LWI_I8_TWOS && p->depth < LONG ? all / 4 : all;
}

/* Takes the rests of eight k out of eight columns; false: they have no room. */
static bool split_step(parted *p, lwi_i8_form form, size_t k, size_t column) {
    int8_t *w = p->w + k * WIDTH + column * 4, rest[2][REST] = {{0}};
    if (!is_large(w, form)) return true;
    int8_t before[2][REST];
    for (int half = 0; half < 2; half++)
        memcpy(before[half], w + half * FOUR, REST);
    bool fits = split(w, form, rest[0], rest[1]);
    const size_t more = (size_t)is_any(rest[0]) + is_any(rest[1]);
    fits = fits && p->count + more <= room(p, form);
    for (size_t half = 0; half < 2; half++) {
        if (!fits) memcpy(w + half * FOUR, before[half], REST);
        if (!fits || !is_any(rest[half])) continue;
        p->head->at[p->count] = (int32_t)(k + half * 4);
        memcpy(p->rests + p->count++ * REST, rest[half], REST);
    }
    return fits;
}

/* Rests go back to where they came from. */
static void join(parted *p, size_t left) {
    for (size_t i = 0; i < p->count; i++) {
        int8_t *w = p->w + (size_t)p->head->at[i] * WIDTH + (i < left ? 0 : REST);
        for (int c = 0; c < REST; c++)
            w[c] = (int8_t)(w[c] + p->rests[i * REST + (size_t)c]);
    }
}

static bool take_form(parted *p, lwi_i8_form form) {
    bool fits = true;
    size_t left = 0;
    p->count = 0;
    for (size_t column = 0; column < WIDTH && fits; column += WIDTH / 2) {
        for (size_t k = 0; k < p->depth && fits; k += 8)
            fits = split_step(p, form, k, column);
        if (column == 0) left = p->count;
    }
    if (!fits) join(p, left);
    p->head->form = form;
    p->head->left = fits ? (int32_t)left : 0;
    p->head->right = fits ? (int32_t)(p->count - left) : 0;
    return fits;
}

static void keep_rests(const lwi_pack_i8_job *j, int8_t *w) {
    int8_t *end = w + lwi_i8_steps(j->depth) * 2 * FOUR;
    parted p = {w, end + lwi_i8_head_bytes(j->depth), (lwi_i8_head *)end, j->depth, 0};
    if (j->depth % 8) memset(w + j->depth * WIDTH, 0, FOUR);
    if (!take_form(&p, LWI_I8_FOURS) && !take_form(&p, LWI_I8_TWOS)) p.head->form = LWI_I8_WHOLE;
}

#define FINISH keep_rests
#include "kern/pack_i8.inc"

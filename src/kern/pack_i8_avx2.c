/* SPDX-License-Identifier: MIT
 * Panels with rests (gemm_i8_rests.h), for the compiler to vectorise. */
#include "kern/pack_i8.h"

#include <stdbool.h>
#include <string.h>

#include <immintrin.h>

enum { WIDTH = 16, FOUR = WIDTH * 4 };

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

/* Makes the lanes of eight k fit. False: a rest would not fit a lane either. */
static bool split(int8_t *w, int8_t first[FOUR], int8_t second[FOUR]) {
    for (int l = 0; l < FOUR; l += 2)
        for (int sign = -1; sign < 2; sign += 2) {
            const int a = lane(w + l, sign), b = lane(w + FOUR + l, sign);
            const int above = a + b - LWI_I8_LANE, from_first = least(above, least(a, LWI_I8_LANE));
            if (above <= 0) continue;
            if (above - from_first > LWI_I8_LANE) return false;
            take(w + l, first + l, sign, from_first);
            take(w + FOUR + l, second + l, sign, above - from_first);
        }
    return true;
}

static bool is_any(const int8_t rest[FOUR]) {
    int any = 0;
    for (int i = 0; i < FOUR; i++)
        any |= rest[i];
    return any != 0;
}

/* Whether lanes of eight k do not fit. */
static bool is_large(const int8_t *w) {
    const __m256i one = _mm256_set1_epi8(1), most = _mm256_set1_epi16(LWI_I8_LANE);
    __m256i large = _mm256_setzero_si256();
    for (int i = 0; i < FOUR; i += 32) {
        __m256i up = _mm256_setzero_si256(), down = up;
        for (int half = 0; half < 2; half++) {
            const __m256i x = _mm256_loadu_si256((const __m256i *)(w + half * FOUR + i));
            const __m256i positive = _mm256_max_epi8(x, _mm256_setzero_si256());
            const __m256i negative = _mm256_sub_epi8(_mm256_abs_epi8(x), positive);
            up = _mm256_add_epi16(up, _mm256_maddubs_epi16(positive, one));
            down = _mm256_add_epi16(down, _mm256_maddubs_epi16(negative, one));
        }
        large = _mm256_or_si256(large, _mm256_cmpgt_epi16(_mm256_max_epi16(up, down), most));
    }
    return !_mm256_testz_si256(large, large);
}

/* How many rests eight k have, or too many; they are written if they have room. */
static size_t split_step(int8_t *w, size_t k, size_t room, int32_t *at, int8_t *rests) {
    int8_t rest[2][FOUR] = {{0}};
    size_t n = 0;
    if (!is_large(w)) return 0;
    if (!split(w, rest[0], rest[1])) return room + 1;
    for (size_t half = 0; half < 2; half++)
        if (is_any(rest[half])) {
            if (n < room) {
                at[n] = (int32_t)(k + half * 4);
                memcpy(rests + n * FOUR, rest[half], FOUR);
            }
            n++;
        }
    return n;
}

/* Rests go back to where they came from. */
static void join(int8_t *panel, size_t count, const int32_t *at, const int8_t *rests) {
    for (size_t i = 0; i < count; i++, rests += FOUR)
        for (int c = 0; c < FOUR; c++)
            panel[at[i] * WIDTH + c] = (int8_t)(panel[at[i] * WIDTH + c] + rests[c]);
}

static void keep_rests(const lwi_pack_i8_job *j, int8_t *panel) {
    const size_t steps = lwi_i8_steps(j->depth), room = lwi_i8_room(j->depth);
    int32_t *count = (int32_t *)(panel + steps * 2 * FOUR), *at = count + 1;
    int8_t *rests = (int8_t *)count + lwi_i8_list_bytes(j->depth);
    if (j->depth % 8) memset(panel + j->depth * WIDTH, 0, FOUR);
    size_t n = 0;
    for (size_t s = 0; s < steps; s++) {
        int8_t *w = panel + s * 2 * FOUR, before[2 * FOUR];
        memcpy(before, w, sizeof before);
        const size_t more = split_step(w, s * 8, room - n, at + n, rests + n * FOUR);
        if (n + more > room) {
            memcpy(w, before, sizeof before);
            join(panel, n, at, rests);
            *count = LWI_I8_WHOLE;
            return;
        }
        n += more;
    }
    *count = (int32_t)n;
}

#define FINISH keep_rests
#include "kern/pack_i8.inc"

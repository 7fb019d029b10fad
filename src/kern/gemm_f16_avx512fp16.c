/* SPDX-License-Identifier: MIT
 * Tiles of up to 14 rows and one or two panels keep their float16 sums in registers; those in
 * float32 lie in the first-level cache. */
#include <math.h>

#include "kern/gemm_f16.h"
#include "kern/vector_f32.h"

enum {
    ROWS = 14,
    WIDTH = LWI_F16_COLUMNS,
    LANES = LWI_LANES,
    CHUNK = LWI_F16_CHUNK,
    GROUPS = (ROWS + 2) / 3,
    LINE = 16, /* floats of a cache line */
};

typedef struct place {
    const float *a, *exponents, *b, *b_exponents, *bias, *plus; /* bias, plus may be NULL */
    float *y;
    size_t vectors;    /* of floats in a row of Y */
    lwi_part part;     /* of the last one */
    const float *next; /* what is to be fetched meanwhile: part of the next panels */
    size_t lines;      /* cache lines of it for each chunk */
    size_t left;       /* floats of it that were not fetched yet */
} place;

/* Sums of a tile: float32 ones of all chunks so far, float16 ones of the last. */
typedef struct sums {
    _Alignas(64) float whole[2 * ROWS * WIDTH];
    _Alignas(64) uint16_t chunk[2 * ROWS * WIDTH];
} sums;

/* As in gemm_f32.inc: rows of A are reached from five pointers, vectors of B are loaded once. */
#define KEEP_GROUPS(R) LWI_UNROLL for (int g = 0; g < ((R) + 2) / 3; g++) __asm__("" : "+r"(a[g]));
#define STEP(i)                                                                                    \
    do {                                                                                           \
        __m512h w[2];                                                                              \
        LWI_UNROLL for (int p = 0; p < P; p++) {                                                   \
            w[p] = _mm512_loadu_ph(b[p] + (i)*LANES);                                              \
            __asm__("" : "+v"(w[p]));                                                              \
        }                                                                                          \
        LWI_UNROLL for (int r = 0; r < R; r++) {                                                   \
            const __m512h x = _mm512_castps_ph(lwi_splat(a[r / 3][(size_t)(r % 3) * row + (i)]));  \
            LWI_UNROLL for (int p = 0; p < P; p++) s[r][p] = _mm512_fmadd_ph(x, w[p], s[r][p]);    \
        }                                                                                          \
    } while (0)

/* The sums of n products, or with those of the chunk before. */
LWI_INLINE void sum_chunk(const float *first, size_t row, const float *panel, size_t to_next,
                          size_t n, int R, int P, bool more, uint16_t *chunk) {
    __m512h s[ROWS][2];
    const float *a[GROUPS], *b[2] = {panel, panel + (P - 1) * to_next};
    LWI_UNROLL for (int r = 0; r < R; r++) s[r][0] = s[r][1] = _mm512_setzero_ph();
    LWI_UNROLL for (int g = 0; g < (R + 2) / 3; g++) a[g] = first + (size_t)(3 * g) * row;
    for (; n >= 4; n -= 4) {
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
        LWI_UNROLL for (int g = 0; g < (R + 2) / 3; g++) a[g] += 4;
        LWI_UNROLL for (int p = 0; p < P; p++) b[p] += 4 * LANES;
        KEEP_GROUPS(R)
    }
    for (; n; n--) {
        STEP(0);
        LWI_UNROLL for (int g = 0; g < (R + 2) / 3; g++) a[g] += 1;
        LWI_UNROLL for (int p = 0; p < P; p++) b[p] += LANES;
        KEEP_GROUPS(R)
    }
    if (more)
        LWI_UNROLL for (int r = 0; r < R; r++) LWI_UNROLL for (int p = 0; p < P; p++) s[r][p] =
            _mm512_add_ph(s[r][p], _mm512_load_ph(chunk + (r * P + p) * WIDTH));
    LWI_UNROLL for (int r = 0; r < R; r++) LWI_UNROLL for (int p = 0; p < P; p++)
        _mm512_store_ph(chunk + (r * P + p) * WIDTH, s[r][p]);
}

/* Once for all tiles. */
#define APART static __attribute__((noinline)) void

/* whole [+]= chunk, n panels' rows. */
APART widen(const uint16_t *chunk, float *whole, int n, bool add) {
    for (const float *const end = whole + n * WIDTH; whole < end; whole += WIDTH, chunk += WIDTH)
        LWI_UNROLL for (int v = 0; v < WIDTH; v += LANES) {
            lwi_vec sum = _mm512_cvtxph_ps(_mm256_load_ph(chunk + v));
            if (add) sum += lwi_load(whole + v);
            lwi_store(whole + v, sum);
        }
}

APART finish_row(const lwi_gemm_f32_job *j, const place *at, int row, const float *whole) {
    const size_t r = (size_t)row;
    const lwi_vec exponent = lwi_splat(at->exponents[r * j->a_exponent]);
    const lwi_vec low = lwi_splat(j->low), high = lwi_splat(j->high);
    float *y = at->y + r * j->y_row;
    for (size_t v = 0; v < at->vectors; v++) {
        const size_t c = v * LANES;
        const lwi_part part = v + 1 < at->vectors ? lwi_part_of(LANES) : at->part;
        const float *const columns = at->b_exponents + v / 2 * j->b_panel + v % 2 * LANES;
        lwi_vec sum = _mm512_scalef_ps(lwi_load(whole + c), exponent + lwi_load(columns));
        if (j->scale != 0 && j->scale != 1) sum *= lwi_splat(j->scale);
        if (j->add) sum += lwi_load_part(y + c, part);
        if (at->bias) sum += lwi_load_part(at->bias + c, part);
        if (at->plus) sum += lwi_load_part(at->plus + r * j->plus_row + c, part);
        if (j->low > -INFINITY || j->high < INFINITY) sum = lwi_clamp(sum, low, high);
        lwi_store_part(y + c, part, sum);
    }
}

/* A row of Y that is going to be written, and what the tile reads beside it. */
LWI_INLINE void fetch_row(const lwi_gemm_f32_job *j, const place *at, int row, int P) {
    LWI_UNROLL for (int v = 0; v < 2 * P; v++) {
        __builtin_prefetch(at->y + (size_t)row * j->y_row + v * LANES, 1);
        if (at->plus) __builtin_prefetch(at->plus + (size_t)row * j->plus_row + v * LANES);
    }
}

LWI_INLINE void tile(const lwi_gemm_f32_job *j, const place *at, int R, int P) {
    sums sum;
    const float *b = at->b, *next = at->next;
    bool add = false;
    int fetched = 0;
    for (size_t s = 0; s < j->segments; s++) {
        const float *a = at->a + (j->offsets ? j->offsets[s] : 0);
        bool more = false;
        for (size_t k = 0, n; k < j->length; k += n) {
            n = j->length - k < CHUNK ? j->length - k : CHUNK;
            if (fetched < R) fetch_row(j, at, fetched++, P);
            for (size_t i = 0; i < at->lines; i++, next += LINE)
                __builtin_prefetch(next, 0, 2);
            sum_chunk(a + k, j->a_row, b, j->b_panel, n, R, P, more, sum.chunk);
            b += lwi_f16_rows(n);
            more = !more && k + n < j->length;
            if (more) continue;
            widen(sum.chunk, sum.whole, R * P, add);
            add = true;
        }
    }
    if (!add) memset(sum.whole, 0, sizeof sum.whole);
    for (int r = 0; r < R; r++)
        finish_row(j, at, r, sum.whole + r * P * WIDTH);
}

typedef void tile_fn(const lwi_gemm_f32_job *j, const place *at);

#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define TILES(R)                                                                                   \
    static void one_##R(const lwi_gemm_f32_job *j, const place *at) { tile(j, at, R, 1); }         \
    static void two_##R(const lwi_gemm_f32_job *j, const place *at) { tile(j, at, R, 2); }
EACH_ROWS(TILES)
#define NAMES(R) [R] = {one_##R, two_##R},
static tile_fn *const FORMS[ROWS + 1][2] = {EACH_ROWS(NAMES)};

static size_t chunks_of(const lwi_gemm_f32_job *j) {
    return j->segments * ((j->length + CHUNK - 1) / CHUNK);
}

/* Tiles of one height; each fetches its share of the next panels. */
static void multiply_tiles(const lwi_gemm_f32_job *j, place *at, tile_fn *fn, size_t height,
                           size_t tiles) {
    for (size_t t = 0; t < tiles; t++) {
        fn(j, at);
        const size_t fetched = chunks_of(j) * at->lines * LINE;
        at->next += fetched;
        at->left = at->left > fetched ? at->left - fetched : 0;
        if (at->left == 0) at->lines = 0;
        at->a += height * j->a_row;
        at->exponents += height * j->a_exponent;
        at->y += height * j->y_row;
        if (at->plus) at->plus += height * j->plus_row;
    }
}

/* As few tiles as possible, of two heights that differ by one. */
lwi_gemm_f16_fn LWI_AT(gemm_f16);
void LWI_AT(gemm_f16)(const lwi_gemm_f32_job *j) {
    if (j->rows == 0) return;
    const size_t tiles = (j->rows + ROWS - 1) / ROWS, height = j->rows / tiles;
    const size_t higher = j->rows % tiles;
    for (size_t column = 0, step; column < j->columns; column += step) {
        const size_t panels = j->columns - column > WIDTH ? 2 : 1, panel = column / WIDTH;
        const size_t left = j->columns - column;
        step = left < panels * WIDTH ? left : panels * WIDTH;
        place at = {.a = j->a,
                    .exponents = j->a_exponents,
                    .b = j->b + panel * j->b_panel,
                    .b_exponents = j->b_exponents + panel * j->b_panel,
                    .bias = j->bias ? j->bias + column : NULL,
                    .plus = j->plus ? j->plus + column : NULL,
                    .y = j->y + column,
                    .vectors = (step + LANES - 1) / LANES,
                    .part = lwi_part_of(step % LANES ? step % LANES : LANES)};
        at.next = left > step ? at.b + panels * j->b_panel : j->then;
        at.left = at.next ? panels * j->b_panel : 0;
        const size_t share = tiles * chunks_of(j) * LINE;
        if (at.next && share) at.lines = (at.left + share - 1) / share;
        if (higher) multiply_tiles(j, &at, FORMS[height + 1][panels - 1], height + 1, higher);
        multiply_tiles(j, &at, FORMS[height][panels - 1], height, tiles - higher);
    }
}

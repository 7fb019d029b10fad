/* SPDX-License-Identifier: MIT
 * Buffers of kcheck, between pages that cannot be touched, and comparisons. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "guard.h"

enum { BUFFERS = 32, BYTES = 64 << 20 };

static char *buffers[BUFFERS];

/* splitmix64: S. Vigna, "Further scramblings of Marsaglia's xorshift generators". */
static uint64_t next(kc_case *c) {
    uint64_t z = c->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t kc_below(kc_case *c, size_t n) { return n ? (size_t)(next(c) % n) : 0; }

static char *place(kc_case *c, size_t n) {
    if (c->buffers == BUFFERS || n > BYTES) kc_stop("too many or too large buffers");
    char **buffer = &buffers[c->buffers++];
    if (!*buffer) *buffer = kc_guard(BYTES);
    if (!*buffer) kc_stop("no memory");
    return kc_below(c, 2) ? *buffer : *buffer + (BYTES - n);
}

void *kc_bytes(kc_case *c, size_t n) {
    char *p = place(c, n);
    for (size_t i = 0; i < n; i += 8) {
        const uint64_t word = next(c);
        memcpy(p + i, &word, n - i < 8 ? n - i : 8);
    }
    return p;
}

uint8_t *kc_wide_bytes(kc_case *c, size_t n) {
    static const uint8_t ends[] = {0, 127, 128, 255};
    uint8_t *codes = kc_bytes(c, n);
    const size_t choices = kc_below(c, 4) ? 0 : 1 + kc_below(c, 4), first = kc_below(c, 4);
    for (size_t i = 0; i < n && choices; i++)
        codes[i] = ends[(first + kc_below(c, choices)) % 4];
    return codes;
}

float *kc_floats(kc_case *c, size_t n) {
    static const float SPECIAL[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f};
    float *p = (float *)place(c, n * sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = (float)(int32_t)(next(c) >> 32) * 0x1p-31f;
    for (size_t i = 0; c->special && n && i < 1 + n / 64; i++)
        p[kc_below(c, n)] = SPECIAL[kc_below(c, sizeof SPECIAL / sizeof *SPECIAL)];
    return p;
}

void *kc_copy(kc_case *c, const void *from, size_t bytes) {
    return bytes ? memcpy(place(c, bytes), from, bytes) : place(c, 0);
}

void kc_same_floats(const kc_case *c, const char *what, const float *got, const float *want,
                    size_t n, float most) {
    kc_near_floats(c, what, got, want, n, 0, most);
}

void kc_near_floats(const kc_case *c, const char *what, const float *got, const float *want,
                    size_t n, float relative, float most) {
    (void)c;
    for (size_t i = 0; i < n; i++) {
        const float g = got[i], w = want[i];
        if (g == w || (isnan(g) && isnan(w))) continue;
        if (fabsf(g - w) <= most + relative * fmaxf(fabsf(g), fabsf(w)) && !isinf(g) && !isinf(w))
            continue;
        kc_fail("%s: number %zu of %zu is %.9g, expected %.9g", what, i, n, (double)g, (double)w);
        return;
    }
}

void kc_same_bytes(const kc_case *c, const char *what, const void *got, const void *want,
                   size_t n) {
    const unsigned char *g = got, *w = want;
    (void)c;
    for (size_t i = 0; i < n; i++)
        if (g[i] != w[i]) {
            kc_fail("%s: byte %zu of %zu is %d, expected %d", what, i, n, g[i], w[i]);
            return;
        }
}

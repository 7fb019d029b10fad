/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <math.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static void philox_round(uint32_t c[4], const uint32_t key[2]) {
    const uint64_t a = (uint64_t)0xD2511F53 * c[0], b = (uint64_t)0xCD9E8D57 * c[2];
    c[0] = (uint32_t)(b >> 32) ^ c[1] ^ key[0];
    c[1] = (uint32_t)b;
    c[2] = (uint32_t)(a >> 32) ^ c[3] ^ key[1];
    c[3] = (uint32_t)a;
}

void lwi_philox(uint64_t key, uint64_t counter, uint32_t bits[4]) {
    uint32_t k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    uint32_t c[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    for (int i = 0; i < 10; i++) {
        philox_round(c, k);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    memcpy(bits, c, sizeof c);
}

static double unit(uint32_t low, uint32_t high) {
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

double lwi_random_uniform(uint64_t key, uint64_t i) {
    uint32_t b[4];
    lwi_philox(key, i, b);
    return unit(b[0], b[1]);
}

/* Box and Muller 1958, one of the pair. */
double lwi_random_normal(uint64_t key, uint64_t i) {
    uint32_t b[4];
    lwi_philox(key, i, b);
    const double radius = sqrt(-2 * log(1 - unit(b[0], b[1])));
    return radius * cos(6.28318530717958647693 * unit(b[2], b[3]));
}

uint64_t lwi_random_key(void) {
    uint64_t key;
    if (getentropy(&key, sizeof key) == 0) return key;
    struct timespec t; /* an old kernel */
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000007 + (uint64_t)t.tv_nsec;
}

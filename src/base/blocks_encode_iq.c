/* SPDX-License-Identifier: MIT
 * Blocks whose numbers are chosen from codebooks, 8 or 4 at a time ("IQ"). The nearest entry is
 * looked for among all of them: what the numbers of its two halves cost is in two tables. */
#include "base/blocks_encode.h"
#include "base/iq_grids.h"

#include <math.h>

typedef enum sign_kind {
    ANY_SIGNS,
    EVEN_SIGNS,  /* the number of minus signs of 8 numbers is even */
    GROUP_SHIFT, /* no signs, but levels that are moved up or down, for a group */
    EIGHT_SHIFT  /* or for 8 numbers */
} sign_kind;

typedef struct book {
    const uint16_t *grid;
    int entries, size, bits; /* an entry: so many numbers of so many bits */
    size_t bytes;            /* of a block */
    float levels[8], top;    /* the largest */
    sign_kind signs;
    int group; /* numbers with one scale: the block's * unit * (2 c + 1), c from 0 to most */
    float unit;
    int most;
} book;

/* What is chosen for the 32 times 8 numbers of a block. */
typedef struct choice {
    uint16_t entry[64];
    uint8_t signs[32]; /* or 1: moved down */
    uint8_t c[16];
    float scale;
} choice;

/* Sums over some numbers: squared error, and what regression of the scale needs. */
typedef struct sums {
    double error, lx, ll;
} sums;

static float weight(const float *w, int i) { return w ? w[i] : 1; }

/* Costs of all combinations of half an entry's numbers. */
static void cost_table(const book *b, const float *levels, const float *x, const float *w, float s,
                       float *table) {
    const int half = b->size / 2, n = 1 << b->bits;
    int filled = 1;
    table[0] = 0;
    for (int j = 0; j < half; j++, filled *= n)
        for (int code = n - 1; code >= 0; code--) {
            const float d = x[j] - s * levels[code], cost = weight(w, j) * d * d;
            for (int i = 0; i < filled; i++)
                table[code * filled + i] = table[i] + cost;
        }
}

static int nearest(const book *b, const float *levels, const float *x, const float *w, float s) {
    const int half = b->size / 2, shift = half * b->bits;
    float low[256], high[256], least = INFINITY;
    int best = 0;
    cost_table(b, levels, x, w, s, low);
    cost_table(b, levels, x + half, w ? w + half : NULL, s, high);
    for (int i = 0; i < b->entries; i++) {
        const float cost = low[b->grid[i] & ((1 << shift) - 1)] + high[b->grid[i] >> shift];
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    return best;
}

/* Eight numbers without their signs. Where these must be even, the number that matters least has
 * the wrong one if need be. */
static uint8_t take_signs(const book *b, const float *x, const float *w, float *plain) {
    int minus = 0, parity = 0, least = 0;
    for (int j = 0; j < 8; j++) {
        minus |= (x[j] < 0) << j;
        parity ^= x[j] < 0;
        if (weight(w, j) * fabsf(x[j]) < weight(w, least) * fabsf(x[least])) least = j;
    }
    if (b->signs == EVEN_SIGNS && parity) minus ^= 1 << least;
    for (int j = 0; j < 8; j++)
        plain[j] = minus >> j & 1 ? -x[j] : x[j];
    return (uint8_t)minus;
}

/* The entries of 8 numbers. */
static sums choose_eight(const book *b, const float *levels, const float *x, const float *w,
                         float s, uint16_t *entry) {
    sums all = {0, 0, 0};
    for (int at = 0; at < 8; at += b->size, entry++) {
        *entry = (uint16_t)nearest(b, levels, x + at, w ? w + at : NULL, s);
        for (int j = at; j < at + b->size; j++) {
            const int code = b->grid[*entry] >> (j - at) * b->bits & ((1 << b->bits) - 1);
            const double l = (double)levels[code], v = (double)x[j], d = v - (double)s * l;
            all.error += (double)weight(w, j) * d * d;
            all.lx += (double)weight(w, j) * l * v;
            all.ll += (double)weight(w, j) * l * l;
        }
    }
    return all;
}

static void add(sums *all, const sums *more) {
    all->error += more->error;
    all->lx += more->lx;
    all->ll += more->ll;
}

/* n times 8 numbers, all moved alike. */
static sums choose_moved(const book *b, const float *x, const float *w, float s, int n, bool down,
                         choice *c, int first) {
    const float delta = down ? -0.125F : 0.125F;
    const float levels[8] = {-1 + delta, delta, 1 + delta, 0};
    sums all = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        const sums one =
            choose_eight(b, levels, x + 8 * i, w ? w + 8 * i : NULL, s, c->entry + first + i);
        c->signs[first + i] = down;
        add(&all, &one);
    }
    return all;
}

/* The better of moved up and moved down. */
static sums choose_shift(const book *b, const float *x, const float *w, float s, int n, choice *c,
                         int first) {
    const sums up = choose_moved(b, x, w, s, n, false, c, first);
    const choice kept = *c;
    const sums down = choose_moved(b, x, w, s, n, true, c, first);
    if (down.error < up.error) return down;
    *c = kept;
    return up;
}

/* Group g by the scale s. */
static sums choose_group(const book *b, const float *x, const float *w, float s, int g, choice *c) {
    const int eights = b->group / 8, first = g * eights;
    sums all = {0, 0, 0};
    x += g * b->group;
    w = w ? w + g * b->group : NULL;
    if (b->signs == GROUP_SHIFT) return choose_shift(b, x, w, s, eights, c, first);
    for (int i = 0; i < eights; i++) {
        const float *v = x + 8 * i, *u = w ? w + 8 * i : NULL;
        float plain[8];
        sums one;
        if (b->signs == EIGHT_SHIFT) one = choose_shift(b, v, u, s, 1, c, first + i);
        else {
            c->signs[first + i] = take_signs(b, v, u, plain);
            one = choose_eight(b, b->levels, plain, u, s, c->entry + (first + i) * 8 / b->size);
        }
        add(&all, &one);
    }
    return all;
}

/* How much of the group the levels explain if every number may have any of them; for three levels
 * that are moved, -1, 0 and 1. */
static double explained_freely(const book *b, const float *x, const float *w, float s) {
    static const float three[3] = {0, 1, 1};
    const float *levels = b->levels[0] > 0 ? b->levels : three;
    const int n = b->bits == 3 ? 8 : 3;
    double lx = 0, ll = 0;
    for (int i = 0; i < b->group; i++) {
        const float v = fabsf(x[i]);
        int k = 0;
        while (k + 1 < n && 2 * v > s * (levels[k] + levels[k + 1]))
            k++;
        lx += (double)(weight(w, i) * levels[k] * v);
        ll += (double)(weight(w, i) * levels[k] * levels[k]);
    }
    return ll > 0 ? lx * lx / ll : 0;
}

enum { LEAST = 4, MOST = 13 }; /* tenths of the scale that gives the farthest the top level */

static int likely_tenths(const book *b, const float *x, const float *w, float most) {
    double best = -1;
    int found = LEAST;
    for (int tenths = LEAST; tenths <= MOST; tenths++) {
        const double e = explained_freely(b, x, w, most / b->top * (float)tenths * 0.1F);
        if (!(e > best)) continue;
        best = e;
        found = tenths;
    }
    return found;
}

/* Of several scales of group g that which explains most. */
static float group_scale(const book *b, const float *x, const float *w, int g, choice *c) {
    float most = 0, best = 0;
    double explained = 0;
    for (int i = 0; i < b->group; i++)
        if (fabsf(x[g * b->group + i]) > most) most = fabsf(x[g * b->group + i]);
    const int likely = likely_tenths(b, x + g * b->group, w ? w + g * b->group : NULL, most);
    for (int tenths = likely - 1; tenths <= likely + 2 && most > 0; tenths++) {
        const sums all = choose_group(b, x, w, most / b->top * (float)tenths * 0.1F, g, c);
        if (!(all.ll > 0) || !(all.lx > 0) || all.lx * all.lx / all.ll <= explained) continue;
        explained = all.lx * all.lx / all.ll;
        best = (float)(all.lx / all.ll);
    }
    return best;
}

static float multiple(const book *b, int c) { return b->unit * (float)(2 * c + 1); }

/* Chooses everything by the block's scale; a better one for these choices, and their error. */
static double choose_block(const book *b, const float *x, const float *w, const float *scales,
                           choice *c, float *better) {
    double error = 0, lx = 0, ll = 0;
    for (int g = 0; g < 256 / b->group; g++) {
        const float wanted = scales[g] * lwi_block_inverse(c->scale * b->unit);
        c->c[g] = (uint8_t)lwi_block_round((wanted - 1) / 2, 0, b->most);
        const float m = multiple(b, c->c[g]);
        const sums all = choose_group(b, x, w, c->scale * m, g, c);
        error += all.error;
        lx += all.lx * (double)m;
        ll += all.ll * (double)m * (double)m;
    }
    *better = ll > 0 ? lwi_block_as_half((float)(lx / ll)) : c->scale;
    return error;
}

static void choose(const book *b, const float *x, const float *w, choice *c) {
    enum { PASSES = 3 };
    float scales[16], most = 0, better = 0;
    memset(c, 0, sizeof *c);
    for (int g = 0; g < 256 / b->group; g++) {
        scales[g] = group_scale(b, x, w, g, c);
        if (scales[g] > most) most = scales[g];
    }
    c->scale = lwi_block_as_half(most / multiple(b, b->most));
    double least = choose_block(b, x, w, scales, c, &better);
    for (int pass = 0; pass < PASSES; pass++) {
        choice next = *c;
        next.scale = better;
        const double error = choose_block(b, x, w, scales, &next, &better);
        if (!(error < least)) break;
        least = error;
        *c = next;
    }
}

/* ------------------------------------------------------------------ packing */

static void add_bits(uint8_t *to, int bits) { *to = (uint8_t)(*to | bits); }

/* Bits of words of two bytes. */
static void add_short(uint8_t *to, int bits) {
    add_bits(to, bits & 255);
    add_bits(to + 1, bits >> 8);
}

/* The lowest 8 bits of n entries. */
static void put_entries(const choice *c, int n, uint8_t *to) {
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)(c->entry[i] & 255);
}

/* The bits above. */
static void put_high(const choice *c, int n, int bits, uint8_t *to) {
    for (int i = 0; i < n; i++)
        add_bits(to + i * bits / 8, c->entry[i] >> 8 << i * bits % 8);
}

static void put_scales(const choice *c, int n, uint8_t *to) {
    for (int g = 0; g < n; g++)
        add_bits(to + g / 2, c->c[g] << g % 2 * 4);
}

/* Of 32 numbers, seven signs for each 8 and the scale: 4 bytes. */
static void put_signs(const choice *c, int g, uint8_t *to) {
    uint32_t word = (uint32_t)c->c[g] << 28;
    for (int k = 0; k < 4; k++)
        word |= (uint32_t)(c->signs[g * 4 + k] & 127) << 7 * k;
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> 8 * i & 255);
}

/* What is chosen for a block, which has its scale then and is empty otherwise. */
static choice begin(const book *b, const float *x, const float *w, uint8_t *block) {
    choice c;
    choose(b, x, w, &c);
    memset(block, 0, b->bytes);
    lwi_block_put_half(block, c.scale);
    return c;
}

#define IQ2(name, n, block_bytes, kind, numbers)                                                   \
    {                                                                                              \
        .grid = lwi_grid_##name, .entries = (n), .size = 8, .bits = 2, .bytes = (block_bytes),     \
        .levels = {8, 25, 43}, .top = 43, .signs = (kind), .group = (numbers), .unit = 0.125F,     \
        .most = 15                                                                                 \
    }
#define IQ1(block_bytes, kind, numbers)                                                            \
    {                                                                                              \
        .grid = lwi_grid_iq1_s, .entries = 2048, .size = 8, .bits = 2, .bytes = (block_bytes),     \
        .top = 1.125F, .signs = (kind), .group = (numbers), .unit = 1, .most = 7                   \
    }

void lwi_block_encode_IQ2_XXS(const float *x, const float *w, uint8_t *block) {
    static const book b = IQ2(iq2_xxs, 256, 66, EVEN_SIGNS, 32);
    const choice c = begin(&b, x, w, block);
    for (int g = 0; g < 8; g++) {
        for (int k = 0; k < 4; k++)
            block[2 + g * 8 + k] = (uint8_t)c.entry[g * 4 + k];
        put_signs(&c, g, block + 6 + g * 8);
    }
}

void lwi_block_encode_IQ2_XS(const float *x, const float *w, uint8_t *block) {
    static const book b = IQ2(iq2_xs, 512, 74, EVEN_SIGNS, 16);
    const choice c = begin(&b, x, w, block);
    for (int i = 0; i < 32; i++)
        add_short(block + 2 + 2 * i, c.entry[i] | (c.signs[i] & 127) << 9);
    put_scales(&c, 16, block + 66);
}

void lwi_block_encode_IQ2_S(const float *x, const float *w, uint8_t *block) {
    static const book b = IQ2(iq2_s, 1024, 82, ANY_SIGNS, 16);
    const choice c = begin(&b, x, w, block);
    put_entries(&c, 32, block + 2);
    memcpy(block + 34, c.signs, 32);
    put_high(&c, 32, 2, block + 66);
    put_scales(&c, 16, block + 74);
}

void lwi_block_encode_IQ3_XXS(const float *x, const float *w, uint8_t *block) {
    static const book b = {.grid = lwi_grid_iq3_xxs,
                           .entries = 256,
                           .size = 4,
                           .bits = 3,
                           .bytes = 98,
                           .levels = {4, 12, 20, 28, 36, 44, 52, 62},
                           .top = 62,
                           .signs = EVEN_SIGNS,
                           .group = 32,
                           .unit = 0.25F,
                           .most = 15};
    const choice c = begin(&b, x, w, block);
    put_entries(&c, 64, block + 2);
    for (int g = 0; g < 8; g++)
        put_signs(&c, g, block + 66 + g * 4);
}

void lwi_block_encode_IQ3_S(const float *x, const float *w, uint8_t *block) {
    static const book b = {.grid = lwi_grid_iq3_s,
                           .entries = 512,
                           .size = 4,
                           .bits = 3,
                           .bytes = 110,
                           .levels = {1, 3, 5, 7, 9, 11, 13, 15},
                           .top = 15,
                           .signs = ANY_SIGNS,
                           .group = 32,
                           .unit = 1,
                           .most = 15};
    const choice c = begin(&b, x, w, block);
    put_entries(&c, 64, block + 2);
    put_high(&c, 64, 1, block + 66);
    memcpy(block + 74, c.signs, 32);
    put_scales(&c, 8, block + 106);
}

void lwi_block_encode_IQ1_S(const float *x, const float *w, uint8_t *block) {
    static const book b = IQ1(50, GROUP_SHIFT, 32);
    const choice c = begin(&b, x, w, block);
    put_entries(&c, 32, block + 2);
    for (int i = 0; i < 32; i++)
        add_short(block + 34 + i / 4 * 2, c.entry[i] >> 8 << i % 4 * 3);
    for (int g = 0; g < 8; g++)
        add_short(block + 34 + g * 2, c.c[g] << 12 | (c.signs[g * 4] ? 0x8000 : 0));
}

/* The block's scale is in the highest bits of the words of small scales. */
void lwi_block_encode_IQ1_M(const float *x, const float *w, uint8_t *block) {
    static const book b = IQ1(56, EIGHT_SHIFT, 16);
    const choice c = begin(&b, x, w, block);
    const int scale = lwi_f32_to_f16(c.scale);
    put_entries(&c, 32, block);
    for (int i = 0; i < 32; i++)
        add_bits(block + 32 + i / 2, (c.entry[i] >> 8 | c.signs[i] << 3) << i % 2 * 4);
    for (int g = 0; g < 16; g++)
        add_short(block + 48 + g / 4 * 2, c.c[g] << g % 4 * 3);
    for (int k = 0; k < 4; k++)
        add_short(block + 48 + 2 * k, (scale >> 4 * k & 15) << 12);
}

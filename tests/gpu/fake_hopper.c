/* SPDX-License-Identifier: MIT
 * What Hopper's cards do beyond a warp (kernels/warpgroup.k), after the PTX ISA: sections
 * "mbarrier", "cp.async.bulk.tensor", "Tensors" (tiled mode, swizzling), "Asynchronous Warpgroup
 * Level Matrix Instructions" (fragments of m64nNk16, matrix descriptors, strides of both kinds of
 * layout), and the CUDA driver's manual on cuTensorMapEncodeTiled. Written from those alone. What
 * is asynchronous is done as late as a card may: products when they are waited for, copies when
 * nothing else goes on; with the word "hasty" in FAKE_CARD, copies at once. */
#include "fake_hopper.h"

#include "base/half.h"
#include "fake_card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 1024,       /* where a group's dynamic memory begins in the window of shared memory */
    MOST_LOCAL = 232448, /* 227 KiB */
    MOST_COPIES = 4096,
    MOST_ITEMS = 1024,
    MOST_PRODUCTS = 16, /* of an item that are not waited for */
    LINE = 128
};

/* Kernels of tiers lie in other libraries. */
#pragma GCC visibility push(default)
uint32_t ring_start(void);
uint16_t *local_place(uint32_t at);
void phase_wait(uint32_t at, uint32_t parity);
void consumers_wait(void);
void warp_wait(void);
void group_multiply(float *d, uint64_t a, uint64_t b, int n, int is_bf16, int turned);
void group_begin(void);
void group_commit(void);
void group_done(uint32_t left);
#pragma GCC visibility pop

static _Alignas(1024) uint8_t ring[MOST_LOCAL];
static unsigned ring_bytes; /* of the launch */

static void wrong(const char *what) {
    fprintf(stderr, FAKE_LIBRARY ": %s\n", what);
    abort();
}

static uint8_t *inside(uint32_t at, size_t bytes, const char *what) {
    if (at < WINDOW || at - WINDOW + bytes > ring_bytes) wrong(what);
    return ring + (at - WINDOW);
}

uint8_t *fake_ring(void) { return ring; }

uint32_t ring_start(void) { return WINDOW; }

uint16_t *local_place(uint32_t at) {
    return (uint16_t *)(void *)inside(at, 2, "local memory outside of what the launch has");
}

/* -------------------------------------------------------------------- barriers */

/* What the eight bytes of a barrier hold here. */
typedef struct phase {
    uint16_t expected, pending; /* arrivals */
    int32_t bytes : 24;         /* announced and not there */
    uint32_t parity : 1, open : 1, seen : 1;
} phase;
_Static_assert(sizeof(phase) == 8, "a barrier has 8 bytes");

static phase *phase_at(uint32_t at) {
    phase *p = (void *)inside(at, sizeof *p, "a barrier outside of local memory");
    if (at % 8) wrong("a barrier at no multiple of 8");
    return p;
}

static phase *open_phase(uint32_t at) {
    phase *p = phase_at(at);
    if (!p->open || p->expected == 0xffff) wrong("a barrier that was not opened");
    return p;
}

static void advance(phase *p) {
    if (p->pending || p->bytes) return;
    p->pending = p->expected;
    p->parity ^= 1;
}

void phase_open(uint32_t at, uint32_t count) {
    if (count == 0 || count >= 0xffff) wrong("a barrier for so many arrivals");
    *phase_at(at) = (phase){.expected = (uint16_t)count, .pending = (uint16_t)count, .open = 1};
}

static bool fenced;
void phase_opened(void) { fenced = true; }

void phase_arrive(uint32_t at) {
    phase *p = open_phase(at);
    if (p->pending == 0) wrong("more arrivals than a barrier counts");
    p->pending--;
    advance(p);
}

void phase_arrive_for(uint32_t at, uint32_t bytes) {
    open_phase(at)->bytes += (int32_t)bytes;
    phase_arrive(at);
}

bool fake_phase_is_over(uint32_t at, uint32_t parity) {
    if (parity > 1) wrong("a parity that is none");
    return open_phase(at)->parity != parity;
}

void phase_wait(uint32_t at, uint32_t parity) {
    if (fake_phase_is_over(at, parity)) return;
    do
        fake_poll();
    while (!fake_phase_is_over(at, parity));
    fake_went_on();
}

void consumers_wait(void) { fake_meet(1, 256); }

void warp_wait(void) {
    const char nothing = 0;
    fake_exchange(&nothing, 1);
}

/* ----------------------------------------------------------------------- maps */

/* What the 128 bytes of a map hold here. */
typedef struct map {
    uint64_t magic;
    const uint8_t *start;
    uint64_t dims[3], strides[3]; /* bytes */
    uint32_t box[3];
    uint32_t type;
} map;
_Static_assert(sizeof(map) <= FAKE_MAP_BYTES, "a map has 128 bytes");
enum { MAGIC = 0x70616d, FLOAT16 = 6, BFLOAT16 = 9, SWIZZLE_128 = 3, PROMOTE_256 = 3 };

/* The rules of the manual; other types, ranks, interleaved layouts and fills are not played. */
const char *fake_encode_map(void *to, unsigned type, unsigned rank, const void *start,
                            const uint64_t *dims, const uint64_t *strides, const uint32_t *box,
                            const uint32_t *steps, const unsigned modes[4]) {
    map m = {.magic = MAGIC, .start = start, .type = type, .strides = {2, strides[0], strides[1]}};
    if ((uintptr_t)to % 64) return "a map at no multiple of 64";
    if ((type != FLOAT16 && type != BFLOAT16) || rank != 3) return "a map of another type or rank";
    if ((uintptr_t)start % 16) return "a tensor at no multiple of 16";
    if (modes[0] || modes[1] != SWIZZLE_128 || modes[2] > PROMOTE_256 || modes[3])
        return "a map of a mode that is not played";
    for (int i = 0; i < 3; i++) {
        m.dims[i] = dims[i];
        m.box[i] = box[i];
        if (dims[i] == 0 || dims[i] > (uint64_t)1 << 32) return "a dim of a map";
        if (box[i] == 0 || box[i] > 256 || steps[i] != 1) return "a box of a map";
    }
    for (int i = 0; i < 2; i++)
        if (strides[i] % 16 || strides[i] == 0 || strides[i] >= (uint64_t)1 << 40)
            return "a stride of a map";
    if (box[0] * 2 != LINE) return "a box that is wider than the swizzle, or not whole 16 bytes";
    memcpy(to, &m, sizeof m);
    return NULL;
}

size_t fake_map_span(const void *at) {
    const map *m = at;
    size_t span = m->dims[0] * 2;
    for (int i = 1; i < 3; i++)
        span += (m->dims[i] - 1) * m->strides[i];
    return span;
}

/* ---------------------------------------------------------------------- copies */

typedef struct copy {
    map m;
    uint32_t to, barrier;
    int64_t from[3];
} copy;
static copy copies[MOST_COPIES];
static unsigned first_copy, n_copies;

/* Bits 4 .. 6 of an address are turned by bits 7 .. 9 of it: 16-byte parts of a line by its number
 * in a pattern of 1024 bytes. */
static uint32_t swizzled(uint32_t at) { return at ^ (at >> 7 & 7) << 4; }

static void copy_element(const copy *c, uint32_t x, uint32_t y) {
    const map *m = &c->m;
    const int64_t at[3] = {c->from[0] + x, c->from[1] + y, c->from[2]};
    uint16_t value = 0;
    bool there = true;
    for (int i = 0; i < 3; i++)
        there &= at[i] >= 0 && (uint64_t)at[i] < m->dims[i];
    if (there)
        memcpy(&value,
               m->start + (uint64_t)at[0] * 2 + (uint64_t)at[1] * m->strides[1] +
                   (uint64_t)at[2] * m->strides[2],
               2);
    memcpy(inside(swizzled(c->to + LINE * y + 2 * x), 2, "a box outside of local memory"), &value,
           2);
}

static void do_copy(const copy *c) {
    phase *p = open_phase(c->barrier);
    for (uint32_t y = 0; y < c->m.box[1]; y++)
        for (uint32_t x = 0; x < c->m.box[0]; x++)
            copy_element(c, x, y);
    p->bytes -= (int32_t)(c->m.box[0] * c->m.box[1] * c->m.box[2] * 2);
    advance(p);
}

bool fake_finish_copy(void) {
    if (n_copies == 0) return false;
    do_copy(&copies[first_copy++ % MOST_COPIES]);
    n_copies--;
    return true;
}

void copy_box(uint32_t to, const uint64_t *at, int x, int y, int z, uint32_t barrier) {
    copy c = {.to = to, .barrier = barrier, .from = {x, y, z}};
    memcpy(&c.m, at, sizeof c.m);
    if (c.m.magic != MAGIC) wrong("a box of what is no map");
    if (!fenced) wrong("a box before barriers are fenced");
    if (to % 1024) wrong("a box that does not begin at a pattern of 1024 bytes");
    if (c.m.box[2] != 1) wrong("a box of many matrices");
    inside(to, c.m.box[1] * LINE, "a box outside of local memory");
    if (n_copies == MOST_COPIES) wrong("too many copies on their way");
    copies[(first_copy + n_copies++) % MOST_COPIES] = c;
    if (fake_is_hasty()) fake_finish_copy();
}

/* -------------------------------------------------------------------- products */

static struct products {
    struct {
        fake_product product;
        void *d;
    } each[MOST_PRODUCTS];
    int n, commits[MOST_PRODUCTS], n_commits; /* each commit: how many products up to it */
    bool begun;
} products[MOST_ITEMS];

/* Element (i, k) of an operand of 16-bit numbers, by its descriptor: bits 0-13 the start, 16-29 the
 * leading dimension's offset, 32-45 the stride dimension's, all over 16, 49-51 the base offset,
 * 62-63 the swizzle. K-major: lines of i, of which each eight have one offset; the leading offset
 * is not used. Otherwise lines of k, eight of which have one offset, and 64 of i (the swizzle's
 * width) the leading one. */
static uint16_t element(uint64_t d, int i, int k, bool turned) {
    const uint32_t start = (uint32_t)(d & 0x3fff) << 4, leading = (uint32_t)(d >> 16 & 0x3fff) << 4;
    const uint32_t stride = (uint32_t)(d >> 32 & 0x3fff) << 4;
    const int line = turned ? k : i, place = turned ? i % 64 : k;
    const uint32_t at = start + (uint32_t)(line % 8 * LINE + place * 2) +
                        (uint32_t)(line / 8) * stride + (turned ? (uint32_t)(i / 64) * leading : 0);
    uint16_t value;
    memcpy(&value, inside(swizzled(at), 2, "an operand outside of local memory"), 2);
    return value;
}

static void check_descriptor(uint64_t d, bool turned) {
    if (d >> 62 != 1) wrong("a descriptor whose swizzle is not that of 128 bytes");
    if (d >> 49 & 7) wrong("a descriptor with a base offset");
    if (d & ~0xc00e3fff3fff3fff) wrong("a descriptor with bits that mean nothing");
    if (d << 4 & 0x380) wrong("an operand that does not begin in the first line of a pattern");
    if (turned && (d & 7)) wrong("a turned operand that does not begin with a line");
}

static float number(uint16_t bits, int is_bf16) {
    return is_bf16 ? lwi_bf16_to_f32(bits) : lwi_f16_to_f32(bits);
}

void fake_multiply(float *d, const fake_product *p, unsigned of) {
    const int item = (int)(of % 128), lane = item % 32;
    float rows[2][16];
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 16; k++)
            rows[r][k] =
                number(element(p->a, item / 32 * 16 + lane / 4 + 8 * r, k, false), p->is_bf16);
    for (int column = 0; column < p->n / 4; column++) {
        const int j = column / 2 * 8 + lane % 4 * 2 + column % 2;
        double sums[2] = {0, 0};
        for (int k = 0; k < 16; k++) {
            const float b = number(element(p->b, j, k, p->turned), p->is_bf16);
            sums[0] += (double)rows[0][k] * (double)b;
            sums[1] += (double)rows[1][k] * (double)b;
        }
        for (int r = 0; r < 2; r++) {
            float *to = &d[column / 2 * 4 + r * 2 + column % 2];
            *to = (float)((double)*to + sums[r]);
        }
    }
}

void fake_begin_products(unsigned item) { products[item].begun = true; }

void fake_add_product(unsigned item, void *d, const fake_product *product) {
    struct products *p = &products[item];
    check_descriptor(product->a, false);
    check_descriptor(product->b, product->turned);
    if (!p->begun) wrong("wgmma without wgmma.fence");
    if (p->n == MOST_PRODUCTS) wrong("too many products that are not waited for");
    p->each[p->n].d = d;
    p->each[p->n++].product = *product;
}

void fake_commit_products(unsigned item) {
    struct products *p = &products[item];
    if (p->n_commits == MOST_PRODUCTS) wrong("too many commits");
    p->commits[p->n_commits++] = p->n;
    p->begun = false;
}

void fake_finish_products(unsigned item, uint32_t left,
                          void multiply(void *d, const fake_product *p, unsigned item)) {
    struct products *p = &products[item];
    const int over = p->n_commits - (int)left;
    if (over <= 0) return;
    const int n = p->commits[over - 1];
    for (int i = 0; i < n; i++)
        multiply(p->each[i].d, &p->each[i].product, item);
    memmove(p->each, p->each + n, (size_t)(p->n - n) * sizeof *p->each);
    p->n -= n;
    p->n_commits = (int)left;
    for (int i = 0; i < p->n_commits; i++)
        p->commits[i] = p->commits[i + over] - n;
}

const void *fake_product_left(unsigned item, int n) {
    return n < products[item].n ? products[item].each[n].d : NULL;
}

/* All items of a warpgroup, four whole warps, do the same. */
static void together(uint64_t a, uint64_t b, const char *what) {
    const uint64_t mine[2] = {a, b};
    const uint64_t(*all)[2] = fake_exchange(mine, sizeof mine);
    for (int i = 0; i < FAKE_WARP; i++)
        if (all[i][0] != a || all[i][1] != b) wrong(what);
}

void group_begin(void) {
    together(0, 0, "wgmma.fence");
    fake_begin_products(fake_item());
}

void group_multiply(float *d, uint64_t a, uint64_t b, int n, int is_bf16, int turned) {
    const fake_product product = {a, b, n, is_bf16, turned};
    together(a, b, "wgmma with more than one descriptor in a warp");
    fake_add_product(fake_item(), d, &product);
}

void group_commit(void) { fake_commit_products(fake_item()); }

static void multiply(void *d, const fake_product *p, unsigned item) { fake_multiply(d, p, item); }

void group_done(uint32_t left) {
    together(left, 1, "wgmma.wait_group");
    fake_finish_products(fake_item(), left, multiply);
}

/* ---------------------------------------------------------------------- groups */

void fake_begin_group(unsigned local_bytes) {
    if (local_bytes > MOST_LOCAL) wrong("more local memory than a card has");
    ring_bytes = local_bytes;
    memset(ring, 0xff, local_bytes);
    fenced = false;
}

void fake_end_group(unsigned items) {
    if (n_copies) wrong("a group ends before its copies");
    for (unsigned i = 0; i < items; i++)
        if (products[i].n) wrong("a group ends before its products");
}

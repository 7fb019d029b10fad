/* SPDX-License-Identifier: MIT
 * All output is in one piece of memory, so that the window is the output itself. */
#include "files/inflate.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 15, LITERALS = 288, DISTANCES = 32, LENGTH_CODES = 19, END = 256, FIRST = 257 };

/* Bits come from the low end of each byte. Beyond the end there are zeros, and `missing` counts
 * those that were taken. */
typedef struct stream {
    const uint8_t *at, *end;
    uint64_t hold;
    unsigned n; /* bits in hold */
    size_t missing;
    uint8_t *to;
    size_t size, made;
} stream;

/* A canonical Huffman code. limit[n]: the first number, as LONGEST bits, behind the codes of at
 * most n bits; base[n]: what makes a code of n bits an index into symbols. */
typedef struct code {
    uint32_t limit[LONGEST + 1];
    int base[LONGEST + 1];
    uint16_t symbols[LITERALS];
} code;

static lw_status corrupt(const char *what) { return lwi_fail(LW_CORRUPT, "deflate: %s", what); }

static void refill(stream *s) {
    while (s->n <= 56) {
        if (s->at < s->end) s->hold |= (uint64_t)*s->at++ << s->n;
        else s->missing += 8;
        s->n += 8;
    }
}

static unsigned take(stream *s, unsigned n) {
    if (s->n < n) refill(s);
    const unsigned bits = (unsigned)(s->hold & ((UINT64_C(1) << n) - 1));
    s->hold >>= n;
    s->n -= n;
    return bits;
}

/* More was taken than there is: what is missing is no longer all in hold. */
static bool ran_out(const stream *s) { return s->missing > s->n; }

static unsigned reversed(unsigned bits) { /* of LONGEST bits */
    bits = (bits & 0x5555) << 1 | (bits >> 1 & 0x5555);
    bits = (bits & 0x3333) << 2 | (bits >> 2 & 0x3333);
    bits = (bits & 0x0f0f) << 4 | (bits >> 4 & 0x0f0f);
    return ((bits & 0xff) << 8 | bits >> 8) >> (16 - LONGEST);
}

/* -1: no such code. */
static int decode(stream *s, const code *c) {
    if (s->n < LONGEST) refill(s);
    const unsigned bits = reversed((unsigned)s->hold & ((1u << LONGEST) - 1));
    for (unsigned n = 1; n <= LONGEST; n++)
        if (bits < c->limit[n]) {
            s->hold >>= n;
            s->n -= n;
            return c->symbols[c->base[n] + (int)(bits >> (LONGEST - n))];
        }
    return -1;
}

/* Lengths of 0 stand for symbols that do not occur. A code may be incomplete only if it has a
 * single symbol, or none. */
static lw_status make_code(const uint8_t *lengths, int n, code *c) {
    int count[LONGEST + 1] = {0}, place[LONGEST + 1], used = 0;
    uint32_t next = 0;
    for (int i = 0; i < n; i++)
        count[lengths[i]]++;
    c->limit[0] = 0;
    for (int bits = 1; bits <= LONGEST; bits++) {
        place[bits] = used;
        c->base[bits] = used - (int)(next >> (LONGEST - bits));
        next += (uint32_t)count[bits] << (LONGEST - bits);
        used += count[bits];
        if (next > 1u << LONGEST) return corrupt("a code has more symbols than bits for them");
        c->limit[bits] = next;
    }
    if (used > 1 && next < 1u << LONGEST) return corrupt("a code is incomplete");
    for (int i = 0; i < n; i++)
        if (lengths[i]) c->symbols[place[lengths[i]]++] = (uint16_t)i;
    return LW_OK;
}

static lw_status read_stored(stream *s) {
    (void)take(s, s->n % 8);
    const unsigned size = take(s, 16), inverse = take(s, 16);
    if (ran_out(s) || size != (~inverse & 0xffff)) return corrupt("a stored block has no length");
    s->at -= (s->n - s->missing) / 8; /* whole bytes that were held in advance */
    s->hold = 0, s->n = 0, s->missing = 0;
    if (size > (size_t)(s->end - s->at)) return corrupt("a stored block ends behind the stream");
    if (size > s->size - s->made) return corrupt("there are more bytes than announced");
    if (size) memcpy(s->to + s->made, s->at, size);
    s->at += size;
    s->made += size;
    return LW_OK;
}

static lw_status copy_back(stream *s, const code *distances, int symbol) {
    static const uint16_t lengths[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
    if (symbol - FIRST >= (int)(sizeof lengths / sizeof *lengths)) return corrupt("a length");
    const unsigned l = (unsigned)(symbol - FIRST);
    const unsigned more = l < 8 || l == 28 ? 0 : l / 4 - 1;
    const size_t length = lengths[l] + take(s, more);
    const int d = decode(s, distances);
    if (d < 0 || d >= 30) return corrupt("a distance");
    const unsigned bits = d < 4 ? 0 : (unsigned)d / 2 - 1;
    const size_t start = d < 4 ? (size_t)d + 1 : ((size_t)(2 + d % 2) << bits) + 1;
    const size_t distance = start + take(s, bits);
    if (distance > s->made) return corrupt("a distance goes back to before the begin");
    if (length > s->size - s->made) return corrupt("there are more bytes than announced");
    for (size_t i = 0; i < length; i++, s->made++)
        s->to[s->made] = s->to[s->made - distance];
    return LW_OK;
}

static lw_status read_coded(stream *s, const code *literals, const code *distances) {
    for (;;) {
        const int symbol = decode(s, literals);
        if (symbol < 0) return corrupt("a code that stands for nothing");
        if (ran_out(s)) return corrupt("the stream ends early");
        if (symbol == END) return LW_OK;
        if (symbol > END) {
            LW_TRY(copy_back(s, distances, symbol));
        } else {
            if (s->made == s->size) return corrupt("there are more bytes than announced");
            s->to[s->made++] = (uint8_t)symbol;
        }
    }
}

static lw_status read_fixed(stream *s) {
    uint8_t lengths[LITERALS];
    code literals, distances;
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    LW_TRY(make_code(lengths, LITERALS, &literals));
    memset(lengths, 5, DISTANCES);
    LW_TRY(make_code(lengths, DISTANCES, &distances));
    return read_coded(s, &literals, &distances);
}

/* The lengths of both codes in a row; 16 repeats the last, 17 and 18 are zeros. */
static lw_status read_lengths(stream *s, const code *c, uint8_t *lengths, unsigned n) {
    for (unsigned i = 0; i < n;) {
        const int symbol = decode(s, c);
        if (symbol < 0 || ran_out(s)) return corrupt("the lengths of a code");
        if (symbol < 16) {
            lengths[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16 && !i) return corrupt("a length repeats nothing");
        const uint8_t length = symbol == 16 ? lengths[i - 1] : 0;
        const unsigned times = symbol == 16   ? 3 + take(s, 2)
                               : symbol == 17 ? 3 + take(s, 3)
                                              : 11 + take(s, 7);
        if (times > n - i) return corrupt("there are more lengths than symbols");
        memset(lengths + i, length, times);
        i += times;
    }
    return LW_OK;
}

static lw_status read_dynamic(stream *s) {
    static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                11, 4,  12, 3, 13, 2, 14, 1, 15};
    const unsigned n_literals = 257 + take(s, 5), n_distances = 1 + take(s, 5);
    const unsigned n_lengths = 4 + take(s, 4);
    uint8_t lengths[LITERALS + DISTANCES] = {0};
    code literals, distances;
    if (n_literals > LITERALS - 2) return corrupt("there are too many symbols");
    for (unsigned i = 0; i < n_lengths; i++)
        lengths[order[i]] = (uint8_t)take(s, 3);
    LW_TRY(make_code(lengths, LENGTH_CODES, &literals));
    memset(lengths, 0, sizeof lengths);
    LW_TRY(read_lengths(s, &literals, lengths, n_literals + n_distances));
    if (!lengths[END]) return corrupt("a block has no end");
    LW_TRY(make_code(lengths, (int)n_literals, &literals));
    LW_TRY(make_code(lengths + n_literals, (int)n_distances, &distances));
    return read_coded(s, &literals, &distances);
}

lw_status lwi_inflate(const void *packed, size_t packed_size, void *to, size_t size) {
    const uint8_t *bytes = packed;
    stream s = {.at = bytes, .end = bytes + packed_size, .to = to, .size = size};
    for (bool last = false; !last;) {
        last = take(&s, 1);
        const unsigned kind = take(&s, 2);
        if (ran_out(&s) || kind == 3) return corrupt("a block is of no kind");
        LW_TRY(kind == 0 ? read_stored(&s) : kind == 1 ? read_fixed(&s) : read_dynamic(&s));
    }
    if (ran_out(&s)) return corrupt("the stream ends early");
    if (s.at != s.end || s.n - s.missing >= 8) return corrupt("bytes are left over");
    if (s.made != size) return corrupt("there are fewer bytes than announced");
    return LW_OK;
}

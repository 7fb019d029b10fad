/* SPDX-License-Identifier: MIT */
#include "backend/cpu/block_pack.h"

#include "backend/cpu/block_codes.h"

#include <string.h>

enum { ROWS = LWI_BLOCK_ROWS, PART = LWI_BLOCK_PART };

/* Types that are not named like their form. */
enum { LWI_BLOCK_TERNARY = LWI_BLOCK_TQ1_0, LWI_BLOCK_IQ2 = LWI_BLOCK_IQ2_XS };
static uint32_t first_like(uint32_t type) {
    switch (type) {
    case LWI_BLOCK_TQ2_0:
    case LWI_BLOCK_Q1_0:
    case LWI_BLOCK_Q2_0:
        return LWI_BLOCK_TERNARY;
    case LWI_BLOCK_IQ2_S:
        return LWI_BLOCK_IQ2;
    default:
        return type;
    }
}

bool lwi_block_form(uint32_t type, lwi_block_dot_form *form) {
    switch (first_like(type)) {
#define LWI_BLOCK_DOT(name, low, high, scaling, zero, table, unit)                                 \
    case LWI_BLOCK_##name:                                                                         \
        *form = LWI_DOT_##name;                                                                    \
        return true;
#include "kern/block_dot.def"
#undef LWI_BLOCK_DOT
    default:
        return false;
    }
}

static size_t panels_of(const lwi_block_pack *p) { return (p->rows + ROWS - 1) / ROWS; }

static size_t panel_bytes(const lwi_block_pack *p) {
    return lwi_block_panel_bytes(lwi_block_layouts + p->form, p->k / PART);
}

size_t lwi_block_packed_bytes(const lwi_block_pack *p) { return panels_of(p) * panel_bytes(p); }

static uint32_t four_codes(const uint8_t *codes, int group, int shift, unsigned mask) {
    uint32_t four;
    memcpy(&four, codes + 4 * group, sizeof four);
    return four >> shift & mask * 0x01010101u;
}

/* Codes of 4 columns are one word: `bits` of them from `shift` on. A word of the plane has those of
 * 8 / bits groups of columns, each above the one before. */
static void set_plane(uint8_t *plane, unsigned bits, const uint8_t *codes, int shift, int row) {
    const int each = 8 / (int)bits, words = 8 / each;
    const unsigned mask = (1u << bits) - 1;
    for (int i = 0; i < words; i++) {
        uint32_t word = 0;
        for (int t = 0; t < each; t++)
            word |= four_codes(codes, i + t * words, shift, mask) << t * (int)bits;
        memcpy(plane + 64 * i + 4 * row, &word, sizeof word);
    }
}

/* Part b of a row; row r of its panel. */
static void pack_part(const lwi_block_pack *p, const uint8_t *row, size_t b, int r, uint8_t *head,
                      uint8_t *part) {
    const lwi_block_layout *l = lwi_block_layouts + p->form;
    const size_t per_block = p->type->elements / PART;
    const uint8_t *block = row + b / per_block * p->type->bytes;
    uint8_t codes[PART];
    uint8_t *planes = part + lwi_block_part_head(l->scaling);
    lwi_block_codes(p->type->id, block, (int)(b % per_block), codes);
    set_plane(planes, l->low, codes, 0, r);
    if (l->high) set_plane(planes + 64 * l->low, l->high, codes, (int)l->low, r);
    lwi_block_scales(p->type->id, l->scaling, block, (int)(b % per_block), r,
                     b % 8 == 0 ? head : NULL, part);
}

static void pack_row(const lwi_block_pack *p, const uint8_t *row, int r, uint8_t *panel) {
    const lwi_block_layout *l = lwi_block_layouts + p->form;
    const size_t bytes = lwi_block_part_bytes(l), head_bytes = lwi_block_head_bytes(l->scaling);
    uint8_t *head = panel;
    for (size_t b = 0; b < p->k / PART; b++, panel += bytes) {
        if (b % 8 == 0) {
            head = panel;
            panel += head_bytes;
        }
        pack_part(p, row, b, r, head, panel);
    }
}

void lwi_block_pack_all(const lwi_block_pack *p, const uint8_t *from, uint8_t *to) {
    const size_t panel = panel_bytes(p);
    memset(to, 0, p->matrices * lwi_block_packed_bytes(p));
    for (size_t m = 0; m < p->matrices; m++, to += lwi_block_packed_bytes(p))
        for (size_t i = 0; i < p->rows; i++, from += p->row_bytes)
            pack_row(p, from, (int)(i % ROWS), to + i / ROWS * panel);
}

/* SPDX-License-Identifier: MIT
 * Opcodes by name. */
#include "ptx_module.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 4096 };

static const ptx_opcode *table[PLACES];

static unsigned place_of(const char *name, size_t length) {
    unsigned h = 2166136261;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619;
    return h % PLACES;
}

static void add_all(const ptx_opcodes *list) {
    for (int i = 0; i < list->n; i++) {
        unsigned at = place_of(list->all[i].name, strlen(list->all[i].name));
        while (table[at])
            at = (at + 1) % PLACES;
        table[at] = &list->all[i];
    }
}

uint8_t ptx_letter_bytes(char c) {
    return c == 'p' ? 0 : c == 'h' ? 2 : c == 'r' ? 4 : c == '_' ? PTX_NOTHING : 8;
}

static bool fits(const ptx_operand *o, char letter) {
    if (letter == 'x') return true;
    if (letter == 's' || o->bytes == PTX_SPECIAL) return letter == 's' && o->bytes == PTX_SPECIAL;
    if (letter == 'a') return o->bytes == 8 || o->bytes == 4;
    if (o->fixed) return strchr("phrq", letter) != NULL;
    return letter == '*' ? o->bytes >= 2 : o->bytes == ptx_letter_bytes(letter);
}

static bool all_fit(const ptx_opcode *o, const ptx_operand *operands, int n) {
    const char *letter = o->operands;
    for (int i = 0; i < n; i++, letter++) {
        letter += *letter == ' ';
        if (!*letter || !fits(&operands[i], *letter)) return false;
    }
    return *letter == 0 || (letter[0] == ' ' && letter[1] == 0);
}

const ptx_opcode *ptx_find_opcode(const char *name, size_t length, const ptx_operand *operands,
                                  int n) {
    static bool made;
    if (!made) {
        add_all(&ptx_arithmetic);
        add_all(&ptx_compare);
        add_all(&ptx_convert);
        add_all(&ptx_loads);
        add_all(&ptx_warp_opcodes);
        add_all(&ptx_hopper);
        made = true;
    }
    for (unsigned at = place_of(name, length); table[at]; at = (at + 1) % PLACES)
        if (strlen(table[at]->name) == length && !memcmp(table[at]->name, name, length) &&
            all_fit(table[at], operands, n))
            return table[at];
    return NULL;
}

/* SPDX-License-Identifier: MIT
 * The table of replacements, as SentencePiece and as Hugging Face's tokenizers apply it. */
#include "base/utf8.h"
#include "text/normalizer.h"

#define SPACE "\xe2\x96\x81"

static lw_string character(lw_string text) {
    const char *at = text.data;
    (void)lwi_utf8_next(&at, text.data + text.size);
    return (lw_string){text.data, (size_t)(at - text.data)};
}

/* A part by its replacement; *found is false, and nothing is added, if it has none. */
static lw_status add_replaced(const lwi_charsmap *map, lw_string part, lwi_growing *out,
                              bool *found) {
    size_t length = 0;
    lw_string to;
    *found = lwi_charsmap_find(map, part, true, &length, &to);
    return *found ? lwi_growing_add(out, to.data, to.size) : LW_OK;
}

/* tokenizers replaces short grapheme clusters as wholes, by the first entry that they begin with,
 * and else character by character. */
lw_status lwi_normalize_charsmap(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    enum { SHORT = 6 };
    while (text.size) {
        lw_string cluster = {text.data, lwi_grapheme_size(text)};
        bool found = false;
        text.data += cluster.size;
        text.size -= cluster.size;
        if (cluster.size < SHORT) LW_TRY(add_replaced(&step->map, cluster, out, &found));
        while (!found && cluster.size) {
            bool known = false;
            const lw_string one = character(cluster);
            LW_TRY(add_replaced(&step->map, one, out, &known));
            if (!known) LW_TRY(lwi_growing_add(out, one.data, one.size));
            cluster.data += one.size;
            cluster.size -= one.size;
        }
    }
    return LW_OK;
}

/* ----------------------------------------------------------- SentencePiece */

/* The longest entry at the beginning of the text, or one character. */
static size_t next_part(const lwi_normal_step *step, lw_string text, lw_string *to) {
    size_t length = 0;
    if (step->kept && lwi_byte_trie_longest(step->kept, text.data, text.size, &length) >= 0) {
        *to = (lw_string){text.data, length};
        return length;
    }
    if (step->map.n_units && lwi_charsmap_find(&step->map, text, false, &length, to)) return length;
    *to = character(text);
    return to->size;
}

static lw_status add_space(const lwi_normal_step *step, lwi_growing *out) {
    return step->escape_spaces ? lwi_growing_add(out, SPACE, sizeof SPACE - 1)
                               : lwi_growing_add(out, " ", 1);
}

static bool ends_with_space(const lwi_normal_step *step, const lwi_growing *out, size_t *size) {
    *size = step->escape_spaces ? sizeof SPACE - 1 : 1;
    return out->size >= *size &&
           !memcmp(out->data + out->size - *size, step->escape_spaces ? SPACE : " ", *size);
}

static size_t skip_spaces(const lwi_normal_step *step, lw_string text) {
    size_t skipped = 0;
    while (skipped < text.size) {
        lw_string to;
        const size_t n =
            next_part(step, (lw_string){text.data + skipped, text.size - skipped}, &to);
        if (to.size != 1 || *to.data != ' ') break;
        skipped += n;
    }
    return skipped;
}

/* One part: its spaces are escaped, and of a run of spaces only the first stays. */
static lw_status add_part(const lwi_normal_step *step, lw_string to, bool *after_space,
                          lwi_growing *out) {
    while (step->remove_extra_spaces && *after_space && to.size && *to.data == ' ') {
        to.data++;
        to.size--;
    }
    if (!to.size) return LW_OK;
    for (size_t i = 0; i < to.size; i++) {
        if (to.data[i] == ' ') LW_TRY(add_space(step, out));
        else LW_TRY(lwi_growing_add(out, to.data + i, 1));
    }
    *after_space = to.data[to.size - 1] == ' ';
    return LW_OK;
}

lw_status lwi_normalize_sentence(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    bool after_space = step->remove_extra_spaces;
    size_t space = 0;
    if (step->remove_extra_spaces) {
        const size_t n = skip_spaces(step, text);
        text.data += n;
        text.size -= n;
    }
    if (!text.size) return LW_OK;
    if (step->dummy_prefix && !step->space_after) LW_TRY(add_space(step, out));
    while (text.size) {
        lw_string to;
        const size_t n = next_part(step, text, &to);
        LW_TRY(add_part(step, to, &after_space, out));
        if (!step->remove_extra_spaces) after_space = false;
        text.data += n;
        text.size -= n;
    }
    while (step->remove_extra_spaces && ends_with_space(step, out, &space))
        out->size -= space;
    return step->dummy_prefix && step->space_after ? add_space(step, out) : LW_OK;
}

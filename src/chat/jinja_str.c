/* SPDX-License-Identifier: MIT
 * Methods of strings. */
#include "base/utf8.h"
#include "chat/jinja.h"

#include <string.h>
#include <wctype.h>

static lw_status need_text(lwi_val v) {
    if (v.kind == LWI_STR) return LW_OK;
    return LWI_WRONG("a string is needed, not %s", lwi_type_name(v));
}

static lw_status get_int(const lwi_val *slot, int64_t missing, int64_t *n) {
    if (!lwi_absent(slot) && !lwi_is_whole(*slot))
        return LWI_WRONG("an integer is needed, not %s", lwi_type_name(*slot));
    *n = lwi_absent(slot) ? missing : lwi_whole(*slot);
    return LW_OK;
}

/* ------------------------------------------------------------------ stripping */

static lw_status strip_sides(lwi_val self, const lwi_val *slot, bool left, bool right,
                             lwi_val *result) {
    const bool spaces = slot->kind == LWI_UNDEFINED || slot->kind == LWI_NONE;
    if (!spaces) LW_TRY(need_text(*slot));
    *result = lwi_strip(self, spaces ? NULL : slot, left, right);
    return LW_OK;
}

LWI_FUNCTION_OF(strip) {
    LWI_UNUSED;
    return strip_sides(self, slots, true, true, result);
}

LWI_FUNCTION_OF(lstrip) {
    LWI_UNUSED;
    return strip_sides(self, slots, true, false, result);
}

LWI_FUNCTION_OF(rstrip) {
    LWI_UNUSED;
    return strip_sides(self, slots, false, true, result);
}

static bool ends_with(lwi_val text, lwi_val end) {
    return text.size >= end.size &&
           (!end.size || !memcmp(text.text + text.size - end.size, end.text, end.size));
}

LWI_FUNCTION_OF(removeprefix) {
    LWI_UNUSED;
    LW_TRY(need_text(slots[0]));
    *result = self;
    if (lwi_starts_with(self, slots[0]))
        result->text += slots[0].size, result->size -= slots[0].size;
    return LW_OK;
}

LWI_FUNCTION_OF(removesuffix) {
    LWI_UNUSED;
    LW_TRY(need_text(slots[0]));
    *result = self;
    if (ends_with(self, slots[0])) result->size -= slots[0].size;
    return LW_OK;
}

/* ------------------------------------------------------------------ searching */

static lw_status starts_or_ends(lwi_val self, lwi_val what, bool start, lwi_val *result) {
    bool truth = false;
    if (what.kind == LWI_TUPLE) {
        for (size_t i = 0; i < what.list->count && !truth; i++) {
            LW_TRY(need_text(what.list->items[i]));
            truth = start ? lwi_starts_with(self, what.list->items[i])
                          : ends_with(self, what.list->items[i]);
        }
    } else {
        LW_TRY(need_text(what));
        truth = start ? lwi_starts_with(self, what) : ends_with(self, what);
    }
    *result = lwi_bool(truth);
    return LW_OK;
}

/* self[start:end], for the methods that take both. */
static lw_status part(lwi_val self, const lwi_val *slots, lwi_val *cut, size_t *offset) {
    int64_t start, end;
    const int64_t n = (int64_t)lwi_points(self);
    LW_TRY(get_int(&slots[0], 0, &start));
    LW_TRY(get_int(&slots[1], n, &end));
    start = start < 0 ? start + n < 0 ? 0 : start + n : start > n ? n : start;
    end = end < 0 ? end + n < 0 ? 0 : end + n : end > n ? n : end;
    const size_t from = lwi_byte_at(self, (size_t)start);
    const size_t to = end < start ? from : lwi_byte_at(self, (size_t)end);
    *cut = lwi_str(self.text + from, to - from);
    *offset = (size_t)start;
    return LW_OK;
}

LWI_FUNCTION_OF(startswith) {
    LWI_UNUSED;
    size_t offset;
    LW_TRY(part(self, slots + 1, &self, &offset));
    return starts_or_ends(self, slots[0], true, result);
}

LWI_FUNCTION_OF(endswith) {
    LWI_UNUSED;
    size_t offset;
    LW_TRY(part(self, slots + 1, &self, &offset));
    return starts_or_ends(self, slots[0], false, result);
}

/* The character number of the first or last place; -1 if there is none. */
static lw_status find_place(lwi_val self, const lwi_val *slots, bool last, lwi_val *result) {
    size_t offset, at, found = SIZE_MAX;
    LW_TRY(need_text(slots[0]));
    LW_TRY(part(self, slots + 1, &self, &offset));
    for (at = lwi_find(self, slots[0], 0); at != SIZE_MAX; at = lwi_find(self, slots[0], at + 1)) {
        found = at;
        if (!last) break;
    }
    const size_t before = found == SIZE_MAX ? 0 : lwi_points(lwi_str(self.text, found));
    *result = lwi_int(found == SIZE_MAX ? -1 : (int64_t)(before + offset));
    return LW_OK;
}

LWI_FUNCTION_OF(find) {
    LWI_UNUSED;
    return find_place(self, slots, false, result);
}

LWI_FUNCTION_OF(rfind) {
    LWI_UNUSED;
    return find_place(self, slots, true, result);
}

LWI_FUNCTION_OF(find_index) {
    LWI_UNUSED;
    LW_TRY(find_place(self, slots, false, result));
    return result->integer < 0 ? LWI_WRONG("substring not found") : LW_OK;
}

LWI_FUNCTION_OF(rfind_index) {
    LWI_UNUSED;
    LW_TRY(find_place(self, slots, true, result));
    return result->integer < 0 ? LWI_WRONG("substring not found") : LW_OK;
}

LWI_FUNCTION_OF(count) {
    LWI_UNUSED;
    int64_t n = 0;
    size_t offset;
    LW_TRY(need_text(slots[0]));
    LW_TRY(part(self, slots + 1, &self, &offset));
    if (!slots[0].size) n = (int64_t)lwi_points(self) + 1;
    else
        for (size_t at = lwi_find(self, slots[0], 0); at != SIZE_MAX;
             at = lwi_find(self, slots[0], at + slots[0].size))
            n++;
    *result = lwi_int(n);
    return LW_OK;
}

LWI_FUNCTION_OF(replace) {
    LWI_UNUSED;
    int64_t most;
    LW_TRY(need_text(slots[0]));
    LW_TRY(need_text(slots[1]));
    LW_TRY(get_int(&slots[2], -1, &most));
    return lwi_replace(run, self, slots[0], slots[1], most, result);
}

/* ------------------------------------------------------------------ splitting */

static lw_status add_part(lwi_jinja *run, lwi_val self, size_t from, size_t to, lwi_val *list) {
    lwi_val piece = self;
    piece.text = self.text + from, piece.size = (uint32_t)(to - from);
    return lwi_append(run, list->list, piece);
}

static lw_status split_at(lwi_jinja *run, lwi_val self, lwi_val by, int64_t most, lwi_val *list) {
    size_t at = 0;
    for (size_t found; most != 0 && (found = lwi_find(self, by, at)) != SIZE_MAX; most--) {
        LW_TRY(add_part(run, self, at, found, list));
        at = found + by.size;
    }
    return add_part(run, self, at, self.size, list);
}

/* The end of the word, or of the white space, that begins at a place. */
static size_t run_end(lwi_val text, size_t at, bool space) {
    const char *p = text.text + at, *end = text.text + text.size;
    while (p < end) {
        const char *next = p;
        if (lwi_is_space(lwi_utf8_next(&next, end)) != space) break;
        p = next;
    }
    return (size_t)(p - text.text);
}

static lw_status split_words(lwi_jinja *run, lwi_val self, int64_t most, lwi_val *list) {
    for (size_t at = run_end(self, 0, true); at < self.size; most--) {
        if (most == 0) return add_part(run, self, at, self.size, list);
        const size_t end = run_end(self, at, false);
        LW_TRY(add_part(run, self, at, end, list));
        at = run_end(self, end, true);
    }
    return LW_OK;
}

static lw_status separator(const lwi_val *slot, bool *words) {
    *words = slot->kind == LWI_UNDEFINED || slot->kind == LWI_NONE;
    if (*words) return LW_OK;
    LW_TRY(need_text(*slot));
    return slot->size ? LW_OK : LWI_WRONG("empty separator");
}

LWI_FUNCTION_OF(split) {
    LWI_UNUSED;
    int64_t most;
    bool words;
    LW_TRY(get_int(&slots[1], -1, &most));
    LW_TRY(separator(slots, &words));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, result));
    return words ? split_words(run, self, most, result)
                 : split_at(run, self, slots[0], most, result);
}

static void turn(lwi_list *list) {
    for (size_t i = 0, k = list->count; i + 1 < k; i++) {
        const lwi_val v = list->items[i];
        list->items[i] = list->items[--k];
        list->items[k] = v;
    }
}

/* Splits at the last places: finds all, and joins the first ones again. */
LWI_FUNCTION_OF(rsplit) {
    LWI_UNUSED;
    int64_t most;
    bool words;
    LW_TRY(get_int(&slots[1], -1, &most));
    LW_TRY(separator(slots, &words));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, result));
    LW_TRY(words ? split_words(run, self, -1, result) : split_at(run, self, slots[0], -1, result));
    lwi_list *list = result->list;
    if (most < 0 || list->count <= (size_t)most + (words ? 0 : 1)) return LW_OK;
    const size_t kept = (size_t)most, first = list->count - kept;
    const lwi_val *last = &list->items[first - 1];
    const lwi_val head = lwi_str(self.text, (size_t)(last->text + last->size - self.text));
    turn(list);
    list->count = kept;
    LW_TRY(lwi_append(run, list, head));
    turn(list);
    return LW_OK;
}

static bool ends_line(uint32_t c) {
    return (c >= 0xa && c <= 0xd) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

LWI_FUNCTION_OF(splitlines) {
    LWI_UNUSED;
    bool keep;
    LW_TRY(lwi_truth(run, slots[0], &keep));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, result));
    const char *line = self.text, *end = self.text + self.size;
    for (const char *p = line; p < end;) {
        const char *mark = p;
        if (!ends_line(lwi_utf8_next(&p, end))) continue;
        if (*mark == '\r' && p < end && *p == '\n') p++;
        LW_TRY(lwi_append(run, result->list, lwi_str(line, (size_t)((keep ? p : mark) - line))));
        line = p;
    }
    if (line < end) LW_TRY(lwi_append(run, result->list, lwi_str(line, (size_t)(end - line))));
    return LW_OK;
}

static lw_status three(lwi_jinja *run, lwi_val a, lwi_val b, lwi_val c, lwi_val *result) {
    LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, result));
    LW_TRY(lwi_append(run, result->list, a));
    LW_TRY(lwi_append(run, result->list, b));
    return lwi_append(run, result->list, c);
}

static lw_status cut_in_three(lwi_jinja *run, lwi_val self, lwi_val by, bool last,
                              lwi_val *result) {
    LW_TRY(need_text(by));
    if (!by.size) return LWI_WRONG("empty separator");
    size_t at = SIZE_MAX;
    for (size_t f = lwi_find(self, by, 0); f != SIZE_MAX; f = lwi_find(self, by, f + 1)) {
        at = f;
        if (!last) break;
    }
    const lwi_val none = lwi_str("", 0);
    if (at == SIZE_MAX)
        return last ? three(run, none, none, self, result) : three(run, self, none, none, result);
    const size_t after = at + by.size;
    return three(run, lwi_str(self.text, at), by, lwi_str(self.text + after, self.size - after),
                 result);
}

LWI_FUNCTION_OF(partition) {
    LWI_UNUSED;
    return cut_in_three(run, self, slots[0], false, result);
}

LWI_FUNCTION_OF(rpartition) {
    LWI_UNUSED;
    return cut_in_three(run, self, slots[0], true, result);
}

LWI_FUNCTION_OF(join) {
    LWI_UNUSED;
    lwi_list items;
    lwi_text out = {.run = run};
    LW_TRY(lwi_iterate(run, slots[0], &items));
    for (size_t i = 0; i < items.count; i++) {
        LW_TRY(need_text(items.items[i]));
        if (i) LW_TRY(lwi_put(&out, self.text, self.size));
        LW_TRY(lwi_put(&out, items.items[i].text, items.items[i].size));
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

/* ------------------------------------------------------------- case and width */

LWI_FUNCTION_OF(upper) {
    LWI_UNUSED;
    return lwi_change_case(run, self, true, result);
}

LWI_FUNCTION_OF(lower) {
    LWI_UNUSED;
    return lwi_change_case(run, self, false, result);
}

LWI_FUNCTION_OF(capitalize) {
    LWI_UNUSED;
    return lwi_capitalize(run, self, result);
}

static bool has_case(lwi_jinja *run, uint32_t c) {
    return lwi_upper(run->letters, c) != c || lwi_lower(run->letters, c) != c;
}

/* title: a capital where no letter stands before. swapcase: the other case. */
static lw_status recase(lwi_jinja *run, lwi_val self, bool title, lwi_val *result) {
    lwi_text out = {.run = run};
    bool inside = false;
    for (const char *p = self.text, *end = p + self.size, *start = p; p < end; start = p) {
        const uint32_t c = lwi_utf8_next(&p, end);
        const bool upper = title ? !inside : lwi_lower(run->letters, c) == c;
        lwi_val letter = lwi_str(start, (size_t)(p - start));
        inside = has_case(run, c);
        LW_TRY(lwi_change_case(run, letter, upper, &letter));
        LW_TRY(lwi_put(&out, letter.text, letter.size));
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(title) {
    LWI_UNUSED;
    return recase(run, self, true, result);
}

LWI_FUNCTION_OF(swapcase) {
    LWI_UNUSED;
    return recase(run, self, false, result);
}

static lw_status pad(lwi_jinja *run, lwi_val self, const lwi_val *slots, int left_part,
                     lwi_val *result) {
    int64_t width;
    const lwi_val fill = lwi_absent(&slots[1]) ? lwi_str(" ", 1) : slots[1];
    LW_TRY(get_int(slots, 0, &width));
    LW_TRY(need_text(fill));
    const int64_t more = width - (int64_t)lwi_points(self);
    lwi_text out = {.run = run};
    if (fill.size != 1) return LWI_WRONG("the fill character must be one ASCII character");
    /* Python's center gives the odd one to the left when the width is odd. */
    const int64_t left = more <= 0        ? 0
                         : left_part == 1 ? more / 2 + (more & width & 1)
                         : left_part == 2 ? more
                                          : 0;
    LW_TRY(lwi_put_times(&out, *fill.text, (size_t)left));
    LW_TRY(lwi_put(&out, self.text, self.size));
    LW_TRY(lwi_put_times(&out, *fill.text, more > 0 ? (size_t)(more - left) : 0));
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(ljust) {
    LWI_UNUSED;
    return pad(run, self, slots, 0, result);
}

LWI_FUNCTION_OF(center) {
    LWI_UNUSED;
    return pad(run, self, slots, 1, result);
}

LWI_FUNCTION_OF(rjust) {
    LWI_UNUSED;
    return pad(run, self, slots, 2, result);
}

LWI_FUNCTION_OF(zfill) {
    LWI_UNUSED;
    int64_t width;
    lwi_text out = {.run = run};
    LW_TRY(get_int(slots, 0, &width));
    const int64_t more = width - (int64_t)lwi_points(self);
    const size_t sign = self.size && (*self.text == '-' || *self.text == '+') ? 1 : 0;
    LW_TRY(lwi_put(&out, self.text, sign));
    LW_TRY(lwi_put_times(&out, '0', more > 0 ? (size_t)more : 0));
    LW_TRY(lwi_put(&out, self.text + sign, self.size - sign));
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(format) {
    LWI_UNUSED;
    return lwi_format(run, self, all, result);
}

/* ------------------------------------------------------------------ questions */

enum { DIGIT = 1, LETTER = 2, SPACE = 4 };

static int class_of(lwi_jinja *run, uint32_t c) {
    if (c < 0x80) {
        const uint32_t small = c | 32;
        return c >= '0' && c <= '9'           ? DIGIT
               : small >= 'a' && small <= 'z' ? LETTER
               : lwi_is_space(c)              ? SPACE
                                              : 0;
    }
    if (lwi_is_space(c)) return SPACE;
    return run->letters->locale && iswalpha_l((wint_t)c, run->letters->locale) ? LETTER : 0;
}

size_t lwi_count_words(lwi_jinja *run, lwi_val text) {
    size_t words = 0;
    bool inside = false;
    for (const char *p = text.text, *end = p + text.size; p < end;) {
        const uint32_t c = lwi_utf8_next(&p, end);
        const bool word = c == '_' || (class_of(run, c) & (DIGIT | LETTER));
        words += word && !inside;
        inside = word;
    }
    return words;
}

static void all_of(lwi_jinja *run, lwi_val self, int classes, lwi_val *result) {
    bool truth = self.size > 0;
    for (const char *p = self.text, *end = p + self.size; p < end && truth;)
        truth = (class_of(run, lwi_utf8_next(&p, end)) & classes) != 0;
    *result = lwi_bool(truth);
}

LWI_FUNCTION_OF(all_digit) {
    LWI_UNUSED;
    all_of(run, self, DIGIT, result);
    return LW_OK;
}

LWI_FUNCTION_OF(all_alpha) {
    LWI_UNUSED;
    all_of(run, self, LETTER, result);
    return LW_OK;
}

LWI_FUNCTION_OF(all_alnum) {
    LWI_UNUSED;
    all_of(run, self, DIGIT | LETTER, result);
    return LW_OK;
}

LWI_FUNCTION_OF(all_space) {
    LWI_UNUSED;
    all_of(run, self, SPACE, result);
    return LW_OK;
}

static bool in_case(lwi_jinja *run, uint32_t c, bool upper_case) {
    if (c < 0x80 || !run->letters->locale)
        return upper_case ? lwi_lower(run->letters, c) != c : lwi_upper(run->letters, c) != c;
    return upper_case ? iswupper_l((wint_t)c, run->letters->locale) != 0
                      : iswlower_l((wint_t)c, run->letters->locale) != 0;
}

/* Some letter has this case, and none the other one. */
static lw_status one_case(lwi_jinja *run, lwi_val self, bool upper_case, lwi_val *result) {
    bool some = false, other = false;
    for (const char *p = self.text, *end = p + self.size; p < end;) {
        const uint32_t c = lwi_utf8_next(&p, end);
        some |= in_case(run, c, upper_case);
        other |= in_case(run, c, !upper_case);
    }
    *result = lwi_bool(some && !other);
    return LW_OK;
}

LWI_FUNCTION_OF(all_upper) {
    LWI_UNUSED;
    return one_case(run, self, true, result);
}

LWI_FUNCTION_OF(all_lower) {
    LWI_UNUSED;
    return one_case(run, self, false, result);
}

const lwi_function lwi_str_methods[] = {{"strip", "chars", 0, strip},
                                        {"lstrip", "chars", 0, lstrip},
                                        {"rstrip", "chars", 0, rstrip},
                                        {"removeprefix", "prefix", 1, removeprefix},
                                        {"removesuffix", "suffix", 1, removesuffix},
                                        {"startswith", "prefix start end", 1, startswith},
                                        {"endswith", "suffix start end", 1, endswith},
                                        {"find", "sub start end", 1, find},
                                        {"rfind", "sub start end", 1, rfind},
                                        {"index", "sub start end", 1, find_index},
                                        {"rindex", "sub start end", 1, rfind_index},
                                        {"count", "sub start end", 1, count},
                                        {"replace", "old new count", 2, replace},
                                        {"split", "sep maxsplit", 0, split},
                                        {"rsplit", "sep maxsplit", 0, rsplit},
                                        {"splitlines", "keepends", 0, splitlines},
                                        {"partition", "sep", 1, partition},
                                        {"rpartition", "sep", 1, rpartition},
                                        {"join", "iterable", 1, join},
                                        {"upper", "", 0, upper},
                                        {"lower", "", 0, lower},
                                        {"casefold", "", 0, lower},
                                        {"capitalize", "", 0, capitalize},
                                        {"title", "", 0, title},
                                        {"swapcase", "", 0, swapcase},
                                        {"ljust", "width fillchar", 1, ljust},
                                        {"rjust", "width fillchar", 1, rjust},
                                        {"center", "width fillchar", 1, center},
                                        {"zfill", "width", 1, zfill},
                                        {"format", "*", 0, format},
                                        {"isdigit", "", 0, all_digit},
                                        {"isdecimal", "", 0, all_digit},
                                        {"isnumeric", "", 0, all_digit},
                                        {"isalpha", "", 0, all_alpha},
                                        {"isalnum", "", 0, all_alnum},
                                        {"isspace", "", 0, all_space},
                                        {"isupper", "", 0, all_upper},
                                        {"islower", "", 0, all_lower},
                                        {NULL, NULL, 0, NULL}};

/* SPDX-License-Identifier: MIT
 * The syntax of RE2, by recursive descent. */
#include "base/regex_tree.h"

#include "base/utf8.h"

#include <string.h>

typedef struct parser {
    lwi_arena *arena;
    const char *pattern, *at, *end;
    bool fold, dot_all, multi_line; /* flags i, s, m */
    bool quoted;                    /* between \Q and \E */
    int depth;
} parser;

static lw_status fail(const parser *p, const char *what) {
    return lwi_fail(LW_INVALID, "regular expression: %s at byte %zu", what,
                    (size_t)(p->at - p->pattern));
}

static bool has(const parser *p, const char *text) {
    const size_t n = strlen(text);
    return (size_t)(p->end - p->at) >= n && !memcmp(p->at, text, n);
}

static bool take(parser *p, const char *text) {
    if (!has(p, text)) return false;
    p->at += strlen(text);
    return true;
}

static lw_status take_point(parser *p, uint32_t *point) {
    if (p->at == p->end) return fail(p, "it ends too early");
    *point = lwi_utf8_next(&p->at, p->end);
    return *point == LWI_UTF8_BAD ? fail(p, "not UTF-8") : LW_OK;
}

static lw_status new_node(parser *p, lwi_regex_kind kind, lwi_regex_node **node) {
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof **node, node));
    (*node)->kind = kind;
    return LW_OK;
}

/* ----------------------------------------------------------------- classes */

static lw_status new_class(parser *p, lwi_regex_node **node) {
    LW_TRY(new_node(p, LWI_REGEX_CLASS, node));
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *(*node)->set, &(*node)->set));
    (*node)->set->fold = p->fold;
    return LW_OK;
}

static lw_status add_range(parser *p, lwi_regex_class *set, uint32_t low, uint32_t high) {
    if (set->n == set->capacity) {
        lwi_regex_range *more = NULL;
        const size_t capacity = set->capacity ? 2 * set->capacity : 4;
        LW_TRY(lwi_arena_alloc(p->arena, capacity, sizeof *more, &more));
        if (set->n) memcpy(more, set->ranges, set->n * sizeof *more);
        set->ranges = more;
        set->capacity = capacity;
    }
    set->ranges[set->n++] = (lwi_regex_range){low, high};
    return LW_OK;
}

/* pairs: first and last code points in rising order, \1 standing for 0 (and it). Negated, what lies
 * between them is added. */
static lw_status add_pairs(parser *p, lwi_regex_class *set, const char *pairs, bool negated) {
    uint32_t next = 0;
    for (; *pairs; pairs += 2) {
        const uint32_t low = pairs[0] == 1 ? 0 : (unsigned char)pairs[0];
        const uint32_t high = (unsigned char)pairs[1];
        if (!negated) LW_TRY(add_range(p, set, low, high));
        else if (low > next) LW_TRY(add_range(p, set, next, low - 1));
        next = high + 1;
    }
    return negated ? add_range(p, set, next, 0x10ffff) : LW_OK;
}

/* \d \w \s and their opposites; *found says whether that letter is one. */
static lw_status add_perl_class(parser *p, lwi_regex_class *set, char letter, bool *found) {
    static const char letters[] = "dws";
    static const char *const pairs[] = {"09", "09AZ__az", "\t\n\f\r  "};
    const char lower = (char)(letter | 0x20);
    const char *at = strchr(letters, lower);
    *found = letter && at && *at;
    return *found ? add_pairs(p, set, pairs[at - letters], letter != lower) : LW_OK;
}

/* [:alpha:], [:^alpha:] ... after the "[:". */
static lw_status add_posix_class(parser *p, lwi_regex_class *set) {
    static const struct {
        const char *name, *pairs;
    } known[] = {{"alnum", "09AZaz"},
                 {"alpha", "AZaz"},
                 {"ascii", "\1\x7f"},
                 {"blank", "\t\t  "},
                 {"cntrl", "\1\x1f\x7f\x7f"},
                 {"digit", "09"},
                 {"graph", "!~"},
                 {"lower", "az"},
                 {"print", " ~"},
                 {"punct", "!/:@[`{~"},
                 {"space", "\t\r  "},
                 {"upper", "AZ"},
                 {"word", "09AZ__az"},
                 {"xdigit", "09AFaf"}};
    const bool negated = take(p, "^");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!take(p, known[i].name)) continue;
        if (!take(p, ":]")) break;
        return add_pairs(p, set, known[i].pairs, negated);
    }
    return fail(p, "there is no such [:class:]");
}

/* ----------------------------------------------------------------- escapes */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* After \x: two digits, or any number in braces. */
static lw_status take_hex(parser *p, uint32_t *point) {
    const bool braces = take(p, "{");
    int n = 0;
    *point = 0;
    while (p->at < p->end && hex_digit(*p->at) >= 0 && (braces || n < 2)) {
        *point = *point * 16 + (uint32_t)hex_digit(*p->at++);
        n++;
        if (*point > 0x10ffff) return fail(p, "no such code point");
    }
    if (n == 0 || (!braces && n < 2) || (braces && !take(p, "}")))
        return fail(p, "a bad \\x escape");
    return LW_OK;
}

static void take_octal(parser *p, uint32_t *point) {
    for (int n = 0; n < 2 && p->at < p->end && *p->at >= '0' && *p->at <= '7'; n++)
        *point = *point * 8 + (uint32_t)(*p->at++ - '0');
}

/* After the backslash: an escape that stands for one code point. */
static lw_status take_escaped_point(parser *p, uint32_t *point) {
    static const char letters[] = "afnrtv", codes[] = "\a\f\n\r\t\v";
    LW_TRY(take_point(p, point));
    const uint32_t c = *point;
    const char *at = c && c < 0x80 ? strchr(letters, (int)c) : NULL;
    if (at) {
        *point = (unsigned char)codes[at - letters];
        return LW_OK;
    }
    if (c == 'x') return take_hex(p, point);
    if (c == 'p' || c == 'P' || c == 'C')
        return lwi_fail(LW_UNSUPPORTED, "regular expression: \\%c is not supported", (char)c);
    const bool octal = p->at < p->end && *p->at >= '0' && *p->at <= '7';
    if (c == '0' || (c >= '1' && c <= '7' && octal)) {
        *point = c - '0';
        take_octal(p, point);
        return LW_OK;
    }
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z', digit = c >= '0' && c <= '9';
    return c >= 0x80 || letter || digit || c == '_' ? fail(p, "no such escape") : LW_OK;
}

/* One item in brackets: a class by name, a code point or a range of them. */
static lw_status take_item(parser *p, lwi_regex_class *set) {
    if (take(p, "[:")) return add_posix_class(p, set);
    uint32_t low = 0, high = 0;
    bool found = false;
    if (take(p, "\\")) {
        if (p->at < p->end) LW_TRY(add_perl_class(p, set, *p->at, &found));
        if (found) {
            p->at++;
            return LW_OK;
        }
        LW_TRY(take_escaped_point(p, &low));
    } else {
        LW_TRY(take_point(p, &low));
    }
    high = low;
    if (has(p, "-") && p->at + 1 < p->end && p->at[1] != ']') {
        p->at++;
        LW_TRY(take(p, "\\") ? take_escaped_point(p, &high) : take_point(p, &high));
    }
    return high < low ? fail(p, "a range that goes backwards") : add_range(p, set, low, high);
}

/* After the "[". */
static lw_status take_brackets(parser *p, lwi_regex_node **node) {
    LW_TRY(new_class(p, node));
    (*node)->set->negated = take(p, "^");
    bool first = true;
    while (first || !take(p, "]")) {
        if (p->at == p->end) return fail(p, "a ] is missing");
        LW_TRY(take_item(p, (*node)->set));
        first = false;
    }
    return LW_OK;
}

/* ------------------------------------------------------------------- atoms */

static lw_status parse_alternatives(parser *p, lwi_regex_node **node);
static bool take_repetition(parser *p, int *min, int *max);

static lw_status literal(parser *p, uint32_t point, lwi_regex_node **node) {
    LW_TRY(new_class(p, node));
    return add_range(p, (*node)->set, point, point);
}

static lw_status take_escape(parser *p, lwi_regex_node **node) {
    static const char letters[] = "AzbB";
    static const lwi_regex_kind kinds[] = {LWI_REGEX_TEXT_BEGIN, LWI_REGEX_TEXT_END,
                                           LWI_REGEX_WORD_EDGE, LWI_REGEX_NO_WORD_EDGE};
    bool found = false;
    if (p->at < p->end && *p->at) {
        const char *at = strchr(letters, *p->at);
        if (at) {
            p->at++;
            return new_node(p, kinds[at - letters], node);
        }
        LW_TRY(new_class(p, node));
        LW_TRY(add_perl_class(p, (*node)->set, *p->at, &found));
        if (found) {
            p->at++;
            return LW_OK;
        }
    }
    uint32_t point = 0;
    LW_TRY(take_escaped_point(p, &point));
    return literal(p, point, node);
}

/* After "(?": flags; *group says whether a group follows them, or they hold from here on. */
static lw_status take_flags(parser *p, bool *group) {
    bool on = true, any = false;
    while (p->at < p->end) {
        const char c = *p->at++;
        if (c == 'i') p->fold = on;
        else if (c == 's') p->dot_all = on;
        else if (c == 'm') p->multi_line = on;
        else if (c == '-' && on) on = false;
        else if (c == ':' || c == ')') {
            *group = c == ':';
            return any || on ? LW_OK : fail(p, "flags are missing");
        } else if (c != 'U') break;
        any = c != '-';
    }
    return fail(p, "unknown flags");
}

static lw_status take_name(parser *p) {
    const char *begin = p->at;
    while (p->at < p->end && (hex_digit(*p->at) >= 0 || *p->at == '_' ||
                              ((*p->at | 0x20) >= 'a' && (*p->at | 0x20) <= 'z')))
        p->at++;
    return p->at > begin && take(p, ">") ? LW_OK : fail(p, "a bad name of a group");
}

/* After the "(". */
static lw_status take_group(parser *p, lwi_regex_node **node) {
    const bool fold = p->fold, dot_all = p->dot_all, multi_line = p->multi_line;
    bool group = true;
    if (take(p, "?P<") || take(p, "?<")) LW_TRY(take_name(p));
    else if (take(p, "?")) LW_TRY(take_flags(p, &group));
    if (!group) {
        int min, max;
        if (take_repetition(p, &min, &max)) return fail(p, "flags cannot be repeated");
        return new_node(p, LWI_REGEX_SEQUENCE, node);
    }
    if (++p->depth > LWI_REGEX_DEPTH_MAX)
        return lwi_fail(LW_LIMIT, "regular expression: groups lie too deep in each other");
    LW_TRY(parse_alternatives(p, node));
    p->depth--;
    p->fold = fold;
    p->dot_all = dot_all;
    p->multi_line = multi_line;
    return take(p, ")") ? LW_OK : fail(p, "a ) is missing");
}

static lw_status parse_atom(parser *p, lwi_regex_node **node) {
    uint32_t point = 0;
    if (p->quoted) {
        LW_TRY(take_point(p, &point));
        return literal(p, point, node);
    }
    if (take(p, "(")) return take_group(p, node);
    if (take(p, "[")) return take_brackets(p, node);
    if (take(p, "\\")) return take_escape(p, node);
    if (take(p, "^"))
        return new_node(p, p->multi_line ? LWI_REGEX_LINE_BEGIN : LWI_REGEX_TEXT_BEGIN, node);
    if (take(p, "$"))
        return new_node(p, p->multi_line ? LWI_REGEX_LINE_END : LWI_REGEX_TEXT_END, node);
    if (take(p, ".")) {
        LW_TRY(new_class(p, node));
        (*node)->set->negated = true;
        return p->dot_all ? LW_OK : add_range(p, (*node)->set, '\n', '\n');
    }
    int min, max;
    if (take_repetition(p, &min, &max)) return fail(p, "nothing to repeat");
    LW_TRY(take_point(p, &point));
    return literal(p, point, node);
}

/* ------------------------------------------------------------- repetitions */

static bool take_number(parser *p, int *number) {
    const char *begin = p->at;
    *number = 0;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
        if (*number <= LWI_REGEX_REPEAT_MAX) *number = *number * 10 + (*p->at - '0');
    return p->at > begin;
}

/* "{2}", "{2,}" or "{2,3}"; anything else after a brace makes it an ordinary character. */
static bool take_counts(parser *p, int *min, int *max) {
    const char *begin = p->at;
    if (take(p, "{") && take_number(p, min)) {
        *max = *min;
        if (take(p, ",") && !take_number(p, max)) *max = -1;
        if (take(p, "}")) return true;
    }
    p->at = begin;
    return false;
}

static bool take_repetition(parser *p, int *min, int *max) {
    *min = has(p, "+");
    *max = has(p, "?") ? 1 : -1;
    if (take(p, "*") || take(p, "+") || take(p, "?")) return true;
    return take_counts(p, min, max);
}

static lw_status parse_repeated(parser *p, lwi_regex_node **node) {
    LW_TRY(parse_atom(p, node));
    if (p->quoted && !take(p, "\\E")) return LW_OK;
    p->quoted = false;
    int min = 0, max = 0;
    if (!take_repetition(p, &min, &max)) return LW_OK;
    if (min > LWI_REGEX_REPEAT_MAX || max > LWI_REGEX_REPEAT_MAX || (max >= 0 && max < min))
        return fail(p, "a bad number of repetitions");
    take(p, "?");
    lwi_regex_node *repeat = NULL;
    LW_TRY(new_node(p, LWI_REGEX_REPEAT, &repeat));
    repeat->child = *node;
    repeat->min = min;
    repeat->max = max;
    *node = repeat;
    return take_repetition(p, &min, &max) ? fail(p, "a repetition is repeated") : LW_OK;
}

/* Text between | and ), or quoted text. */
static lw_status parse_sequence(parser *p, lwi_regex_node **node) {
    LW_TRY(new_node(p, LWI_REGEX_SEQUENCE, node));
    lwi_regex_node **last = &(*node)->child;
    while (p->at < p->end) {
        if (!p->quoted) {
            if (has(p, "|") || has(p, ")")) break;
            if (take(p, "\\Q")) p->quoted = true;
        }
        if (p->quoted && take(p, "\\E")) p->quoted = false;
        else if (p->at < p->end) {
            LW_TRY(parse_repeated(p, last));
            last = &(*last)->next;
        }
    }
    return LW_OK;
}

static lw_status parse_alternatives(parser *p, lwi_regex_node **node) {
    LW_TRY(new_node(p, LWI_REGEX_ALTERNATIVES, node));
    lwi_regex_node **last = &(*node)->child;
    do {
        LW_TRY(parse_sequence(p, last));
        last = &(*last)->next;
    } while (take(p, "|"));
    return LW_OK;
}

lw_status lwi_regex_parse(lwi_arena *arena, const char *pattern, size_t size,
                          lwi_regex_node **tree) {
    parser p = {.arena = arena, .pattern = pattern, .at = pattern, .end = pattern + size};
    LW_TRY(parse_alternatives(&p, tree));
    return p.at == p.end ? LW_OK : fail(&p, "a ) without a (");
}

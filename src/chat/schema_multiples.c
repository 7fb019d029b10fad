/* SPDX-License-Identifier: MIT
 * Multiples of a whole number: between bounds that are near one by one, else digit by digit, with a
 * rule for each rest that the digits so far leave (10 r + digit modulo the number). */
#include "chat/grammar_schema.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST_REST = 1000, MOST_LISTED = 1000 };

static lw_status put_listed(int64_t of, int64_t first, int64_t last, lwi_buffer *to) {
    LW_TRY(lwi_buffer_text(to, "("));
    for (int64_t i = first; i <= last; i++)
        LW_TRY(lwi_schema_format(to, "%s\"%" PRId64 "\"", i > first ? " | " : "", i * of));
    return lwi_buffer_text(to, ")");
}

/* What may follow digits that leave a rest: more digits, and nothing where the rest is 0. */
static lw_status put_rest(lwi_schema *c, size_t base, int64_t of, int64_t rest) {
    LW_TRY(lwi_schema_format(c->out, "m%zu ::= %s", base + (size_t)rest, rest ? "" : "\"\" | "));
    for (int64_t digit = 0; digit < 10; digit++)
        LW_TRY(lwi_schema_format(c->out, "%s\"%" PRId64 "\" m%zu", digit ? " | " : "", digit,
                                 base + (size_t)((rest * 10 + digit) % of)));
    return lwi_buffer_text(c->out, "\n");
}

/* Without leading zeros; a sign where there is no bound below. */
static lw_status put_all(lwi_schema *c, int64_t of, bool negative, bool zero, lwi_buffer *to) {
    const size_t base = c->rules + 1;
    for (int64_t rest = 0; rest < of; rest++)
        LW_TRY(lwi_schema_count_rule(c));
    for (int64_t rest = 0; rest < of; rest++)
        LW_TRY(put_rest(c, base, of, rest));
    LW_TRY(lwi_schema_format(to, "(%s(", zero ? "\"0\" | " : ""));
    if (negative) LW_TRY(lwi_buffer_text(to, "\"-\"? ("));
    for (int64_t digit = 1; digit < 10; digit++)
        LW_TRY(lwi_schema_format(to, "%s\"%" PRId64 "\" m%zu", digit > 1 ? " | " : "", digit,
                                 base + (size_t)(digit % of)));
    return lwi_buffer_text(to, negative ? ")))" : "))");
}

lw_status lwi_schema_multiples(lwi_schema *c, int64_t of, int64_t low, int64_t high,
                               lwi_buffer *to) {
    const bool has_low = low != INT64_MIN, has_high = high != INT64_MAX;
    if (has_low && has_high) {
        const int64_t first = low / of + (low > 0 && low % of),
                      last = high / of - (high < 0 && high % of);
        if (last < first) return lwi_buffer_text(to, "[]");
        if (last - first < MOST_LISTED) return put_listed(of, first, last, to);
    }
    if (has_high || (has_low && (low < 0 || low > of)) || of > MOST_REST)
        return lwi_schema_unsupported("multipleOf with such bounds");
    return put_all(c, of, !has_low, low <= 0, to);
}

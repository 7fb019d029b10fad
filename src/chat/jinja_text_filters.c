/* SPDX-License-Identifier: MIT
 * Filters on texts and numbers. */
#include "base/text_number.h"
#include "chat/jinja.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LWI_FUNCTION_OF(default_value) {
    LWI_UNUSED;
    bool boolean, truth = true;
    LW_TRY(lwi_truth(run, slots[1], &boolean));
    if (boolean) LW_TRY(lwi_truth(run, self, &truth));
    *result = self;
    if (self.kind == LWI_UNDEFINED || !truth)
        *result = lwi_absent(&slots[0]) ? lwi_str("", 0) : slots[0];
    return LW_OK;
}

LWI_FUNCTION_OF(string) {
    LWI_UNUSED;
    return lwi_to_text(run, self, result);
}

LWI_FUNCTION_OF(safe) {
    LWI_UNUSED;
    LW_TRY(lwi_to_text(run, self, result));
    result->safe = true;
    return LW_OK;
}

LWI_FUNCTION_OF(escape) {
    LWI_UNUSED;
    return lwi_escape(run, self, result);
}

LWI_FUNCTION_OF(force_escape) {
    LWI_UNUSED;
    LW_TRY(lwi_to_text(run, self, &self));
    self.safe = false;
    return lwi_escape(run, self, result);
}

/* A method of strings, on the text of any value. */
static lw_status as_method(lwi_jinja *run, lwi_val self, const char *name, const lwi_args *all,
                           lwi_val *result) {
    LW_TRY(lwi_to_text(run, self, &self));
    return lwi_call_function(run, lwi_find_function(lwi_str_methods, name, strlen(name)), self, all,
                             result);
}

LWI_FUNCTION_OF(trim) {
    LWI_UNUSED;
    return as_method(run, self, "strip", all, result);
}

LWI_FUNCTION_OF(upper) {
    LWI_UNUSED;
    return as_method(run, self, "upper", all, result);
}

LWI_FUNCTION_OF(lower) {
    LWI_UNUSED;
    return as_method(run, self, "lower", all, result);
}

LWI_FUNCTION_OF(capitalize) {
    LWI_UNUSED;
    return as_method(run, self, "capitalize", all, result);
}

LWI_FUNCTION_OF(center) {
    LWI_UNUSED;
    lwi_args args = {0};
    LW_TRY(lwi_append(run, &args.positional, lwi_absent(slots) ? lwi_int(80) : slots[0]));
    return as_method(run, self, "center", &args, result);
}

/* Capitals where a word begins: at the start and behind - ( { [ < and white space. */
LWI_FUNCTION_OF(title) {
    LWI_UNUSED;
    lwi_list letters;
    lwi_text out = {.run = run};
    bool start = true;
    LW_TRY(lwi_to_text(run, self, &self));
    LW_TRY(lwi_iterate(run, self, &letters));
    for (size_t i = 0; i < letters.count; i++) {
        lwi_val letter;
        LW_TRY(lwi_change_case(run, letters.items[i], start, &letter));
        LW_TRY(lwi_put(&out, letter.text, letter.size));
        const lwi_val rest = lwi_strip(letters.items[i], NULL, true, false);
        start = !rest.size || memchr("-({[<", *rest.text, 5);
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(replace) {
    LWI_UNUSED;
    lwi_val old, by;
    LW_TRY(lwi_to_text(run, self, &self));
    LW_TRY(lwi_to_text(run, slots[0], &old));
    LW_TRY(lwi_to_text(run, slots[1], &by));
    const int64_t most = lwi_is_whole(slots[2]) ? lwi_whole(slots[2]) : -1;
    LW_TRY(lwi_replace(run, self, old, by, most, result));
    result->safe = false;
    return LW_OK;
}

LWI_FUNCTION_OF(join) {
    LWI_UNUSED;
    lwi_list items;
    lwi_val between = lwi_str("", 0);
    lwi_text out = {.run = run};
    if (slots[1].kind != LWI_UNDEFINED && slots[1].kind != LWI_NONE) {
        lwi_args args = {0};
        LW_TRY(lwi_dict_set(run, &args.named, lwi_word("attribute"), slots[1]));
        LW_TRY(lwi_call_function(run, lwi_find_filter("map", 3), self, &args, &self));
    }
    if (!lwi_absent(&slots[0])) LW_TRY(lwi_to_text(run, slots[0], &between));
    LW_TRY(lwi_iterate(run, self, &items));
    for (size_t i = 0; i < items.count; i++) {
        if (i) LW_TRY(lwi_put(&out, between.text, between.size));
        LW_TRY(lwi_put_value(&out, items.items[i]));
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

static lw_status indention(lwi_jinja *run, const lwi_val *width, lwi_val *text) {
    lwi_text spaces = {.run = run};
    if (width->kind == LWI_STR) {
        *text = *width;
        return LW_OK;
    }
    if (!lwi_absent(width) && !lwi_is_whole(*width)) return LWI_WRONG("indent wants a width");
    const int64_t n = lwi_absent(width) ? 4 : lwi_whole(*width);
    LW_TRY(lwi_put_times(&spaces, ' ', n > 0 ? (size_t)n : 0));
    *text = lwi_text_value(&spaces);
    return LW_OK;
}

/* width, first, blank */
LWI_FUNCTION_OF(indent) {
    LWI_UNUSED;
    lwi_val by = lwi_none(), lines;
    lwi_text out = {.run = run};
    bool first, blank;
    LW_TRY(indention(run, &slots[0], &by));
    LW_TRY(lwi_truth(run, slots[1], &first));
    LW_TRY(lwi_truth(run, slots[2], &blank));
    if (self.kind != LWI_STR)
        return LWI_WRONG("indent wants a string, not %s", lwi_type_name(self));
    LW_TRY(lwi_add_texts(run, self, lwi_str("\n", 1), &self));
    LW_TRY(as_method(run, self, "splitlines", &(lwi_args){.named = {0}}, &lines));
    for (size_t i = 0; i < lines.list->count; i++) {
        const lwi_val line = lines.list->items[i];
        if (i) LW_TRY(lwi_put(&out, "\n", 1));
        if (i ? blank || line.size : first) LW_TRY(lwi_put(&out, by.text, by.size));
        LW_TRY(lwi_put(&out, line.text, line.size));
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(wordcount) {
    LWI_UNUSED;
    lwi_val text;
    LW_TRY(lwi_to_text(run, self, &text));
    LW_TRY(lwi_step(run, text.size / 16));
    *result = lwi_int((int64_t)lwi_count_words(run, text));
    return LW_OK;
}

/* length, killwords, end, leeway */
LWI_FUNCTION_OF(truncate) {
    LWI_UNUSED;
    bool kill;
    size_t size;
    LW_TRY(lwi_length(run, self, &size));
    LW_TRY(lwi_truth(run, slots[1], &kill));
    const int64_t most = lwi_is_whole(slots[0]) ? lwi_whole(slots[0]) : 255;
    const int64_t leeway = lwi_is_whole(slots[3]) ? lwi_whole(slots[3]) : 5;
    const lwi_val end = slots[2].kind == LWI_STR ? slots[2] : lwi_word("...");
    const int64_t n = most - (int64_t)lwi_points(end);
    *result = self;
    if (n < 0 || leeway < 0) return LWI_WRONG("truncate: the length is too small");
    if ((int64_t)size <= most + leeway) return LW_OK;
    if (self.kind != LWI_STR) return LWI_WRONG("truncate wants a string");
    lwi_val head = lwi_str(self.text, lwi_byte_at(self, (size_t)n));
    const char *space = memrchr(head.text, ' ', head.size);
    if (!kill && space) head.size = (uint32_t)(space - head.text);
    return lwi_add_texts(run, head, end, result);
}

LWI_FUNCTION_OF(format) {
    LWI_UNUSED;
    LW_TRY(lwi_to_text(run, self, &self));
    lwi_val values;
    LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, &values));
    *values.list = all->positional;
    if (all->named.count) {
        LW_TRY(lwi_new_dict(run, &values));
        *values.dict = all->named;
    }
    return lwi_percent(run, self, values, result);
}

static lw_status put_quoted(lwi_text *out, lwi_val value, bool in_query) {
    lwi_val text;
    LW_TRY(lwi_to_text(out->run, value, &text));
    for (uint32_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.text[i], small = c | 32;
        char escape[4];
        const bool plain = (c >= '0' && c <= '9') || (small >= 'a' && small <= 'z') ||
                           (c && strchr("_.-~", c)) || (c == '/' && !in_query);
        const int n = snprintf(escape, sizeof escape, plain ? "%c" : "%%%02X", c);
        LW_TRY(in_query && c == ' ' ? lwi_put(out, "+", 1) : lwi_put(out, escape, (size_t)n));
    }
    return LW_OK;
}

/* A text, or the pairs of a query. */
LWI_FUNCTION_OF(urlencode) {
    LWI_UNUSED;
    lwi_list pairs, pair;
    lwi_text out = {.run = run};
    if (lwi_is_list(self) || self.kind == LWI_DICT) {
        if (self.kind == LWI_DICT)
            LW_TRY(lwi_call_function(run, lwi_find_filter("items", 5), self, all, &self));
        LW_TRY(lwi_iterate(run, self, &pairs));
        for (size_t i = 0; i < pairs.count; i++) {
            LW_TRY(lwi_iterate(run, pairs.items[i], &pair));
            if (pair.count != 2) return LWI_WRONG("urlencode wants pairs");
            if (i) LW_TRY(lwi_put(&out, "&", 1));
            LW_TRY(put_quoted(&out, pair.items[0], true));
            LW_TRY(lwi_put(&out, "=", 1));
            LW_TRY(put_quoted(&out, pair.items[1], true));
        }
    } else {
        LW_TRY(put_quoted(&out, self, false));
    }
    *result = lwi_text_value(&out);
    return LW_OK;
}

LWI_FUNCTION_OF(attr) {
    LWI_UNUSED;
    const lwi_val *item = self.kind == LWI_NAMESPACE && slots[0].kind == LWI_STR
                              ? lwi_dict_word(self.dict, slots[0].text, slots[0].size)
                              : NULL;
    *result = item ? *item : lwi_undefined("an attribute");
    return LW_OK;
}

/* ------------------------------------------------------------------- numbers */

LWI_FUNCTION_OF(to_int) {
    LWI_UNUSED;
    double x = 0;
    bool found = lwi_is_number(self);
    *result = lwi_absent(&slots[0]) ? lwi_int(0) : slots[0];
    if (self.kind == LWI_UNDEFINED)
        return LWI_WRONG("'%s' is undefined", self.text ? self.text : "a value");
    if (lwi_is_whole(self)) {
        *result = lwi_int(lwi_whole(self));
        return LW_OK;
    }
    if (self.kind == LWI_STR && lwi_is_whole(slots[1]) && lwi_whole(slots[1]) != 10) {
        char digits[80], *end;
        const lwi_val text = lwi_strip(self, NULL, true, true);
        if (!text.size || text.size >= sizeof digits || lwi_whole(slots[1]) < 2 ||
            lwi_whole(slots[1]) > 36)
            return LW_OK;
        memcpy(digits, text.text, text.size);
        digits[text.size] = 0;
        const long long n = strtoll(digits, &end, (int)lwi_whole(slots[1]));
        if (!*end) *result = lwi_int(n);
        return LW_OK;
    }
    int64_t whole;
    if (self.kind == LWI_STR && lwi_text_integer(self.text, self.size, false, &whole)) {
        *result = lwi_int(whole);
        return LW_OK;
    }
    if (self.kind == LWI_STR) found = lwi_text_double(self.text, self.size, &x);
    else if (found) x = self.number;
    if (found && isfinite(x) && fabs(x) > 9e18)
        return lwi_fail(LW_RANGE, "an integer of the template does not fit in 64 bits");
    if (found && isfinite(x)) *result = lwi_int((int64_t)x);
    return LW_OK;
}

LWI_FUNCTION_OF(to_float) {
    LWI_UNUSED;
    double x;
    *result = lwi_absent(&slots[0]) ? lwi_float(0) : slots[0];
    if (self.kind == LWI_UNDEFINED)
        return LWI_WRONG("'%s' is undefined", self.text ? self.text : "a value");
    if (lwi_is_number(self)) *result = lwi_float(lwi_number(self));
    else if (self.kind == LWI_STR && lwi_text_double(self.text, self.size, &x))
        *result = lwi_float(x);
    return LW_OK;
}

LWI_FUNCTION_OF(absolute) {
    LWI_UNUSED;
    if (!lwi_is_number(self))
        return LWI_WRONG("bad operand type for abs(): '%s'", lwi_type_name(self));
    if (self.kind == LWI_FLOAT) *result = lwi_float(fabs(self.number));
    else return lwi_binary(run, '*', self, lwi_int(lwi_whole(self) < 0 ? -1 : 1), result);
    return LW_OK;
}

/* precision, method */
LWI_FUNCTION_OF(round_number) {
    LWI_UNUSED;
    const int64_t places = lwi_is_whole(slots[0]) ? lwi_whole(slots[0]) : 0;
    if (!lwi_is_number(self)) return LWI_WRONG("round wants a number, not %s", lwi_type_name(self));
    if (places < -300 || places > 300) return LWI_WRONG("round: precision out of range");
    const lwi_val method = slots[1].kind == LWI_STR ? slots[1] : lwi_word("common");
    if (!lwi_same_text(method, lwi_word("common"))) {
        const double scale = pow(10, (double)places), x = lwi_number(self) * scale;
        const bool up = lwi_same_text(method, lwi_word("ceil"));
        if (!up && !lwi_same_text(method, lwi_word("floor")))
            return LWI_WRONG("method must be common, ceil or floor");
        *result = lwi_float((up ? ceil(x) : floor(x)) / scale);
        return LW_OK;
    }
    *result = lwi_is_whole(self) ? lwi_int(lwi_whole(self)) : self;
    if (self.kind != LWI_FLOAT || !isfinite(self.number)) return LW_OK;
    if (places < 0) {
        const double scale = pow(10, (double)-places);
        *result = lwi_float(nearbyint(self.number / scale) * scale);
        return LW_OK;
    }
    char digits[700];
    const int n = snprintf(digits, sizeof digits, "%.*f", (int)places, self.number);
    double x = self.number;
    for (char *p = digits; *p; p++)
        if (*p == ',') *p = '.'; /* the locale's point */
    if (n > 0 && lwi_text_double(digits, strlen(digits), &x)) *result = lwi_float(x);
    return LW_OK;
}

const lwi_function lwi_text_filters[] = {
    {"default", "default_value boolean", 0, default_value},
    {"d", "default_value boolean", 0, default_value},
    {"string", "", 0, string},
    {"safe", "", 0, safe},
    {"escape", "", 0, escape},
    {"e", "", 0, escape},
    {"forceescape", "", 0, force_escape},
    {"trim", "*", 0, trim},
    {"upper", "*", 0, upper},
    {"lower", "*", 0, lower},
    {"capitalize", "*", 0, capitalize},
    {"center", "width", 0, center},
    {"title", "", 0, title},
    {"replace", "old new count", 2, replace},
    {"join", "d attribute", 0, join},
    {"indent", "width first blank", 0, indent},
    {"wordcount", "", 0, wordcount},
    {"truncate", "length killwords end leeway", 0, truncate},
    {"format", "*", 0, format},
    {"urlencode", "", 0, urlencode},
    {"attr", "name", 1, attr},
    {"int", "default base", 0, to_int},
    {"float", "default", 0, to_float},
    {"abs", "", 0, absolute},
    {"round", "precision method", 0, round_number},
    {"tojson", "ensure_ascii indent separators sort_keys", 0, lwi_tojson},
    {NULL, NULL, 0, NULL}};

const lwi_function *lwi_find_filter(const char *name, size_t size) {
    const lwi_function *found = lwi_find_function(lwi_text_filters, name, size);
    return found ? found : lwi_find_function(lwi_list_filters, name, size);
}

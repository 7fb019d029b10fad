/* SPDX-License-Identifier: MIT */
#include "text/pattern.h"

#ifdef LWI_HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MOST_STEPS = 10000000, MOST_DEPTH = 20000, MOST_PATTERN = 1 << 16 };
enum { FIRST_STACK = 32 << 10, MOST_STACK = 8 << 20 };

struct lwi_pattern {
    pcre2_code *code;
    bool jit;
};

struct lwi_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static lw_status compile(lw_string regex, pcre2_code **code) {
    int error = 0;
    PCRE2_SIZE at = 0;
    *code = pcre2_compile((PCRE2_SPTR)regex.data, regex.size,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                          &at, NULL);
    if (*code) return LW_OK;
    PCRE2_UCHAR why[128] = {0};
    pcre2_get_error_message(error, why, sizeof why);
    return lwi_fail(LW_CORRUPT, "tokenizer: the regular expression '%.*s' is wrong: %s",
                    regex.size > 200 ? 200 : (int)regex.size, regex.data, (const char *)why);
}

lw_status lwi_pattern_compile(lw_string regex, lwi_pattern **pattern) {
    if (regex.size > MOST_PATTERN)
        return lwi_fail(LW_LIMIT, "tokenizer: a regular expression of %zu bytes", regex.size);
    lwi_growing text = {0};
    lwi_pattern made = {0}, *p = NULL;
    lw_status status = lwi_pattern_translate(regex, &text);
    if (status == LW_OK) status = compile((lw_string){text.data, text.size}, &made.code);
    lwi_growing_free(&text);
    if (status == LW_OK) status = lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *p, &p);
    if (status != LW_OK) {
        pcre2_code_free(made.code);
        return status;
    }
    made.jit = pcre2_jit_compile(made.code, PCRE2_JIT_COMPLETE) == 0;
    *p = made;
    *pattern = p;
    return LW_OK;
}

void lwi_pattern_free(lwi_pattern *pattern) {
    if (!pattern) return;
    pcre2_code_free(pattern->code);
    lwi_free(&lwi_malloc_allocator, pattern);
}

lw_status lwi_matcher_new(lwi_matcher **matcher) {
    lwi_matcher *m = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *m, &m));
    m->data = pcre2_match_data_create(1, NULL);
    m->context = pcre2_match_context_create(NULL);
    m->stack = pcre2_jit_stack_create(FIRST_STACK, MOST_STACK, NULL);
    if (!m->data || !m->context) {
        lwi_matcher_free(m);
        return lwi_fail(LW_NO_MEMORY, "out of memory");
    }
    pcre2_set_match_limit(m->context, MOST_STEPS);
    pcre2_set_depth_limit(m->context, MOST_DEPTH);
    if (m->stack) pcre2_jit_stack_assign(m->context, NULL, m->stack);
    *matcher = m;
    return LW_OK;
}

void lwi_matcher_free(lwi_matcher *matcher) {
    if (!matcher) return;
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->context);
    pcre2_jit_stack_free(matcher->stack);
    lwi_free(&lwi_malloc_allocator, matcher);
}

lw_status lwi_pattern_next(const lwi_pattern *pattern, lwi_matcher *matcher, lw_string text,
                           size_t from, lwi_span *match, bool *found) {
    const PCRE2_SPTR subject = (PCRE2_SPTR)text.data;
    const int n = pattern->jit ? pcre2_jit_match(pattern->code, subject, text.size, from, 0,
                                                 matcher->data, matcher->context)
                               : pcre2_match(pattern->code, subject, text.size, from,
                                             PCRE2_NO_UTF_CHECK, matcher->data, matcher->context);
    *found = n >= 0;
    if (n == PCRE2_ERROR_NOMATCH) return LW_OK;
    if (n < 0)
        return lwi_fail(n == PCRE2_ERROR_NOMEMORY ? LW_NO_MEMORY : LW_LIMIT,
                        "tokenizer: matching a regular expression took too many steps (PCRE2 "
                        "error %d)",
                        n);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(matcher->data);
    *match = (lwi_span){ends[0], ends[1]};
    return LW_OK;
}

#else

lw_status lwi_pattern_compile(lw_string regex, lwi_pattern **pattern) {
    (void)regex, (void)pattern;
    return lwi_fail(LW_UNSUPPORTED, "this tokenizer needs regular expressions, and lampwick is "
                                    "built without PCRE2");
}

void lwi_pattern_free(lwi_pattern *pattern) { (void)pattern; }

lw_status lwi_matcher_new(lwi_matcher **matcher) {
    *matcher = NULL;
    return LW_OK;
}

void lwi_matcher_free(lwi_matcher *matcher) { (void)matcher; }

lw_status lwi_pattern_next(const lwi_pattern *pattern, lwi_matcher *matcher, lw_string text,
                           size_t from, lwi_span *match, bool *found) {
    (void)pattern, (void)matcher, (void)text, (void)from, (void)match, (void)found;
    return lwi_fail(LW_INTERNAL, "no regular expressions");
}

#endif

/* SPDX-License-Identifier: MIT */
#include "text/normalizer.h"

#include "base/utf8.h"
#include "text/unicode_class.h"

lw_status lwi_normalizer_add(lwi_normalizer *normalizer, lwi_normal_step step) {
    if (normalizer->n == LWI_MOST_NORMAL_STEPS) {
        lwi_pattern_free(step.pattern);
        return lwi_fail(LW_LIMIT, "tokenizer: more than %d normalizers", LWI_MOST_NORMAL_STEPS);
    }
    normalizer->steps[normalizer->n++] = step;
    return LW_OK;
}

void lwi_normalizer_free(lwi_normalizer *normalizer) {
    for (size_t i = 0; i < normalizer->n; i++)
        lwi_pattern_free(normalizer->steps[i].pattern);
}

void lwi_normal_work_free(lwi_normal_work *work) {
    lwi_growing_free(&work->texts[0]);
    lwi_growing_free(&work->texts[1]);
    lwi_matcher_free(work->matcher);
}

static lw_status replace(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    const char *at = text.data, *end = at + text.size;
    for (;;) {
        const char *found = step->from.size
                                ? memmem(at, (size_t)(end - at), step->from.data, step->from.size)
                                : NULL;
        LW_TRY(lwi_growing_add(out, at, (size_t)((found ? found : end) - at)));
        if (!found) return LW_OK;
        LW_TRY(lwi_growing_add(out, step->to.data, step->to.size));
        at = found + step->from.size;
    }
}

static lw_status replace_pattern(const lwi_normal_step *step, lw_string text, lwi_normal_work *work,
                                 lwi_growing *out) {
    size_t at = 0;
    if (!work->matcher) LW_TRY(lwi_matcher_new(&work->matcher));
    for (size_t from = 0; from < text.size;) {
        lwi_span match;
        bool found = false;
        LW_TRY(lwi_pattern_next(step->pattern, work->matcher, text, from, &match, &found));
        if (!found) break;
        LW_TRY(lwi_growing_add(out, text.data + at, match.begin - at));
        LW_TRY(lwi_growing_add(out, step->to.data, step->to.size));
        at = from = match.end;
        if (match.end > match.begin || at >= text.size) continue;
        const char *next = text.data + at;
        (void)lwi_utf8_next(&next, text.data + text.size);
        from = (size_t)(next - text.data);
    }
    return lwi_growing_add(out, text.data + at, text.size - at);
}

static lw_status strip(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    const char *begin = text.data, *end = begin + text.size, *at = begin, *last = begin;
    while (step->left && at < end && lwi_is_white_space(lwi_utf8_next(&at, end)))
        begin = at;
    for (at = last = begin; step->right && at < end;)
        if (!lwi_is_white_space(lwi_utf8_next(&at, end))) last = at;
    return lwi_growing_add(out, begin, (size_t)((step->right ? last : end) - begin));
}

static lw_status prepend(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    if (text.size) LW_TRY(lwi_growing_add(out, step->to.data, step->to.size));
    return lwi_growing_add(out, text.data, text.size);
}

static lw_status apply(const lwi_normal_step *step, const lwi_byte_alphabet *alphabet,
                       lw_string text, lwi_normal_work *work, lwi_growing *out) {
    switch (step->kind) {
    case LWI_NORMAL_FORM:
        return lwi_unicode_form(text, step->form, out);
    case LWI_NORMAL_REPLACE:
        return replace(step, text, out);
    case LWI_NORMAL_PATTERN:
        return replace_pattern(step, text, work, out);
    case LWI_NORMAL_PREPEND:
        return prepend(step, text, out);
    case LWI_NORMAL_STRIP:
        return strip(step, text, out);
    case LWI_NORMAL_CHARSMAP:
        return lwi_normalize_charsmap(step, text, out);
    case LWI_NORMAL_SENTENCE:
        return lwi_normalize_sentence(step, text, out);
    case LWI_NORMAL_ALPHABET:
        return lwi_to_alphabet(alphabet, text, out);
    default:
        return lwi_normalize_characters(step, text, out);
    }
}

lw_status lwi_normalize(const lwi_normalizer *normalizer, const lwi_byte_alphabet *alphabet,
                        lw_string text, lwi_normal_work *work, lw_string *out) {
    for (size_t i = 0; i < normalizer->n; i++) {
        lwi_growing *to = &work->texts[i % 2];
        to->size = 0;
        LW_TRY(apply(normalizer->steps + i, alphabet, text, work, to));
        text = (lw_string){to->data ? to->data : "", to->size};
    }
    *out = text;
    return LW_OK;
}

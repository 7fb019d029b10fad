/* SPDX-License-Identifier: MIT */
#include "text/pretokenizer.h"

#include "base/utf8.h"
#include "text/unicode_class.h"

lw_status lwi_pretokenizer_add(lwi_pretokenizer *pre, lwi_pre_step step) {
    if (pre->n == LWI_MOST_PRE_STEPS) {
        lwi_pattern_free(step.pattern);
        return lwi_fail(LW_LIMIT, "tokenizer: more than %d pre-tokenizers", LWI_MOST_PRE_STEPS);
    }
    pre->steps[pre->n++] = step;
    return LW_OK;
}

lw_status lwi_pretokenizer_add_pattern(lwi_pretokenizer *pre, lw_string regex,
                                       lwi_pre_behaviour behaviour, bool invert) {
    lwi_pre_step step = {.kind = LWI_PRE_PATTERN, .behaviour = behaviour, .invert = invert};
    LW_TRY(lwi_pattern_compile(regex, &step.pattern));
    return lwi_pretokenizer_add(pre, step);
}

void lwi_pretokenizer_free(lwi_pretokenizer *pre) {
    for (size_t i = 0; i < pre->n; i++)
        lwi_pattern_free(pre->steps[i].pattern);
}

void lwi_pieces_free(lwi_pieces *pieces) {
    lwi_free(&lwi_malloc_allocator, pieces->spans.items);
    lwi_free(&lwi_malloc_allocator, pieces->next.items);
    lwi_free(&lwi_malloc_allocator, pieces->found.items);
    lwi_growing_free(&pieces->texts[0]);
    lwi_growing_free(&pieces->texts[1]);
    lwi_matcher_free(pieces->matcher);
}

/* ----------------------------------------------------------------- finding */

static lw_status find_pattern(const lwi_pre_step *step, lwi_pieces *p, lw_string piece) {
    for (size_t from = 0; from < piece.size;) {
        lwi_span match;
        bool found = false;
        LW_TRY(lwi_pattern_next(step->pattern, p->matcher, piece, from, &match, &found));
        if (!found) return LW_OK;
        LW_TRY(lwi_spans_add(&p->found, match.begin, match.end));
        from = match.end;
        if (match.end > match.begin) continue;
        const char *at = piece.data + from;
        if (from < piece.size) (void)lwi_utf8_next(&at, piece.data + piece.size);
        from = (size_t)(at - piece.data) + (from == piece.size);
    }
    return LW_OK;
}

static lw_status find_literal(const lwi_pre_step *step, lwi_pieces *p, lw_string piece) {
    const char *at = piece.data, *end = at + piece.size;
    while (step->text.size &&
           (at = memmem(at, (size_t)(end - at), step->text.data, step->text.size))) {
        const size_t begin = (size_t)(at - piece.data);
        LW_TRY(lwi_spans_add(&p->found, begin, begin + step->text.size));
        at += step->text.size;
    }
    return LW_OK;
}

static bool is_of(lwi_pre_kind kind, uint32_t point) {
    if (kind == LWI_PRE_DIGITS) return lwi_is_numeric(point);
    if (kind == LWI_PRE_PUNCTUATION) return lwi_is_punctuation(point);
    return lwi_is_white_space(point);
}

static lw_status find_characters(const lwi_pre_step *step, lwi_pieces *p, lw_string piece) {
    const char *at = piece.data, *end = at + piece.size;
    while (at < end) {
        const size_t begin = (size_t)(at - piece.data);
        if (is_of(step->kind, lwi_utf8_next(&at, end)))
            LW_TRY(lwi_spans_add(&p->found, begin, (size_t)(at - piece.data)));
    }
    return LW_OK;
}

static lw_status find_lengths(const lwi_pre_step *step, lwi_pieces *p, lw_string piece) {
    const char *at = piece.data, *end = at + piece.size;
    while (at < end) {
        const size_t begin = (size_t)(at - piece.data);
        for (size_t i = 0; i < step->length && at < end; i++)
            (void)lwi_utf8_next(&at, end);
        LW_TRY(lwi_spans_add(&p->found, begin, (size_t)(at - piece.data)));
    }
    return LW_OK;
}

static lw_status find(const lwi_pre_step *step, lwi_pieces *p, lw_string piece) {
    p->found.n = 0;
    if (step->kind == LWI_PRE_PATTERN) return find_pattern(step, p, piece);
    if (step->kind == LWI_PRE_LITERAL) return find_literal(step, p, piece);
    if (step->kind == LWI_PRE_LENGTH) return find_lengths(step, p, piece);
    return find_characters(step, p, piece);
}

/* ----------------------------------------------------------------- cutting */

/* Parts of a piece one after another, found or between. */
typedef struct cutter {
    lwi_pre_behaviour behaviour;
    lwi_spans *out;
    size_t base;  /* of the piece in the text */
    size_t first; /* span of this piece */
    bool before;  /* was the part before one that was found? */
    bool held;    /* NEXT: found parts that wait for the one after them */
    size_t held_begin;
} cutter;

static lw_status cut_next(cutter *c, size_t begin, size_t end, bool match) {
    if (match) {
        /* Of neighbours that are both found, only the last goes on. */
        if (c->held) LW_TRY(lwi_spans_add(c->out, c->held_begin, c->base + begin));
        c->held = true;
        c->held_begin = c->base + begin;
        return LW_OK;
    }
    const size_t from = c->held ? c->held_begin : c->base + begin;
    c->held = false;
    return lwi_spans_add(c->out, from, c->base + end);
}

static lw_status cut(cutter *c, size_t begin, size_t end, bool match) {
    if (begin == end) return LW_OK;
    lwi_span *last = c->out->n > c->first ? c->out->items + c->out->n - 1 : NULL;
    const bool before = c->before;
    c->before = match;
    switch (c->behaviour) {
    case LWI_PRE_REMOVED:
        return match ? LW_OK : lwi_spans_add(c->out, c->base + begin, c->base + end);
    case LWI_PRE_NEXT:
        return cut_next(c, begin, end, match);
    case LWI_PRE_PREVIOUS:
        if (match && !before && last) {
            last->end = c->base + end;
            return LW_OK;
        }
        break;
    case LWI_PRE_CONTIGUOUS:
        if (match == before && last) {
            last->end = c->base + end;
            return LW_OK;
        }
        break;
    case LWI_PRE_ISOLATED:
        break;
    }
    return lwi_spans_add(c->out, c->base + begin, c->base + end);
}

/* The piece, of which p->found is known, into p->next. */
static lw_status cut_piece(const lwi_pre_step *step, lwi_pieces *p, lwi_span piece) {
    cutter c = {
        .behaviour = step->behaviour, .out = &p->next, .base = piece.begin, .first = p->next.n};
    size_t at = 0;
    for (size_t i = 0; i < p->found.n; i++) {
        const lwi_span f = p->found.items[i];
        LW_TRY(cut(&c, at, f.begin, step->invert));
        LW_TRY(cut(&c, f.begin, f.end, !step->invert));
        at = f.end;
    }
    LW_TRY(cut(&c, at, piece.end - piece.begin, step->invert));
    return c.held ? lwi_spans_add(c.out, c.held_begin, piece.end) : LW_OK;
}

static lw_status split(const lwi_pre_step *step, lwi_pieces *p) {
    p->next.n = 0;
    for (size_t i = 0; i < p->spans.n; i++) {
        const lwi_span s = p->spans.items[i];
        LW_TRY(find(step, p, (lw_string){p->text.data + s.begin, s.end - s.begin}));
        LW_TRY(cut_piece(step, p, s));
    }
    const lwi_spans spans = p->spans;
    p->spans = p->next;
    p->next = spans;
    return LW_OK;
}

/* --------------------------------------------------------------- rewriting */

static bool starts(lw_string text, lw_string with) {
    return text.size >= with.size && !memcmp(text.data, with.data, with.size);
}

static lw_status rewrite_metaspace(const lwi_pre_step *step, lw_string piece, bool first,
                                   lwi_growing *out) {
    const bool has = starts(piece, step->text) || *piece.data == ' ';
    if (!has &&
        (step->prepend == LWI_PREPEND_ALWAYS || (step->prepend == LWI_PREPEND_FIRST && first)))
        LW_TRY(lwi_growing_add(out, step->text.data, step->text.size));
    const char *at = piece.data, *end = at + piece.size;
    while (at < end) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        const char *stop = space ? space : end;
        LW_TRY(lwi_growing_add(out, at, (size_t)(stop - at)));
        if (space) LW_TRY(lwi_growing_add(out, step->text.data, step->text.size));
        at = stop + (space != NULL);
    }
    return LW_OK;
}

static lw_status rewrite_piece(const lwi_pre_step *step, const lwi_byte_alphabet *alphabet,
                               lw_string piece, bool first, lwi_growing *out) {
    if (step->kind == LWI_PRE_METASPACE) return rewrite_metaspace(step, piece, first, out);
    if (step->kind == LWI_PRE_ALPHABET) return lwi_to_alphabet(alphabet, piece, out);
    if (*piece.data != ' ') LW_TRY(lwi_growing_add(out, " ", 1));
    return lwi_growing_add(out, piece.data, piece.size);
}

/* Steps that change the text: the pieces are written one after another into the other buffer. */
static lw_status rewrite(const lwi_pre_step *step, const lwi_byte_alphabet *alphabet,
                         lwi_pieces *p) {
    lwi_growing *out = &p->texts[p->text.data == p->texts[0].data];
    p->at_start = p->at_start && p->spans.n && p->spans.items[0].begin == 0;
    out->size = 0;
    for (size_t i = 0; i < p->spans.n; i++) {
        const lwi_span s = p->spans.items[i];
        const lw_string piece = {p->text.data + s.begin, s.end - s.begin};
        const size_t begin = out->size;
        LW_TRY(rewrite_piece(step, alphabet, piece, i == 0 && p->at_start, out));
        p->spans.items[i] = (lwi_span){begin, out->size};
    }
    p->text = (lw_string){out->data, out->size};
    if (step->kind != LWI_PRE_METASPACE || !step->split) return LW_OK;
    const lwi_pre_step cut_at = {
        .kind = LWI_PRE_LITERAL, .behaviour = LWI_PRE_NEXT, .text = step->text};
    return split(&cut_at, p);
}

lw_status lwi_pretokenize(const lwi_pretokenizer *pre, const lwi_byte_alphabet *alphabet,
                          lw_string text, bool at_start, lwi_pieces *pieces) {
    pieces->text = text;
    pieces->at_start = at_start;
    pieces->spans.n = 0;
    if (!pieces->matcher && pre->n) LW_TRY(lwi_matcher_new(&pieces->matcher));
    LW_TRY(lwi_spans_add(&pieces->spans, 0, text.size));
    for (size_t i = 0; i < pre->n; i++) {
        if (pre->steps[i].kind >= LWI_PRE_METASPACE)
            LW_TRY(rewrite(pre->steps + i, alphabet, pieces));
        else LW_TRY(split(pre->steps + i, pieces));
    }
    return LW_OK;
}

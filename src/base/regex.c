/* SPDX-License-Identifier: MIT
 * Thompson's construction and simulation: a tree becomes instructions, and all states that the
 * text so far can lead to are followed at once. */
#include "base/regex.h"

#include "base/letter_case.h"
#include "base/regex_tree.h"
#include "base/utf8.h"

/* Repetitions are written out, so that small patterns can become long programs (or, if they are
 * empty, short ones after much work). */
enum { MOST_INSTRUCTIONS = 20000, MOST_WORK = 1 << 18 };

typedef enum code { CODE_CLASS, CODE_ASSERT, CODE_SPLIT, CODE_MATCH } code;

typedef struct instruction {
    code code;
    lwi_regex_kind assertion;
    const lwi_regex_class *set;
    uint32_t x, y; /* where a split goes; the others go on with the next instruction */
} instruction;

struct lwi_regex {
    lw_allocator allocator;
    lwi_arena arena; /* of the tree, whose classes are used */
    lwi_letter_case letters;
    instruction *program;
    size_t n, capacity, work;
    uint32_t *now, *next, *stack; /* [n] states */
    uint64_t *seen;               /* [n] the step in which a state was last reached */
};

/* ------------------------------------------------------------- construction */

static lw_status emit(lwi_regex *r, instruction i) {
    if (r->n == MOST_INSTRUCTIONS) return lwi_fail(LW_LIMIT, "the regular expression is too long");
    LW_TRY(lwi_grow(&r->allocator, &r->program, &r->capacity, r->n + 1, sizeof i));
    r->program[r->n++] = i;
    return LW_OK;
}

static uint32_t here(const lwi_regex *r) { return (uint32_t)r->n; }

static lw_status compile(lwi_regex *r, const lwi_regex_node *node);

static lw_status compile_alternatives(lwi_regex *r, const lwi_regex_node *child) {
    uint32_t jumps = UINT32_MAX; /* those to the end, chained through x until it is known */
    for (; child->next; child = child->next) {
        const uint32_t split = here(r);
        LW_TRY(emit(r, (instruction){.code = CODE_SPLIT, .x = split + 1}));
        LW_TRY(compile(r, child));
        LW_TRY(emit(r, (instruction){.code = CODE_SPLIT, .x = jumps}));
        jumps = here(r) - 1;
        r->program[split].y = here(r);
    }
    LW_TRY(compile(r, child));
    while (jumps != UINT32_MAX) {
        instruction *jump = &r->program[jumps];
        jumps = jump->x;
        jump->x = jump->y = here(r);
    }
    return LW_OK;
}

static lw_status compile_star(lwi_regex *r, const lwi_regex_node *child) {
    const uint32_t split = here(r);
    LW_TRY(emit(r, (instruction){.code = CODE_SPLIT, .x = split + 1}));
    LW_TRY(compile(r, child));
    LW_TRY(emit(r, (instruction){.code = CODE_SPLIT, .x = split, .y = split}));
    r->program[split].y = here(r);
    return LW_OK;
}

static lw_status compile_repeat(lwi_regex *r, const lwi_regex_node *node) {
    for (int i = 0; i < node->min; i++)
        LW_TRY(compile(r, node->child));
    if (node->max < 0) return compile_star(r, node->child);
    uint32_t splits = UINT32_MAX; /* chained through y */
    for (int i = node->min; i < node->max; i++) {
        LW_TRY(emit(r, (instruction){.code = CODE_SPLIT, .x = here(r) + 1, .y = splits}));
        splits = here(r) - 1;
        LW_TRY(compile(r, node->child));
    }
    while (splits != UINT32_MAX) {
        instruction *split = &r->program[splits];
        splits = split->y;
        split->y = here(r);
    }
    return LW_OK;
}

static lw_status compile(lwi_regex *r, const lwi_regex_node *node) {
    if (r->work++ == MOST_WORK) return lwi_fail(LW_LIMIT, "the regular expression is too long");
    switch (node->kind) {
    case LWI_REGEX_CLASS:
        return emit(r, (instruction){.code = CODE_CLASS, .set = node->set});
    case LWI_REGEX_SEQUENCE:
        for (const lwi_regex_node *child = node->child; child; child = child->next)
            LW_TRY(compile(r, child));
        return LW_OK;
    case LWI_REGEX_ALTERNATIVES:
        return compile_alternatives(r, node->child);
    case LWI_REGEX_REPEAT:
        return compile_repeat(r, node);
    default:
        return emit(r, (instruction){.code = CODE_ASSERT, .assertion = node->kind});
    }
}

static lw_status build(lwi_regex *r, const char *pattern, size_t size) {
    lwi_regex_node *tree = NULL;
    LW_TRY(lwi_regex_parse(&r->arena, pattern, size, &tree));
    LW_TRY(compile(r, tree));
    LW_TRY(emit(r, (instruction){.code = CODE_MATCH}));
    LW_TRY(lwi_alloc_array(&r->allocator, r->n, sizeof *r->now, &r->now));
    LW_TRY(lwi_alloc_array(&r->allocator, r->n, sizeof *r->next, &r->next));
    LW_TRY(lwi_alloc_array(&r->allocator, r->n, sizeof *r->stack, &r->stack));
    return lwi_alloc_array(&r->allocator, r->n, sizeof *r->seen, &r->seen);
}

lw_status lwi_regex_compile(const lw_allocator *allocator, const char *pattern, size_t size,
                            lwi_regex **regex) {
    lwi_regex *r = NULL;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *r, &r));
    r->allocator = *allocator;
    lwi_arena_init(&r->arena, allocator);
    lwi_letter_case_open(&r->letters);
    const lw_status status = build(r, pattern, size);
    if (status == LW_OK) *regex = r;
    else lwi_regex_free(r);
    return status;
}

void lwi_regex_free(lwi_regex *r) {
    if (!r) return;
    const lw_allocator a = r->allocator;
    lwi_letter_case_close(&r->letters);
    lwi_arena_free(&r->arena);
    lwi_free(&a, r->program);
    lwi_free(&a, r->now);
    lwi_free(&a, r->next);
    lwi_free(&a, r->stack);
    lwi_free(&a, r->seen);
    lwi_free(&a, r);
}

/* -------------------------------------------------------------- simulation */

static bool lists(const lwi_regex_class *set, uint32_t point) {
    for (size_t i = 0; i < set->n; i++)
        if (point >= set->ranges[i].low && point <= set->ranges[i].high) return true;
    return false;
}

static bool contains(const lwi_regex *r, const lwi_regex_class *set, uint32_t point) {
    if (point == LWI_UTF8_BAD) return false;
    bool found = lists(set, point);
    if (!found && set->fold) {
        const uint32_t upper = lwi_upper(&r->letters, point), lower = lwi_lower(&r->letters, point);
        found = lists(set, upper) || lists(set, lower) ||
                lists(set, lwi_lower(&r->letters, upper)) ||
                lists(set, lwi_upper(&r->letters, lower));
    }
    return found != set->negated;
}

/* A place in the text. */
typedef struct place {
    bool begin, end;
    uint32_t before, after; /* code points, where there are some */
} place;

static bool is_word(bool there, uint32_t c) {
    return there &&
           ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_');
}

static bool holds(lwi_regex_kind assertion, const place *p) {
    const bool edge = is_word(!p->begin, p->before) != is_word(!p->end, p->after);
    switch (assertion) {
    case LWI_REGEX_TEXT_BEGIN:
        return p->begin;
    case LWI_REGEX_TEXT_END:
        return p->end;
    case LWI_REGEX_LINE_BEGIN:
        return p->begin || p->before == '\n';
    case LWI_REGEX_LINE_END:
        return p->end || p->after == '\n';
    case LWI_REGEX_WORD_EDGE:
        return edge;
    default:
        return !edge;
    }
}

/* One step: reads the code point after a place. */
typedef struct walk {
    lwi_regex *regex;
    const place *place;
    uint64_t stamp; /* of this step */
    size_t n_stack, n_next;
    bool matched; /* the end of the program was reached */
} walk;

static void reach(walk *w, uint32_t state) {
    if (w->regex->seen[state] == w->stamp) return;
    w->regex->seen[state] = w->stamp;
    w->regex->stack[w->n_stack++] = state;
}

/* What is read from here leads to `next`; what needs no reading is reached at once. */
static void visit(walk *w, uint32_t state) {
    const instruction *in = &w->regex->program[state];
    switch (in->code) {
    case CODE_MATCH:
        w->matched = true;
        break;
    case CODE_CLASS:
        if (!w->place->end && contains(w->regex, in->set, w->place->after))
            w->regex->next[w->n_next++] = state + 1;
        break;
    case CODE_ASSERT:
        if (holds(in->assertion, w->place)) reach(w, state + 1);
        break;
    case CODE_SPLIT:
        reach(w, in->x);
        reach(w, in->y);
        break;
    }
}

static bool step(lwi_regex *r, size_t *n_states, const place *p, uint64_t stamp) {
    walk w = {.regex = r, .place = p, .stamp = stamp};
    for (size_t i = 0; i < *n_states; i++) {
        reach(&w, r->now[i]);
        while (w.n_stack)
            visit(&w, r->stack[--w.n_stack]);
    }
    uint32_t *swap = r->now;
    r->now = r->next;
    r->next = swap;
    *n_states = w.n_next;
    return w.matched;
}

bool lwi_regex_matches(lwi_regex *r, const char *text, size_t size) {
    const char *at = text, *end = text + size;
    place p = {.begin = true};
    size_t n_states = 1;
    for (size_t i = 0; i < r->n; i++)
        r->seen[i] = 0;
    r->now[0] = 0;
    for (uint64_t stamp = 1; n_states; stamp++) {
        p.end = at == end;
        p.after = p.end ? 0 : lwi_utf8_next(&at, end);
        const bool matched = step(r, &n_states, &p, stamp);
        if (p.end) return matched;
        p.begin = false;
        p.before = p.after;
    }
    return false;
}

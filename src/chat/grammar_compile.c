/* SPDX-License-Identifier: MIT
 * Rules become states. A fragment is built from its end: each part is told the state that follows.
 */
#include "chat/grammar_states.h"

#include <string.h>

static lw_status build(lwi_grammar *g, const lwi_rule *rule, uint32_t next, uint32_t *start);

static lw_status add_state(lwi_grammar *g, lwi_grammar_state state, uint32_t *number) {
    if (g->state_count == LWI_MOST_STATES)
        return lwi_fail(LW_LIMIT, "a grammar of more than %d states", LWI_MOST_STATES);
    LW_TRY(lwi_arena_grow(&g->arena, &g->states, &g->state_capacity, g->state_count + 1,
                          sizeof *g->states));
    *number = (uint32_t)g->state_count;
    g->states[g->state_count++] = state;
    return LW_OK;
}

static lw_status either(lwi_grammar *g, uint32_t a, uint32_t b, uint32_t *number) {
    return add_state(g, (lwi_grammar_state){.kind = LWI_S_SPLIT, .next = a, .other = b}, number);
}

/* ------------------------------------------------------------------- UTF-8 */

static size_t utf8_bytes(uint32_t point, uint8_t bytes[4]) {
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; point >>= 6)
        bytes[i] = (uint8_t)(0x80 | (point & 0x3f));
    bytes[0] = (uint8_t)(lead[n] | point);
    return n;
}

/* A sequence of byte ranges, and before it whatever start was already. */
static lw_status byte_sequence(lwi_grammar *g, const uint8_t *low, const uint8_t *high, size_t n,
                               uint32_t next, uint32_t *start) {
    for (size_t i = n; i-- > 0;)
        LW_TRY(add_state(
            g,
            (lwi_grammar_state){.kind = LWI_S_BYTE, .low = low[i], .high = high[i], .next = next},
            &next));
    if (*start == UINT32_MAX) *start = next;
    else LW_TRY(either(g, next, *start, start));
    return LW_OK;
}

/* Cuts a range of code points until every part is a product of byte ranges. */
static lw_status point_range(lwi_grammar *g, uint32_t first, uint32_t last, uint32_t next,
                             uint32_t *start) {
    static const uint32_t cuts[] = {0x7f, 0x7ff, 0xd7ff, 0xdfff, 0xffff};
    uint8_t low[4], high[4];
    while (first <= last) {
        uint32_t end = last;
        for (int i = 0; i < 5; i++)
            if (first <= cuts[i] && end > cuts[i]) end = cuts[i];
        for (int shift = 18; shift >= 6; shift -= 6) { /* from the widest blocks on */
            const uint32_t mask = (UINT32_C(1) << shift) - 1;
            if (first >> shift == end >> shift || first < 0x80) continue;
            if (first & mask) end = first | mask;
            else if ((end & mask) != mask) end = (end & ~mask) - 1;
        }
        const bool surrogates = first >= 0xd800 && first <= 0xdfff;
        const size_t n = utf8_bytes(first, low);
        (void)utf8_bytes(end, high);
        if (!surrogates) LW_TRY(byte_sequence(g, low, high, n, next, start));
        first = end + 1;
    }
    return LW_OK;
}

static lw_status ranges(lwi_grammar *g, const lwi_rule *rule, uint32_t next, uint32_t *start) {
    *start = UINT32_MAX;
    for (size_t i = 0; i < rule->count; i++)
        LW_TRY(point_range(g, rule->ranges[i][0], rule->ranges[i][1], next, start));
    if (*start != UINT32_MAX) return LW_OK;
    return add_state(g, (lwi_grammar_state){.kind = LWI_S_FAIL}, start);
}

/* ----------------------------------------------------------------- structure */

/* x{low,high}: the optional ones lie within each other, so that they are counted once. */
static lw_status repeat(lwi_grammar *g, const lwi_rule *rule, uint32_t next, uint32_t *start) {
    const lwi_rule *child = rule->children[0];
    const uint32_t end = next;
    if (rule->high == UINT32_MAX) {
        uint32_t loop, body;
        LW_TRY(either(g, 0, end, &loop));
        LW_TRY(build(g, child, loop, &body));
        g->states[loop].next = body;
        next = loop;
    } else {
        for (uint32_t i = rule->low; i < rule->high; i++) {
            uint32_t body;
            LW_TRY(build(g, child, next, &body));
            LW_TRY(either(g, body, end, &next));
        }
    }
    for (uint32_t i = 0; i < rule->low; i++)
        LW_TRY(build(g, child, next, &next));
    *start = next;
    return LW_OK;
}

static lw_status build_choice(lwi_grammar *g, const lwi_rule *rule, uint32_t next,
                              uint32_t *start) {
    uint32_t all = UINT32_MAX;
    for (size_t i = rule->count; i-- > 0;) {
        uint32_t one;
        LW_TRY(build(g, rule->children[i], next, &one));
        if (all == UINT32_MAX) all = one;
        else LW_TRY(either(g, one, all, &all));
    }
    *start = all == UINT32_MAX ? next : all;
    return LW_OK;
}

static lw_status build(lwi_grammar *g, const lwi_rule *rule, uint32_t next, uint32_t *start) {
    switch ((lwi_rule_kind)rule->kind) {
    case LWI_R_RANGES:
        return ranges(g, rule, next, start);
    case LWI_R_CHOICE:
        return build_choice(g, rule, next, start);
    case LWI_R_REPEAT:
        return repeat(g, rule, next, start);
    case LWI_R_RULE:
        return add_state(
            g, (lwi_grammar_state){.kind = LWI_S_CALL, .next = next, .other = rule->low}, start);
    case LWI_R_SEQUENCE:
        for (size_t i = rule->count; i-- > 0;)
            LW_TRY(build(g, rule->children[i], next, &next));
        break;
    case LWI_R_EMPTY:
        break;
    }
    *start = next;
    return LW_OK;
}

/* ------------------------------------------------------------- left recursion */

typedef struct walk {
    lwi_grammar *g;
    bool *nullable; /* of rules */
    uint8_t *seen;  /* of states, in this walk */
    uint8_t *color; /* of rules: 1 open, 2 done */
    uint32_t *stack;
    bool ends;
} walk;

/* Visits the states that are reached from a rule's start before any byte is taken; calls are put
 * into `calls`. */
static void reach(walk *w, uint32_t rule, uint32_t *calls, size_t *call_count) {
    const lwi_grammar *g = w->g;
    size_t n = 0;
    memset(w->seen, 0, g->state_count);
    w->ends = false;
    *call_count = 0;
    w->stack[n++] = g->starts[rule];
    while (n) {
        const uint32_t number = w->stack[--n];
        const lwi_grammar_state *s = &g->states[number];
        if (w->seen[number]) continue;
        w->seen[number] = 1;
        if (s->kind == LWI_S_RETURN) w->ends = true;
        if (s->kind == LWI_S_SPLIT) w->stack[n++] = s->next, w->stack[n++] = s->other;
        if (s->kind != LWI_S_CALL) continue;
        calls[(*call_count)++] = s->other;
        if (w->nullable[s->other]) w->stack[n++] = s->next;
    }
}

/* Which rules match nothing at all, until no more are found. */
static void find_nullable(walk *w, uint32_t *calls) {
    size_t count;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t r = 0; r < w->g->rule_count; r++) {
            if (w->nullable[r]) continue;
            reach(w, r, calls, &count);
            if (w->ends) w->nullable[r] = more = true;
        }
    }
}

/* Depth first over the rules that a rule begins with. Calls lie in one array, as a stack. */
static lw_status look_for_circles(walk *w, uint32_t rule, uint32_t *calls, size_t used,
                                  unsigned depth) {
    size_t count;
    if (depth > 500) return lwi_fail(LW_LIMIT, "a grammar whose rules lie too deep in each other");
    w->color[rule] = 1;
    reach(w, rule, calls + used, &count);
    for (size_t i = 0; i < count; i++) {
        const uint32_t next = calls[used + i];
        if (w->color[next] == 1)
            return lwi_fail(LW_UNSUPPORTED, "grammar: the rule '%s' begins with itself",
                            w->g->names[next]);
        if (!w->color[next]) LW_TRY(look_for_circles(w, next, calls, used + count, depth + 1));
    }
    w->color[rule] = 2;
    return LW_OK;
}

static lw_status refuse_left_recursion(lwi_grammar *g) {
    walk w = {.g = g};
    uint32_t *calls = NULL;
    lwi_arena arena;
    lw_status status;
    lwi_arena_init(&arena, &g->arena.allocator);
    if ((status = lwi_arena_alloc(&arena, g->rule_count, 1, &w.nullable)) == LW_OK &&
        (status = lwi_arena_alloc(&arena, g->rule_count, 1, &w.color)) == LW_OK &&
        (status = lwi_arena_alloc(&arena, g->state_count, 1, &w.seen)) == LW_OK &&
        (status = lwi_arena_alloc(&arena, 2 * g->state_count + 2, sizeof *w.stack, &w.stack)) ==
            LW_OK &&
        (status = lwi_arena_alloc(&arena, g->state_count + 1, sizeof *calls, &calls)) == LW_OK) {
        find_nullable(&w, calls);
        for (uint32_t r = 0; r < g->rule_count && status == LW_OK; r++)
            if (!w.color[r]) status = look_for_circles(&w, r, calls, 0, 0);
    }
    lwi_arena_free(&arena);
    return status;
}

lw_status lwi_grammar_compile(lwi_grammar *g) {
    uint32_t end;
    LW_TRY(lwi_arena_alloc(&g->arena, g->rule_count, sizeof *g->starts, &g->starts));
    LW_TRY(add_state(g, (lwi_grammar_state){.kind = LWI_S_RETURN}, &end));
    for (size_t i = 0; i < g->rule_count; i++)
        LW_TRY(build(g, g->rules[i], end, &g->starts[i]));
    return refuse_left_recursion(g);
}

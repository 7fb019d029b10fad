/* SPDX-License-Identifier: MIT
 * States behind which no text can end become dead ends, so that no text gets there. */
#include "chat/grammar_states.h"

/* Those that wait for state i are waiting[first[i + 1]..first[i + 2]). */
typedef struct pruning {
    lwi_grammar *g;
    uint32_t *first, *waiting;
    uint8_t *missing; /* of each state: how many others must end before it does; 0: it does */
    uint32_t *list;   /* those that were found to end */
    size_t n;
} pruning;

/* The states that s waits for. A choice needs one of them, a call both. */
static int needs(const lwi_grammar *g, const lwi_grammar_state *s, uint32_t of[2]) {
    of[0] = s->next;
    of[1] = s->kind == LWI_S_CALL ? g->starts[s->other] : s->other;
    return s->kind == LWI_S_BYTE ? 1 : s->kind == LWI_S_CALL || s->kind == LWI_S_SPLIT ? 2 : 0;
}

static void list_waiting(pruning *p) {
    const lwi_grammar *g = p->g;
    uint32_t of[2];
    for (size_t i = 0; i < g->state_count; i++)
        for (int k = needs(g, g->states + i, of); k-- > 0;)
            p->first[of[k] + 1]++;
    for (size_t i = 0; i < g->state_count; i++)
        p->first[i + 1] += p->first[i];
    p->first[g->state_count + 1] = p->first[g->state_count];
    for (size_t i = g->state_count; i-- > 0;)
        for (int k = needs(g, g->states + i, of); k-- > 0;)
            p->waiting[--p->first[of[k] + 1]] = (uint32_t)i;
}

static void ends(pruning *p, uint32_t state) {
    p->missing[state] = 0;
    p->list[p->n++] = state;
}

static void find_ends(pruning *p) {
    const lwi_grammar *g = p->g;
    for (size_t i = 0; i < g->state_count; i++) {
        p->missing[i] = g->states[i].kind == LWI_S_CALL ? 2 : 1;
        if (g->states[i].kind == LWI_S_RETURN) ends(p, (uint32_t)i);
    }
    for (size_t at = 0; at < p->n; at++) {
        const uint32_t state = p->list[at];
        for (uint32_t i = p->first[state + 1]; i < p->first[state + 2]; i++) {
            const uint32_t other = p->waiting[i];
            if (p->missing[other] && --p->missing[other] == 0) ends(p, other);
        }
    }
}

lw_status lwi_grammar_prune(lwi_grammar *g) {
    pruning p = {.g = g};
    lwi_arena arena;
    lwi_arena_init(&arena, &g->arena.allocator);
    const size_t n = g->state_count;
    lw_status status = lwi_arena_alloc(&arena, n + 2, sizeof *p.first, &p.first);
    if (status == LW_OK) status = lwi_arena_alloc(&arena, 2 * n, sizeof *p.waiting, &p.waiting);
    if (status == LW_OK) status = lwi_arena_alloc(&arena, n, 1, &p.missing);
    if (status == LW_OK) status = lwi_arena_alloc(&arena, n, sizeof *p.list, &p.list);
    if (status == LW_OK) {
        list_waiting(&p);
        find_ends(&p);
        for (size_t i = 0; i < n; i++)
            if (p.missing[i]) g->states[i].kind = LWI_S_FAIL;
        if (g->states[g->starts[g->root]].kind == LWI_S_FAIL)
            status = lwi_fail(LW_UNSUPPORTED, "grammar: there is no text that it allows");
    }
    lwi_arena_free(&arena);
    return status;
}

/* SPDX-License-Identifier: MIT
 * Arrays whose elements are counted as they come: uniqueItems of few values (which have come), and
 * contains (how many there were). One rule for each state: what may follow there. */
#include "chat/grammar_schema.h"

#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 8, MOST_STATES = 2000, MOST_ELEMENTS = 1000 };

/* ------------------------------------------------------------------- unique */

static lw_status add_value(const lwi_json_item *value, const lwi_json_item **values, size_t *n) {
    for (size_t i = 0; i < *n; i++)
        if (lwi_schema_same(values[i], value)) return LW_OK;
    if (*n == MOST_VALUES) return lwi_schema_unsupported("uniqueItems of so many values");
    values[(*n)++] = value;
    return LW_OK;
}

/* The values that elements can have. */
static lw_status values_of(lwi_schema *c, const lwi_json_item *s, const lwi_json_item **values,
                           size_t *n) {
    static const lwi_json_item truths[2] = {{.kind = LWI_JSON_BOOL, .truth = false},
                                            {.kind = LWI_JSON_BOOL, .truth = true}};
    const char *reference = lwi_json_text(s, "$ref", NULL);
    for (int i = 0; reference && i < 20; i++) {
        LW_TRY(lwi_schema_resolve(c, reference, &s));
        reference = lwi_json_text(s, "$ref", NULL);
    }
    const lwi_json_item *list = lwi_json_get(s, "enum"), *one = lwi_json_get(s, "const");
    if (one) return add_value(one, values, n);
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(add_value(list->items + i, values, n));
    if (list) return LW_OK;
    if (strcmp(lwi_json_text(s, "type", ""), "boolean") != 0)
        return lwi_schema_unsupported("uniqueItems");
    for (int i = 0; i < 2; i++)
        LW_TRY(add_value(&truths[i], values, n));
    return LW_OK;
}

static int64_t bits_of(size_t set) {
    int64_t n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* One value as a schema of its own: what stands beside the list holds for it. */
static lw_status put_value(lwi_schema *c, const lwi_json_item *element, const lwi_json_item *value,
                           lwi_buffer *name) {
    lwi_json_item member = *value;
    lwi_buffer text = lwi_buffer_new(name->allocator);
    const lwi_json_item *one = NULL;
    member.key = "const";
    member.key_size = 5;
    const lwi_json_item constant = {.kind = LWI_JSON_OBJECT, .size = 1, .items = &member};
    LW_TRY(lwi_schema_merge(c, element, &constant, &one));
    lw_status status = lwi_schema_any(c, one, &text);
    if (status == LW_OK) status = lwi_buffer_text(&text, " ws");
    if (status == LW_OK) status = lwi_schema_rule_of(c, &text, name);
    lwi_buffer_free(&text);
    return status;
}

typedef struct unique {
    size_t n;
    int64_t low, high;
    char names[MOST_VALUES][24]; /* of the values' rules */
    char (*states)[24];          /* by the set of values that have come */
} unique;

/* What may follow when the values of a set have come: another one, or the end. */
static lw_status put_set(lwi_schema *c, unique *u, size_t set) {
    lwi_buffer text = lwi_buffer_new(c->out->allocator), name = text;
    const int64_t came = bits_of(set);
    const char *between = "";
    lw_status status = LW_OK;
    if (came >= u->low) {
        status = lwi_buffer_text(&text, "\"\"");
        between = " | ";
    }
    for (size_t i = 0; i < u->n && came < u->high && status == LW_OK; i++) {
        if (set >> i & 1) continue;
        status = lwi_schema_format(&text, "%s%s%s %s", between, set ? "\",\" ws " : "", u->names[i],
                                   u->states[set | (size_t)1 << i]);
        between = " | ";
    }
    if (status == LW_OK && !*between) status = lwi_buffer_text(&text, "[]");
    if (status == LW_OK) status = lwi_schema_rule_of(c, &text, &name);
    if (status == LW_OK) snprintf(u->states[set], sizeof *u->states, "%s", name.data);
    lwi_buffer_free(&text);
    lwi_buffer_free(&name);
    return status;
}

static lw_status name_values(lwi_schema *c, unique *u, const lwi_json_item *element,
                             const lwi_json_item *const *values) {
    for (size_t i = 0; i < u->n; i++) {
        lwi_buffer name = lwi_buffer_new(c->out->allocator);
        lw_status status = put_value(c, element, values[i], &name);
        if (status == LW_OK) snprintf(u->names[i], sizeof *u->names, "%s", name.data);
        lwi_buffer_free(&name);
        LW_TRY(status);
    }
    return LW_OK;
}

lw_status lwi_schema_unique(lwi_schema *c, const lwi_json_item *element, int64_t low, int64_t high,
                            lwi_buffer *to) {
    const lwi_json_item *values[MOST_VALUES];
    unique u = {.low = low, .high = high < 0 ? MOST_VALUES : high};
    if (!lwi_json_is(element, LWI_JSON_OBJECT)) return lwi_schema_unsupported("uniqueItems");
    LW_TRY(values_of(c, element, values, &u.n));
    LW_TRY(name_values(c, &u, element, values));
    const size_t sets = (size_t)1 << u.n;
    LW_TRY(lwi_arena_alloc(&c->arena, sets, sizeof *u.states, &u.states));
    for (size_t set = sets; set-- > 0;) /* larger ones first: they are referred to */
        LW_TRY(put_set(c, &u, set));
    return lwi_buffer_text(to, u.states[0]);
}

/* ------------------------------------------------------------------ contains */

typedef struct counting {
    int64_t low, high, wanted, stop; /* stop: from so many elements on they are not counted */
    const char *plain, *special;     /* rules of elements */
    char (*names)[24];               /* by elements and special ones: [stop + 1][wanted + 1] */
} counting;

static char *name_at(const counting *k, int64_t i, int64_t j) {
    const int64_t row = i < k->stop ? i : k->stop, column = j < k->wanted ? j : k->wanted;
    return k->names[row * (k->wanted + 1) + column];
}

/* Behind i elements, j of them special. */
static lw_status put_state(lwi_schema *c, const counting *k, int64_t i, int64_t j) {
    lwi_buffer text = lwi_buffer_new(c->out->allocator);
    const char *comma = i ? "\",\" ws " : "";
    lw_status status = lwi_schema_format(&text, "%s ::= ", name_at(k, i, j));
    const bool may_end = j >= k->wanted && i >= k->low, may_go_on = k->high < 0 || i < k->high;
    if (status == LW_OK && may_end) status = lwi_buffer_text(&text, "\"\"");
    if (status == LW_OK && may_go_on)
        status =
            lwi_schema_format(&text, "%s%s%s %s | %s%s %s", may_end ? " | " : "", comma, k->plain,
                              name_at(k, i + 1, j), comma, k->special, name_at(k, i + 1, j + 1));
    if (status == LW_OK && !may_end && !may_go_on) status = lwi_buffer_text(&text, "[]");
    if (status == LW_OK) status = lwi_buffer_text(&text, "\n");
    if (status == LW_OK) status = lwi_buffer_put(c->out, text.data, text.size);
    lwi_buffer_free(&text);
    return status;
}

static lw_status count(lwi_schema *c, counting *k, lwi_buffer *to) {
    const int64_t least = k->low > k->wanted ? k->low : k->wanted;
    k->stop = k->high < 0 ? (least ? least : 1) : k->high;
    const int64_t states = (k->stop + 1) * (k->wanted + 1);
    if (k->wanted > MOST_ELEMENTS || k->stop > MOST_ELEMENTS || states > MOST_STATES)
        return lwi_schema_unsupported("contains in so many elements");
    LW_TRY(lwi_arena_alloc(&c->arena, (size_t)states, sizeof *k->names, &k->names));
    for (int64_t i = 0; i < states; i++) {
        LW_TRY(lwi_schema_count_rule(c));
        snprintf(k->names[i], sizeof *k->names, "n%zu", c->rules);
    }
    for (int64_t i = 0; i <= k->stop; i++)
        for (int64_t j = 0; j <= k->wanted; j++)
            LW_TRY(put_state(c, k, i, j));
    return lwi_buffer_text(to, name_at(k, 0, 0));
}

/* Other elements may be special too: only their least number is a matter of counting. */
lw_status lwi_schema_contains(lwi_schema *c, const lwi_json_item *element,
                              const lwi_json_item *special, lwi_schema_counts counts,
                              lwi_buffer *to) {
    static const lwi_json_item anything = {.kind = LWI_JSON_BOOL, .truth = true};
    const lwi_json_item *both = special;
    lwi_buffer plain = lwi_buffer_new(to->allocator), chosen = plain;
    if (!element) element = &anything;
    LW_TRY(lwi_schema_merge(c, element, special, &both));
    lw_status status = lwi_schema_element(c, element, &plain);
    if (status == LW_OK) status = lwi_schema_element(c, both, &chosen);
    counting k = {.low = counts.low,
                  .high = counts.high,
                  .wanted = counts.wanted,
                  .plain = plain.data,
                  .special = chosen.data};
    if (status == LW_OK) status = count(c, &k, to);
    lwi_buffer_free(&plain);
    lwi_buffer_free(&chosen);
    return status;
}

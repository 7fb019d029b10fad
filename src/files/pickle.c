/* SPDX-License-Identifier: MIT
 * The opcodes of Python's pickletools, protocols 0 to 5, but for what needs a registry or buffers
 * beside the file. */
#include "files/pickle_machine.h"

typedef lwi_pickle_machine machine;
typedef lwi_pickle_item item;

lw_status lwi_pickle_fail(const machine *m, const char *what) {
    return lwi_fail(LW_CORRUPT, "%s: the pickle is damaged at byte %zu: %s", m->file,
                    (size_t)(m->at - m->begin), what);
}

/* -------------------------------------------------------------------- stack */

static lw_status push_item(machine *m, item *it) {
    LW_TRY(lwi_arena_grow(m->arena, &m->stack, &m->capacity, m->n + 1, sizeof *m->stack));
    m->stack[m->n++] = it;
    return LW_OK;
}

lw_status lwi_pickle_push(machine *m, item value) {
    item *it = NULL;
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *it, &it));
    *it = value;
    return push_item(m, it);
}

/* What is below a mark cannot be taken. */
static size_t available(const machine *m) {
    return m->n - (m->n_marks ? m->marks[m->n_marks - 1] : 0);
}

static lw_status top(const machine *m, item **it) {
    if (!available(m)) return lwi_pickle_fail(m, "nothing is there to be taken");
    *it = m->stack[m->n - 1];
    return LW_OK;
}

static lw_status pop(machine *m, item **it) {
    LW_TRY(top(m, it));
    m->n--;
    return LW_OK;
}

static lw_status mark(machine *m, size_t n) {
    (void)n;
    LW_TRY(
        lwi_arena_grow(m->arena, &m->marks, &m->capacity_marks, m->n_marks + 1, sizeof *m->marks));
    m->marks[m->n_marks++] = m->n;
    return LW_OK;
}

static lw_status pop_mark(machine *m, size_t *first) {
    if (!m->n_marks) return lwi_pickle_fail(m, "there is no mark");
    *first = m->marks[--m->n_marks];
    return LW_OK;
}

static lw_status drop(machine *m, size_t n) {
    item *it = NULL;
    (void)n;
    if (m->n_marks && !available(m)) return pop_mark(m, &m->n);
    return pop(m, &it);
}

static lw_status drop_marked(machine *m, size_t n) {
    (void)n;
    return pop_mark(m, &m->n);
}

static lw_status duplicate(machine *m, size_t n) {
    item *it = NULL;
    (void)n;
    LW_TRY(top(m, &it));
    return push_item(m, it);
}

/* --------------------------------------------------------------- containers */

/* The stack from first on is added to the items of a container. */
static lw_status move(machine *m, item *to, size_t first) {
    const size_t n = m->n - first;
    if (!n) return LW_OK;
    LW_TRY(lwi_arena_grow(m->arena, &to->items, &to->capacity, to->n + n, sizeof *to->items));
    memcpy(to->items + to->n, m->stack + first, n * sizeof *to->items);
    to->n += n;
    m->n = first;
    return LW_OK;
}

static lw_status collect(machine *m, lwi_pickle_kind kind, size_t first) {
    item made = {.kind = kind};
    if (kind == LWI_PICKLE_DICT && (m->n - first) % 2)
        return lwi_pickle_fail(m, "a key has no value");
    LW_TRY(move(m, &made, first));
    return lwi_pickle_push(m, made);
}

static lw_status empty(machine *m, size_t kind) { return collect(m, (lwi_pickle_kind)kind, m->n); }

static lw_status marked(machine *m, size_t kind) {
    size_t first = 0;
    LW_TRY(pop_mark(m, &first));
    return collect(m, (lwi_pickle_kind)kind, first);
}

static lw_status tuple(machine *m, size_t n) {
    if (available(m) < n) return lwi_pickle_fail(m, "a tuple has too few items");
    return collect(m, LWI_PICKLE_TUPLE, m->n - n);
}

/* What a CALL is filled with stands behind its arguments. */
static lw_status filling(machine *m, item *call, lwi_pickle_kind kind, item **to) {
    item *made = NULL;
    for (size_t i = 2; i < call->n; i++)
        if (call->items[i]->kind == kind) {
            *to = call->items[i];
            return LW_OK;
        }
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *made, &made));
    made->kind = kind;
    LW_TRY(
        lwi_arena_grow(m->arena, &call->items, &call->capacity, call->n + 1, sizeof *call->items));
    call->items[call->n++] = *to = made;
    return LW_OK;
}

/* The stack from first on goes into the container below it. */
static lw_status extend(machine *m, lwi_pickle_kind kind, size_t first) {
    if (first == (m->n_marks ? m->marks[m->n_marks - 1] : 0))
        return lwi_pickle_fail(m, "there is no container");
    item *to = m->stack[first - 1];
    if (to->kind == LWI_PICKLE_CALL) LW_TRY(filling(m, to, kind, &to));
    if (to->kind != kind || (kind == LWI_PICKLE_DICT && (m->n - first) % 2))
        return lwi_pickle_fail(m, "items are put in what cannot hold them");
    return move(m, to, first);
}

static lw_status extend_marked(machine *m, size_t kind) {
    size_t first = 0;
    LW_TRY(pop_mark(m, &first));
    return extend(m, (lwi_pickle_kind)kind, first);
}

static lw_status extend_last(machine *m, size_t kind) {
    const size_t n = kind == LWI_PICKLE_DICT ? 2 : 1;
    if (available(m) < n) return lwi_pickle_fail(m, "nothing is there to be put in");
    return extend(m, (lwi_pickle_kind)kind, m->n - n);
}

/* --------------------------------------------------------------------- memo */

/* Whoever writes pickles counts the memo's places; there are no more of them than bytes. */
static lw_status put_at(machine *m, uint64_t index) {
    item *it = NULL;
    LW_TRY(top(m, &it));
    if (index > (uint64_t)(m->at - m->begin))
        return lwi_pickle_fail(m, "a place of the memo is too far");
    const size_t i = (size_t)index;
    LW_TRY(lwi_arena_grow(m->arena, &m->memo, &m->capacity_memo, i + 1, sizeof *m->memo));
    if (m->n_memo <= i) m->n_memo = i + 1;
    m->memo[i] = it;
    return LW_OK;
}

static lw_status get_at(machine *m, uint64_t index) {
    if (index >= m->n_memo || !m->memo[index])
        return lwi_pickle_fail(m, "the memo has no such place");
    return push_item(m, m->memo[index]);
}

static lw_status put(machine *m, size_t n) {
    uint64_t index = 0;
    LW_TRY(lwi_pickle_number(m, n, &index));
    return put_at(m, index);
}

static lw_status get(machine *m, size_t n) {
    uint64_t index = 0;
    LW_TRY(lwi_pickle_number(m, n, &index));
    return get_at(m, index);
}

static lw_status put_line(machine *m, size_t n) {
    int64_t index = 0;
    (void)n;
    LW_TRY(lwi_pickle_line_number(m, &index));
    return put_at(m, (uint64_t)index);
}

static lw_status get_line(machine *m, size_t n) {
    int64_t index = 0;
    (void)n;
    LW_TRY(lwi_pickle_line_number(m, &index));
    return get_at(m, (uint64_t)index);
}

static lw_status memoize(machine *m, size_t n) {
    (void)n;
    return put_at(m, m->memoized++);
}

/* -------------------------------------------------------------------- calls */

static lw_status check_name(const machine *m, const item *name, bool called) {
    if (!m->rule || m->rule(name->text.data, called)) return LW_OK;
    const char *module = name->text.data, *space = strchr(module, ' ');
    const int n = space ? (int)(space - module) : 0;
    return lwi_fail(LW_UNSUPPORTED,
                    "%s: the pickle at byte %zu %s '%.*s.%.100s', which is not known to be needed "
                    "for weights; nothing was run",
                    m->file, (size_t)(m->at - m->begin), called ? "calls" : "names",
                    n < 100 ? n : 100, module, space ? space + 1 : "");
}

static lw_status push_global(machine *m, lw_string module, lw_string name) {
    item made = {.kind = LWI_PICKLE_GLOBAL};
    char *text = NULL;
    made.text.size = module.size + 1 + name.size;
    LW_TRY(lwi_arena_alloc(m->arena, made.text.size + 1, 1, &text));
    if (module.size) memcpy(text, module.data, module.size);
    text[module.size] = ' ';
    if (name.size) memcpy(text + module.size + 1, name.data, name.size);
    made.text.data = text;
    LW_TRY(check_name(m, &made, false));
    return lwi_pickle_push(m, made);
}

static lw_status global(machine *m, size_t n) {
    lw_string module, name;
    (void)n;
    LW_TRY(lwi_pickle_line(m, &module));
    LW_TRY(lwi_pickle_line(m, &name));
    return push_global(m, module, name);
}

static lw_status stack_global(machine *m, size_t n) {
    item *name = NULL, *module = NULL;
    (void)n;
    LW_TRY(pop(m, &name));
    LW_TRY(pop(m, &module));
    if (name->kind != LWI_PICKLE_STRING || module->kind != LWI_PICKLE_STRING)
        return lwi_pickle_fail(m, "a name is no string");
    return push_global(m, module->text, name->text);
}

/* PyTorch's old files put the source of a class beside its name: ("module", class, file, source),
 * the first of all without the first. */
static item *class_with_source(item *callee) {
    const item *id = callee->kind == LWI_PICKLE_PERSISTENT ? callee->items[0] : NULL;
    for (size_t i = 0; id && id->kind == LWI_PICKLE_TUPLE && i < id->n && i < 2; i++)
        if (id->items[i]->kind == LWI_PICKLE_GLOBAL) return id->items[i];
    return callee;
}

/* TorchScript gives members of enumerations their value by itself: REDUCE without a tuple. */
static lw_status wrap(machine *m, item **arguments) {
    item *tuple = NULL;
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *tuple, &tuple));
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *tuple->items, &tuple->items));
    tuple->kind = LWI_PICKLE_TUPLE;
    tuple->items[0] = *arguments;
    tuple->n = tuple->capacity = 1;
    *arguments = tuple;
    return LW_OK;
}

static bool is_pair(const item *it) {
    return (it->kind == LWI_PICKLE_LIST || it->kind == LWI_PICKLE_TUPLE) && it->n == 2;
}

/* The DICT of a list of pairs, made once for each list, however often it is an argument. */
static lw_status dict_of_pairs(machine *m, item *list, item **dict) {
    item *made = NULL;
    *dict = list->state;
    if (*dict && (*dict)->n == 2 * list->n) return LW_OK;
    if (*dict) return lwi_pickle_fail(m, "a list grows after a dictionary was made of it");
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *made, &made));
    LW_TRY(lwi_arena_alloc(m->arena, 2 * list->n, sizeof *made->items, &made->items));
    made->kind = LWI_PICKLE_DICT;
    made->n = made->capacity = 2 * list->n;
    for (size_t i = 0; i < made->n; i++)
        made->items[i] = list->items[i / 2]->items[i % 2];
    *dict = list->state = made;
    return LW_OK;
}

/* Python 2 gives an OrderedDict its items as one argument, [[key, value], ...]: the call then
 * becomes what later pickles say, one without arguments that is filled. */
static lw_status fill_from_pairs(machine *m, item *call) {
    item *list = call->items[1]->n == 1 ? call->items[1]->items[0] : NULL;
    if (!list || list->kind != LWI_PICKLE_LIST ||
        !lwi_pickle_is(call->items[0], "collections OrderedDict"))
        return LW_OK;
    for (size_t i = 0; i < list->n; i++)
        if (!is_pair(list->items[i])) return LW_OK;
    LW_TRY(lwi_arena_alloc(m->arena, 1, sizeof *call->items[1], &call->items[1]));
    call->items[1]->kind = LWI_PICKLE_TUPLE;
    return list->n ? dict_of_pairs(m, list, &call->items[call->n++]) : LW_OK;
}

static lw_status push_call(machine *m, item *callee, item *arguments, bool called) {
    item made = {.kind = LWI_PICKLE_CALL, .n = 2, .capacity = 3};
    callee = class_with_source(callee);
    const bool bare = arguments->kind == LWI_PICKLE_INT || arguments->kind == LWI_PICKLE_STRING ||
                      arguments->kind == LWI_PICKLE_FLOAT;
    if (bare) LW_TRY(wrap(m, &arguments));
    if (callee->kind != LWI_PICKLE_GLOBAL)
        return lwi_pickle_fail(m, "something is called that is no name");
    if (arguments->kind != LWI_PICKLE_TUPLE) return lwi_pickle_fail(m, "arguments are no tuple");
    LW_TRY(check_name(m, callee, called));
    LW_TRY(lwi_arena_alloc(m->arena, 3, sizeof *made.items, &made.items));
    made.items[0] = callee;
    made.items[1] = arguments;
    LW_TRY(fill_from_pairs(m, &made));
    return lwi_pickle_push(m, made);
}

static lw_status call(machine *m, size_t called) {
    item *arguments = NULL, *callee = NULL;
    LW_TRY(pop(m, &arguments));
    LW_TRY(pop(m, &callee));
    return push_call(m, callee, arguments, called);
}

static lw_status new_with_names(machine *m, size_t n) {
    item *named = NULL;
    (void)n;
    LW_TRY(pop(m, &named));
    if (named->kind != LWI_PICKLE_DICT || named->n)
        return lwi_fail(LW_UNSUPPORTED, "%s: the pickle passes arguments by name", m->file);
    return call(m, false);
}

/* The class, which stands behind the mark, and its arguments. */
static lw_status object(machine *m, size_t n) {
    item *arguments = NULL;
    size_t first = 0;
    (void)n;
    LW_TRY(pop_mark(m, &first));
    if (first == m->n) return lwi_pickle_fail(m, "an object has no class");
    LW_TRY(collect(m, LWI_PICKLE_TUPLE, first + 1));
    arguments = m->stack[first + 1];
    m->n = first;
    return push_call(m, m->stack[first], arguments, false);
}

static lw_status instance(machine *m, size_t n) {
    item *arguments = NULL, *class = NULL;
    LW_TRY(marked(m, LWI_PICKLE_TUPLE));
    LW_TRY(global(m, n));
    LW_TRY(pop(m, &class));
    LW_TRY(pop(m, &arguments));
    return push_call(m, class, arguments, false);
}

static lw_status build(machine *m, size_t n) {
    item *state = NULL, *made = NULL;
    (void)n;
    LW_TRY(pop(m, &state));
    LW_TRY(top(m, &made));
    if (made->kind != LWI_PICKLE_CALL) return lwi_pickle_fail(m, "a state belongs to no object");
    made->state = state;
    return LW_OK;
}

static lw_status persistent(machine *m, size_t n) {
    (void)n;
    if (!available(m)) return lwi_pickle_fail(m, "nothing is there to be taken");
    return collect(m, LWI_PICKLE_PERSISTENT, m->n - 1);
}

static lw_status persistent_line(machine *m, size_t n) {
    LW_TRY(lwi_pickle_string_line(m, 0));
    return persistent(m, n);
}

/* ------------------------------------------------------------------ opcodes */

static lw_status skip(machine *m, size_t n) {
    const uint8_t *bytes = NULL;
    return lwi_pickle_take(m, n, &bytes);
}

static lw_status stop(machine *m, size_t n) {
    (void)n;
    m->stopped = true;
    return m->n == 1 && !m->n_marks ? LW_OK : lwi_pickle_fail(m, "it does not end with one thing");
}

static const struct {
    lw_status (*run)(machine *m, size_t n);
    size_t n;
} opcodes[256] = {
    [0x80] = {skip, 1}, /* PROTO */
    [0x95] = {skip, 8}, /* FRAME */
    ['.'] = {stop, 0},
    ['('] = {mark, 0},
    ['0'] = {drop, 0},
    ['1'] = {drop_marked, 0},
    ['2'] = {duplicate, 0},
    ['N'] = {lwi_pickle_none, 0},
    [0x88] = {lwi_pickle_bool, true}, /* NEWTRUE */
    [0x89] = {lwi_pickle_bool, false},
    ['I'] = {lwi_pickle_int_line, 0},
    ['L'] = {lwi_pickle_int_line, 0},
    ['J'] = {lwi_pickle_int, 4}, /* BININT */
    ['K'] = {lwi_pickle_int, 1},
    ['M'] = {lwi_pickle_int, 2},
    [0x8a] = {lwi_pickle_long, 1}, /* LONG1 */
    [0x8b] = {lwi_pickle_long, 4},
    ['F'] = {lwi_pickle_float_line, 0},
    ['G'] = {lwi_pickle_float, 8}, /* BINFLOAT */
    ['S'] = {lwi_pickle_string_line, true},
    ['V'] = {lwi_pickle_string_line, false},
    ['X'] = {lwi_pickle_string, 4}, /* BINUNICODE */
    [0x8c] = {lwi_pickle_string, 1},
    [0x8d] = {lwi_pickle_string, 8},
    ['T'] = {lwi_pickle_string, 4}, /* BINSTRING, of Python 2 */
    ['U'] = {lwi_pickle_string, 1},
    ['B'] = {lwi_pickle_bytes, 4}, /* BINBYTES */
    ['C'] = {lwi_pickle_bytes, 1},
    [0x8e] = {lwi_pickle_bytes, 8},
    [0x96] = {lwi_pickle_bytes, 8}, /* BYTEARRAY8 */
    [']'] = {empty, LWI_PICKLE_LIST},
    [')'] = {empty, LWI_PICKLE_TUPLE},
    ['}'] = {empty, LWI_PICKLE_DICT},
    [0x8f] = {empty, LWI_PICKLE_SET},
    ['l'] = {marked, LWI_PICKLE_LIST},
    ['t'] = {marked, LWI_PICKLE_TUPLE},
    ['d'] = {marked, LWI_PICKLE_DICT},
    [0x91] = {marked, LWI_PICKLE_SET}, /* FROZENSET */
    [0x85] = {tuple, 1},
    [0x86] = {tuple, 2},
    [0x87] = {tuple, 3},
    ['a'] = {extend_last, LWI_PICKLE_LIST},
    ['s'] = {extend_last, LWI_PICKLE_DICT},
    ['e'] = {extend_marked, LWI_PICKLE_LIST},
    ['u'] = {extend_marked, LWI_PICKLE_DICT},
    [0x90] = {extend_marked, LWI_PICKLE_SET}, /* ADDITEMS */
    ['q'] = {put, 1},
    ['r'] = {put, 4},
    ['p'] = {put_line, 0},
    [0x94] = {memoize, 0},
    ['h'] = {get, 1},
    ['j'] = {get, 4},
    ['g'] = {get_line, 0},
    ['c'] = {global, 0},
    [0x93] = {stack_global, 0},
    ['R'] = {call, true},   /* REDUCE */
    [0x81] = {call, false}, /* NEWOBJ */
    [0x92] = {new_with_names, 0},
    ['o'] = {object, 0},
    ['i'] = {instance, 0},
    ['b'] = {build, 0},
    ['Q'] = {persistent, 0},
    ['P'] = {persistent_line, 0},
};

lw_status lwi_pickle_read(lwi_arena *arena, const char *file, const void *data, size_t size,
                          lwi_pickle_rule *rule, const lwi_pickle_item **root, size_t *used) {
    machine m = {.arena = arena, .file = file, .begin = data, .at = data, .rule = rule};
    m.end = m.begin + size;
    while (!m.stopped) {
        const uint8_t *opcode = NULL;
        LW_TRY(lwi_pickle_take(&m, 1, &opcode));
        if (!opcodes[*opcode].run)
            return lwi_fail(LW_UNSUPPORTED, "%s: the pickle has opcode 0x%02x at byte %zu", file,
                            *opcode, (size_t)(opcode - m.begin));
        LW_TRY(opcodes[*opcode].run(&m, opcodes[*opcode].n));
    }
    *root = m.stack[0];
    *used = (size_t)(m.at - m.begin);
    return LW_OK;
}

/* ------------------------------------------------------------------ reading */

const lwi_pickle_item *lwi_pickle_dict(const item *it) {
    if (it->kind == LWI_PICKLE_DICT) return it;
    for (size_t i = 2; it->kind == LWI_PICKLE_CALL && i < it->n; i++)
        if (it->items[i]->kind == LWI_PICKLE_DICT) return it->items[i];
    return NULL;
}

const lwi_pickle_item *lwi_pickle_get(const item *it, const char *key) {
    const item *dict = lwi_pickle_dict(it);
    for (size_t i = 0; dict && i + 1 < dict->n; i += 2)
        if (lwi_pickle_is(dict->items[i], key)) return dict->items[i + 1];
    return NULL;
}

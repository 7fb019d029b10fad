/* SPDX-License-Identifier: MIT
 * Chat templates are written in Jinja2 (palletsprojects.com/p/jinja) and expect what it does within
 * Python. These are the values of that language, and the state of one rendering. Nothing can be
 * changed but the attributes of a namespace: transformers renders in Jinja's immutable sandbox. */
#ifndef LWI_JINJA_H
#define LWI_JINJA_H

#include "base/letter_case.h"
#include "base/memory.h"

typedef enum lwi_val_kind {
    LWI_UNDEFINED,
    LWI_NONE,
    LWI_BOOL,
    LWI_INT,
    LWI_FLOAT,
    LWI_STR,
    LWI_LIST,
    LWI_TUPLE,
    LWI_DICT,
    LWI_NAMESPACE,
    LWI_LOOP,
    LWI_MACRO,
    LWI_FUNCTION, /* a global one, or a method of a value */
    LWI_CYCLER
} lwi_val_kind;

typedef struct lwi_val {
    uint8_t kind;
    bool safe;     /* a string that the filter `safe` made: it escapes what is joined to it */
    bool unsafe;   /* undefined because the sandbox forbids the attribute: any use is an error */
    uint32_t size; /* bytes of a string */
    union {
        bool truth;
        int64_t integer;
        double number;
        const char *text; /* UTF-8, not zero-ended; of undefined: its name or NULL, zero-ended */
        struct lwi_list *list;
        struct lwi_dict *dict; /* also a namespace's */
        struct lwi_loop *loop;
        struct lwi_macro *macro;
        struct lwi_bound *bound;
        struct lwi_cycler *cycler;
    };
} lwi_val;

/* What Python has as lists, and as things that are like lists only in part. */
typedef enum lwi_list_form {
    LWI_PLAIN,
    LWI_RANGE,
    LWI_VIEW,     /* of a dict: a length but no elements by number */
    LWI_GENERATOR /* no length either, always true, empty once it was gone through */
} lwi_list_form;

typedef struct lwi_list {
    lwi_val *items;
    size_t count, capacity;
    uint8_t form; /* lwi_list_form */
    bool used;
} lwi_list;

typedef struct lwi_pair {
    lwi_val key, value;
    uint64_t hash;
} lwi_pair;

typedef struct lwi_dict {
    lwi_pair *pairs; /* in the order of insertion */
    size_t count, capacity;
} lwi_dict;

struct lwi_node;
struct lwi_scope;
struct lwi_jinja;

/* Arguments of a call. */
typedef struct lwi_args {
    lwi_list positional;
    lwi_dict named;
} lwi_args;

/* A function with its parameters. Where an argument is missing its slot is undefined with
 * lwi_absent. names: by space; the first `needed` must be there. "*" last: any more. */
typedef lw_status lwi_function_run(struct lwi_jinja *run, lwi_val self, const lwi_val *slots,
                                   const lwi_args *all, lwi_val *result);
typedef struct lwi_function {
    const char *name, *parameters;
    int needed;
    lwi_function_run *call;
} lwi_function;
enum { LWI_MOST_SLOTS = 8 };
bool lwi_absent(const lwi_val *slot);

typedef struct lwi_bound {
    const lwi_function *function;
    lwi_val self;
} lwi_bound;

typedef struct lwi_cycler {
    lwi_list items;
    size_t at;
} lwi_cycler;

typedef struct lwi_jinja_limits {
    uint64_t steps;
    size_t output, memory;
    unsigned depth;
} lwi_jinja_limits;

typedef struct lwi_jinja {
    lwi_arena arena;
    lwi_jinja_limits limits;
    uint64_t steps;
    unsigned depth;
    int64_t now; /* seconds since 1970 */
    struct lwi_text *out;
    struct lwi_scope *variables;
    const struct lwi_template *template;
    const struct lwi_node *current; /* whose line an error names */
    enum { LWI_GO_ON, LWI_BREAK, LWI_CONTINUE } flow;
    const lwi_letter_case *letters; /* the template's */
    char *tail; /* the end of the text that was added last, and the bytes free behind it */
    size_t room;
} lwi_jinja;

/* -------------------------------------------------------- limits and memory */

lw_status lwi_step(lwi_jinja *run, size_t n);
lw_status lwi_take(lwi_jinja *run, size_t n, size_t size, void *block);
lw_status lwi_deeper(lwi_jinja *run); /* and run->depth-- afterwards */

/* A text that grows, in the arena. */
typedef struct lwi_text {
    lwi_jinja *run;
    char *data;
    size_t size, capacity;
    size_t limit; /* 0: only that of memory */
} lwi_text;
lw_status lwi_put(lwi_text *text, const char *data, size_t size);
lw_status lwi_put_zero_ended(lwi_text *text, const char *data);
lw_status lwi_put_times(lwi_text *text, char c, size_t n);
lwi_val lwi_text_value(const lwi_text *text);

/* ------------------------------------------------------------------- values */

static inline lwi_val lwi_undefined(const char *name) {
    return (lwi_val){.kind = LWI_UNDEFINED, .text = name};
}
static inline lwi_val lwi_none(void) { return (lwi_val){.kind = LWI_NONE}; }
static inline lwi_val lwi_bool(bool truth) { return (lwi_val){.kind = LWI_BOOL, .truth = truth}; }
static inline lwi_val lwi_int(int64_t n) { return (lwi_val){.kind = LWI_INT, .integer = n}; }
static inline lwi_val lwi_float(double x) { return (lwi_val){.kind = LWI_FLOAT, .number = x}; }
static inline lwi_val lwi_str(const char *text, size_t size) {
    return (lwi_val){.kind = LWI_STR, .size = (uint32_t)size, .text = text};
}
lwi_val lwi_word(const char *text); /* of a literal */
static inline bool lwi_is_list(lwi_val v) { return v.kind == LWI_LIST || v.kind == LWI_TUPLE; }
/* A number or bool as such. */
static inline bool lwi_is_whole(lwi_val v) { return v.kind == LWI_INT || v.kind == LWI_BOOL; }
static inline int64_t lwi_whole(lwi_val v) { return v.kind == LWI_BOOL ? v.truth : v.integer; }
static inline bool lwi_is_number(lwi_val v) { return lwi_is_whole(v) || v.kind == LWI_FLOAT; }
static inline double lwi_number(lwi_val v) {
    return v.kind == LWI_FLOAT ? v.number : (double)lwi_whole(v);
}

lw_status lwi_new_list(lwi_jinja *run, uint8_t kind, lwi_list_form form, lwi_val *value);
lw_status lwi_append(lwi_jinja *run, lwi_list *list, lwi_val item);
lw_status lwi_new_dict(lwi_jinja *run, lwi_val *value);
/* An error if the key cannot be one (a list, a dict). */
lw_status lwi_dict_set(lwi_jinja *run, lwi_dict *dict, lwi_val key, lwi_val value);
/* For a key that is known to be new. */
lw_status lwi_dict_add(lwi_jinja *run, lwi_dict *dict, lwi_val key, lwi_val value);
lw_status lwi_dict_find(lwi_jinja *run, const lwi_dict *dict, lwi_val key, const lwi_val **found);
const lwi_val *lwi_dict_word(const lwi_dict *dict, const char *text, size_t size);

const char *lwi_type_name(lwi_val value); /* as Python calls it */
bool lwi_same_text(lwi_val a, lwi_val b);
lw_status lwi_truth(lwi_jinja *run, lwi_val value, bool *truth);
lw_status lwi_equal(lwi_jinja *run, lwi_val a, lwi_val b, bool *equal);
/* order: < 0, 0, > 0, or 2 for what is not ordered (nan). An error for types that have no order. */
lw_status lwi_order(lwi_jinja *run, lwi_val a, lwi_val b, int *order);
lw_status lwi_contains(lwi_jinja *run, lwi_val container, lwi_val item, bool *found);
/* len(); an error for what has none. */
lw_status lwi_length(lwi_jinja *run, lwi_val value, size_t *length);
/* The elements of anything that can be gone through. */
lw_status lwi_iterate(lwi_jinja *run, lwi_val value, lwi_list *items);

/* Sorts items by their keys (which may be the items), keeping the order of equals. */
lw_status lwi_sort(lwi_jinja *run, lwi_val *keys, lwi_val *items, size_t n, bool reverse);
/* A string in small letters; any other value as it is. */
lw_status lwi_ignore_case(lwi_jinja *run, lwi_val value, lwi_val *result);

/* str() and repr(). */
lw_status lwi_to_text(lwi_jinja *run, lwi_val value, lwi_val *text);
lw_status lwi_put_value(lwi_text *text, lwi_val value);
lw_status lwi_put_repr(lwi_text *text, lwi_val value);

/* ------------------------------------------------------------------ strings */

size_t lwi_points(lwi_val text); /* characters */
/* Bytes before character number n; the size if there are not so many. */
size_t lwi_byte_at(lwi_val text, size_t n);
bool lwi_is_space(uint32_t point); /* str.isspace */
lwi_val lwi_strip(lwi_val text, const lwi_val *characters, bool left, bool right);
bool lwi_starts_with(lwi_val text, lwi_val start);
/* The offset of the first `part` in text from offset `from` on; SIZE_MAX if there is none. */
size_t lwi_find(lwi_val text, lwi_val part, size_t from);
lw_status lwi_replace(lwi_jinja *run, lwi_val text, lwi_val old, lwi_val by, int64_t most,
                      lwi_val *result);
lw_status lwi_change_case(lwi_jinja *run, lwi_val text, bool upper, lwi_val *result);
/* Runs of letters, digits and underscores. */
size_t lwi_count_words(lwi_jinja *run, lwi_val text);
lw_status lwi_capitalize(lwi_jinja *run, lwi_val text, lwi_val *result);
lw_status lwi_escape(lwi_jinja *run, lwi_val value, lwi_val *result);
lw_status lwi_add_texts(lwi_jinja *run, lwi_val a, lwi_val b, lwi_val *result);
/* text % values, text.format(...), and format(value, spec). */
lw_status lwi_percent(lwi_jinja *run, lwi_val text, lwi_val values, lwi_val *result);
lw_status lwi_format(lwi_jinja *run, lwi_val text, const lwi_args *args, lwi_val *result);

/* -------------------------------------------------------------- expressions */

lw_status lwi_evaluate(lwi_jinja *run, struct lwi_scope *scope, const struct lwi_node *node,
                       lwi_val *value);
lw_status lwi_binary(lwi_jinja *run, int op, lwi_val a, lwi_val b, lwi_val *result);
lw_status lwi_attribute(lwi_jinja *run, lwi_val object, lwi_val name, lwi_val *value);
lw_status lwi_subscript(lwi_jinja *run, lwi_val object, lwi_val key, lwi_val *value);
lw_status lwi_call(lwi_jinja *run, lwi_val callee, const lwi_args *args, lwi_val *result);
lw_status lwi_call_function(lwi_jinja *run, const lwi_function *function, lwi_val self,
                            const lwi_args *args, lwi_val *result);
const lwi_function *lwi_find_function(const lwi_function *list, const char *name, size_t size);

/* Lists that end with a name of NULL. The value goes to a filter as self. */
#define LWI_FUNCTION_OF(name)                                                                      \
    static lw_status name(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all, \
                          lwi_val *result)
#define LWI_UNUSED (void)run, (void)self, (void)slots, (void)all
extern const lwi_function lwi_list_filters[], lwi_text_filters[];
extern const lwi_function lwi_jinja_globals[];
extern const lwi_function lwi_str_methods[], lwi_list_methods[], lwi_tuple_methods[],
    lwi_dict_methods[], lwi_loop_methods[], lwi_cycler_methods[];
const lwi_function *lwi_find_filter(const char *name, size_t size);
lw_status lwi_run_test(lwi_jinja *run, const char *name, size_t size, lwi_val value,
                       const lwi_args *args, bool *truth);

lw_status lwi_tojson(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all,
                     lwi_val *result);
struct lwi_json_item;
lw_status lwi_from_json(lwi_jinja *run, const struct lwi_json_item *item, lwi_val *value);

/* LW_INVALID with a sentence. */
#define LWI_WRONG(...) lwi_fail(LW_INVALID, __VA_ARGS__)
/* %.*s of a string, cut. */
#define LWI_SHOWN(v) (int)((v).size < 100 ? (v).size : 100), (v).text

#endif

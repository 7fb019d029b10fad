/* SPDX-License-Identifier: MIT
 * Reads JSON (RFC 8259) that is hostile until checked. A document is a tree of items in the arena;
 * strings lie in one copy of the text, in which escapes are decoded. The text may be freed. */
#ifndef LWI_JSON_READ_H
#define LWI_JSON_READ_H

#include "base/memory.h"

typedef enum lwi_json_kind {
    LWI_JSON_NULL,
    LWI_JSON_BOOL,
    LWI_JSON_NUMBER,
    LWI_JSON_STRING,
    LWI_JSON_ARRAY,
    LWI_JSON_OBJECT
} lwi_json_kind;

typedef struct lwi_json_item {
    uint8_t kind;      /* lwi_json_kind */
    bool is_integer;   /* a number without point and exponent that fits: in `integer` */
    uint32_t key_size; /* of a member of an object */
    const char *key;   /* UTF-8, zero-ended, may hold zeros; NULL: not a member */
    size_t size;       /* bytes of a string, children of an array or object */
    union {
        bool truth;
        int64_t integer;
        double number;                     /* if not is_integer */
        const char *text;                  /* UTF-8, zero-ended, may hold zeros */
        const struct lwi_json_item *items; /* in their order; an object's have keys */
    };
} lwi_json_item;

typedef struct lwi_json_limits {
    size_t bytes;        /* of text; 0: 2^30 */
    size_t items;        /* in the document; 0: 2^26 */
    unsigned depth;      /* arrays and objects within each other; 0: 64, at most 1024 */
    bool unique_keys;    /* a key twice in an object is an error. Otherwise the last value takes the
                            first one's place, as in Python */
    bool python_numbers; /* NaN, Infinity and -Infinity, which Python writes */
} lwi_json_limits;

/* One value with nothing but white space around it. limits: NULL for the defaults. Errors name line
 * and column: LW_CORRUPT, LW_LIMIT, LW_NO_MEMORY. */
lw_status lwi_json_parse(lwi_arena *arena, const char *text, size_t size,
                         const lwi_json_limits *limits, const lwi_json_item **root);

/* The member of that name; NULL if there is none, or if object is NULL or no object. Looks through
 * all members: for large objects see lwi_json_index. */
const lwi_json_item *lwi_json_get(const lwi_json_item *object, const char *key);
/* Members with values of the right kind; otherwise the default. */
int64_t lwi_json_int(const lwi_json_item *object, const char *key, int64_t missing);
double lwi_json_number(const lwi_json_item *object, const char *key, double missing);
bool lwi_json_bool(const lwi_json_item *object, const char *key, bool missing);
const char *lwi_json_text(const lwi_json_item *object, const char *key, const char *missing);
/* The members' or elements' own kind; false for NULL. */
bool lwi_json_is(const lwi_json_item *item, lwi_json_kind kind);

/* Looks up many keys of a large object. Lives in the arena. */
typedef struct lwi_json_index {
    const lwi_json_item *object;
    uint32_t *slots; /* member number + 1 */
    size_t mask;
    uint64_t seed;
} lwi_json_index;
lw_status lwi_json_index_make(lwi_arena *arena, const lwi_json_item *object, lwi_json_index *index);
const lwi_json_item *lwi_json_index_get(const lwi_json_index *index, const char *key, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 * The machine that reads pickles: a stack of items, marks in it, and a memo. */
#ifndef LWI_PICKLE_MACHINE_H
#define LWI_PICKLE_MACHINE_H

#include "files/pickle.h"

typedef struct lwi_pickle_machine {
    lwi_arena *arena;
    const char *file;
    const uint8_t *begin, *at, *end;
    lwi_pickle_rule *rule;
    lwi_pickle_item **stack, **memo;
    size_t *marks;
    size_t n, capacity, n_memo, capacity_memo, n_marks, capacity_marks;
    size_t memoized; /* by MEMOIZE, which counts by itself */
    bool stopped;
} lwi_pickle_machine;

lw_status lwi_pickle_fail(const lwi_pickle_machine *m, const char *what);
lw_status lwi_pickle_push(lwi_pickle_machine *m, lwi_pickle_item value);

/* Each reads its operand and pushes an item; n says how long the operand's length or number is. */
lw_status lwi_pickle_none(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_bool(lwi_pickle_machine *m, size_t truth);
lw_status lwi_pickle_int(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_long(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_float(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_string(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_bytes(lwi_pickle_machine *m, size_t n);
/* The forms of protocol 0, which end with the line. */
lw_status lwi_pickle_int_line(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_float_line(lwi_pickle_machine *m, size_t n);
lw_status lwi_pickle_string_line(lwi_pickle_machine *m, size_t quoted);

lw_status lwi_pickle_take(lwi_pickle_machine *m, size_t n, const uint8_t **bytes);
/* Little-endian. */
lw_status lwi_pickle_number(lwi_pickle_machine *m, size_t n, uint64_t *number);
/* Without its end. */
lw_status lwi_pickle_line(lwi_pickle_machine *m, lw_string *line);
lw_status lwi_pickle_line_number(lwi_pickle_machine *m, int64_t *number);

#endif

/* SPDX-License-Identifier: MIT
 * The table of operators, aten.def, and the schemas in it. */
#ifndef LWI_ATEN_ROWS_H
#define LWI_ATEN_ROWS_H

#include "aten/lower.h"

extern const lwi_aten_row lwi_aten_rows[];
extern const size_t lwi_aten_n_rows;

/* Names to their first rows; rows of a name stand together in the table. */
lw_status lwi_aten_index(lwi_strmap *rows);

typedef enum lwi_aten_type {
    LWI_ATEN_T_TENSOR,
    LWI_ATEN_T_INT,
    LWI_ATEN_T_FLOAT,
    LWI_ATEN_T_BOOL,
    LWI_ATEN_T_STRING,
    LWI_ATEN_T_SCALAR, /* any number */
    LWI_ATEN_T_ANY
} lwi_aten_type;

typedef struct lwi_aten_parameter {
    const char *name;
    size_t n_name;
    lwi_aten_type type;
    bool optional, list, optional_items, written, keyword_only, has_default;
    size_t length; /* of a list that one number stands for; 0: any */
    const char *fallback;
    size_t n_fallback;
} lwi_aten_parameter;

/* Reads the parameter at *schema and moves on; false: there is none. */
bool lwi_aten_next_parameter(const char **schema, bool *keyword_only, lwi_aten_parameter *p);
/* The value of a default. */
lwi_aten_value lwi_aten_default(lwi_aten *a, const lwi_aten_parameter *p);

/* row->lower for arguments that may be complex; results: [LWI_ATEN_RESULTS], none so far
 * (aten_parts.c). */
void lwi_aten_lower_row(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args, size_t n,
                        lwi_aten_value *results);

/* A value of another graph around the present one as one of the present. */
int lwi_aten_import(lwi_aten *a, const lwi_graph *graph, int id);
/* Keeps the type of a value that is an output of the present graph, which is inside another. */
void lwi_aten_note_outcome(lwi_aten *a, int id);
/* What is known of a value in a round: constants have data, others a type. NULL: nothing yet. */
const lw_value *lwi_aten_type_in(const lwi_aten_scope *s, int id, int round);
/* Gives the node's output a type if its sizes depend on data. inferred: what its operator said;
 * returned if it is a failure of the program. */
lw_status lwi_aten_tell_later(lwi_aten *a, lwi_aten_scope *s, const lwi_node *node,
                              lw_status inferred);
bool lwi_aten_is_made_up(const lwi_aten_scope *s, int id);
lw_status lwi_aten_mark_made_up(lwi_aten_scope *s, int id);
/* The sizes, one for each round, of another dimension that is free. */
lw_status lwi_aten_free_sizes(lwi_aten *a, int axis, int64_t sizes[LWI_ATEN_ROUNDS]);

#endif

/* SPDX-License-Identifier: MIT
 * The list of operators (ops.def) and what the specification says of them (schema.def). */
#ifndef LWI_REGISTRY_H
#define LWI_REGISTRY_H

#include "ops/op.h"

typedef enum lwi_option {
    LWI_SINGLE,
    LWI_OPTIONAL,
    LWI_VARIADIC,      /* the last one, any number of times, all of one type */
    LWI_VARIADIC_MIXED /* the same, each of its own type */
} lwi_option;

typedef struct lwi_param {
    const char *name;
    uint64_t types : 48; /* bit d: tensors of lw_dtype d; LWI_SEQUENCE_BIT ... */
    uint64_t group : 8;  /* parameters with the same number have the same type; 0: none */
    uint64_t option : 8; /* lwi_option */
} lwi_param;
#define LWI_SEQUENCE_BIT (UINT64_C(1) << 32)
#define LWI_OPTIONAL_BIT (UINT64_C(1) << 33)
#define LWI_MAP_BIT (UINT64_C(1) << 34)

typedef struct lwi_schema_attr {
    const char *name;
    uint8_t kind; /* lwi_attr_kind */
    bool required;
} lwi_schema_attr;

typedef struct lwi_schema {
    const char *domain, *name;
    int version;                              /* since this opset */
    uint8_t min_in, max_in, min_out, max_out; /* 255: no limit */
    uint8_t n_in, n_out, n_attrs;
    const lwi_param *in, *out;
    const lwi_schema_attr *attrs;
} lwi_schema;

struct lwi_op_entry {
    const char *domain, *name;
    const lwi_op *op;
};

size_t lwi_op_entry_count(void);
const lwi_op_entry *lwi_op_entry_at(size_t index);
const lwi_op_entry *lwi_op_find(const char *domain, const char *name);   /* NULL: not known */
const lwi_schema *lwi_schema_find(const char *domain, const char *name); /* NULL: not known */

/* Checks arity, attributes and the operator's own check. node->op must be set. */
lw_status lwi_check_node(const lwi_node *node);
/* Checks the kinds and types of a call's inputs. */
lw_status lwi_check_types(const lwi_call *call);

#endif

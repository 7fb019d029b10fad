/* SPDX-License-Identifier: MIT
 * Members of option structs, as arguments of operators. */
#ifndef LWI_NN_FIELDS_H
#define LWI_NN_FIELDS_H

#include "nn/nn_state.h"

typedef enum lwi_nn_member {
    LWI_NN_M_INTS,
    LWI_NN_M_INT,
    LWI_NN_M_FLOAT,
    LWI_NN_M_FLOATS, /* [3], those behind the first may be zero */
    LWI_NN_M_BOOL,
    LWI_NN_M_SWITCH,
    LWI_NN_M_STRING,
    LWI_NN_M_ARRAY
} lwi_nn_member;

typedef struct lwi_nn_member_info {
    const char *name;     /* the member's */
    const char *argument; /* the operator's */
    lwi_nn_member type;
    size_t offset;
} lwi_nn_member_info;

struct lwi_nn_fields {
    const char *name; /* "conv" */
    const lwi_nn_member_info *all;
    size_t n;
};

extern const lwi_nn_fields lwi_nn_fields_conv, lwi_nn_fields_pool, lwi_nn_fields_attention,
    lwi_nn_fields_mha, lwi_nn_fields_interpolate, lwi_nn_fields_stft;

/* The member as an argument; false: it is zero, so that it is left out. */
bool lwi_nn_field(const lwi_nn_member_info *member, const void *options, lwi_nn_argument *out);

#endif

/* SPDX-License-Identifier: MIT
 * What a module keeps from one call to the next: the tensors and numbers among its attributes that
 * forward writes to. A graph keeps nothing, so such an attribute is an input that may be given
 * ("encoder.cache"; else it is as the file has it) and an output ("encoder.cache.next"). */
#ifndef LWI_TS_STATES_H
#define LWI_TS_STATES_H

#include "format/torchscript/ts_interp.h"

typedef struct lwi_ts_state {
    const char *name;
    const lwi_ts_expr *type; /* Tensor, int, float or bool, without Optional[...] */
    lwi_ts_object *of;       /* the module, and the place of the attribute in it */
    size_t at;
    size_t version; /* of a tensor, before the run */
    bool set;       /* in the run, to another value */
} lwi_ts_state;

typedef struct lwi_ts_states {
    lwi_ts_state *all;
    size_t n, cap;
} lwi_ts_states;

/* All attributes of those types, in self and the modules in it. */
lw_status lwi_ts_find_states(lwi_ts_interp *in, const lwi_ts_value *self, lwi_ts_states *states);
/* NULL: no attribute has that name. */
lwi_ts_state *lwi_ts_find_state(const lwi_ts_states *states, const char *name);
/* The attribute is another value when the run begins. */
void lwi_ts_set_state(lwi_ts_state *state, const lwi_ts_value *v);
/* The program gives an attribute of the object a value. */
void lwi_ts_note_set(lwi_ts_states *states, const lwi_ts_object *o, size_t at);
/* Whether forward has written to it, and left what can be given out. */
bool lwi_ts_is_written(const lwi_ts_state *state);

#endif

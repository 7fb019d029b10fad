/* SPDX-License-Identifier: MIT
 * The inputs and outputs of a module's forward: tensors in lists, tuples and dicts have names of
 * their own, "images.0", "output.boxes". */
#ifndef LWI_TS_SIGNATURE_H
#define LWI_TS_SIGNATURE_H

#include "format/torchscript/ts_archive.h"
#include "format/torchscript/ts_states.h"

/* Says in the network's graph what is known without a run. traced: the inputs' pickle, or NULL. */
lw_status lwi_ts_describe(lwi_network *network, const lwi_ts_archive *archive,
                          const lwi_ts_function *forward);
/* The arguments of a run, and the states that are given; args has as many places as there are
 * parameters. Known values are taken for parameters and states that are ints or bools. */
lw_status lwi_ts_bind_inputs(lwi_ts_interp *in, const lwi_ts_function *forward,
                             const lwi_ts_states *states, lwi_given *givens, size_t n,
                             lwi_ts_value *args);
/* The result, and the states that were written to. */
lw_status lwi_ts_put_outputs(lwi_ts_interp *in, const lwi_ts_value *result,
                             const lwi_ts_states *states);

/* The type without Optional[...]; NULL: there is none. */
const lwi_ts_expr *lwi_ts_plain_type(const lwi_ts_expr *type);
bool lwi_ts_is_type(const lwi_ts_expr *type, const char *name);

#endif

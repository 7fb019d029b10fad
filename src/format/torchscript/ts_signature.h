/* SPDX-License-Identifier: MIT
 * The inputs and outputs of a module's forward: tensors in lists, tuples and dicts have names of
 * their own, "images.0", "output.boxes". */
#ifndef LWI_TS_SIGNATURE_H
#define LWI_TS_SIGNATURE_H

#include "format/torchscript/ts_archive.h"

/* Says in the network's graph what is known without a run. traced: the inputs' pickle, or NULL. */
lw_status lwi_ts_describe(lwi_network *network, const lwi_ts_archive *archive,
                          const lwi_ts_function *forward);
/* The arguments of a run; args has as many places as there are parameters. */
lw_status lwi_ts_bind_inputs(lwi_ts_interp *in, const lwi_ts_function *forward,
                             const lwi_given *givens, size_t n, lwi_ts_value *args);
lw_status lwi_ts_put_outputs(lwi_ts_interp *in, const lwi_ts_value *result);

#endif

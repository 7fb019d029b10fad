/* SPDX-License-Identifier: MIT
 * Lists whose length depends on data. */
#ifndef LWI_TS_ROWS_H
#define LWI_TS_ROWS_H

#include "format/torchscript/ts_interp.h"

/* n > 0 items of one kind along the first axis of a tensor. */
lw_status lwi_ts_rows_of(lwi_ts_interp *in, const lwi_ts_value *items, size_t n,
                         lwi_aten_value *rows, lwi_aten_kind *kind);
/* All items of a list that has some, likewise. */
lw_status lwi_ts_all_rows(lwi_ts_interp *in, const lwi_ts_object *list, lwi_aten_value *rows,
                          lwi_aten_kind *kind);
/* The list becomes longer by what lies along the first axis of rows. */
lw_status lwi_ts_add_rows(lwi_ts_interp *in, lwi_ts_object *list, const lwi_aten_value *rows,
                          lwi_aten_kind kind);
/* A call whose first argument is such a list, if it is one that is known. */
lw_status lwi_ts_call_rows(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done);

#endif

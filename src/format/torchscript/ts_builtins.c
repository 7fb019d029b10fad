/* SPDX-License-Identifier: MIT
 * Finds the function of a name. */
#include "format/torchscript/ts_interp.h"

#include <stdlib.h>
#include <string.h>

typedef struct entry {
    const char *name;
    lwi_ts_builtin *function;
} entry;

static const entry entries[] = {
#define BUILTIN(name, function) {name, lwi_ts_do_##function},
#include "format/torchscript/ts_builtin.def"
#undef BUILTIN
};

static int by_name(const void *key, const void *element) {
    return strcmp(key, ((const entry *)element)->name);
}

lw_status lwi_ts_builtins(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    const entry *e =
        bsearch(call->name, entries, sizeof entries / sizeof *entries, sizeof *entries, by_name);
    return e ? e->function(in, call, result, done) : LW_OK;
}

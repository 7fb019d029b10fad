/* SPDX-License-Identifier: MIT
 * Nodes whose outputs nobody reads. */
#include "opt/passes.h"

lw_status lwi_pass_remove_dead(lwi_rewrite *r) {
    r->count += lwi_rewrite_sweep(r);
    return LW_OK;
}

/* SPDX-License-Identifier: MIT
 * The passes over a model's graphs: small rewrites that keep what the network computes and make it
 * cheaper. passes.def lists them. */
#ifndef LWI_PASSES_H
#define LWI_PASSES_H

#include "opt/rewrite.h"

enum {
#define LWI_PASS(name, about) LWI_PASS_##name,
#include "opt/passes.def"
#undef LWI_PASS
    LWI_PASS_COUNT
};

#define LWI_PASS(name, about) lw_status lwi_pass_##name(lwi_rewrite *r);
#include "opt/passes.def"
#undef LWI_PASS

const char *lwi_pass_name(size_t pass);  /* NULL: no such */
const char *lwi_pass_about(size_t pass); /* NULL: no such */
/* The set of passes (bit i: pass i) in a comma list of names, or all of them for "all"; NULL is the
 * empty list. LW_INVALID for a name that no pass has. */
lw_status lwi_pass_set(const char *names, uint64_t *set);
/* Runs the passes that are not in skip over the main graph and its subgraphs. counts[i] becomes the
 * number of rewrites of pass i. */
lw_status lwi_run_passes(lwi_network *network, uint64_t skip, size_t counts[LWI_PASS_COUNT]);

#endif

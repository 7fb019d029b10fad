/* SPDX-License-Identifier: MIT
 * Runs any model whose inputs are tensors on made-up data: for tests that look for crashes. */
#ifndef ANY_INPUT_H
#define ANY_INPUT_H

#include <lampwick.h>

/* Makes inputs (small numbers; 2 where a dimension is not fixed) and runs the model once, with
 * outputs thrown away. allocator may be NULL. */
lw_status run_on_anything(const lw_model *model, const lw_allocator *allocator);
/* The same with a plug-in, and the processor for what that does not run; NULL: none. */
lw_status run_on_anything_with(const lw_model *model, const lw_allocator *allocator,
                               const char *plugin);
/* The same on values for the first n inputs, with the graph that the model has for them. */
lw_status run_on_values(const lw_model *model, lw_value *const *values, size_t n);

#endif

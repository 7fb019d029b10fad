/* SPDX-License-Identifier: MIT
 * A loaded model with a context, as the commands use it. */
#ifndef LWI_SESSION_H
#define LWI_SESSION_H

#include <lampwick.h>

typedef struct lwi_session {
    lw_model *model;
    lw_context *context;
} lwi_session;

/* threads 0: all. */
lw_status lwi_session_open(const char *path, int threads, lwi_session *session);
/* Only the model, for looking: what is not supported becomes an issue. */
lw_status lwi_session_inspect(const char *path, lw_model **model);
void lwi_session_close(lwi_session *session);
/* Runs all outputs; outputs is a new array of lw_model_output_count, with values the caller frees
 * by lwi_ios_free. */
lw_status lwi_session_run(const lwi_session *session, const lw_io *inputs, size_t n_inputs,
                          lw_io **outputs, size_t *n_outputs);
void lwi_ios_free(lw_io *ios, size_t n);

lw_io_info lwi_input_info(const lw_model *model, size_t index);
lw_io_info lwi_output_info(const lw_model *model, size_t index);

#endif

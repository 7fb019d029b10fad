/* SPDX-License-Identifier: MIT
 * A loaded model with a context, as the commands use it. */
#ifndef LWI_SESSION_H
#define LWI_SESSION_H

#include <lampwick.h>

#include "command.h"

typedef struct lwi_session {
    lw_model *model;
    lw_context *context;
} lwi_session;

/* How a command wants models to run: part of its struct of options. */
typedef struct lwi_engine {
    int threads;             /* 0: all */
    const char *skip_passes; /* as in lw_model_options */
    const char *precision;   /* NULL: exact */
    bool less_memory;        /* as in lw_context_options */
    const char *device;      /* likewise */
    int device_memory;       /* MiB; 0: all */
    bool fallback;
    const char *plugin, *plugin_options, *plugin_cache; /* likewise */
} lwi_engine;

/* The options for a lwi_engine at `member` of the struct T. */
#define LWI_ENGINE_OPTIONS(T, member)                                                              \
    {"threads", 't', LWI_COUNT, offsetof(T, member.threads), "N", NULL, "threads; 0: all (0)"},    \
        {"skip-passes",                                                                            \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.skip_passes),                                                          \
         "NAMES",                                                                                  \
         NULL,                                                                                     \
         "leave out passes over the graph: names with commas, or all (see info --passes)"},        \
        {"less-memory",                                                                            \
         0,                                                                                        \
         LWI_FLAG,                                                                                 \
         offsetof(T, member.less_memory),                                                          \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "smaller weights of convolutions, transformed in each run"},                              \
        {"device",                                                                                 \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.device),                                                               \
         "NAME",                                                                                   \
         NULL,                                                                                     \
         "a device that runs all nodes, opencl:0 (see devices)"},                                  \
        {"device-memory",                                                                          \
         0,                                                                                        \
         LWI_COUNT,                                                                                \
         offsetof(T, member.device_memory),                                                        \
         "MIB",                                                                                    \
         NULL,                                                                                     \
         "of the device's memory that may be taken; 0: all (0)"},                                  \
        {"fallback",                                                                               \
         0,                                                                                        \
         LWI_FLAG,                                                                                 \
         offsetof(T, member.fallback),                                                             \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "the processor runs the nodes that the device or the plug-in cannot"},                    \
        {"plugin",                                                                                 \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.plugin),                                                               \
         "NAME",                                                                                   \
         NULL,                                                                                     \
         "a vendor's engine that runs all nodes: migraphx, or a path with a slash"},               \
        {"plugin-options",                                                                         \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.plugin_options),                                                       \
         "KEY=VALUE,...",                                                                          \
         NULL,                                                                                     \
         "for the plug-in, as file=net.rknn"},                                                     \
        {"plugin-cache",                                                                           \
         0,                                                                                        \
         LWI_TEXT,                                                                                 \
         offsetof(T, member.plugin_cache),                                                         \
         "DIR",                                                                                    \
         NULL,                                                                                     \
         "where the plug-in keeps what it has compiled"},                                          \
    {                                                                                              \
        "precision", 0, LWI_TEXT, offsetof(T, member.precision), "HOW", "exact|fast",              \
            "fast: products of weights in 16 bits, where the processor gains by that (exact)"      \
    }

/* The context that it wants. */
lw_context_options lwi_engine_context(const lwi_engine *engine);
lw_status lwi_session_open(const char *path, const lwi_engine *engine, lwi_session *session);
/* Only the model, for looking: what is not supported becomes an issue. */
lw_status lwi_session_inspect(const char *path, lw_model **model);
void lwi_session_close(lwi_session *session);
/* Runs all outputs; outputs is a new array of lw_model_output_count, with values the caller frees
 * by lwi_ios_free. */
lw_status lwi_session_run(const lwi_session *session, const lw_io *inputs, size_t n_inputs,
                          lw_io **outputs, size_t *n_outputs);
void lwi_ios_free(lw_io *ios, size_t n);

/* The model's inputs are not all known before they are given. */
bool lwi_is_open(const lw_model *model);
lw_io_info lwi_input_info(const lw_model *model, size_t index);
lw_io_info lwi_output_info(const lw_model *model, size_t index);

#endif

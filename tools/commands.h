/* SPDX-License-Identifier: MIT
 * The list of commands, in the order of the help. */
#ifndef LWI_COMMANDS_H
#define LWI_COMMANDS_H

#include "command.h"

/* clang-format off */
#define LWI_COMMANDS(X)                                                                            \
    X(run)                                                                                         \
    X(info)                                                                                        \
    X(chat)                                                                                        \
    X(generate)                                                                                    \
    X(serve)                                                                                       \
    X(transcribe)                                                                                  \
    X(embed)                                                                                       \
    X(rank)                                                                                        \
    X(perplexity)                                                                                  \
    X(imatrix)                                                                                     \
    X(quantize)                                                                                    \
    X(convert)                                                                                     \
    X(tokenize)                                                                                    \
    X(bench)                                                                                       \
    X(profile)                                                                                     \
    X(graph)                                                                                       \
    X(test)                                                                                        \
    X(diff)                                                                                        \
    X(ops)                                                                                         \
    X(devices)                                                                                     \
    X(help)
/* clang-format on */

#define LWI_DECLARE_COMMAND(name) extern const lwi_command lwi_cmd_##name;
LWI_COMMANDS(LWI_DECLARE_COMMAND)
#undef LWI_DECLARE_COMMAND

#endif

/* SPDX-License-Identifier: MIT
 * The command lampwick. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

#define LWI_COMMAND_POINTER(name) &lwi_cmd_##name,
const lwi_command *const lwi_commands[] = {LWI_COMMANDS(LWI_COMMAND_POINTER)};
const size_t lwi_command_count = sizeof lwi_commands / sizeof *lwi_commands;

const lwi_command *lwi_find_command(const char *name) {
    for (size_t i = 0; i < lwi_command_count; i++)
        if (!strcmp(lwi_commands[i]->name, name)) return lwi_commands[i];
    return NULL;
}

static const char *command_name(const void *list, size_t i) {
    (void)list;
    return i < lwi_command_count ? lwi_commands[i]->name : NULL;
}

static int run(int n, char **arguments) {
    if (n < 2) {
        lwi_help_overview();
        return LWI_EXIT_USAGE;
    }
    const char *name = arguments[1];
    if (!strcmp(name, "--version")) {
        lwi_print_version();
        return LWI_EXIT_OK;
    }
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
        lwi_help_overview();
        return LWI_EXIT_OK;
    }
    const lwi_command *command = lwi_find_command(name);
    if (command) return lwi_command_run(command, arguments + 2, n - 2);
    const char *near = lwi_nearest(name, command_name, NULL);
    if (near) return lwi_misuse("no command '%s'; did you mean '%s'?", name, near);
    return lwi_misuse("no command '%s'; see lampwick --help", name);
}

int main(int n, char **arguments) {
    const int code = run(n, arguments);
    if (fflush(stdout) || ferror(stdout))
        return code ? code : lwi_complain("the output could not be written");
    return code;
}

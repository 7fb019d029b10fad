/* SPDX-License-Identifier: MIT
 * lampwick help: help, the manual page, completions. */
#include <string.h>

#include "commands.h"

typedef struct help_options {
    bool man;
    const char *completion;
} help_options;

static const char *command_name(const void *list, size_t i) {
    (void)list;
    return i < lwi_command_count ? lwi_commands[i]->name : NULL;
}

static int run(const void *given, char **arguments, int n) {
    const help_options *options = given;
    if (options->man) {
        lwi_help_man();
        return LWI_EXIT_OK;
    }
    if (options->completion) {
        lwi_help_completion(options->completion);
        return LWI_EXIT_OK;
    }
    if (!n) {
        lwi_help_overview();
        return LWI_EXIT_OK;
    }
    const lwi_command *command = lwi_find_command(arguments[0]);
    if (command) {
        lwi_help_command(command);
        return LWI_EXIT_OK;
    }
    const char *near = lwi_nearest(arguments[0], command_name, NULL);
    return lwi_misuse("no command '%s'%s%s%s", arguments[0], near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

static const lwi_option table[] = {
    {"man", 0, LWI_FLAG, offsetof(help_options, man), NULL, NULL, "print the manual page (roff)"},
    {"completion", 0, LWI_TEXT, offsetof(help_options, completion), "SHELL", "bash|zsh|fish",
     "print completions for a shell"},
};

const lwi_command lwi_cmd_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "options and examples of a command",
    .about = "Prints the options and examples of a command, the manual page, or completions for a "
             "shell.",
    .examples = "lampwick help run\n"
                "lampwick help --man > lampwick.1\n"
                "lampwick help --completion bash > /etc/bash_completion.d/lampwick",
    LWI_OPTIONS(table),
    .most = 1,
    .size = sizeof(help_options),
    .run = run,
};

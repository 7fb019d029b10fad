/* SPDX-License-Identifier: MIT
 * Completions for shells, made from the tables of options. */
#include <stdio.h>
#include <string.h>

#include "command.h"

/* Words of a --choice, with spaces for bars. */
static void print_choice(const char *choice) {
    for (; choice && *choice; choice++)
        putchar(*choice == '|' ? ' ' : *choice);
}

static void print_command_names(void) {
    for (size_t i = 0; i < lwi_command_count; i++)
        printf("%s%s", i ? " " : "", lwi_commands[i]->name);
}

static void bash_command(const lwi_command *command) {
    printf("    %s)\n        case \"$before\" in\n", command->name);
    for (size_t i = 0; i < command->n_options; i++) {
        if (!command->options[i].choice) continue;
        printf("        --%s) words=\"", command->options[i].name);
        print_choice(command->options[i].choice);
        printf("\" ;;\n");
    }
    printf("        *) [[ $word == -* ]] && words=\"--help");
    for (size_t i = 0; i < command->n_options; i++)
        printf(" --%s", command->options[i].name);
    printf("\" ;;\n        esac ;;\n");
}

static void print_bash(void) {
    printf("_lampwick() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n        words=\"");
    print_command_names();
    printf(" --help --version\"\n    else case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; i < lwi_command_count; i++)
        bash_command(lwi_commands[i]);
    printf("    esac; fi\n"
           "    if [ -n \"$words\" ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
           "    else\n        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n    fi\n}\n"
           "complete -o filenames -F _lampwick lampwick\n");
}

/* Text between single quotes, without the characters that _arguments takes as its own. */
static void zsh_text(const char *text) {
    for (; *text; text++) {
        if (*text == '\'') fputs("'\\''", stdout);
        else if (*text == ':' || *text == '[' || *text == ']') printf("\\%c", *text);
        else putchar(*text);
    }
}

static void zsh_option(const lwi_option *option) {
    printf(" \\\n            '%s--%s%s[", option->kind == LWI_LIST ? "*" : "", option->name,
           option->kind == LWI_FLAG ? "" : "=");
    zsh_text(option->help);
    printf("]");
    if (option->choice) {
        printf(":value:(");
        print_choice(option->choice);
        printf(")");
    } else if (option->kind != LWI_FLAG) {
        printf(":value:_files");
    }
    printf("'");
}

static void print_zsh(void) {
    printf("#compdef lampwick\n_lampwick() {\n    if (( CURRENT == 2 )); then\n"
           "        local -a commands=(");
    for (size_t i = 0; i < lwi_command_count; i++) {
        printf("\n            '%s:", lwi_commands[i]->name);
        zsh_text(lwi_commands[i]->summary);
        printf("'");
    }
    printf(")\n        _describe command commands\n        return\n    fi\n"
           "    local name=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $name in\n");
    for (size_t i = 0; i < lwi_command_count; i++) {
        printf("    %s)\n        _arguments '--help[show help]'", lwi_commands[i]->name);
        for (size_t k = 0; k < lwi_commands[i]->n_options; k++)
            zsh_option(&lwi_commands[i]->options[k]);
        printf(" '*:file:_files' ;;\n");
    }
    printf("    esac\n}\n_lampwick \"$@\"\n");
}

static void fish_text(const char *text) {
    putchar('\'');
    for (; *text; text++)
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    putchar('\'');
}

static void print_fish(void) {
    for (size_t i = 0; i < lwi_command_count; i++) {
        const lwi_command *command = lwi_commands[i];
        printf("complete -c lampwick -n __fish_use_subcommand -f -a %s -d ", command->name);
        fish_text(command->summary);
        putchar('\n');
        for (size_t k = 0; k < command->n_options; k++) {
            const lwi_option *option = &command->options[k];
            printf("complete -c lampwick -n '__fish_seen_subcommand_from %s' -l %s", command->name,
                   option->name);
            if (option->letter) printf(" -s %c", option->letter);
            if (option->kind != LWI_FLAG) printf(" -r");
            if (option->choice) {
                printf(" -f -a '");
                print_choice(option->choice);
                printf("'");
            }
            printf(" -d ");
            fish_text(option->help);
            putchar('\n');
        }
    }
}

bool lwi_help_completion(const char *shell) {
    if (!strcmp(shell, "bash")) print_bash();
    else if (!strcmp(shell, "zsh")) print_zsh();
    else if (!strcmp(shell, "fish")) print_fish();
    else return false;
    return true;
}

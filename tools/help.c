/* SPDX-License-Identifier: MIT
 * --help and the manual page, made from the tables of options. */
#include <stdio.h>
#include <string.h>

#include <lampwick/media.h>

#include "command.h"

/* Words wrapped at 78 columns behind an indent. */
static void print_wrapped(const char *text, int indent) {
    int column = 0;
    while (*text) {
        const int n = (int)strcspn(text, " ");
        if (column && column + 1 + n > 78) {
            putchar('\n');
            column = 0;
        }
        if (!column) column = printf("%*s", indent, "");
        else column += printf(" ");
        column += printf("%.*s", n, text);
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void lwi_help_overview(void) {
    printf("lampwick runs trained networks.\n\nusage: lampwick COMMAND ...\n\n");
    for (size_t i = 0; i < lwi_command_count; i++)
        printf("  %-9s %s\n", lwi_commands[i]->name, lwi_commands[i]->summary);
    printf("\n  lampwick help COMMAND   options and examples of a command\n"
           "  lampwick --version      version and parts built in\n");
}

static void print_option(const lwi_option *option) {
    char left[64], letter[8] = "    ";
    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
             option->value ? option->value : "");
    printf("  %-28s %s", left, option->help);
    if (option->choice) printf(" [%s]", option->choice);
    putchar('\n');
}

static void print_lines(const char *text, const char *before) {
    while (*text) {
        const int n = (int)strcspn(text, "\n");
        printf("%s%.*s\n", before, n, text);
        text += n + (text[n] == '\n');
    }
}

void lwi_help_command(const lwi_command *command) {
    printf("usage: lampwick %s%s %s\n\n", command->name, command->n_options ? " [OPTION...]" : "",
           command->arguments);
    print_wrapped(command->about, 0);
    if (command->n_options) printf("\noptions\n");
    for (size_t i = 0; i < command->n_options; i++)
        print_option(&command->options[i]);
    printf("\nexamples\n");
    print_lines(command->examples, "  ");
}

/* Text for roff: a hyphen that is typed, no control line by accident. */
static void print_roff(const char *text) {
    if (*text == '.' || *text == '\'') printf("\\&");
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') putchar('\\');
        putchar(*text == '\\' ? 'e' : *text);
    }
}

static void print_man_options(const lwi_command *command) {
    for (size_t i = 0; i < command->n_options; i++) {
        const lwi_option *option = &command->options[i];
        printf(".TP\n\\fB");
        if (option->letter) printf("\\-%c\\fR, \\fB", option->letter);
        printf("\\-\\-");
        print_roff(option->name);
        printf("\\fR");
        if (option->value) printf(" \\fI%s\\fR", option->value);
        putchar('\n');
        print_roff(option->help);
        if (option->choice) printf(" (%s)", option->choice);
        putchar('\n');
    }
}

void lwi_help_man(void) {
    printf(".TH LAMPWICK 1 \"\" \"lampwick %s\"\n.SH NAME\nlampwick \\- run trained networks\n"
           ".SH SYNOPSIS\n.B lampwick\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
           ".SH COMMANDS\n",
           lw_version());
    for (size_t i = 0; i < lwi_command_count; i++) {
        const lwi_command *command = lwi_commands[i];
        printf(".SS lampwick %s ", command->name);
        print_roff(command->arguments);
        printf("\n");
        print_roff(command->about);
        printf("\n");
        print_man_options(command);
        printf(".PP\n.nf\n");
        for (const char *at = command->examples; *at;) {
            const int n = (int)strcspn(at, "\n");
            char line[256];
            snprintf(line, sizeof line, "%.*s", n, at);
            print_roff(line);
            putchar('\n');
            at += n + (at[n] == '\n');
        }
        printf(".fi\n");
    }
    printf(".SH EXIT STATUS\n0 success, 1 failure, 2 wrong usage\n");
}

void lwi_print_version(void) {
    lw_media_part_info part = {.size = sizeof part};
    printf("lampwick %s\n", lw_version());
    for (size_t i = 0; !lw_media_part(i, &part); i++)
        if (!part.available) printf("built without %s: no %s\n", part.library, part.format);
}

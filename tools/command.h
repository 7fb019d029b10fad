/* SPDX-License-Identifier: MIT
 * What a command of `lampwick` is. One table of options per command drives parsing, --help, the
 * manual page and shell completions. */
#ifndef LWI_COMMAND_H
#define LWI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes. */
enum { LWI_EXIT_OK = 0, LWI_EXIT_FAILURE = 1, LWI_EXIT_USAGE = 2 };

typedef enum lwi_option_kind {
    LWI_FLAG,   /* bool: set to true */
    LWI_TEXT,   /* const char * */
    LWI_LIST,   /* lwi_texts: may be given more than once */
    LWI_COUNT,  /* int, 0 or more */
    LWI_NUMBER, /* double */
} lwi_option_kind;

typedef struct lwi_texts {
    const char **items;
    size_t n;
} lwi_texts;

typedef struct lwi_option {
    const char *name; /* "threads": --threads */
    char letter;      /* 't': -t; 0: none */
    lwi_option_kind kind;
    size_t offset;      /* in the command's own struct of options */
    const char *value;  /* what --help calls the value; "FILE" and "DIR" complete file names */
    const char *choice; /* words separated by '|' that are allowed; NULL: anything */
    const char *help;
} lwi_option;

typedef struct lwi_command {
    const char *name, *arguments, *summary;
    const char *about;    /* a paragraph for --help */
    const char *examples; /* one per line */
    const lwi_option *options;
    size_t n_options;
    int least, most; /* number of arguments; most -1: any */
    size_t size;     /* of its struct of options */
    const void *defaults;
    /* Returns an exit code. */
    int (*run)(const void *options, char **arguments, int n);
} lwi_command;

#define LWI_OPTIONS(table) .options = table, .n_options = sizeof(table) / sizeof *(table)

/* All commands, in the order of the help. */
extern const lwi_command *const lwi_commands[];
extern const size_t lwi_command_count;
const lwi_command *lwi_find_command(const char *name);

/* Parses what follows the command's name and runs it. */
int lwi_command_run(const lwi_command *command, char **arguments, int n);
/* The candidate nearest to the word, NULL if none is near; get returns NULL past the last. */
const char *lwi_nearest(const char *word, const char *(*get)(const void *list, size_t i),
                        const void *list);

void lwi_help_overview(void);
void lwi_help_command(const lwi_command *command);
void lwi_help_man(void);
/* shell: bash, zsh or fish. False if it is none of them. */
bool lwi_help_completion(const char *shell);
void lwi_print_version(void);

/* "lampwick: sentence" on stderr. Returns LWI_EXIT_FAILURE. */
int lwi_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for wrong usage. Returns LWI_EXIT_USAGE. */
int lwi_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

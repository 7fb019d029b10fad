/* SPDX-License-Identifier: MIT
 * Command lines: options anywhere, --name=value or --name value, "--" ends them, and a guess for
 * what was misspelt. */
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void speak(const char *format, va_list values) {
    fflush(stdout);
    fputs("lampwick: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
}

int lwi_complain(const char *format, ...) {
    va_list values;
    va_start(values, format);
    speak(format, values);
    va_end(values);
    return LWI_EXIT_FAILURE;
}

int lwi_misuse(const char *format, ...) {
    va_list values;
    va_start(values, format);
    speak(format, values);
    va_end(values);
    return LWI_EXIT_USAGE;
}

/* Levenshtein's distance, at most 32 letters each. */
static size_t distance(const char *a, const char *b) {
    enum { MOST = 32 };
    const size_t n = strlen(a), m = strlen(b);
    if (n > MOST || m > MOST) return MOST;
    size_t row[MOST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t above = row[j], change = corner + (a[i - 1] != b[j - 1]);
            const size_t insert = row[j - 1] + 1;
            row[j] = above + 1 < insert ? above + 1 : insert;
            if (change < row[j]) row[j] = change;
            corner = above;
        }
    }
    return row[m];
}

const char *lwi_nearest(const char *word, const char *(*get)(const void *list, size_t i),
                        const void *list) {
    const char *best = NULL;
    size_t least = strlen(word) / 3 + 2;
    for (size_t i = 0; get(list, i); i++) {
        const char *candidate = get(list, i);
        const size_t d = distance(word, candidate);
        if (d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

static const char *option_name(const void *list, size_t i) {
    const lwi_command *command = list;
    return i < command->n_options ? command->options[i].name : NULL;
}

static int unknown_option(const lwi_command *command, const char *name) {
    const char *near = lwi_nearest(name, option_name, command);
    if (near)
        return lwi_misuse("%s has no option --%s; did you mean --%s?", command->name, name, near);
    return lwi_misuse("%s has no option --%s; see lampwick help %s", command->name, name,
                      command->name);
}

static bool allowed(const char *choice, const char *value) {
    const size_t n = strlen(value);
    for (const char *at = choice; at; at = strchr(at, '|'), at += at != NULL)
        if (n && !strncmp(at, value, n) && (at[n] == '|' || !at[n])) return true;
    return false;
}

static int store(const lwi_option *option, const char *value, void *options) {
    void *place = (char *)options + option->offset;
    char *end = NULL;
    if (option->choice && !allowed(option->choice, value))
        return lwi_misuse("--%s is one of %s, not '%s'", option->name, option->choice, value);
    errno = 0;
    if (option->kind == LWI_TEXT) {
        *(const char **)place = value;
    } else if (option->kind == LWI_LIST) {
        lwi_texts *list = place;
        list->items = lwi_resize(list->items, list->n + 1, sizeof *list->items);
        list->items[list->n++] = value;
    } else if (option->kind == LWI_COUNT) {
        const long number = strtol(value, &end, 10);
        if (end == value || *end || errno || number < 0 || number > 1000000000)
            return lwi_misuse("--%s takes a whole number, not '%s'", option->name, value);
        *(int *)place = (int)number;
    } else {
        const double number = strtod(value, &end);
        if (end == value || *end || number != number)
            return lwi_misuse("--%s takes a number, not '%s'", option->name, value);
        *(double *)place = number;
    }
    return LWI_EXIT_OK;
}

static const lwi_option *find_long(const lwi_command *command, const char *name, size_t n) {
    for (size_t i = 0; i < command->n_options; i++)
        if (strlen(command->options[i].name) == n && !strncmp(command->options[i].name, name, n))
            return &command->options[i];
    return NULL;
}

static const lwi_option *find_short(const lwi_command *command, char letter) {
    for (size_t i = 0; i < command->n_options; i++)
        if (command->options[i].letter == letter) return &command->options[i];
    return NULL;
}

/* Parses the option at arguments[*at] and moves past it. */
static int parse_option(const lwi_command *command, char **arguments, int n, int *at,
                        void *options) {
    const char *word = arguments[(*at)++], *value = NULL;
    const lwi_option *option;
    if (word[1] == '-') {
        const size_t length = strcspn(word + 2, "=");
        option = find_long(command, word + 2, length);
        if (!option) {
            char *name = lwi_text("%.*s", (int)length, word + 2);
            const int code = unknown_option(command, name);
            free(name);
            return code;
        }
        if (word[2 + length]) value = word + 3 + length;
    } else {
        option = find_short(command, word[1]);
        if (!option)
            return lwi_misuse("%s has no option -%c; see lampwick help %s", command->name, word[1],
                              command->name);
        if (word[2]) value = word + 2;
    }
    if (option->kind == LWI_FLAG) {
        if (value) return lwi_misuse("--%s takes no value", option->name);
        *(bool *)((char *)options + option->offset) = true;
        return LWI_EXIT_OK;
    }
    if (!value && *at == n)
        return lwi_misuse("--%s needs a value: --%s %s", option->name, option->name, option->value);
    return store(option, value ? value : arguments[(*at)++], options);
}

static int parse(const lwi_command *command, char **arguments, int *n, void *options) {
    int kept = 0, at = 0;
    bool ended = false;
    while (at < *n) {
        char *word = arguments[at];
        if (!ended && !strcmp(word, "--")) {
            ended = true;
            at++;
        } else if (!ended && word[0] == '-' && word[1]) {
            const int code = parse_option(command, arguments, *n, &at, options);
            if (code) return code;
        } else {
            arguments[kept++] = word;
            at++;
        }
    }
    *n = kept;
    if (kept < command->least || (command->most >= 0 && kept > command->most))
        return lwi_misuse("usage: lampwick %s %s; see lampwick help %s", command->name,
                          command->arguments, command->name);
    return LWI_EXIT_OK;
}

int lwi_command_run(const lwi_command *command, char **arguments, int n) {
    for (int i = 0; i < n && strcmp(arguments[i], "--"); i++)
        if (!strcmp(arguments[i], "--help") || !strcmp(arguments[i], "-h")) {
            lwi_help_command(command);
            return LWI_EXIT_OK;
        }
    void *options = lwi_resize(NULL, 1, command->size);
    if (command->defaults) memcpy(options, command->defaults, command->size);
    else memset(options, 0, command->size);
    int code = parse(command, arguments, &n, options);
    if (!code) code = command->run(options, arguments, n);
    for (size_t i = 0; i < command->n_options; i++)
        if (command->options[i].kind == LWI_LIST)
            free(((lwi_texts *)((char *)options + command->options[i].offset))->items);
    free(options);
    return code;
}

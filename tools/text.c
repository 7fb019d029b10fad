/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static void no_memory(void) {
    lwi_complain("out of memory");
    exit(LWI_EXIT_FAILURE);
}

void *lwi_resize(void *block, size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) no_memory();
    void *grown = realloc(block, bytes ? bytes : 1);
    if (!grown) no_memory();
    return grown;
}

char *lwi_text(const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    const int n = vsnprintf(NULL, 0, format, values);
    char *text = lwi_resize(NULL, (size_t)(n < 0 ? 0 : n) + 1, 1);
    text[0] = 0;
    if (n >= 0) vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(values);
    return text;
}

void lwi_print_text(const char *text, size_t most) {
    size_t i = 0;
    for (; text[i] && i < most; i++)
        putchar((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i]);
    if (text[i]) fputs("...", stdout);
}

const char *lwi_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

long lwi_name_number(const char *name, const char *start, const char *end) {
    const size_t n = strlen(start);
    if (strncmp(name, start, n) || name[n] < '0' || name[n] > '9') return -1;
    char *stop;
    errno = 0;
    const long number = strtol(name + n, &stop, 10);
    return errno || number < 0 || strcmp(stop, end) != 0 ? -1 : number;
}

static bool read_all(FILE *file, uint8_t **data, size_t *size) {
    size_t capacity = 0;
    *data = NULL;
    *size = 0;
    for (;;) {
        if (*size == capacity) {
            capacity = capacity ? capacity * 2 : 65536;
            *data = lwi_resize(*data, capacity, 1);
        }
        const size_t got = fread(*data + *size, 1, capacity - *size, file);
        *size += got;
        if (!got) return !ferror(file);
    }
}

bool lwi_read_file(const char *path, uint8_t **data, size_t *size) {
    FILE *file = fopen(path, "rb");
    const bool good = file && read_all(file, data, size);
    const int reason = errno;
    if (file && !good) free(*data);
    if (file) fclose(file);
    errno = reason;
    return good;
}

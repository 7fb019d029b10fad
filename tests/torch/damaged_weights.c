/* SPDX-License-Identifier: MIT
 * Reads files of weights, whole and damaged, with allocations that fail in turn, and copies every
 * tensor: an answer or a sentence must come, and a sanitizer sees the rest.
 *
 *     damaged_weights FLIPS FILE... */
#include "damage.h"

#include <lampwick/weights.h>

#include <signal.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 22, SECONDS = 10 };

typedef struct failing {
    size_t calls, fail_at; /* 0: never */
} failing;

static const char *current;

static void too_slow(int signal) {
    (void)signal;
    const ssize_t n = write(2, current, strlen(current));
    _exit(n < 0 ? 3 : 4);
}

static void *allocate(void *user, size_t bytes, size_t align) {
    failing *f = user;
    void *block = NULL;
    if (++f->calls == f->fail_at || bytes > (size_t)1 << 32) return NULL;
    return posix_memalign(&block, align < sizeof block ? sizeof block : align, bytes) ? NULL
                                                                                      : block;
}

static void release(void *user, void *block) {
    (void)user;
    free(block);
}

static void copy_tensors(const lw_weights *weights) {
    lw_weights_entry e = {.size = sizeof e};
    for (size_t i = 0; lw_weights_get(weights, i, &e) == LW_OK; i++) {
        lw_value *value = NULL, *copy = NULL;
        if (e.bytes > MOST_BYTES) continue;
        if (lw_weights_tensor(weights, e.name, &value) == LW_OK &&
            lw_value_copy(value, &copy) == LW_OK)
            lw_value_free(copy);
        lw_value_free(value);
    }
}

static void read_weights(void *arg, const unsigned char *data, size_t size) {
    const lw_allocator allocator = {sizeof allocator, allocate, release, arg};
    const lw_weights_options options = {
        .size = sizeof options, .allocator = &allocator, .any_class = true};
    lw_weights *weights = NULL;
    alarm(SECONDS);
    if (lw_weights_parse(data, size, &options, &weights) == LW_OK) copy_tensors(weights);
    lw_weights_free(weights);
    alarm(0);
}

static int damage_file(const char *path, int flips) {
    size_t size = 0;
    failing f = {0};
    unsigned char *data = read_file(path, &size);
    if (!data) return 1;
    current = path;
    read_weights(&f, data, size);
    const size_t calls = f.calls;
    for (size_t i = 1; i <= calls; i++) {
        f = (failing){0, i};
        read_weights(&f, data, size);
    }
    f = (failing){0};
    try_damaged(data, size, flips, read_weights, &f);
    free(data);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    signal(SIGALRM, too_slow);
    for (int i = 2; i < argc; i++)
        if (damage_file(argv[i], atoi(argv[1]))) return 1;
    printf("%d files, damaged: no fault\n", argc - 2);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * Fails the n-th allocation of loading and running a model, for n = 1, 2, ... until a run gets
 * through: each time LW_NO_MEMORY must come back, and every block must have been freed. With
 * --save FILE the model is written there as ONNX instead of being run, with --plugin PATH a plug-in
 * runs what it can.
 *
 *     oom [--save FILE | --plugin PATH] MODEL...
 */
#include "any_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct failing {
    long calls, fail_at, live;
} failing;

static void *fail_alloc(void *user, size_t bytes, size_t align) {
    failing *f = user;
    if (++f->calls == f->fail_at) return NULL;
    void *p = aligned_alloc(align, (bytes + align - 1) / align * align);
    f->live += p != NULL;
    return p;
}

static void fail_free(void *user, void *block) {
    ((failing *)user)->live--;
    free(block);
}

static const char *save_path, *plugin_path;

static lw_status load_and_run(const char *path, const lw_allocator *allocator) {
    const lw_model_options options = {.size = sizeof options, .allocator = allocator};
    lw_model *model = NULL;
    lw_status status = lw_model_load(path, &options, &model);
    if (status == LW_OK && save_path) status = lw_model_save_onnx(model, save_path, NULL);
    else if (status == LW_OK) status = run_on_anything_with(model, allocator, plugin_path);
    lw_model_free(model);
    return status;
}

static int torture(const char *path) {
    failing f = {0, 0, 0};
    const lw_allocator allocator = {sizeof allocator, fail_alloc, fail_free, &f};
    const lw_status healthy = load_and_run(path, &allocator);
    const long total = f.calls;
    const long step = total > 3000 ? total / 3000 : 1;
    int bad = f.live != 0;
    for (long n = 1; n <= total; n += step) {
        f = (failing){0, n, 0};
        const lw_status status = load_and_run(path, &allocator);
        /* Where losing a block is no failure (folding gives up), the result is as without. */
        if ((status != LW_NO_MEMORY && status != healthy) || f.live != 0) {
            printf("%s: allocation %ld: status %s, %ld blocks left: %s\n", path, n,
                   lw_status_name(status), f.live, lw_last_error());
            bad++;
        }
    }
    printf("%s: %ld allocations, %s, %d faults\n", path, total, lw_status_name(healthy), bad);
    return bad;
}

int main(int argc, char **argv) {
    int bad = 0, first = 1;
    if (argc > 2 && !strcmp(argv[1], "--save")) save_path = argv[2], first = 3;
    if (argc > 2 && !strcmp(argv[1], "--plugin")) plugin_path = argv[2], first = 3;
    for (int i = first; i < argc; i++)
        bad += torture(argv[i]);
    return bad != 0;
}

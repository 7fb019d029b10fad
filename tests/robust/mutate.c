/* SPDX-License-Identifier: MIT
 * Damages model files: cut at every hundredth, and random bits flipped. Each damaged file must
 * load and run, or give an error with a sentence; a sanitizer sees the rest.
 *
 *     mutate FLIPS MODEL...
 */
#include "any_input.h"
#include "damage.h"

typedef struct tally {
    int ran, refused, silent;
} tally;

static void try_model(void *arg, const unsigned char *data, size_t size) {
    tally *t = arg;
    lw_model *model = NULL;
    lw_status status = lw_model_load_memory(data, size, NULL, &model);
    if (status == LW_OK) status = run_on_anything(model, NULL);
    lw_model_free(model);
    if (status == LW_OK) t->ran++;
    else t->refused++;
    t->silent += status != LW_OK && status != LW_UNSUPPORTED && status != LW_LIMIT &&
                 !strlen(lw_last_error());
}

static int mutate(const char *path, int flips) {
    size_t size = 0;
    unsigned char *data = read_file(path, &size);
    tally t = {0, 0, 0};
    if (!data) return 1;
    try_damaged(data, size, flips, try_model, &t);
    printf("%s: %d ran, %d refused, %d without a sentence\n", path, t.ran, t.refused, t.silent);
    free(data);
    return t.silent;
}

int main(int argc, char **argv) {
    int bad = 0;
    for (int i = 2; i < argc; i++)
        bad += mutate(argv[i], (int)strtol(argv[1], NULL, 10));
    return bad != 0;
}

/* SPDX-License-Identifier: MIT
 * Damages model files: cut at every hundredth, and random bits flipped. Each damaged file must
 * load and run, or give an error with a sentence; a sanitizer sees the rest. A model runs on what
 * inputs.npz beside it has, if that is there, else on made-up data.
 *
 *     mutate FLIPS MODEL...
 */
#include <lampwick/media.h>

#include "any_input.h"
#include "damage.h"

enum { MOST = 16 };

typedef struct tally {
    lw_value *inputs[MOST];
    size_t n_inputs;
    int ran, refused, silent;
} tally;

static void try_model(void *arg, const unsigned char *data, size_t size) {
    tally *t = arg;
    lw_model *model = NULL;
    lw_status status = lw_model_load_memory(data, size, NULL, &model);
    if (status == LW_OK)
        status = t->n_inputs ? run_on_values(model, t->inputs, t->n_inputs)
                             : run_on_anything(model, NULL);
    lw_model_free(model);
    if (status == LW_OK) t->ran++;
    else t->refused++;
    t->silent += status != LW_OK && status != LW_UNSUPPORTED && status != LW_LIMIT &&
                 !strlen(lw_last_error());
}

static void read_inputs(const char *model, tally *t) {
    char path[1024];
    lw_media_npz *npz = NULL;
    const char *slash = strrchr(model, '/');
    const int n = slash ? (int)(slash - model) + 1 : 0;
    snprintf(path, sizeof path, "%.*sinputs.npz", n, model);
    if (lw_media_npz_open(path, &npz) != LW_OK) return;
    for (size_t i = 0; i < lw_media_npz_count(npz) && i < MOST; i++)
        if (lw_media_npz_load(npz, i, &t->inputs[i]) == LW_OK) t->n_inputs = i + 1;
    lw_media_npz_close(npz);
}

static int mutate(const char *path, int flips) {
    size_t size = 0;
    unsigned char *data = read_file(path, &size);
    tally t = {0};
    if (!data) return 1;
    read_inputs(path, &t);
    try_damaged(data, size, flips, try_model, &t);
    printf("%s: %d ran, %d refused, %d without a sentence\n", path, t.ran, t.refused, t.silent);
    for (size_t i = 0; i < t.n_inputs; i++)
        lw_value_free(t.inputs[i]);
    free(data);
    return t.silent;
}

int main(int argc, char **argv) {
    int bad = 0;
    for (int i = 2; i < argc; i++)
        bad += mutate(argv[i], (int)strtol(argv[1], NULL, 10));
    return bad != 0;
}

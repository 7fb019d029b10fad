/* SPDX-License-Identifier: MIT
 * Runs test cases on damaged inputs: elements become the extremes of their type, NaN, minus one,
 * huge. Kernels must answer with a result or an error; a sanitizer sees the rest.
 *
 *     hostile_inputs ROUNDS CASE_FOLDER...      (model.onnx, test_data_set_0/input_N.pb)
 */
#include "damage.h"

#include <lampwick.h>

#include <math.h>
#include <signal.h>
#include <unistd.h>

enum { MOST = 32, SECONDS = 5 };

static lw_context *running;
static const char *current;
static volatile sig_atomic_t asked; /* the run under way to stop */

static void stop_run(int signal) {
    (void)signal;
    if (asked++) { /* the run did not heed: say where, then stop for good */
        const ssize_t n = write(2, current, strlen(current));
        _exit(n < 0 ? 3 : 4);
    }
    if (running) lw_context_cancel(running);
    alarm(10 * SECONDS);
}

static void damage(lw_value *v, uint64_t *random) {
    static const double evil[] = {-1,
                                  0,
                                  1,
                                  1e9,
                                  -1e9,
                                  127,
                                  -128,
                                  255,
                                  32768,
                                  65536,
                                  2e9,
                                  -2147483648.0,
                                  2147483647.0,
                                  9.3e18,
                                  -9.3e18,
                                  1e300,
                                  -1e300,
                                  NAN,
                                  INFINITY,
                                  -INFINITY,
                                  2,
                                  3,
                                  -2,
                                  -3,
                                  7,
                                  100};
    for (size_t i = 0; i < lw_value_item_count(v); i++)
        damage((lw_value *)lw_value_item(v, i), random);
    const size_t n = lw_tensor_count(v);
    if (n == 0 || lw_tensor_dtype(v) == LW_STRING || next_random(random) % 3 == 0) return;
    const size_t times = 1 + next_random(random) % 3;
    for (size_t i = 0; i < times; i++) {
        const double x = evil[next_random(random) % (sizeof evil / sizeof *evil)];
        if (lw_tensor_set(v, next_random(random) % n, x) != LW_OK) return;
    }
}

static lw_value *read_input(const char *folder, size_t index, lw_kind kind) {
    char path[1024];
    lw_value *value = NULL;
    snprintf(path, sizeof path, "%s/test_data_set_0/input_%zu.pb", folder, index);
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    const long n = ftell(f);
    rewind(f);
    unsigned char *data = malloc(n > 0 ? (size_t)n : 1);
    const size_t size = data ? fread(data, 1, n > 0 ? (size_t)n : 0, f) : 0;
    fclose(f);
    if (lw_onnx_value_parse(data, size, kind, &value) != LW_OK) value = NULL;
    free(data);
    return value;
}

static void run_round(lw_context *context, const lw_model *model, const char *folder,
                      uint64_t *random) {
    lw_io in[MOST] = {{0}}, out[MOST] = {{0}};
    size_t n_in = 0;
    const size_t n_out = lw_model_output_count(model);
    for (size_t i = 0; i < lw_model_input_count(model) && i < MOST; i++) {
        lw_io_info info = {.size = sizeof info};
        if (lw_model_input(model, i, &info) != LW_OK) return;
        lw_value *value = read_input(folder, i, info.kind);
        if (!value) continue;
        damage(value, random);
        in[n_in++] = (lw_io){info.name, value};
    }
    for (size_t i = 0; i < n_out && i < MOST; i++) {
        lw_io_info info = {.size = sizeof info};
        if (lw_model_output(model, i, &info) == LW_OK) out[i].name = info.name;
    }
    running = context;
    asked = 0;
    alarm(SECONDS);
    const lw_status status = lw_context_run(context, in, n_in, out, n_out < MOST ? n_out : MOST);
    alarm(0);
    running = NULL;
    if (status != LW_OK && !strlen(lw_last_error())) printf("%s: no sentence\n", folder);
    for (size_t i = 0; i < n_in; i++)
        lw_value_free(in[i].value);
    for (size_t i = 0; i < MOST; i++)
        lw_value_free(out[i].value);
}

static bool run_case(const char *folder, int rounds, uint64_t *random) {
    char path[1024];
    lw_model *model = NULL;
    lw_context *context = NULL;
    const lw_context_options options = {
        .size = sizeof options, .threads = 1, .memory_limit = 256u << 20};
    current = folder;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    const bool loaded = lw_model_load(path, NULL, &model) == LW_OK &&
                        lw_context_new(model, &options, &context) == LW_OK;
    for (int i = 0; loaded && i < rounds; i++)
        run_round(context, model, folder, random);
    lw_context_free(context);
    lw_model_free(model);
    return loaded;
}

int main(int argc, char **argv) {
    uint64_t random = 88172645463325252u;
    int ran = 0;
    signal(SIGALRM, stop_run);
    for (int i = 2; i < argc; i++)
        ran += run_case(argv[i], (int)strtol(argv[1], NULL, 10), &random);
    printf("%d of %d cases ran on damaged inputs\n", ran, argc - 2);
    return 0;
}

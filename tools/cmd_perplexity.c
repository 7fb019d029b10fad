/* SPDX-License-Identifier: MIT
 * lampwick perplexity: how well a language model predicts a text. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "llm_options.h"
#include "text.h"

typedef struct perplexity_options {
    lwi_llm_options llm;
    int stride;
    bool json;
} perplexity_options;

/* Of the negative logarithms of the probabilities. */
typedef struct surprise {
    double sum, squares;
    size_t n;
} surprise;

static double mean_of(const surprise *s) { return s->n ? s->sum / (double)s->n : 0; }

/* The standard error of the mean. */
static double error_of(const surprise *s) {
    if (s->n < 2) return 0;
    const double mean = mean_of(s), n = (double)s->n;
    const double variance = (s->squares / n - mean * mean) * n / (n - 1);
    return sqrt(fmax(variance, 0) / n);
}

/* The token that every text of the model begins with; -1: there is none. */
static int32_t beginning(const lw_llm *llm, const int32_t *tokens) {
    lw_tokenizer_info info = {.size = sizeof info};
    if (lw_tokenizer_get_info(lw_llm_tokenizer(llm), &info) != LW_OK) return -1;
    return info.adds_bos && tokens[0] == info.bos ? info.bos : -1;
}

/* One window, whose first token, seen before, makes way for the one that texts begin with. */
static lw_status score_window(lw_session *session, int32_t *tokens, size_t n, int32_t begin,
                              float *scores) {
    const int32_t first = tokens[0];
    lw_status status = lw_session_rewind(session, 0);
    if (begin >= 0) tokens[0] = begin;
    if (status == LW_OK) status = lw_session_score(session, tokens, n, scores);
    tokens[0] = first;
    return status;
}

/* Windows of the context, `stride` tokens apart. A token counts where it is seen first, so that
 * from the second window on all have at least window - stride tokens before them. */
static lw_status measure(lw_session *session, int32_t *tokens, size_t n, size_t window,
                         size_t stride, int32_t begin, surprise *s) {
    float *scores = lwi_resize(NULL, window, sizeof *scores);
    lw_status status = LW_OK;
    size_t counted = 0;
    for (size_t at = 0; status == LW_OK && counted < n; at += stride) {
        const size_t end = n - at < window ? n : at + window;
        status = score_window(session, tokens + at, end - at, begin, scores);
        for (size_t i = counted; status == LW_OK && i < end; i++) {
            const double x = -(double)scores[i - at];
            if (i == at) continue; /* nothing predicts it */
            s->sum += x;
            s->squares += x * x;
            s->n++;
        }
        counted = end;
    }
    free(scores);
    return status;
}

static void print_results(const surprise *s, size_t window, size_t stride, bool as_json) {
    const double mean = mean_of(s), error = error_of(s), perplexity = exp(mean);
    if (!as_json) {
        printf("perplexity  %.4f +- %.4f\n", perplexity, perplexity * error);
        printf("log         %.5f +- %.5f per token\n", mean, error);
        printf("tokens      %zu, windows of %zu every %zu\n", s->n, window, stride);
        return;
    }
    lwi_json json = {0};
    lwi_show_open(&json, '{');
    lwi_show_set_number(&json, "perplexity", perplexity);
    lwi_show_set_number(&json, "perplexity_error", perplexity * error);
    lwi_show_set_number(&json, "log", mean);
    lwi_show_set_number(&json, "log_error", error);
    lwi_show_set_integer(&json, "tokens", (int64_t)s->n);
    lwi_show_set_integer(&json, "window", (int64_t)window);
    lwi_show_set_integer(&json, "stride", (int64_t)stride);
    lwi_show_close(&json, '}');
}

static lw_status run_session(const lw_llm *llm, const perplexity_options *o, int32_t *tokens,
                             size_t n) {
    lw_llm_info info = {.size = sizeof info};
    lw_context_options context;
    lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    lw_session *session = NULL;
    surprise s = {0};
    lw_status status = lw_llm_describe(llm, &info);
    if (status != LW_OK) return status;
    const size_t window = batch.tokens ? batch.tokens : info.context;
    const size_t stride = o->stride ? (size_t)o->stride : (window + 1) / 2;
    if (n < 2 || window < 2) return lw_fail(LW_INVALID, "the text or the context is too short");
    if (stride >= window) return lw_fail(LW_INVALID, "--stride must be below the context");
    batch.tokens = window;
    const lw_session_options options = {
        .size = sizeof options, .batch_options = &batch, .most_tokens = window};
    status = lw_session_new(llm, &options, &session);
    if (status == LW_OK)
        status = measure(session, tokens, n, window, stride, beginning(llm, tokens), &s);
    lw_session_free(session);
    if (status == LW_OK) print_results(&s, window, stride, o->json);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const perplexity_options *o = given;
    uint8_t *text = NULL;
    size_t size = 0, n_tokens = 0;
    lw_llm *llm = NULL;
    int32_t *tokens = NULL;
    const char *path = n > 1 ? arguments[1] : "/dev/stdin";
    if (!lwi_read_file(path, &text, &size))
        return lwi_complain("cannot read '%s': %s", path, strerror(errno));
    lw_status status = lwi_llm_open(arguments[0], &o->llm, &llm);
    if (status == LW_OK) status = lwi_llm_encode(llm, (char *)text, size, &tokens, &n_tokens);
    if (status == LW_OK) status = run_session(llm, o, tokens, n_tokens);
    free(tokens);
    free(text);
    lw_llm_free(llm);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

#define AT(member) offsetof(perplexity_options, member)
static const lwi_option table[] = {
    {"stride", 's', LWI_COUNT, AT(stride), "N", NULL,
     "tokens from one window to the next (half the context)"},
    {"json", 0, LWI_FLAG, AT(json), NULL, NULL, "print JSON"},
    LWI_LLM_OPTIONS(perplexity_options, llm),
};

const lwi_command lwi_cmd_perplexity = {
    .name = "perplexity",
    .arguments = "MODEL [FILE]",
    .summary = "how well a language model predicts a text",
    .about =
        "Reads the text in windows of the context that overlap, and prints the perplexity of "
        "its tokens (the exponential of the mean negative logarithm of their probabilities) "
        "with its standard error. Each window begins with the token that texts of the model begin "
        "with. Without FILE, the standard input is read.",
    .examples = "lampwick perplexity model.gguf book.txt --context 512\n"
                "lampwick perplexity model.gguf book.txt --stride 64 --json",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 2,
    .size = sizeof(perplexity_options),
    .run = run,
};

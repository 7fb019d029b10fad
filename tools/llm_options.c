/* SPDX-License-Identifier: MIT */
#include "llm_options.h"
#include "text.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

/* "FILE=0.5" or "FILE"; the copy of the path is to be freed. */
static lw_adapter parse_adapter(const char *text) {
    const char *equals = strrchr(text, '=');
    char *end = NULL;
    const double scale = equals ? strtod(equals + 1, &end) : 1;
    const bool scaled = equals && end != equals + 1 && !*end;
    const size_t n = scaled ? (size_t)(equals - text) : strlen(text);
    char *path = lwi_resize(NULL, n + 1, 1);
    memcpy(path, text, n);
    path[n] = 0;
    return (lw_adapter){path, scaled ? (float)scale : 1};
}

lw_status lwi_llm_open(const char *path, const lwi_llm_options *options, lw_llm **llm) {
    const size_t n = options->lora.n;
    lw_adapter *adapters = lwi_resize(NULL, n + 1, sizeof *adapters);
    for (size_t i = 0; i < n; i++)
        adapters[i] = parse_adapter(options->lora.items[i]);
    const lw_model_options model = {.size = sizeof model,
                                    .skip_passes = options->engine.skip_passes,
                                    .adapters = adapters,
                                    .n_adapters = n};
    const lw_llm_options o = {.size = sizeof o,
                              .model = &model,
                              .tokenizer = options->tokenizer,
                              .chat_template = options->chat_template};
    const lw_status status = lw_llm_load(path, &o, llm);
    for (size_t i = 0; i < n; i++)
        free((void *)adapters[i].path);
    free(adapters);
    return status;
}

lw_cache_type lwi_llm_cache(const lwi_llm_options *options) {
    const char *name = options->cache ? options->cache : "f16";
    return !strcmp(name, "f32")    ? LW_CACHE_FLOAT32
           : !strcmp(name, "q8_0") ? LW_CACHE_Q8_0
                                   : LW_CACHE_FLOAT16;
}

lw_batch_options lwi_llm_batch_options(const lwi_llm_options *options,
                                       lw_context_options *context) {
    *context = lwi_engine_context(&options->engine);
    return (lw_batch_options){.size = sizeof(lw_batch_options),
                              .context = context,
                              .cache = lwi_llm_cache(options),
                              .tokens = (size_t)options->context};
}

lw_sampling lwi_llm_sampling(const lwi_sampling_options *o) {
    return (lw_sampling){
        .size = sizeof(lw_sampling),
        .seed = o->seed >= 0 ? (uint64_t)o->seed : lwi_random_key(),
        .temperature = (float)o->temperature,
        .penalty_last = (size_t)o->last,
        .repetition = (float)o->repetition,
        .frequency = (float)o->frequency,
        .presence = (float)o->presence,
        .dry_multiplier = (float)o->dry,
        .dry_base = (float)o->dry_base,
        .dry_allowed = (size_t)o->dry_allowed,
        .top_k = (size_t)o->top_k,
        .typical = (float)o->typical,
        .top_p = (float)o->top_p,
        .min_p = (float)o->min_p,
        .xtc_probability = (float)o->xtc,
        .xtc_threshold = 0.1f,
        .mirostat_tau = (float)o->mirostat,
        .mirostat_eta = 0.1f,
    };
}

lw_status lwi_llm_breakers(const lw_llm *llm, const lwi_sampling_options *o,
                           lw_sampling *sampling) {
    const bool given = o->breakers.n > 0, none = given && !strcmp(o->breakers.items[0], "none");
    const char *const *texts = given ? (const char *const *)o->breakers.items : NULL;
    size_t n = 0;
    if (!(o->dry > 0) || none || !lw_llm_tokenizer(llm)) return LW_OK;
    lw_status status = lw_llm_dry_breakers(llm, texts, o->breakers.n, NULL, 0, &n);
    if (status != LW_OK) return status;
    int32_t *tokens = lwi_resize(NULL, n + 1, sizeof *tokens);
    status = lw_llm_dry_breakers(llm, texts, o->breakers.n, tokens, n, &n);
    sampling->dry_breakers = tokens;
    sampling->n_dry_breakers = n;
    return status;
}

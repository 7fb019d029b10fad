/* SPDX-License-Identifier: MIT */
#include "llm_options.h"

#include <string.h>
#include <time.h>

lw_status lwi_llm_open(const char *path, const lwi_llm_options *options, lw_llm **llm) {
    const lw_model_options model = {.size = sizeof model,
                                    .skip_passes = options->engine.skip_passes};
    const lw_llm_options o = {.size = sizeof o, .model = &model, .tokenizer = options->tokenizer};
    return lw_llm_load(path, &o, llm);
}

lw_cache_type lwi_llm_cache(const lwi_llm_options *options) {
    const char *name = options->cache ? options->cache : "f16";
    return !strcmp(name, "f32")    ? LW_CACHE_FLOAT32
           : !strcmp(name, "q8_0") ? LW_CACHE_Q8_0
                                   : LW_CACHE_FLOAT16;
}

lw_batch_options lwi_llm_batch_options(const lwi_llm_options *options,
                                       lw_context_options *context) {
    *context = (lw_context_options){.size = sizeof *context, .threads = options->engine.threads};
    if (options->engine.precision && !strcmp(options->engine.precision, "fast"))
        context->precision = LW_FAST;
    return (lw_batch_options){.size = sizeof(lw_batch_options),
                              .context = context,
                              .cache = lwi_llm_cache(options),
                              .tokens = (size_t)options->context};
}

lw_sampling lwi_llm_sampling(const lwi_sampling_options *o) {
    return (lw_sampling){
        .size = sizeof(lw_sampling),
        .seed =
            o->seed >= 0 ? (uint64_t)o->seed : (uint64_t)time(NULL) * 1000003 + (uint64_t)clock(),
        .temperature = (float)o->temperature,
        .penalty_last = (size_t)o->last,
        .repetition = (float)o->repetition,
        .frequency = (float)o->frequency,
        .presence = (float)o->presence,
        .dry_multiplier = (float)o->dry,
        .dry_base = 1.75f,
        .dry_allowed = 2,
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

/* SPDX-License-Identifier: MIT
 * A language model: weights and tokenizer. */
#include "llm/llm_session.h"
#include "llm/model_notes.h"

#include <string.h>

static lw_status find_size(const lw_model *model, const char *name, size_t *size) {
    if (lwi_model_size(model, name, size)) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "this is no language model: it has no %s", name);
}

static void find_pooling(lw_llm *llm) {
    const char *name = lwi_model_text(llm->model, "lampwick.pooling");
    llm->classifier = !strcmp(name, "rank");
    if (!strcmp(name, "mean")) llm->pooling = LW_POOLING_MEAN;
    else if (!strcmp(name, "cls") || llm->classifier) llm->pooling = LW_POOLING_CLS;
    else if (!strcmp(name, "last")) llm->pooling = LW_POOLING_LAST;
    else llm->pooling = llm->encoder || llm->source_layers ? LW_POOLING_MEAN : LW_POOLING_LAST;
}

static lw_status read_sizes(lw_llm *llm) {
    size_t bands = 0, second = 0;
    if (lwi_model_size(llm->model, "lampwick.audio.bands", &bands))
        return lwi_fail(LW_UNSUPPORTED, "this model makes text of speech, not of text "
                                        "(lampwick transcribe, lampwick/speech.h)");
    LW_TRY(find_size(llm->model, "lampwick.context", &llm->context));
    LW_TRY(find_size(llm->model, "lampwick.context.original", &llm->original_context));
    LW_TRY(find_size(llm->model, "lampwick.width", &llm->width));
    LW_TRY(find_size(llm->model, "lampwick.vocabulary", &llm->vocabulary));
    LW_TRY(find_size(llm->model, "lampwick.cache.positions", &llm->cache_positions));
    LW_TRY(find_size(llm->model, "lampwick.cache.elements", &llm->cache_elements));
    LW_TRY(find_size(llm->model, "lampwick.state.elements", &llm->state_elements));
    LW_TRY(find_size(llm->model, "lampwick.cache.q8_bytes", &llm->cache_q8_bytes));
    lwi_model_size(llm->model, "lampwick.source.layers", &llm->source_layers);
    lwi_model_size(llm->model, "lampwick.source.width", &llm->source_width);
    lwi_model_size(llm->model, "lampwick.source.start", &llm->source_start);
    const bool two = lwi_model_size(llm->model, "lampwick.source.second", &second);
    llm->source_second = two ? (int32_t)second : -1;
    llm->source_positions = *lwi_model_text(llm->model, "lampwick.source.positions") != 0;
    llm->architecture = lwi_model_text(llm->model, "general.architecture");
    llm->encoder = *lwi_model_text(llm->model, "lampwick.encoder") != 0;
    llm->types = *lwi_model_text(llm->model, "lampwick.types") != 0;
    find_pooling(llm);
    return LW_OK;
}

/* A model may come without a tokenizer. */
static lw_status load_tokenizer(lw_llm *llm, const char *path, bool needed) {
    const lw_status status = lw_tokenizer_load(path, &llm->tokenizer);
    return status == LW_NOT_FOUND && !needed ? LW_OK : status;
}

lw_status lw_llm_load(const char *path, const lw_llm_options *options, lw_llm **llm) {
    if (!path || !llm) return lwi_fail(LW_INVALID, "lw_llm_load: path or llm is NULL");
    /* Callers compiled before chat_template was added have a shorter struct. */
    const size_t least = offsetof(lw_llm_options, chat_template);
    if (options && options->size < least)
        return lwi_fail(LW_INVALID, "lw_llm_options: size is %zu, expected at least %zu",
                        options->size, least);
    lw_llm_options o = {0};
    if (options) memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    lw_llm *l = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *l, &l));
    pthread_mutex_init(&l->lock, NULL);
    lw_status status = lw_model_load(path, o.model, &l->model);
    if (status == LW_OK) status = read_sizes(l);
    if (status == LW_OK) status = load_tokenizer(l, o.tokenizer ? o.tokenizer : path, o.tokenizer);
    if (status == LW_OK && o.chat_template) status = lwi_llm_use_template(l, o.chat_template);
    else if (status == LW_OK && lwi_llm_read_template(l, path) == LW_NO_MEMORY)
        status = LW_NO_MEMORY;
    if (status == LW_OK) *llm = l;
    else lw_llm_free(l);
    return status;
}

void lw_llm_free(lw_llm *llm) {
    if (!llm) return;
    lw_vocabulary_free(llm->grammar_vocabulary);
    pthread_mutex_destroy(&llm->lock);
    lw_tokenizer_free(llm->tokenizer);
    lw_chat_template_free(llm->chat);
    lw_model_free(llm->model);
    lwi_free(&lwi_malloc_allocator, llm);
}

lw_status lw_llm_describe(const lw_llm *llm, lw_llm_info *info) {
    /* Callers compiled before reads_source was added have a shorter struct. */
    const size_t least = offsetof(lw_llm_info, reads_source);
    if (!llm || !info || info->size < least)
        return lwi_fail(LW_INVALID, "lw_llm_describe: an argument is NULL or info->size not set");
    info->architecture = llm->architecture;
    info->vocabulary = llm->vocabulary;
    info->context = llm->context;
    info->width = llm->width;
    info->encoder = llm->encoder;
    info->classifier = llm->classifier;
    info->pooling = llm->pooling;
    info->cache_bytes = llm->cache_elements * sizeof(uint16_t) / llm->cache_positions;
    if (info->size >= sizeof *info) info->reads_source = llm->source_layers > 0;
    return LW_OK;
}

const lw_model *lw_llm_model(const lw_llm *llm) { return llm ? llm->model : NULL; }

const lw_tokenizer *lw_llm_tokenizer(const lw_llm *llm) { return llm ? llm->tokenizer : NULL; }

/* SPDX-License-Identifier: MIT
 * A batch: its memory, and its life. */
#include "llm/llm_session.h"

#include "base/checked.h"

/* Numbers of a block, and their type. */
static lw_dtype numbers_of(const lw_llm *llm, lw_cache_type type, size_t *n) {
    *n = type == LW_CACHE_Q8_0 ? llm->cache_q8_bytes : llm->cache_elements;
    return type == LW_CACHE_Q8_0 ? LW_UINT8 : type == LW_CACHE_FLOAT32 ? LW_FLOAT32 : LW_FLOAT16;
}

size_t lw_llm_cache_bytes(const lw_llm *llm, lw_cache_type type) {
    size_t n = 0;
    if (!llm) return 0;
    const size_t bits = lw_dtype_bits(numbers_of(llm, type, &n));
    return n * bits / 8 / llm->cache_positions;
}

static lw_status make_cache(lw_batch *b, const lw_batch_options *o) {
    const lw_llm *llm = b->llm;
    size_t numbers = 0;
    const lw_dtype dtype = numbers_of(llm, o ? o->cache : LW_CACHE_FLOAT16, &numbers);
    const size_t tokens = o && o->tokens ? o->tokens : llm->context;
    const size_t n = tokens / llm->cache_positions + (tokens % llm->cache_positions != 0);
    size_t bytes = 0;
    if (llm->cache_elements == 0) return LW_OK;
    b->per_sequence = n;
    if (!lwi_mul_size(numbers * (lw_dtype_bits(dtype) / 8), n, &bytes))
        return lwi_fail(LW_LIMIT, "a cache for %zu tokens is too large", tokens);
    LW_TRY(lwi_cache_blocks_init(&b->blocks, &b->allocator, n, llm->cache_positions));
    LW_TRY(lwi_alloc(&b->allocator, bytes, &b->cache));
    const int64_t dims[2] = {(int64_t)n, (int64_t)numbers};
    return lw_tensor_wrap(dtype, 2, dims, b->cache, &b->cache_value);
}

lw_status lw_batch_new(const lw_llm *llm, const lw_batch_options *options, lw_batch **batch) {
    if (!llm || !batch) return lwi_fail(LW_INVALID, "lw_batch_new: llm or batch is NULL");
    if (options && options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_batch_options: size is %zu, expected %zu", options->size,
                        sizeof *options);
    lw_batch *b = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *b, &b));
    b->allocator = lwi_malloc_allocator;
    b->llm = llm;
    b->step_tokens = options && options->step_tokens ? options->step_tokens : 512;
    b->keep_prefixes = options && options->keep_prefixes && !llm->source_layers &&
                       (llm->state_elements || llm->cache_elements);
    lwi_state_slots_init(&b->slots, &b->allocator, llm->state_elements);
    lwi_state_snapshots_init(&b->snapshots, &b->allocator, llm->state_elements);
    lw_status status = make_cache(b, options);
    if (status == LW_OK)
        status = lwi_alloc_array(&b->allocator, LWI_INPUTS + 2 * llm->source_layers,
                                 sizeof *b->inputs, &b->inputs);
    if (status == LW_OK)
        status = lwi_alloc_array(&b->allocator, 2 + lw_model_output_count(llm->model),
                                 sizeof *b->outputs, &b->outputs);
    if (status == LW_OK)
        status = lw_context_new(llm->model, options ? options->context : NULL, &b->context);
    /* Only runs read and write the cache, and mostly the state. */
    if (status == LW_OK && llm->cache_elements) status = lw_context_keep_input(b->context, "cache");
    if (status == LW_OK && llm->state_elements) status = lw_context_keep_input(b->context, "state");
    b->slots.context = b->context;
    if (status == LW_OK) *batch = b;
    else lw_batch_free(b);
    return status;
}

void lw_batch_free(lw_batch *b) {
    if (!b) return;
    lw_context_free(b->context);
    lwi_source_memory_free(b);
    for (int i = 0; i < LWI_CACHE; i++) {
        lw_value_free(b->values[i]);
        lwi_free(&b->allocator, b->numbers[i]);
    }
    lw_value_free(b->cache_value);
    lwi_cache_blocks_free(&b->blocks);
    lwi_state_slots_free(&b->slots);
    lwi_state_snapshots_free(&b->snapshots);
    lwi_free(&b->allocator, b->cache);
    lwi_free(&b->allocator, b->inputs);
    lwi_free(&b->allocator, b->outputs);
    lwi_free(&b->allocator, b->chosen);
    lwi_free(&b->allocator, b->logits);
    lwi_free(&b->allocator, b->states);
    lwi_free(&b->allocator, b);
}

lw_status lw_batch_step(lw_batch *batch, size_t *tokens) {
    if (!batch || !tokens) return lwi_fail(LW_INVALID, "lw_batch_step: an argument is NULL");
    return lwi_batch_step(batch, tokens);
}

void lw_batch_cancel(lw_batch *batch) {
    if (batch) lw_context_cancel(batch->context);
}

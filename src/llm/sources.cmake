# SPDX-License-Identifier: MIT
# Language models: sampling, sessions, batches.
set(names batch batch_step cache_blocks candidates dry_breakers gguf_hyperparameters gguf_pairs gguf_source gguf_vocabulary importance importance_file to_folder tokenizer_json tokenizer_json_unigram llm llm_chat llm_template model_notes quantize quantize_rules sampler sampler_filters sampler_penalties
    llm_session session_blocks session_grammar session_score session_source session_text state_slots stop_texts
    session_pooling state_snapshots speculation)
list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/src/llm/)
list(TRANSFORM names APPEND .c)
list(APPEND LAMPWICK_LLM_SOURCES ${names})

# SPDX-License-Identifier: MIT
# Tokenizers.
set(names added_tokens base64 bpe bpe_merge bpe_merges byte_alphabet byte_trie charsmap token_decoder
    detokenizer encode gguf_models gguf_pre gguf_tokenizer hf_config
    hf_decoder hf_json hf_model hf_normalizer hf_post_processor hf_pretokenizer hf_scores hf_tokenizer lossy_utf8 merge_table
    normalize_characters normalize_sentence normalizer pattern pattern_syntax pretokenizer
    text_tokenizer tokenizer_api tokenizer_load tokenizer_steps unicode_class unicode_form unigram
    vocabulary wordpiece)
list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/src/text/)
list(TRANSFORM names APPEND .c)
list(APPEND LAMPWICK_LLM_SOURCES ${names})

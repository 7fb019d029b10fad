# SPDX-License-Identifier: MIT
# Tokenizers.
set(names added_tokens base64 bpe bpe_merge bpe_merges byte_alphabet byte_trie charsmap detokenizer
    encode gguf_models gguf_tokenizer gpt2_files hft_config hft_decoder hft_json hft_model hft_normalizer
    hft_post_processor hft_pretokenizer hft_scores hft_tokenizer lossy_utf8 merge_table named_pre
    normalize_characters normalize_sentence normalizer pattern pattern_syntax pretokenizer rwkv_file
    space_words spm_ids spm_model spm_wire text_tokenizer tiktoken_file token_decoder tokenizer_api tokenizer_load
    tokenizer_steps unicode_class unicode_form unigram vocabulary wordpiece wordpiece_file)
list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/src/text/)
list(TRANSFORM names APPEND .c)
list(APPEND LAMPWICK_LLM_SOURCES ${names})

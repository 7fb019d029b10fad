# SPDX-License-Identifier: MIT
# Speech: sound to text.
set(names compression log_mel speech_align speech_cache speech_graph speech_model speech_rules speech_search speech_tokens speech_window speech_words
    transcribe transcriber transcript)
list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/src/speech/)
list(TRANSFORM names APPEND .c)
list(APPEND LAMPWICK_LLM_SOURCES ${names})

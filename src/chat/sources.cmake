# SPDX-License-Identifier: MIT
# Chat templates, replies and grammars.
set(names chat_parser chat_template grammar_compile grammar_match grammar_parse grammar_prune grammar_sets jinja_access jinja_arithmetic jinja_call jinja_evaluate jinja_execute
    jinja_expression jinja_format jinja_globals jinja_json jinja_lexer jinja_list_filters jinja_loop
    jinja_methods jinja_parse jinja_scopes jinja_str jinja_strings jinja_tests jinja_text jinja_text_filters
    jinja_value reply_calls reply_formats reply_python reply_tags
    schema_containers schema_counts schema_gbnf schema_logic schema_merge schema_multiples schema_pattern schema_scalars)
list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/src/chat/)
list(TRANSFORM names APPEND .c)
list(APPEND LAMPWICK_LLM_SOURCES ${names})

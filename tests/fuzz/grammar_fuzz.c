/* SPDX-License-Identifier: MIT
 * A libFuzzer target: a grammar or a schema, by the first byte, and behind a zero a text for it. */
#include <lampwick/grammar.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const lw_grammar *grammar, const char *text, size_t size) {
    static const char *const words[] = {"a",  "\"",   "{",    "}",    "[1",
                                        ", ", "true", "\xc3", "\xa9", "ab"};
    lw_string tokens[10];
    lw_vocabulary *vocabulary = NULL;
    lw_matcher *matcher = NULL;
    const uint64_t *mask = NULL;
    for (int i = 0; i < 10; i++)
        tokens[i] = (lw_string){words[i], strlen(words[i])};
    if (lw_vocabulary_new(tokens, 10, &vocabulary) == LW_OK &&
        lw_matcher_new(grammar, vocabulary, &matcher) == LW_OK) {
        for (size_t i = 0; i < size && lw_matcher_mask(matcher, &mask) == LW_OK; i++)
            if (lw_matcher_text(matcher, text + i, 1) != LW_OK) break;
        (void)lw_matcher_complete(matcher);
    }
    lw_matcher_free(matcher);
    lw_vocabulary_free(vocabulary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_grammar *grammar = NULL;
    if (!size) return 0;
    const char *text = (const char *)data + 1;
    const char *end = memchr(text, 0, size - 1);
    const size_t length = end ? (size_t)(end - text) : size - 1;
    const lw_status status = data[0] % 2 ? lw_grammar_new(text, length, &grammar)
                                         : lw_grammar_new_schema(text, length, &grammar);
    if (status == LW_OK && end) match(grammar, end + 1, size - length - 2);
    lw_grammar_free(grammar);
    return 0;
}

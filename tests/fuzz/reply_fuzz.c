/* SPDX-License-Identifier: MIT
 * A libFuzzer target: a reply in a format by the first byte, in pieces by the second. */
#include <lampwick/chat.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_chat_parser *parser = NULL;
    lw_text json = {NULL, 0};
    size_t formats = 0;
    if (size < 2) return 0;
    while (lw_chat_format(formats))
        formats++;
    const lw_chat_parser_options options = {
        sizeof options,
        "[{\"function\": {\"name\": \"f\", \"parameters\": {\"properties\": {\"a\": {\"type\": "
        "\"integer\"}}}}}]",
        data[1] & 1 ? "<think>" : NULL, lw_chat_format(data[0] % formats)};
    if (lw_chat_parser_new(NULL, &options, &parser) != LW_OK) return 0;
    const size_t step = 1 + data[1] / 2;
    for (size_t i = 2; i < size; i += step) {
        const size_t n = size - i < step ? size - i : step;
        if (lw_chat_parser_feed(parser, (const char *)data + i, n) != LW_OK) abort();
        if (lw_chat_parser_delta(parser, &json) != LW_OK) abort();
        lw_text_free(&json);
    }
    if (lw_chat_parser_end(parser) != LW_OK || lw_chat_parser_message(parser, &json) != LW_OK)
        abort();
    lw_text_free(&json);
    lw_chat_parser_free(parser);
    return 0;
}

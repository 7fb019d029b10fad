/* SPDX-License-Identifier: MIT
 * A libFuzzer target: a template, and behind a zero the messages. Start it with the templates of
 * the models as its corpus. */
#include <lampwick/chat.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char usual[] =
    "[{\"role\": \"system\", \"content\": \"be brief\"}, {\"role\": \"user\", \"content\": \"Hi\"},"
    "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"function\": {\"name\": \"f\","
    "\"arguments\": {\"a\": [1, 2.5, true]}}}]}, {\"role\": \"tool\", \"content\": [{\"text\": "
    "\"x\"}]}]";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_chat_template *chat = NULL;
    lw_text prompt = {NULL, 0};
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    const size_t length = end ? (size_t)(end - data) : size;
    char *messages = calloc(size + 1, 1);
    if (!messages) return 0;
    if (end) memcpy(messages, end + 1, size - length - 1);
    lw_chat_input input = {.size = sizeof input};
    input.messages = end ? messages : usual;
    input.tools = "[{\"function\": {\"name\": \"f\", \"parameters\": {\"properties\": {}}}}]";
    input.add_generation_prompt = true;
    input.max_steps = 100000;
    input.max_memory = 16 << 20;
    if (lw_chat_template_new((const char *)data, length, &chat) == LW_OK &&
        lw_chat_render(chat, &input, &prompt) == LW_OK)
        lw_text_free(&prompt);
    lw_chat_template_free(chat);
    free(messages);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * The formats in which models call tools, in the order in which they are looked for. */
#include "chat/reply.h"

#include "lampwick/chat.h"

#include <string.h>

/* DeepSeek's marks are made of the characters U+FF5C and U+2581. */
#define BAR "\xef\xbd\x9c"
#define LOW "\xe2\x96\x81"
#define THINK                                                                                      \
    { "<think>", "</think>", LWI_REASONING, NULL, false, false }
#define CALL(open, close, read)                                                                    \
    { open, close, LWI_CALLS, lwi_read_##read##_calls, false, false }
/* A mark that is left out. */
#define DROP(mark)                                                                                 \
    { mark, NULL, LWI_CONTENT, NULL, false, false }

static const lwi_reply_format formats[] = {
    {"harmony",
     {"<|channel|>", "<|call|>"},
     "<|start|>assistant",
     false,
     {{"<|channel|>analysis<|message|>", "<|end|>", LWI_REASONING, NULL, false, false},
      CALL("<|channel|>commentary to=", "<|call|>", named),
      CALL("<|start|>assistant to=", "<|call|>", named),
      DROP("<|channel|>final<|message|>"),
      DROP("<|channel|>commentary<|message|>"),
      DROP("<|start|>assistant"),
      DROP("<|end|>"),
      DROP("<|return|>")}},
    {"plain", {"]<]minimax[>["}, NULL, false, {THINK}},
    {"gemma",
     {"<|tool_call>"},
     NULL,
     false,
     {CALL("<|tool_call>", "<tool_call|>", gemma),
      {"<|channel>thought\n", "<channel|>", LWI_REASONING, NULL, false, false}}},
    {"solar",
     {"<|tool_call:begin|>"},
     NULL,
     false,
     {CALL("<|tool_calls|>", "<|calls|>", named),
      {"<|think|>", "<|end|>", LWI_REASONING, NULL, false, false},
      DROP("<|begin|>assistant"),
      DROP("<|content|>"),
      DROP("<|end|>")}},
    {"muse",
     {"<atem:function_calls>"},
     "<|start|>assistant",
     false,
     {{"<|start|>assistant to=self<|message|>", "<|eom|>", LWI_REASONING, NULL, false, false},
      CALL("<|start|>assistant to=", "</atem:function_calls>", tagged),
      DROP("<|start|>assistant to=user<|message|>"),
      DROP("<|start|>assistant<|message|>"),
      DROP("<|start|>assistant"),
      DROP("<|eom|>"),
      DROP("<|eot|>")}},
    {"lfm2",
     {"<|tool_list_start|>"},
     NULL,
     false,
     {CALL("<|tool_call_start|>", "<|tool_call_end|>", python), THINK}},
    {"lfm2",
     {"<|tool_call_start|>"},
     NULL,
     false,
     {CALL("<|tool_call_start|>", "<|tool_call_end|>", python), THINK}},
    {"dsml",
     {BAR "DSML" BAR},
     NULL,
     false,
     {CALL("<" BAR "DSML" BAR "function_calls>", "</" BAR "DSML" BAR "function_calls>", tagged),
      CALL("<" BAR "DSML" BAR "tool_calls>", "</" BAR "DSML" BAR "tool_calls>", tagged), THINK}},
    {"kimi",
     {"<|tool_calls_section_begin|>"},
     NULL,
     false,
     {CALL("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", named), THINK}},
    {"deepseek",
     {"<" BAR "tool" LOW "calls" LOW "begin" BAR ">"},
     NULL,
     false,
     {CALL("<" BAR "tool" LOW "calls" LOW "begin" BAR ">",
           "<" BAR "tool" LOW "calls" LOW "end" BAR ">", named),
      THINK}},
    {"mistral",
     {"[TOOL_CALLS]"},
     NULL,
     false,
     {CALL("[TOOL_CALLS]", NULL, named),
      {"[THINK]", "[/THINK]", LWI_REASONING, NULL, false, false}}},
    {"functionary-3.2",
     {">>>all"},
     ">>>",
     false,
     {{">>>all\n", ">>>", LWI_CONTENT, NULL, true, false},
      {">>>", ">>>", LWI_CALLS, lwi_read_named_calls, true, false}}},
    {"minimax",
     {"<minimax:tool_call>"},
     NULL,
     false,
     {CALL("<minimax:tool_call>", "</minimax:tool_call>", tagged), THINK}},
    {"seed",
     {"<seed:tool_call>"},
     NULL,
     false,
     {CALL("<seed:tool_call>", "</seed:tool_call>", tagged),
      {"<seed:think>", "</seed:think>", LWI_REASONING, NULL, false, false}}},
    {"command-r7b",
     {"<|START_ACTION|>"},
     NULL,
     false,
     {CALL("<|START_ACTION|>", "<|END_ACTION|>", json),
      {"<|START_THINKING|>", "<|END_THINKING|>", LWI_REASONING, NULL, false, false},
      DROP("<|START_RESPONSE|>"),
      DROP("<|END_RESPONSE|>"),
      DROP("<|START_TEXT|>"),
      DROP("<|END_TEXT|>")}},
    {"command-r",
     {"Action:", "tool_name"},
     NULL,
     false,
     {CALL("Action: ```json", "```", json), CALL("Action:```json", "```", json)}},
    {"nemotron", {"<TOOLCALL>"}, NULL, false, {CALL("<TOOLCALL>", "</TOOLCALL>", json), THINK}},
    {"apertus",
     {"<|tools_prefix|>"},
     NULL,
     false,
     {CALL("<|tools_prefix|>", "<|tools_suffix|>", json),
      {"<|inner_prefix|>", "<|inner_suffix|>", LWI_REASONING, NULL, false, false}}},
    {"tool-calls",
     {"<tool_calls>["},
     NULL,
     false,
     {CALL("<tool_calls>", "</tool_calls>", json), THINK}},
    {"minicpm",
     {"<function name=\""},
     NULL,
     false,
     {{"<function name=", "</function>", LWI_CALLS, lwi_read_tagged_calls, false, true}, THINK}},
    {"gigachat",
     {"<|function_call|>"},
     NULL,
     false,
     {CALL("<|function_call|>", NULL, json), THINK}},
    {"gigachat",
     {"function call<|role_sep|>"},
     NULL,
     false,
     {CALL("<|message_sep|>\n\nfunction call<|role_sep|>\n", NULL, json), THINK}},
    {"hermes", {"<tool_call>"}, NULL, false, {CALL("<tool_call>", "</tool_call>", tagged), THINK}},
    {"tool-calls",
     {"<tool_calls>"},
     NULL,
     false,
     {CALL("<tool_calls>", "</tool_calls>", json), THINK}},
    {"granite", {"<|tool_call|>"}, NULL, false, {CALL("<|tool_call|>", NULL, json), THINK}},
    {"functools", {"functools["}, NULL, false, {CALL("functools", NULL, json)}},
    {"functionary-3.1",
     {"<function="},
     NULL,
     false,
     {{"<function=", "</function>", LWI_CALLS, lwi_read_tagged_calls, false, true},
      CALL("<|python_tag|>", NULL, python),
      THINK}},
    {"llama3", {"<|python_tag|>"}, NULL, true, {CALL("<|python_tag|>", NULL, python), THINK}},
    {"llama3", {"ipython"}, NULL, true, {CALL("<|python_tag|>", NULL, python), THINK}},
    {"plain", {NULL}, NULL, false, {THINK}}};
enum { FORMATS = sizeof formats / sizeof *formats };

static bool has(const char *text, size_t size, const char *sign) {
    return !sign || memmem(text, size, sign, strlen(sign));
}

const lwi_reply_format *lwi_find_reply_format(const char *text, size_t size) {
    size_t i = 0;
    while (i + 1 < FORMATS &&
           !(has(text, size, formats[i].signs[0]) && has(text, size, formats[i].signs[1])))
        i++;
    return &formats[i];
}

const lwi_reply_format *lwi_named_reply_format(const char *name) {
    for (size_t i = 0; i < FORMATS; i++)
        if (!strcmp(formats[i].name, name)) return &formats[i];
    return NULL;
}

const char *lw_chat_format(size_t index) { return index < FORMATS ? formats[index].name : NULL; }

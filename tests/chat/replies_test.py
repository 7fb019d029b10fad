#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replies of models become messages, however they are cut: written ones for each format, and those
that the templates of a folder themselves make of a tool call.

    python3 tests/chat/replies_test.py LIBLAMPWICK-LLM.so [TEMPLATE-FOLDER]
"""
import json
import os
import pathlib
import random
import sys

import chat_library
from conversations import TIME, WEATHER, call, user

TOOLS = [WEATHER, TIME]
PARIS = {"city": "Paris", "days": 2, "exact": True, "where": {"lat": 1.5, "lon": None}}
J = json.dumps(PARIS)
XML = ("<parameter=city>\nParis\n</parameter>\n<parameter=days>\n2\n</parameter>\n<parameter=exact>\nTrue\n</parameter>\n"
       "<parameter=where>\n{'lat': 1.5, 'lon': None}\n</parameter>\n")
BEGIN, SEP, END = "<\uff5ctool\u2581call\u2581begin\uff5c>", "<\uff5ctool\u2581sep\uff5c>", "<\uff5ctool\u2581call\u2581end\uff5c>"
CALLS, DONE = "<\uff5ctool\u2581calls\u2581begin\uff5c>", "<\uff5ctool\u2581calls\u2581end\uff5c>"
ONE = [("get_weather", PARIS)]
TWO = ONE + [("time", {})]
# format, text, content, reasoning, calls
CASES = [
    ("plain", "Hello <b>&", "Hello <b>&", None, []),
    ("plain", "<think>\nhm <\n</think>\n\nHello\n", "Hello\n", "hm <", []),
    ("plain", "a <think", "a <think", None, []),
    ("hermes", f'Sure.\n<tool_call>\n{{"name": "get_weather", "arguments": {J}}}\n</tool_call>', "Sure.", None, ONE),
    ("hermes", f'<think>x</think><tool_call>{{"name": "get_weather", "arguments": {J}}}</tool_call>\n'
               '<tool_call>{"name": "time", "arguments": {}}</tool_call>', None, "x", TWO),
    ("hermes", f"<tool_call>\n<function=get_weather>\n{XML}</function>\n</tool_call>", None, None, ONE),
    ("hermes", "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n"
               "<arg_value>2</arg_value><arg_key>exact</arg_key><arg_value>true</arg_value><arg_key>where</arg_key>"
               '<arg_value>{"lat": 1.5, "lon": null}</arg_value></tool_call>', None, None, ONE),
    ("hermes", f'<tool_call>{{"name": "get_weather", "arguments": {J}}}', None, None, ONE),
    ("hermes", "<tool_call>no, I will not</tool_call> then", "<tool_call>no, I will not</tool_call> then", None, []),
    ("hermes", "a <tool_cal> b", "a <tool_cal> b", None, []),
    ("llama3", f'{{"name": "get_weather", "parameters": {J}}}', None, None, ONE),
    ("llama3", '{"name": 3} is what I say', '{"name": 3} is what I say', None, []),
    ("llama3", '<|python_tag|>get_weather.call(city="Paris", days=2, exact=True, where={"lat": 1.5, "lon": None})', None, None, ONE),
    ("mistral", f'[TOOL_CALLS][{{"name": "get_weather", "arguments": {J}, "id": "abcdefghi"}}]', None, None, ONE),
    ("mistral", f"[THINK]t[/THINK]ok[TOOL_CALLS]get_weather[ARGS]{J}[TOOL_CALLS]time[ARGS]{{}}", "ok", "t", TWO),
    ("mistral", f"[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{J}</s>", None, None, ONE),
    ("deepseek", f"t</think>{CALLS}{BEGIN}function{SEP}get_weather\n```json\n{J}\n```{END}\n{BEGIN}function{SEP}time\n```json\n{{}}\n```{END}{DONE}",
     None, "t", TWO),
    ("deepseek", f"{CALLS}{BEGIN}get_weather{SEP}{J}{END}{BEGIN}time{SEP}{{}}{END}{DONE}", None, None, TWO),
    ("dsml", '<\uff5cDSML\uff5cfunction_calls>\n<\uff5cDSML\uff5cinvoke name="get_weather">\n<\uff5cDSML\uff5cparameter name="city" string="true">'
             'Paris</\uff5cDSML\uff5cparameter>\n<\uff5cDSML\uff5cparameter name="days" string="false">2</\uff5cDSML\uff5cparameter>'
             '<\uff5cDSML\uff5cparameter name="exact" string="false">true</\uff5cDSML\uff5cparameter><\uff5cDSML\uff5cparameter name="where" string="false">'
             '{"lat": 1.5, "lon": null}</\uff5cDSML\uff5cparameter></\uff5cDSML\uff5cinvoke></\uff5cDSML\uff5cfunction_calls>', None, None, ONE),
    ("kimi", f"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{J}<|tool_call_end|>"
             "<|tool_call_begin|>functions.time:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", None, None, TWO),
    ("harmony", f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{J}<|call|>",
     None, "hm", ONE),
    ("harmony", f" to=functions.get_weather<|channel|>commentary json<|message|>{J}<|call|>", None, None, ONE),
    ("harmony", "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hi<|return|>", "Hi", "hm", []),
    ("lfm2", 'ok <|tool_call_start|>[get_weather(city="Paris", days=2, exact=True, where={"lat": 1.5, "lon": None}), time()]<|tool_call_end|>', "ok", None, TWO),
    ("minimax", '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter><parameter name="days">2</parameter>'
                '<parameter name="exact">true</parameter><parameter name="where">{"lat": 1.5, "lon": null}</parameter></invoke>'
                '<invoke name="time"></invoke></minimax:tool_call>', None, None, TWO),
    ("seed", f"<seed:think>s</seed:think><seed:tool_call>\n<function=get_weather>\n{XML}</function>\n</seed:tool_call>", None, "s", ONE),
    ("command-r7b", f'<|START_THINKING|>p<|END_THINKING|><|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {J}}}]<|END_ACTION|>', None, "p", ONE),
    ("command-r7b", "<|START_RESPONSE|>Hi<|END_RESPONSE|>", "Hi", None, []),
    ("command-r", f'Action: ```json\n[{{"tool_name": "get_weather", "parameters": {J}}}]\n```', None, None, ONE),
    ("nemotron", f'<TOOLCALL>[{{"name": "get_weather", "arguments": {J}}}]</TOOLCALL>', None, None, ONE),
    ("apertus", f'<|inner_prefix|>i<|inner_suffix|><|tools_prefix|>[{{"get_weather": {J}}}, {{"time": {{}}}}]<|tools_suffix|>', None, "i", TWO),
    ("tool-calls", f'<tool_calls>\n{{"name": "get_weather", "arguments": {J}}}\n{{"name": "time", "arguments": {{}}}}\n</tool_calls>', None, None, TWO),
    ("granite", f'<|tool_call|>[{{"name": "get_weather", "arguments": {J}}}]', None, None, ONE),
    ("functools", f' functools[{{"name": "get_weather", "arguments": {J}}}]', None, None, ONE),
    ("functionary-3.1", f"<function=get_weather>{J}</function><function=time>{{}}</function>", None, None, TWO),
    ("functionary-3.2", f"all\nLet me see.>>>get_weather\n{J}>>>time\n{{}}", "Let me see.", None, TWO),
    ("functionary-3.2", f"get_weather\n{J}", None, None, ONE),
    ("minicpm", '<function name="get_weather"><param name="city">Paris</param><param name="days">2</param><param name="exact">True</param>'
                "<param name=\"where\">{'lat': 1.5, 'lon': None}</param></function>", None, None, ONE),
    ("gemma", '<|channel>thought\nhm\n<channel|><|tool_call>call:get_weather{city:<|"|>Paris<|"|>,days:2,exact:true,'
              'where:{lat:1.5,lon:None}}<tool_call|><|tool_call>call:time{}<tool_call|>', None, "hm", TWO),
    ("solar", f"<|think|>hm<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>abc<|tool_call:name|>get_weather<|tool_call:args|>{J}"
              "<|tool_call:end|><|tool_call:begin|>abd<|tool_call:name|>time<|tool_call:args|>{}<|tool_call:end|><|calls|>", None, "hm", TWO),
    ("muse", ' to=self<|message|>hm<|eom|><|start|>assistant to=get_weather<|message|><atem:function_calls>\n<atem:invoke name="get_weather">\n'
             '<atem:parameter name="city">Paris</atem:parameter><atem:parameter name="days">2</atem:parameter><atem:parameter name="exact">true'
             '</atem:parameter><atem:parameter name="where">{"lat": 1.5, "lon": null}</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eot|>',
     None, "hm", ONE),
    ("gigachat", f'<|function_call|>{{"name": "get_weather", "arguments": {J}}}<|message_sep|>', None, None, ONE),
]


def cut(data, how):
    """All at once, byte by byte, or in random pieces."""
    if how == 0:
        return [data]
    if how == 1:
        return [data[i:i + 1] for i in range(len(data))]
    places = sorted(random.sample(range(len(data) + 1), min(5, len(data))))
    return [data[a:b] for a, b in zip([0] + places, places + [len(data)])]


def calls_of(message):
    return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in message.get("tool_calls", [])]


def read(library, pieces, **how):
    """The message; the deltas must say the same."""
    parser = chat_library.Parser(library, tools=TOOLS, **how)
    told = {"content": "", "reasoning_content": "", "tool_calls": []}
    for piece in pieces + [None]:
        parser.feed(piece) if piece is not None else parser.end()
        for key, value in parser.delta().items():
            told[key] += value
    message = parser.message()
    for key in ("content", "reasoning_content"):
        assert told[key] == (message.get(key) or ""), (told, message)
    assert [c["index"] for c in told["tool_calls"]] == list(range(len(told["tool_calls"])))
    assert [{k: v for k, v in c.items() if k != "index"} for c in told["tool_calls"]] == message.get("tool_calls", [])
    return message


def written(library):
    faults = 0
    for form, text, content, reasoning, calls in CASES:
        prompt = "x<think>\n" if form == "deepseek" and text.startswith("t") else None
        for how in range(6):
            try:
                message = read(library, cut(text.encode(), how), form=form, prompt=prompt)
            except AssertionError as fault:
                message = {"content": f"deltas differ: {fault}"}
            found = (message["content"] or None, message.get("reasoning_content"), calls_of(message))
            if found != (content or None, reasoning, calls):
                faults += 1
                print(f"{form}: {text!r}, cut {how}\n  found {message}")
                break
    return faults


def own_ids(library):
    """Calls have ids that no other call has, nor one of another reply."""
    text = ('<tool_call>{"name": "time", "arguments": {}}</tool_call>' * 3).encode()
    ids = [c["id"] for prompt in ("a", "b", None) for c in
           read(library, [text], form="hermes", prompt=prompt)["tool_calls"]]
    good = len(set(ids)) == 9 and all(len(i) == 9 and i.isalnum() for i in ids)
    if not good:
        print(f"ids of calls: {ids}")
    return not good


def reply_of(template, arguments, content):
    """What the template takes for the model's reply: what comes behind the prompt."""
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "tools": TOOLS}
    message = {"role": "assistant", "content": content, "tool_calls": [call("get_weather", arguments, "abcdefghi")]}
    prompt = template.render([user("q")], add_generation_prompt=True, **tokens)
    full = template.render([user("q"), message], **tokens)
    common = len(os.path.commonprefix([prompt, full]))
    mark = full.rfind("<", 0, common)
    if common < len(prompt) and not set(">\n") & set(full[mark:common]):
        common = mark  # within a mark
    return (prompt if common == len(prompt) else None), full[common:]


def from_template(library, path):
    """True, False, or None when the template writes no call in a format that is known."""
    template = library.template(path.read_text())
    if template.format() == "plain":
        return None
    answer = None
    for arguments in (PARIS, J):
        for content in ("", None):
            try:
                prompt, reply = reply_of(template, arguments, content)
            except chat_library.Failure:
                continue
            if "get_weather" not in reply:
                continue
            answer = calls_of(read(library, cut(reply.encode(), 2), template=template, prompt=prompt)) == ONE
            if answer:
                return True
    return answer


def main():
    random.seed(1)
    library = chat_library.Library(sys.argv[1])
    faults = written(library) + own_ids(library)
    paths = sorted(pathlib.Path(sys.argv[2]).glob("*.jinja")) if len(sys.argv) > 2 else []
    answers = [from_template(library, path) for path in paths]
    wrong = [path.name for path, answer in zip(paths, answers) if answer is False]
    print(f"{len(CASES)} written replies, {faults} wrong; {answers.count(True)} templates' own calls read back, "
          f"{answers.count(None)} write none that is known, wrong: {wrong}")
    sys.exit(1 if faults or wrong else 0)


main()

# SPDX-License-Identifier: MIT
"""Tools and conversations."""

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather \"now\" in a city",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
        "days": {"type": "integer", "description": "How many days"},
        "exact": {"type": "boolean"},
        "where": {"type": "object", "properties": {"lat": {"type": "number"},
                                                   "lon": {"type": ["number", "null"]}},
                  "required": ["lat"]},
        "tags": {"type": "array", "items": {"type": "string"}}},
        "required": ["city"]}}}
TIME = {"type": "function", "function": {
    "name": "time", "description": "", "parameters": {"type": "object", "properties": {}}}}
UNION = {"type": "function", "function": {
    "name": "union", "description": "a\nb", "parameters": {"type": "object", "properties": {
        "x": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "y": {"oneOf": [{"type": "string", "description": "s"},
                        {"type": "array", "items": {"type": "object"}}]},
        "z": {"type": "array", "items": {"type": "array", "items": {"type": "number"}},
              "nullable": True}}, "required": ["y", "z"]}}}


def call(name, arguments, id="call_1", **more):
    return {"type": "function", "id": id, "function": {"name": name, "arguments": arguments}, **more}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def system(text):
    return {"role": "system", "content": text}


def result(text, **more):
    return {"role": "tool", "content": text, **more}


ODD = "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600 \u202e\u0301 'single' \"double\" <b>&amp;</b> \\ {{x}} {% y %} \t\r\nend "
ASK = user("What is the weather in Paris?")
PARIS = call("get_weather", {"city": "Paris", "days": 2, "exact": True, "where": {"lat": 1.5, "lon": None}})
CONVERSATIONS = {
    "empty": [],
    "one": [user("Hello")],
    "spaces": [system("  be brief \n"), user("\n\n Hello  \n")],
    "turns": [user("a"), assistant("b"), user("c"), assistant("d"), user("e")],
    "system": [system("You are a pirate."), user("Hello"), assistant("Arr"), user("Where?")],
    "only system": [system("You are a pirate.")],
    "developer": [{"role": "developer", "content": "Be kind."}, user("Hello")],
    "late system": [user("Hello"), system("Now be rude."), user("again")],
    "two systems": [system("a"), system("b"), user("c")],
    "assistant first": [assistant("b"), user("c")],
    "assistant last": [user("a"), assistant("b")],
    "two users": [user("a"), user("b")],
    "odd": [system(ODD), user(ODD), assistant(ODD), user(ODD)],
    "no content": [user("a"), {"role": "assistant"}, user("b")],
    "none": [user("a"), assistant(None), user("b")],
    "empty texts": [system(""), user(""), assistant(""), user("")],
    "unknown role": [user("a"), {"role": "poet", "content": "rose"}, user("b")],
    "parts": [system([{"type": "text", "text": "be brief"}]),
              user([{"type": "text", "text": "Look: "}, {"type": "text", "text": "here"}]),
              assistant([{"type": "text", "text": "yes"}]), user("c")],
    "image": [user([{"type": "image"}, {"type": "text", "text": "What is it?"}]),
              assistant("A cat"), user([{"type": "image_url", "image_url": {"url": "u"}},
                                        {"type": "video"}, {"type": "audio"}])],
    "reasoning": [user("1+1?"), assistant("2", reasoning_content="One and one."), user("2+2?"),
                  assistant("4", reasoning_content="Two and two.\n"), user("3+3?")],
    "thinking": [user("1+1?"), assistant("<think>\nOne.\n</think>\n\n2"), user("2+2?"),
                 assistant("<think>a</think>b</think>c"), user("x")],
    "thinking key": [user("1+1?"), assistant("2", thinking="One and one."), user("2+2?")],
    "call": [ASK, assistant("", tool_calls=[PARIS])],
    "call and result": [ASK, assistant("", tool_calls=[PARIS]),
                        result("sunny", tool_call_id="call_1", name="get_weather"),
                        assistant("It is sunny."), user("Thanks")],
    "call with text": [system("s"), ASK, assistant("Let me see.", tool_calls=[PARIS]),
                       result("{\"sky\": \"blue\"}", tool_call_id="call_1", name="get_weather"),
                       assistant("Blue.")],
    "call of none": [ASK, assistant(None, tool_calls=[PARIS]),
                     result("sunny", tool_call_id="call_1", name="get_weather")],
    "text arguments": [ASK, assistant("", tool_calls=[call("get_weather", "{\"city\": \"Paris\"}")]),
                       result("sunny", tool_call_id="call_1")],
    "two calls": [ASK, assistant("", tool_calls=[PARIS, call("time", {}, "call_2")]),
                  result("sunny", tool_call_id="call_1", name="get_weather"),
                  result("12:00", tool_call_id="call_2", name="time"), assistant("Sunny at noon.")],
    "nine letters": [ASK, assistant("", tool_calls=[call("time", {"a": [1, "x", {"b": 2.5}]}, "abcdefghi")]),
                     result("12:00", tool_call_id="abcdefghi", name="time"), user("and now?")],
    "flat call": [ASK, assistant("", tool_calls=[{"name": "time", "arguments": {"zone": "\u00fcber"}}]),
                  result({"a": 1})],
    "call reasoning": [ASK, assistant("", reasoning_content="I need a tool.", tool_calls=[PARIS]),
                       result("sunny", tool_call_id="call_1", name="get_weather"),
                       assistant("", reasoning_content="Again.", tool_calls=[call("time", {}, "c2")]),
                       result("12", tool_call_id="c2", name="time")],
    "result parts": [ASK, assistant("", tool_calls=[PARIS]),
                     result([{"type": "text", "text": "sunny"}], tool_call_id="call_1", name="get_weather")],
    "result list": [ASK, assistant("", tool_calls=[PARIS]),
                    result([{"name": "get_weather", "output": "x"}, {"result": 1}], tool_call_id="call_1")],
    "result first": [result("lost"), user("a")],
    "ipython": [ASK, {"role": "ipython", "content": {"output": 1}}],
}

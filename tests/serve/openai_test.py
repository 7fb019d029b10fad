#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The server and the package openai, its official client.

    openai_test.py lampwick FOLDER      (FOLDER: of make_model.py)
"""
import base64
import json
import pathlib
import struct
import subprocess
import sys
import threading

import jsonschema
import openai
from server import Checks, Server

check = Checks()
COMMAND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
MODEL = str(FOLDER / "bytes.gguf")
TOOLS = [{"type": "function", "function": {
    "name": "light", "description": "lights a lamp", "parameters": {
        "type": "object", "properties": {"level": {"type": "integer", "minimum": 0, "maximum": 9},
                                         "room": {"enum": ["hall", "attic"]}},
        "required": ["level", "room"], "additionalProperties": False}}},
    {"type": "function", "function": {"name": "dark"}}]
HELLO = [{"role": "user", "content": "Hello"}]


def refused(kind, call, **arguments):
    try:
        call(**arguments)
    except kind as error:
        return error
    return None


def test_models(client):
    check("models", [m.id for m in client.models.list()] == ["bytes"])
    check("a model", client.models.retrieve("bytes").owned_by == "lampwick")
    check("no model", refused(openai.NotFoundError, client.models.retrieve, model="other"))


def test_completions(client):
    def complete(**more):
        arguments = {"prompt": "ab", "max_tokens": 24} | more
        return client.completions.create(model="bytes", **arguments)
    greedy = complete(temperature=0)
    check("usage", 2 <= greedy.usage.prompt_tokens <= 4 and
          0 < greedy.usage.completion_tokens <= 24, greedy.usage)
    done = subprocess.run([COMMAND, "generate", MODEL, "ab", "-n", "24", "--temperature", "0"],
                          capture_output=True, check=True)
    check("the command's text", done.stdout.decode(errors="replace").rstrip("\n")
          == greedy.choices[0].text.rstrip("\n"), done.stdout, greedy.choices[0].text)
    seeded = complete(seed=5, temperature=1.5)
    check("seeded", complete(seed=5, temperature=1.5).choices[0].text == seeded.choices[0].text)
    check("another seed", complete(seed=6, temperature=1.5).choices[0].text
          != seeded.choices[0].text)
    streamed = "".join(c.choices[0].text for c in complete(seed=5, temperature=1.5, stream=True))
    check("streamed", streamed == seeded.choices[0].text, streamed)
    several = complete(prompt=["ab", "cd"], n=2, seed=5, temperature=1.5)
    check("several", len(several.choices) == 4 and
          several.choices[0].text == seeded.choices[0].text)
    tokens = complete(prompt=[1, 3, 300, 301], temperature=0)
    check("tokens", tokens.usage.prompt_tokens == 4)
    echoed = complete(echo=True, temperature=0)
    check("echo", echoed.choices[0].text == "ab" + greedy.choices[0].text)
    stop = seeded.choices[0].text[4:7]
    cut = complete(seed=5, temperature=1.5, stop=[stop])
    check("stop", cut.choices[0].finish_reason == "stop" and
          cut.choices[0].text == seeded.choices[0].text.split(stop)[0], cut.choices[0])
    pieces = [c.choices[0] for c in complete(seed=5, temperature=1.5, stop=stop, stream=True)]
    check("stop, streamed", "".join(p.text for p in pieces) == cut.choices[0].text and
          pieces[-1].finish_reason == "stop")
    likely = complete(temperature=0, logprobs=3).choices[0].logprobs
    check("logprobs", len(likely.tokens) == len(likely.token_logprobs) == len(likely.top_logprobs)
          == greedy.usage.completion_tokens and all(
              max(top.values()) <= 0 and abs(max(top.values()) - own) < 1e-6
              for top, own in zip(likely.top_logprobs, likely.token_logprobs)), likely)
    forced = complete(temperature=0, logit_bias={"300": 100}, max_tokens=3)
    check("bias", forced.choices[0].text == "GGG", forced.choices[0].text)
    dry = [complete(seed=1, extra_body={"dry_multiplier": 1, "dry_sequence_breakers": texts}) for texts in
           ([], ["a"], ["\n", ":"])]
    check("breakers", all(len(d.choices) == 1 for d in dry))
    for texts in ("a", [1], ["a"] * 65):
        try:
            complete(extra_body={"dry_sequence_breakers": texts})
            check("wrong breakers", False)
        except openai.BadRequestError as error:
            check("wrong breakers", "dry_sequence_breakers" in str(error))
    free = complete(extra_body={"grammar": 'root ::= ("no" | "yes") "!"'}, seed=1)
    check("grammar", free.choices[0].text in ("no!", "yes!") and
          free.choices[0].finish_reason == "stop", free.choices[0])


def test_chat(client):
    def chat(**more):
        arguments = {"messages": HELLO, "max_tokens": 20, "seed": 3} | more
        return client.chat.completions.create(model="bytes", **arguments)
    plain = chat()
    check("message", plain.choices[0].message.role == "assistant" and plain.usage.total_tokens > 20)
    with chat(stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    check("streamed chat", said == (plain.choices[0].message.content or ""), said)
    check("usage at the end", chunks[-1].usage.completion_tokens == plain.usage.completion_tokens
          and not chunks[-1].choices)
    check("role first", chunks[0].choices[0].delta.role == "assistant")
    parts = chat(messages=[{"role": "user", "content": [
        {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]}])
    check("parts", parts.choices[0].message.content == plain.choices[0].message.content)
    likely = chat(logprobs=True, top_logprobs=4).choices[0].logprobs.content
    check("logprobs of chats", len(likely) == plain.usage.completion_tokens and all(
        len(t.top_logprobs) == 4 and bytes(t.bytes) is not None for t in likely))
    two = chat(n=2)
    check("two choices", [c.index for c in two.choices] == [0, 1] and
          two.choices[0].message.content == plain.choices[0].message.content)


def test_formats(client):
    schema = {"type": "object", "properties": {"on": {"type": "boolean"},
                                               "level": {"enum": [1, 2, 3]}},
              "required": ["on", "level"], "additionalProperties": False}
    for seed in range(5):
        answer = client.chat.completions.create(
            model="bytes", messages=HELLO, seed=seed, temperature=2, response_format={
                "type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
        jsonschema.validate(json.loads(answer.choices[0].message.content), schema)
        check("schema", answer.choices[0].finish_reason == "stop")
    answer = client.chat.completions.create(model="bytes", messages=HELLO, seed=1, max_tokens=200,
                                            response_format={"type": "json_object"})
    text = answer.choices[0].message.content
    check("object", text.startswith("{"), text)


def arguments_fit(call):
    function = next(t["function"] for t in TOOLS if t["function"]["name"] == call.function.name)
    jsonschema.validate(json.loads(call.function.arguments), function.get("parameters", {}))
    return True


def test_tools(client):
    def chat(**more):
        return client.chat.completions.create(
            model="bytes", **({"messages": HELLO, "tools": TOOLS, "temperature": 2,
                               "max_tokens": 300} | more))
    light = {"type": "function", "function": {"name": "light"}}
    for seed in range(4):
        one = chat(seed=seed, tool_choice=light).choices[0]
        check("forced call", one.finish_reason == "tool_calls" and len(one.message.tool_calls) == 1
              and one.message.tool_calls[0].function.name == "light" and
              arguments_fit(one.message.tool_calls[0]), one)
    with chat(seed=0, tool_choice=light, stream=True) as stream:
        chunks = [c.choices[0] for c in stream]
    calls = [c.delta.tool_calls[0] for c in chunks if c.delta.tool_calls]
    check("streamed call", len(calls) == 1 and calls[0].function.name == "light" and
          json.loads(calls[0].function.arguments) == json.loads(
              chat(seed=0, tool_choice=light).choices[0].message.tool_calls[0].function.arguments)
          and chunks[-1].finish_reason == "tool_calls", chunks)
    # A call in the model's own form, which a grammar makes it write.
    text = json.dumps('<tool_call>\n{"name": "light", "arguments": {"level": 3}}\n</tool_call>')
    own = chat(extra_body={"grammar": f"root ::= {text}"}).choices[0]
    check("own form", own.finish_reason == "tool_calls" and
          own.message.tool_calls[0].function.name == "light" and
          json.loads(own.message.tool_calls[0].function.arguments) == {"level": 3}, own)
    history = HELLO + [own.message.model_dump(exclude_none=True) | {"content": ""},
                       {"role": "tool", "tool_call_id": own.message.tool_calls[0].id,
                        "content": "lit"}]
    check("history", chat(messages=history, max_tokens=4).usage.prompt_tokens > 100)
    check("none", chat(tool_choice="none", max_tokens=4).usage.prompt_tokens <
          chat(max_tokens=4).usage.prompt_tokens)
    check("no such tool", refused(openai.BadRequestError, chat, tool_choice={
        "type": "function", "function": {"name": "fly"}}))


def floats(vector):
    return struct.pack(f"{len(vector)}f", *vector)


def test_embeddings(client):
    texts = ["a lamp", "a wick", "ab" * 50]
    vectors = [d.embedding for d in client.embeddings.create(model="bytes", input=texts).data]
    plain = client.embeddings.create(model="bytes", input=texts[1], encoding_format="float")
    check("vectors", len(vectors) == 3 and all(
        abs(sum(x * x for x in v) - 1) < 1e-5 for v in vectors))
    check("alone and together", floats(plain.data[0].embedding) == floats(vectors[1]))
    raw = client.embeddings.with_raw_response.create(model="bytes", input="ab")
    packed = base64.b64decode(json.loads(raw.content)["data"][0]["embedding"])
    check("base64", len(struct.unpack(f"<{len(packed) // 4}f", packed)) == len(vectors[0]))
    check("dimensions", refused(openai.BadRequestError, client.embeddings.create, model="bytes",
                                input="a", dimensions=7))


def test_errors(client):
    create = client.chat.completions.create
    long = refused(openai.BadRequestError, create, model="bytes", max_tokens=4,
                   messages=[{"role": "user", "content": "x" * 9000}])
    check("context", long and long.code == "context_length_exceeded", long)
    long = refused(openai.BadRequestError, create, model="bytes", max_tokens=9000, messages=HELLO)
    check("context with the answer", long and long.code == "context_length_exceeded", long)
    for name, more in (("temperature", {"temperature": -1}), ("n", {"n": 0}),
                       ("stop", {"stop": 5}), ("messages", {"messages": []}),
                       ("message", {"messages": [{"content": "a"}]}),
                       ("logit_bias", {"logit_bias": {"x": 1}}),
                       ("response_format", {"response_format": {"type": "xml"}}),
                       ("function", {"functions": [{"name": "a"}]}),
                       ("type", {"messages": [{"role": "user", "content": [
                           {"type": "image_url", "image_url": {"url": "data:,"}}]}]})):
        error = refused(openai.BadRequestError, create, model="bytes",
                        **({"messages": HELLO} | more))
        check(name, error and name in str(error), error)
    error = refused(openai.NotFoundError, create, model="gpt", messages=HELLO)
    check("model", error and error.code == "model_not_found", error)


def test_together(client):
    """Many at once get what each gets alone."""
    def text(i):
        return client.completions.create(model="bytes", prompt="x" * (i * 13 % 40), seed=i,
                                         temperature=1, max_tokens=30).choices[0].text
    alone = [text(i) for i in range(16)]
    beside = [None] * 16

    def run(i):
        beside[i] = text(i)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("together", alone == beside)


def test_templates():
    """A model that came without one needs to be given one."""
    for options, good in (((), False), (("--template", "chatml"), True)):
        with Server(COMMAND, [str(FOLDER / "plain.gguf")], "--quiet", *options) as server:
            client = openai.OpenAI(base_url=server.url + "/v1", api_key="x", max_retries=0)
            error = refused(openai.BadRequestError, client.chat.completions.create, model="plain",
                            messages=HELLO, max_tokens=3)
            check("template", good == (error is None), options, error)
            check("says so", good or "--template" in str(error), error)


def test_guesses():
    """What is guessed ahead changes no answer."""
    def answers(*options):
        with Server(COMMAND, [MODEL], "--quiet", *options) as server:
            client = openai.OpenAI(base_url=server.url + "/v1", api_key="x", max_retries=0)
            return [client.completions.create(model="bytes", prompt=prompt, max_tokens=40, seed=seed,
                                              temperature=0.8).choices[0].text
                    for seed, prompt in enumerate(("abcabcabcabc", "the lamp", "aaaa"))]
    plain = answers()
    for options in (("--lookup", "3"), ("--draft", MODEL), ("--draft", MODEL, "--lookup", "2")):
        check("guesses", answers(*options) == plain, options)


def main():
    with Server(COMMAND, [MODEL], "--quiet") as server:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0)
        for test in (test_models, test_completions, test_chat, test_formats, test_tools,
                     test_embeddings, test_errors, test_together):
            test(client)
        code, said = server.stop()
        check("stops", code == 0, code, said)
    with Server(COMMAND, [MODEL], "--quiet", key="secret") as server:
        for key, good in (("secret", True), ("secre", False), ("secrets", False), ("", False)):
            client = openai.OpenAI(base_url=server.url + "/v1", api_key=key or "x", max_retries=0)
            check("key " + key, bool(refused(openai.AuthenticationError, client.models.list))
                  != good)
        check("stops with a key", server.stop()[0] == 0)
    test_templates()
    test_guesses()
    check.end()


main()

# SPDX-License-Identifier: MIT
"""liblampwick-llm's chat functions through ctypes, and Jinja2 set up as transformers sets it up."""
import ctypes
import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

NOW = 1767268800  # what strftime_now says in both


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Input(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("messages", ctypes.c_char_p),
                ("tools", ctypes.c_char_p), ("variables", ctypes.c_char_p),
                ("bos_token", ctypes.c_char_p), ("eos_token", ctypes.c_char_p),
                ("add_generation_prompt", ctypes.c_bool), ("now", ctypes.c_int64),
                ("max_steps", ctypes.c_uint64), ("max_output", ctypes.c_size_t),
                ("max_memory", ctypes.c_size_t)]


class ParserOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("tools", ctypes.c_char_p), ("prompt", ctypes.c_char_p),
                ("format", ctypes.c_char_p)]


class Failure(Exception):
    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


LIMIT = -10


def dumps(value):
    """None stays None: the library takes it for nothing."""
    return None if value is None else json.dumps(value).encode()


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.lw_last_error.restype = ctypes.c_char_p

    def check(self, status):
        if status:
            raise Failure(status, self.lib.lw_last_error().decode("utf-8", "replace"))

    def text(self, text):
        out = ctypes.string_at(text.data, text.size).decode()
        self.lib.lw_text_free(ctypes.byref(text))
        return out

    def template(self, source):
        return Template(self, source)


class Template:
    def __init__(self, library, source):
        self.library = library
        self.handle = ctypes.c_void_p()
        data = source.encode()
        library.check(library.lib.lw_chat_template_new(
            data, ctypes.c_size_t(len(data)), ctypes.byref(self.handle)))

    def __del__(self):
        if self.handle:
            self.library.lib.lw_chat_template_free(self.handle)

    def format(self):
        name = self.library.lib.lw_chat_template_format
        name.restype = ctypes.c_char_p
        return name(self.handle).decode()

    def render(self, messages, tools=None, variables=None, add_generation_prompt=False,
               bos_token=None, eos_token=None, **limits):
        given = Input(ctypes.sizeof(Input), dumps(messages), dumps(tools), dumps(variables),
                      bos_token and bos_token.encode(), eos_token and eos_token.encode(),
                      add_generation_prompt, NOW)
        for name, value in limits.items():
            setattr(given, name, value)
        text = Text()
        self.library.check(self.library.lib.lw_chat_render(
            self.handle, ctypes.byref(given), ctypes.byref(text)))
        return self.library.text(text)


class Parser:
    """A reply, from a template's format or a format by its name."""

    def __init__(self, library, template=None, tools=None, prompt=None, form=None):
        self.library = library
        self.handle = ctypes.c_void_p()
        options = ParserOptions(ctypes.sizeof(ParserOptions), dumps(tools),
                                prompt and prompt.encode(), form and form.encode())
        library.check(library.lib.lw_chat_parser_new(
            template and template.handle, ctypes.byref(options), ctypes.byref(self.handle)))

    def __del__(self):
        if self.handle:
            self.library.lib.lw_chat_parser_free(self.handle)

    def feed(self, data):
        self.library.check(self.library.lib.lw_chat_parser_feed(
            self.handle, data, ctypes.c_size_t(len(data))))

    def end(self):
        self.library.check(self.library.lib.lw_chat_parser_end(self.handle))

    def read(self, name):
        text = Text()
        self.library.check(getattr(self.library.lib, name)(self.handle, ctypes.byref(text)))
        return json.loads(self.library.text(text))

    def delta(self):
        return self.read("lw_chat_parser_delta")

    def message(self):
        return self.read("lw_chat_parser_message")


class String(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class Owner:
    """A handle of the library, and the function that frees it."""

    def __init__(self, library, free, make, *args):
        self.library, self.free, self.handle = library, free, ctypes.c_void_p()
        library.check(getattr(library.lib, make)(*args, ctypes.byref(self.handle)))

    def __del__(self):
        if self.handle:
            getattr(self.library.lib, self.free)(self.handle)


def grammar(library, text, schema=False):
    data = text if isinstance(text, bytes) else text.encode()
    make = "lw_grammar_new_schema" if schema else "lw_grammar_new"
    return Owner(library, "lw_grammar_free", make, data, ctypes.c_size_t(len(data)))


def vocabulary(library, tokens):
    list_of = (String * len(tokens))(*(String(t, len(t)) for t in tokens))
    return Owner(library, "lw_vocabulary_free", "lw_vocabulary_new", list_of,
                 ctypes.c_size_t(len(tokens)))


class Matcher(Owner):
    def __init__(self, library, grammar_of, words=None):
        self.grammar, self.words = grammar_of, words  # borrowed: they must live
        super().__init__(library, "lw_matcher_free", "lw_matcher_new", grammar_of.handle,
                         words and words.handle)
        library.lib.lw_matcher_complete.restype = ctypes.c_bool

    def mask(self, count):
        bits = ctypes.POINTER(ctypes.c_uint64)()
        self.library.check(self.library.lib.lw_matcher_mask(self.handle, ctypes.byref(bits)))
        return [i for i in range(count) if bits[i // 64] >> i % 64 & 1]

    def text(self, data):
        return self.allowed(self.library.lib.lw_matcher_text(
            self.handle, data, ctypes.c_size_t(len(data))))

    def token(self, token):
        return self.allowed(self.library.lib.lw_matcher_token(self.handle, ctypes.c_size_t(token)))

    def allowed(self, status):
        if status and status != -9:
            self.library.check(status)
        return not status

    def reset(self):
        self.library.check(self.library.lib.lw_matcher_reset(self.handle))

    def mark_place(self):
        self.library.lib.lw_matcher_mark(self.handle)

    def back(self):
        self.library.lib.lw_matcher_back(self.handle)

    def complete(self):
        return self.library.lib.lw_matcher_complete(self.handle)

    def matches(self, data):
        self.reset()
        return self.text(data) and self.complete()


class Generation(jinja2.ext.Extension):
    """{% generation %}: its body is called as a macro and stays as it is."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("same"), [], [], body).set_lineno(line)

    def same(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)


def strftime_now(form):
    return datetime.datetime.fromtimestamp(NOW).strftime(form)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = strftime_now
    return env


ENVIRONMENT = environment()
COMPILED = {}


def reference(source, messages, tools=None, variables=None, add_generation_prompt=False,
              bos_token=None, eos_token=None):
    given = {"messages": messages, "tools": tools, "documents": None,
             "add_generation_prompt": add_generation_prompt}
    if bos_token is not None:
        given["bos_token"] = bos_token
    if eos_token is not None:
        given["eos_token"] = eos_token
    given.update(variables or {})
    if source not in COMPILED:
        COMPILED[source] = ENVIRONMENT.from_string(source)
    return COMPILED[source].render(**given)

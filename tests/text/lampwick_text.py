# SPDX-License-Identifier: MIT
"""Tokenizers of liblampwick-llm by ctypes."""
import ctypes as c

ADD_SPECIAL, PARSE_SPECIAL = 1, 2
SKIP_SPECIAL = 1


class Error(Exception):
    pass


class Info(c.Structure):
    _fields_ = [("size", c.c_size_t), ("kind", c.c_char_p), ("vocabulary", c.c_size_t)] + [
        (name, c.c_int32) for name in "bos eos eot pad unk sep cls mask".split()] + [
        ("adds_bos", c.c_bool), ("adds_eos", c.c_bool)]


class String(c.Structure):
    _fields_ = [("data", c.c_void_p), ("size", c.c_size_t)]


class Text:
    """The library."""

    def __init__(self, path):
        self.c = c.CDLL(path)
        self.c.lw_last_error.restype = c.c_char_p

    def check(self, status):
        if status:
            raise Error(self.c.lw_last_error().decode(errors="replace"))


class Tokenizer:
    def __init__(self, library, path):
        self.lib, self.handle = library, c.c_void_p()
        library.check(library.c.lw_tokenizer_load(str(path).encode(), c.byref(self.handle)))

    def __del__(self):
        if self.handle:
            self.lib.c.lw_tokenizer_free(self.handle)

    def info(self):
        info = Info(size=c.sizeof(Info))
        self.lib.check(self.lib.c.lw_tokenizer_get_info(self.handle, c.byref(info)))
        return info

    def encode(self, text, flags=0):
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        room, n = len(data) + 16, c.c_size_t()
        while True:
            ids = (c.c_int32 * room)()
            self.lib.check(self.lib.c.lw_tokenizer_encode(
                self.handle, data, c.c_size_t(len(data)), c.c_uint(flags), ids, c.c_size_t(room),
                c.byref(n)))
            if n.value <= room:
                return ids[:n.value]
            room = n.value

    def decode(self, ids, flags=0):
        array, room, n = (c.c_int32 * len(ids))(*ids), 16 * len(ids) + 64, c.c_size_t()
        while True:
            text = c.create_string_buffer(room)
            self.lib.check(self.lib.c.lw_tokenizer_decode(
                self.handle, array, c.c_size_t(len(ids)), c.c_uint(flags), text, c.c_size_t(room),
                c.byref(n)))
            if n.value <= room:
                return text.raw[:n.value].decode("utf-8")
            room = n.value

    def stream(self, ids, flags=0):
        """The texts that the tokens add one by one, and the rest."""
        handle, texts = c.c_void_p(), []
        text, size = c.c_void_p(), c.c_size_t()
        self.lib.check(self.lib.c.lw_detokenizer_new(self.handle, c.c_uint(flags), c.byref(handle)))
        for i in ids:
            self.lib.check(self.lib.c.lw_detokenizer_feed(handle, c.c_int32(i), c.byref(text),
                                                          c.byref(size)))
            texts.append(c.string_at(text.value, size.value).decode("utf-8"))
        self.lib.check(self.lib.c.lw_detokenizer_finish(handle, c.byref(text), c.byref(size)))
        texts.append(c.string_at(text.value, size.value).decode("utf-8"))
        self.lib.c.lw_detokenizer_free(handle)
        return texts

    def piece(self, token):
        piece = String()
        self.lib.check(self.lib.c.lw_tokenizer_piece(self.handle, c.c_int32(token), c.byref(piece)))
        return c.string_at(piece.data, piece.size)

    def find(self, piece):
        data, token = piece.encode("utf-8"), c.c_int32()
        self.lib.check(self.lib.c.lw_tokenizer_find(self.handle, data, c.c_size_t(len(data)),
                                                    c.byref(token)))
        return token.value

# SPDX-License-Identifier: MIT
"""lampwick/weights.h for Python."""
import ctypes
import hashlib

LW_OK = 0


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("allocator", ctypes.c_void_p), ("key", ctypes.c_char_p),
                ("keep_prefixes", ctypes.c_bool), ("any_class", ctypes.c_bool)]


class Info(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("format", ctypes.c_char_p), ("tensors", ctypes.c_size_t),
                ("key", ctypes.c_char_p), ("prefix", ctypes.c_char_p), ("others", ctypes.c_size_t)]


class Entry(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_int),
                ("dims", ctypes.POINTER(ctypes.c_int64)), ("bytes", ctypes.c_size_t), ("shares", ctypes.c_char_p),
                ("quantized", ctypes.c_bool), ("axis", ctypes.c_int), ("scale", ctypes.c_double),
                ("zero_point", ctypes.c_int64)]


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        self.c.lw_last_error.restype = self.c.lw_dtype_name.restype = ctypes.c_char_p
        self.c.lw_tensor_data.restype = ctypes.c_void_p
        self.c.lw_tensor_bytes.restype = self.c.lw_tensor_count.restype = ctypes.c_size_t
        self.c.lw_tensor_get.restype = ctypes.c_double

    def check(self, status):
        if status != LW_OK:
            raise RuntimeError(self.c.lw_last_error().decode(errors="replace"))

    def numbers(self, value):
        n = self.c.lw_tensor_count(value)
        return [self.c.lw_tensor_get(value, ctypes.c_size_t(i)) for i in range(n)]


class Weights:
    """A file's tensors. Failures are RuntimeErrors with lampwick's sentence."""

    def __init__(self, library, path_or_bytes, **options):
        self.library, self.handle = library, ctypes.c_void_p()
        given = Options(ctypes.sizeof(Options), None, **options)
        if isinstance(path_or_bytes, bytes):
            self.data = path_or_bytes
            library.check(library.c.lw_weights_parse(self.data, ctypes.c_size_t(len(self.data)), ctypes.byref(given),
                                                     ctypes.byref(self.handle)))
        else:
            library.check(library.c.lw_weights_open(str(path_or_bytes).encode(), ctypes.byref(given),
                                                    ctypes.byref(self.handle)))
        self.info = Info(ctypes.sizeof(Info))
        library.check(library.c.lw_weights_describe(self.handle, ctypes.byref(self.info)))

    def close(self):
        self.library.c.lw_weights_free(self.handle)

    def entries(self):
        for i in range(self.info.tensors):
            entry = Entry(ctypes.sizeof(Entry))
            self.library.check(self.library.c.lw_weights_get(self.handle, ctypes.c_size_t(i), ctypes.byref(entry)))
            yield entry

    def bytes_of(self, name):
        value = ctypes.c_void_p()
        c = self.library.c
        self.library.check(c.lw_weights_tensor(self.handle, name, ctypes.byref(value)))
        size = c.lw_tensor_bytes(value)
        data = ctypes.string_at(c.lw_tensor_data(value), size) if size else b""
        c.lw_value_free(value)
        return data

    def scales_of(self, name):
        scales, zero_points = ctypes.c_void_p(), ctypes.c_void_p()
        c = self.library.c
        self.library.check(c.lw_weights_scales(self.handle, name, ctypes.byref(scales), ctypes.byref(zero_points)))
        made = self.library.numbers(scales), self.library.numbers(zero_points)
        c.lw_value_free(scales), c.lw_value_free(zero_points)
        return made

    def describe(self):
        """As make_weights.py describes what PyTorch reads."""
        rows = []
        for e in self.entries():
            row = {"name": e.name.decode(), "shape": e.dims[:e.rank] if e.rank else [],
                   "dtype": self.library.c.lw_dtype_name(e.dtype).decode(),
                   "sha": hashlib.sha256(self.bytes_of(e.name)).hexdigest()}
            if e.quantized and e.axis < 0:
                row.update(axis=-1, scales=[e.scale], zero_points=[e.zero_point])
            elif e.quantized:
                scales, zero_points = self.scales_of(e.name)
                row.update(axis=e.axis, scales=scales, zero_points=zero_points)
            rows.append(row)
        return rows

    def save(self, path):
        self.library.check(self.library.c.lw_weights_save(self.handle, str(path).encode()))

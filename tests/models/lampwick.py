# SPDX-License-Identifier: MIT
"""A thin ctypes view of liblampwick for tests: models run on numpy arrays, lists (sequences) and
dicts (maps)."""
import ctypes as c

import ml_dtypes
import numpy as np

DTYPES = {
    1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64,
    9: np.bool_, 10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64, 14: np.complex64,
    15: np.complex128, 16: ml_dtypes.bfloat16,
}
CODES = {np.dtype(t): code for code, t in DTYPES.items()}
STRING = 8
TENSOR, SEQUENCE, MAP, OPTIONAL = range(4)
P = c.c_void_p


class Io(c.Structure):
    _fields_ = [("name", c.c_char_p), ("value", P)]


class IoInfo(c.Structure):
    _fields_ = [("size", c.c_size_t), ("name", c.c_char_p), ("kind", c.c_int),
                ("element", c.c_int), ("dtype", c.c_int), ("key", c.c_int), ("rank", c.c_int),
                ("dims", P), ("dim_names", P), ("has_default", c.c_bool)]


class PassInfo(c.Structure):
    _fields_ = [("size", c.c_size_t), ("name", c.c_char_p), ("about", c.c_char_p)]


class ModelOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("allocator", P), ("inspect", c.c_bool),
                ("keep_graph", c.c_bool), ("image_decoder", P), ("skip_passes", c.c_char_p)]


class ContextOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("threads", c.c_int), ("executor", P), ("allocator", P),
                ("memory_limit", c.c_size_t), ("max_plans", c.c_size_t), ("precision", c.c_int),
                ("isa", c.c_char_p), ("less_memory", c.c_bool), ("device", c.c_char_p),
                ("fallback", c.c_bool), ("device_memory", c.c_size_t)]


class Text(c.Structure):
    _fields_ = [("data", P), ("size", c.c_size_t)]


class Error(Exception):
    pass


SIGNATURES = {
    "lw_last_error": (c.c_char_p, []),
    "lw_model_load": (c.c_int, [c.c_char_p, P, P]),
    "lw_model_free": (None, [P]),
    "lw_model_pass_rewrites": (c.c_size_t, [P, c.c_size_t]),
    "lw_pass_count": (c.c_size_t, []),
    "lw_pass": (c.c_int, [c.c_size_t, P]),
    "lw_context_new": (c.c_int, [P, P, P]),
    "lw_context_free": (None, [P]),
    "lw_context_prepare": (c.c_int, [P, P, c.c_size_t, P, c.c_size_t]),
    "lw_context_run": (c.c_int, [P, P, c.c_size_t, P, c.c_size_t]),
    "lw_model_output_count": (c.c_size_t, [P]),
    "lw_model_output": (c.c_int, [P, c.c_size_t, P]),
    "lw_tensor_wrap": (c.c_int, [c.c_int, c.c_int, P, P, P]),
    "lw_tensor_strings": (c.c_int, [c.c_int, P, P, P, P]),
    "lw_map_take": (c.c_int, [P, P, P]),
    "lw_value_free": (None, [P]),
    "lw_value_copy": (c.c_int, [P, P]),
    "lw_value_kind": (c.c_int, [P]),
    "lw_tensor_dtype": (c.c_int, [P]),
    "lw_tensor_rank": (c.c_int, [P]),
    "lw_tensor_dims": (c.POINTER(c.c_int64), [P]),
    "lw_tensor_count": (c.c_size_t, [P]),
    "lw_tensor_bytes": (c.c_size_t, [P]),
    "lw_tensor_data": (P, [P]),
    "lw_value_item_count": (c.c_size_t, [P]),
    "lw_value_item": (P, [P, c.c_size_t]),
    "lw_map_keys": (P, [P]),
    "lw_map_values": (P, [P]),
}


class Library:
    def __init__(self, path):
        self.c = c.CDLL(path)
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(self.c, name)
            function.restype = result
            function.argtypes = arguments

    def check(self, status):
        if status:
            raise Error(self.c.lw_last_error().decode("utf-8", "replace"))

    def value(self, data):
        """A value from an array (kept alive by the caller) or a dict."""
        value = P()
        if isinstance(data, dict):
            keys = self.value(np.array(list(data.keys())))
            values = self.value(np.array(list(data.values()), np.float32))
            self.check(self.c.lw_map_take(keys, values, c.byref(value)))
            return value
        data = np.require(data, requirements="C")
        dims = (c.c_int64 * max(1, data.ndim))(*data.shape)
        data = np.asarray(data, order="C")
        if data.dtype.kind in "UO":
            texts = [str(t).encode() for t in data.ravel()]
            array = (c.c_char_p * max(1, len(texts)))(*texts)
            self.check(self.c.lw_tensor_strings(data.ndim, dims, array, None, c.byref(value)))
            return value
        copy = P()
        self.check(self.c.lw_tensor_wrap(CODES[data.dtype], data.ndim, dims, data.ctypes.data,
                                         c.byref(value)))
        self.c.lw_value_copy(value, c.byref(copy))
        self.c.lw_value_free(value)
        return copy

    def data(self, value):
        """A value as array, list, dict or None."""
        kind = self.c.lw_value_kind(value)
        if kind == TENSOR:
            return self.array(value)
        if kind == MAP:
            keys = self.array(self.c.lw_map_keys(value))
            return dict(zip(keys.tolist(), self.array(self.c.lw_map_values(value)).tolist()))
        items = [self.data(self.c.lw_value_item(value, i))
                 for i in range(self.c.lw_value_item_count(value))]
        return items if kind == SEQUENCE else items[0] if items else None

    def array(self, value):
        rank = self.c.lw_tensor_rank(value)
        shape = [self.c.lw_tensor_dims(value)[i] for i in range(rank)]
        code = self.c.lw_tensor_dtype(value)
        if code == STRING:
            texts = c.cast(self.c.lw_tensor_data(value), c.POINTER(Text))
            strings = [c.string_at(texts[i].data, texts[i].size).decode()
                       for i in range(self.c.lw_tensor_count(value))]
            return np.array(strings, object).reshape(shape)
        size = self.c.lw_tensor_bytes(value)
        raw = c.string_at(self.c.lw_tensor_data(value), size) if size else b""
        return np.frombuffer(raw, DTYPES[code]).reshape(shape)

    def passes(self):
        """The names of the passes, in their order."""
        info = PassInfo(size=c.sizeof(PassInfo))
        names = []
        for i in range(self.c.lw_pass_count()):
            self.check(self.c.lw_pass(i, c.byref(info)))
            names.append(info.name.decode())
        return names

    def load_model(self, path, skip_passes=""):
        """A model without a context, the caller's to free."""
        model = P()
        options = ModelOptions(size=c.sizeof(ModelOptions), skip_passes=skip_passes.encode())
        self.check(self.c.lw_model_load(str(path).encode(), c.byref(options), c.byref(model)))
        return model

    def rewrites(self, path, skip_passes=""):
        """How often each pass is applied to a model: {name: count}."""
        model = self.load_model(path, skip_passes)
        counts = {name: self.c.lw_model_pass_rewrites(model, i)
                  for i, name in enumerate(self.passes())}
        self.c.lw_model_free(model)
        return counts

    def load(self, path, threads=0, precision=0, device=None, skip_passes="", device_memory=0,
             isa=None, fallback=False):
        return Model(self, path, skip_passes, ContextOptions(
            size=c.sizeof(ContextOptions), threads=threads, precision=precision,
            isa=isa and isa.encode(), device=device and device.encode(), fallback=fallback,
            device_memory=device_memory))


class Model:
    def __init__(self, library, path, skip_passes, options):
        self.library, self.context = library, P()
        self.model = library.load_model(path, skip_passes)
        library.check(library.c.lw_context_new(self.model, c.byref(options),
                                               c.byref(self.context)))

    def names(self, count, describe):
        names = []
        for i in range(count(self.model)):
            info = IoInfo(size=c.sizeof(IoInfo))
            self.library.check(describe(self.model, i, c.byref(info)))
            names.append(info.name)
        return names

    def inputs(self):
        return self.names(self.library.c.lw_model_input_count, self.library.c.lw_model_input)

    def outputs(self):
        return self.names(self.library.c.lw_model_output_count, self.library.c.lw_model_output)

    def run(self, feeds, wanted=None):
        """feeds: name -> array or dict, or a value that stays the caller's. Returns the outputs in
        the model's order, or those that are wanted."""
        lib = self.library
        names = [n.encode() for n in wanted] if wanted else self.outputs()
        made = {n: v if isinstance(v, P) else lib.value(v) for n, v in feeds.items()}
        inputs = (Io * max(1, len(feeds)))(*[Io(n.encode(), v) for n, v in made.items()])
        outputs = (Io * len(names))(*[Io(n, None) for n in names])
        status = lib.c.lw_context_run(self.context, inputs, len(feeds), outputs, len(names))
        for name, value in made.items():
            if value is not feeds[name]:
                lib.c.lw_value_free(value)
        lib.check(status)
        results = [lib.data(io.value) for io in outputs]
        for io in outputs:
            lib.c.lw_value_free(io.value)
        return results

    def prepare(self, feeds):
        """For runs with inputs like these and all outputs."""
        lib = self.library
        made = [(n.encode(), lib.value(v)) for n, v in feeds.items()]
        inputs = (Io * max(1, len(made)))(*[Io(n, v) for n, v in made])
        names = self.outputs()
        outputs = (Io * len(names))(*[Io(n, None) for n in names])
        status = lib.c.lw_context_prepare(self.context, inputs, len(made), outputs, len(names))
        for _, value in made:
            lib.c.lw_value_free(value)
        lib.check(status)

    def close(self):
        self.library.c.lw_context_free(self.context)
        self.library.c.lw_model_free(self.model)

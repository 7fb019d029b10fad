# SPDX-License-Identifier: MIT
"""A thin ctypes view of liblampwick-llm: structs of lampwick/llm.h, and counted checks."""
import ctypes as c

P, SIZE = c.c_void_p, c.c_size_t


class Sampling(c.Structure):
    _fields_ = [("size", SIZE), ("seed", c.c_uint64), ("temperature", c.c_float), ("biases", P),
                ("n_biases", SIZE), ("penalty_last", SIZE), ("repetition", c.c_float),
                ("frequency", c.c_float), ("presence", c.c_float), ("dry_multiplier", c.c_float),
                ("dry_base", c.c_float), ("dry_allowed", SIZE), ("dry_breakers", P),
                ("n_dry_breakers", SIZE), ("top_k", SIZE),
                ("typical", c.c_float), ("top_p", c.c_float), ("min_p", c.c_float),
                ("xtc_probability", c.c_float), ("xtc_threshold", c.c_float),
                ("mirostat_tau", c.c_float), ("mirostat_eta", c.c_float)]


class ContextOptions(c.Structure):
    _fields_ = [("size", SIZE), ("threads", c.c_int), ("executor", P), ("allocator", P),
                ("memory_limit", SIZE), ("max_plans", SIZE), ("precision", c.c_int), ("isa", P),
                ("less_memory", c.c_bool), ("device", c.c_char_p), ("fallback", c.c_bool),
                ("device_memory", SIZE)]


class BatchOptions(c.Structure):
    _fields_ = [("size", SIZE), ("context", P), ("cache", c.c_int), ("tokens", SIZE),
                ("step_tokens", SIZE), ("keep_prefixes", c.c_bool)]


class SessionOptions(c.Structure):
    _fields_ = [("size", SIZE), ("batch", P), ("batch_options", P), ("sampling", P),
                ("grammar", P), ("most_tokens", SIZE), ("shift", c.c_bool), ("keep", SIZE),
                ("pooling", c.c_int),
                ("speculation", P)]


class Speculation(c.Structure):
    _fields_ = [("size", SIZE), ("draft", P), ("lookup", SIZE), ("tokens", SIZE)]


class Adapter(c.Structure):
    _fields_ = [("path", c.c_char_p), ("scale", c.c_float)]


class ModelOptions(c.Structure):
    _fields_ = [("size", SIZE), ("allocator", P), ("inspect", c.c_bool), ("keep_graph", c.c_bool),
                ("image_decoder", P), ("skip_passes", P), ("cache_path", P), ("adapters", P),
                ("n_adapters", SIZE)]


class LlmOptions(c.Structure):
    _fields_ = [("size", SIZE), ("model", P), ("tokenizer", P)]


class Info(c.Structure):
    _fields_ = [("size", SIZE), ("architecture", c.c_char_p), ("vocabulary", SIZE),
                ("context", SIZE), ("width", SIZE), ("cache_bytes", SIZE), ("encoder", c.c_bool),
                ("classifier", c.c_bool), ("pooling", c.c_int), ("reads_source", c.c_bool)]


class Probability(c.Structure):
    _fields_ = [("token", c.c_int32), ("logprob", c.c_float)]


def make(kind, **members):
    """A struct whose first member is its size."""
    return kind(size=c.sizeof(kind), **members)


def load(path):
    lib = c.CDLL(str(path))
    lib.lw_last_error.restype = c.c_char_p
    lib.lw_session_tokens.restype = P
    lib.lw_session_reused.restype = SIZE
    lib.lw_llm_cache_bytes.restype = SIZE
    lib.lw_session_ready.restype = c.c_bool
    return lib


def ok(lib, status):
    if status:
        raise RuntimeError(lib.lw_last_error().decode())


class Checks:
    def __init__(self):
        self.n = self.failed = 0

    def __call__(self, name, good, note=""):
        self.n += 1
        if not good:
            self.failed += 1
            print("FAILED", name, note)

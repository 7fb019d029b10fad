/* SPDX-License-Identifier: MIT
 * The names that pickles of weights may hold. Nothing is ever called, whatever the name: this is so
 * that a file which wants more than weights need is not taken for one. */
#include "files/torch_reader.h"

/* Called as functions: those that make tensors, and those of values that checkpoints carry along.
 */
static const char *const functions[] = {
    "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor_v3",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_parameter_with_state",
    "torch._utils _rebuild_qtensor",
    "torch._utils _rebuild_sparse_tensor",
    "torch._utils _rebuild_sparse_csr_tensor",
    "torch._utils _rebuild_nested_tensor",
    "torch._utils _rebuild_meta_tensor_no_storage",
    "torch._utils _rebuild_wrapper_subclass",
    "torch._utils _rebuild_device_tensor_from_numpy",
    "torch._utils _rebuild_device_tensor_from_cpu_tensor",
    "torch._tensor _rebuild_from_type",
    "torch._tensor _rebuild_from_type_v2",
    "torch.tensor _rebuild_from_type",
    "torch.tensor _rebuild_from_type_v2",
    "torch Size",
    "torch Tensor",
    "torch device",
    "torch Generator",
    "torch.nn.parameter Parameter",
    "torch.nn.parameter Buffer",
    "torch.serialization _get_layout",
    "torch.jit._pickle build_intlist",
    "torch.jit._pickle build_tensorlist",
    "torch.jit._pickle build_doublelist",
    "torch.jit._pickle build_boollist",
    "torch.jit._pickle restore_type_tag",
    "collections OrderedDict",
    "collections Counter",
    "collections defaultdict",
    "collections deque",
    "_codecs encode",
    "copy_reg _reconstructor",
    "copyreg _reconstructor",
    "argparse Namespace",
    "types SimpleNamespace",
    "functools partial",
    "pathlib Path",
    "pathlib PosixPath",
    "pathlib PurePosixPath",
    "pathlib PureWindowsPath",
    "pathlib WindowsPath",
    "pathlib._local PosixPath",
    "pathlib._local WindowsPath",
    "datetime date",
    "datetime datetime",
    "datetime timedelta",
    "datetime timezone",
    "uuid UUID",
    "numpy dtype",
    "numpy ndarray",
    "numpy.core.multiarray scalar",
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray scalar",
    "numpy._core.multiarray _reconstruct",
    "numpy._core.numeric _frombuffer",
    "numpy.core.numeric _frombuffer",
};

/* Of Python's built-in ones. */
static const char *const builtins[] = {
    "set",    "frozenset", "bytearray", "complex", "slice", "range", "list",    "dict", "tuple",
    "object", "int",       "float",     "str",     "bool",  "bytes", "unicode", "long", "Ellipsis"};

/* Modules with which files that do harm begin. Classes of all others may be named: objects of them
 * are passed over, or are networks. */
static const char *const modules[] = {
    "os",           "posix",       "nt",          "sys",       "subprocess",
    "commands",     "runpy",       "shutil",      "socket",    "ctypes",
    "_ctypes",      "importlib",   "pickle",      "_pickle",   "cPickle",
    "dill",         "cloudpickle", "joblib",      "marshal",   "code",
    "codeop",       "pty",         "pdb",         "bdb",       "timeit",
    "cProfile",     "profile",     "webbrowser",  "operator",  "_operator",
    "inspect",      "gc",          "signal",      "threading", "multiprocessing",
    "asyncio",      "http",        "urllib",      "urllib2",   "httplib",
    "requests",     "smtplib",     "ftplib",      "telnetlib", "tempfile",
    "pydoc",        "doctest",     "pip",         "venv",      "ensurepip",
    "linecache",    "io",          "_io",         "builtins",  "__builtin__",
    "__builtins__", "imp",         "zipimport",   "pkgutil",   "ast",
    "dis",          "trace",       "tracemalloc",
};

static bool is_listed(const char *name, size_t size, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i]) == size && !memcmp(list[i], name, size)) return true;
    return false;
}

#define LISTED(name, size, list) is_listed(name, size, list, sizeof(list) / sizeof *(list))

static bool is_builtin(const char *name) {
    const char *space = strchr(name, ' ');
    const size_t n = (size_t)(space - name);
    if (strncmp(name, "builtins", n) && strncmp(name, "__builtin__", n)) return false;
    return LISTED(space + 1, strlen(space + 1), builtins);
}

/* The outermost module's name is what counts: "os.path" is "os". */
static bool may_be_named(const char *name, bool called) {
    (void)called;
    return is_builtin(name) || !LISTED(name, strcspn(name, ". "), modules);
}

static bool may_be_called(const char *name, bool called) {
    if (!called) return may_be_named(name, called);
    return is_builtin(name) || LISTED(name, strlen(name), functions);
}

lw_status lwi_torch_unpickle(lwi_torch_reader *r, const char *file, const void *data, size_t size,
                             const lwi_pickle_item **root, size_t *used) {
    return lwi_pickle_read(r->arena, file, data, size,
                           r->options->any_class ? may_be_named : may_be_called, root, used);
}

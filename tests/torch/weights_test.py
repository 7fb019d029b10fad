#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that PyTorch wrote (make_weights.py) are read as PyTorch reads them, written as safetensors and
as .pth, and read again. Pickles that want something run are refused by name, and run nothing.

    weights_test.py build/liblampwick.so build/lampwick FOLDER
"""
import io
import json
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile

from weights_library import Library, Weights

TAKEN = {"checkpoint": (b"state_dict", b"module._orig_mod."), "ema": (b"ema.module", b""),
         "nested": (b"state_dict", b"")}
FORMS = {"legacy": b"PyTorch (legacy)", "tar": b"PyTorch (tar)"}
faults = []
checked = 0


def check(good, text):
    global checked
    checked += 1
    if not good:
        faults.append(text)
        print(text)


# ------------------------------------------------------------------ PyTorch's files

def compare(name, got, want):
    check([r["name"] for r in got] == [r["name"] for r in want], f"{name}: names {[r['name'] for r in got]}")
    for g, w in zip(got, want):
        w = {k: v for k, v in w.items() if k != "numbers"}
        check(g == w, f"{name}: {g} is not {w}")


def read_back(library, name, path, want, folder):
    """Through both formats; quantised tensors come back as numbers."""
    weights = Weights(library, path)
    expected = [{"name": r["name"], "shape": r["shape"], "dtype": "float32" if "axis" in r else r["dtype"],
                 "sha": r.get("numbers", r["sha"])} for r in want]
    for end in (".pth", ".safetensors"):
        to = folder / (name + end)
        try:
            weights.save(to)
        except RuntimeError as e:
            check(name.startswith("types") and end == ".safetensors" and "safetensors has no type" in str(e) and
                  not to.exists(), f"{name}{end}: {e}")
            continue
        again = Weights(library, to)
        key = lambda rows: sorted(rows, key=lambda r: r["name"])
        compare(name + end, key(again.describe()), key(expected))
        shares = {e.name: e.shares for e in again.entries()}
        check(end != ".pth" or shares.get(b"tied", b"w") == b"w", f"{name}: {shares}")
        again.close()
    weights.close()


def files(library, folder, data):
    golden = json.loads((data / "golden.json").read_text())
    for name, want in golden.items():
        path = data / f"{name}.pth"
        weights = Weights(library, path)
        compare(name, weights.describe(), want)
        check((weights.info.key, weights.info.prefix) == TAKEN.get(name, (b"", b"")),
              f"{name}: took {weights.info.key}, {weights.info.prefix}")
        form = next((text for end, text in FORMS.items() if name.endswith(end)), b"PyTorch (zip)")
        check(weights.info.format == form, f"{name}: {weights.info.format}")
        check(Weights(library, path.read_bytes()).describe() == weights.describe(), f"{name}: from memory")
        weights.close()
        read_back(library, name, path, want, folder)
    keyed = Weights(library, data / "checkpoint.pth", key=b"state_dict", keep_prefixes=True)
    check(all(e.name.startswith(b"module._orig_mod.") for e in keyed.entries()), "prefixes are kept")
    state = Weights(library, data / "checkpoint.pth", key=b"optimizer.state")
    check(any(e.name == b"0.exp_avg" for e in state.entries()), "the optimizer's state")
    whole = Weights(library, data / "checkpoint.pth", key=b"")
    check(any(e.name == b"optimizer.state.0.exp_avg" for e in whole.entries()), "the outermost dictionary")
    fails(library, (data / "checkpoint.pth").read_bytes(), "no key 'nothing'", key=b"nothing.at")


# ------------------------------------------------------------------------- bad files

def archive(data_pkl, records=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("archive/data.pkl", data_pkl)
        for name, data in records:
            z.writestr("archive/" + name, data)
    return out.getvalue()


def fails(library, data, text, **options):
    try:
        Weights(library, data, **options)
        check(False, f"accepted, though '{text}' was expected")
    except RuntimeError as e:
        check(text in str(e), f"expected '{text}', not '{e}'")


class Call:
    def __init__(self, f, *arguments):
        self.f, self.arguments = f, arguments

    def __reduce__(self):
        return self.f, self.arguments


def name_of(module, name):
    made = type(name, (), {})
    made.__module__, made.__qualname__ = module, name
    return made


def malicious(library, folder):
    import os, subprocess as sub, runpy, timeit, operator, functools, importlib, shutil, code
    mark = folder / "ran"
    shell = f"touch {mark}"
    calls = [(os.system, (shell,), "posix.system"), (eval, ("1",), "builtins.eval"), (exec, ("1",), "builtins.exec"),
             (sub.Popen, (["touch", str(mark)],), "subprocess.Popen"), (getattr, ("a", "b"), "builtins.getattr"),
             (__import__, ("os",), "builtins.__import__"), (open, (str(mark), "w"), "open"),
             (runpy.run_path, (shell,), "runpy.run_path"), (timeit.timeit, (shell,), "timeit.timeit"),
             (operator.attrgetter, ("system",), "operator.attrgetter"), (shutil.rmtree, (shell,), "shutil.rmtree"),
             (importlib.import_module, ("os",), "importlib.import_module"), (pickle.loads, (b"N.",), "pickle.loads"),
             (functools.partial, (os.system, shell), "posix.system"), (compile, ("1", "", "eval"), "builtins.compile"),
             (code.interact, (), "code.interact")]
    for f, arguments, name in calls:
        for protocol in range(6):
            bomb = {"w": Call(f, *arguments)}
            data = archive(pickle.dumps(bomb, protocol))
            for options in ({}, {"any_class": True}, {"key": b"w"}):
                # 2to3 names of old protocols: __builtin__ and so on
                short = name.split(".")[-1]
                fails(library, data, short + "'", **options)
                fails(library, data, "nothing was run", **options)
    handmade = [b"cos\nsystem\n(S'x'\ntR.", b"(S'x'\nios\nsystem\n.", b"(cos\nsystem\nS'x'\no.",
                b"\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.", b"cposix\nsystem\n)\x81.",
                b"c__builtin__\neval\n(S'1'\ntR.", b"cos.path\nsystem\n.", b"cbuiltins\neval\n."]
    for data in handmade:
        fails(library, archive(data), "nothing was run", any_class=True)
    fails(library, archive(b"cmy.module\nmake\n)R."), "'my.module.make'")
    fails(library, archive(b"cmy.module\nmake\n)R."), "no tensors", any_class=True)
    fails(library, archive(b"cmy.module\nThing\n)\x81}b."), "no tensors")
    check(not mark.exists(), "something was run")


def tensor(key="0", numel=4, offset=0, size=(4,), stride=(1,), cls="FloatStorage"):
    """The pickle of a dictionary with a tensor."""
    number = lambda n: pickle.dumps(n, 2)[2:-1]
    sizes = lambda n: b"(" + b"".join(map(number, n)) + b"t"
    text = lambda t: b"X" + struct.pack("<I", len(t)) + t.encode()
    return (b"\x80\x02}" + text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\n" +
            cls.encode() + b"\n" + text(key) + text("cpu") + number(numel) + b"tQ" + number(offset) + sizes(size) +
            sizes(stride) + b"\x89ccollections\nOrderedDict\n)RtRs.")


def broken(library):
    data = [("data/0", bytes(16))]
    check(Weights(library, archive(tensor(), data)).info.tensors == 1, "a tensor by hand")
    fails(library, archive(tensor(size=(5,)), data), "tensor 'w' reaches to element 4 of a storage with 4")
    fails(library, archive(tensor(offset=1), data), "tensor 'w' reaches")
    fails(library, archive(tensor(offset=-1), data), "tensor 'w': the offset is no number")
    fails(library, archive(tensor(offset=2**70), data), "tensor 'w': the offset is no number")
    fails(library, archive(tensor(size=(2**62, 8), stride=(8, 1)), data), "tensor 'w' has too many elements")
    fails(library, archive(tensor(size=(-1,)), data), "tensor 'w': dimension 0 has size -1")
    fails(library, archive(tensor(stride=(-1,)), data), "dimension 0 has size 4 and stride -1")
    fails(library, archive(tensor(size=(1 << 30,), stride=(0,)), data), "tensor 'w' makes 1073741824 elements of 4")
    fails(library, archive(tensor(size=(4, 1)), data), "tensor 'w': 2 sizes and 1 strides")
    fails(library, archive(tensor(size=[1] * 17, stride=[1] * 17), data), "tensor 'w': sizes are no list of at most 16")
    fails(library, archive(tensor(key="9"), data), "tensor 'w': the file has no record 'data/9'")
    fails(library, archive(tensor(key="../0"), data), "no record 'data/../0'")
    fails(library, archive(tensor(cls="QuiteStorage"), data), "elements of the type 'QuiteStorage' are not supported")
    fails(library, archive(tensor(numel=-1), data), "a storage has no proper id")
    fails(library, archive(b"N."), "there are no tensors in it")
    fails(library, archive(b""), "data.pkl: the pickle is damaged")
    fails(library, archive(b"}."), "no tensors")
    fails(library, archive(b"]" * 5000 + b"a" * 4999 + b"."), "nested too deeply")
    shared = b"]" + b"q\0"
    for i in range(1, 60):  # each list holds the one before twice
        shared += b"](h" + bytes([i - 1]) + b"h" + bytes([i - 1]) + b"eq" + bytes([i])
    fails(library, archive(b"(" + shared + b"l."), "too often")
    fails(library, archive(b"\x8b\xff\xff\xff\x7f" + bytes(100) + b"."), "longer than the pickle")
    fails(library, archive(b"Nr\xff\xff\xff\x7f."), "a place of the memo is too far")
    fails(library, b"PK\3\4" + bytes(100), "zip: there is no end record")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as z:
        z.writestr("a.txt", "x")
    fails(library, other.getvalue(), "no record data.pkl")
    fails(library, pickle.dumps({"a": 1}, 2), "not one that torch.save wrote")


def commands(program, folder, data):
    run = lambda *a: subprocess.run([program, *map(str, a)], capture_output=True, text=True)
    out = folder / "a.safetensors"
    made = run("convert", data / "checkpoint.pth", out)
    check(made.returncode == 0 and "of 'state_dict', without 'module._orig_mod.'" in made.stdout, str(made))
    shown = json.loads(run("info", "--json", out).stdout)
    golden = json.loads((data / "golden.json").read_text())["checkpoint"]
    check(shown["format"] == "safetensors" and len(shown["tensors"]) == len(golden), str(shown)[:300])
    check(run("convert", out, folder / "b.pth").returncode == 0, "back to PyTorch's form")
    check("taken        ema.module" in run("info", data / "ema.pth").stdout, "info of ema.pth")
    check("quantised along axis 1" in run("info", data / "quantized.pth").stdout, "info of quantized.pth")
    bad = folder / "bad.pth"
    bad.write_bytes(archive(b"cos\nsystem\n(S'x'\ntR."))
    for command in (["info", bad], ["convert", bad, folder / "c.safetensors"]):
        said = run(*command)
        check(said.returncode == 1 and "os.system" in said.stderr, str(said))


def main():
    library, data = Library(sys.argv[1]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files(library, folder, data)
        malicious(library, folder)
        broken(library)
        commands(sys.argv[2], folder, data)
    print(f"{checked} checks, {len(faults)} failed")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Zip files that Python's zipfile makes are read as it reads them; tricks with their structure are
refused with a sentence that names the entry; damaged files give an answer.

    zip_test.py build/tests/zip_print
"""
import io
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib


def archive(entries, method=zipfile.ZIP_DEFLATED, level=6, zip64=False, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=level) as z:
        for name, data in entries:
            with z.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) if zip64 else z.open(name, "w") as f:
                f.write(data)
        z.comment = comment
    return out.getvalue()


def contents(rng):
    kinds = [lambda n: rng.randbytes(n), lambda n: bytes(n), lambda n: bytes(rng.choices(b"abc \n", k=n)),
             lambda n: (b"def forward(self, x):\n  return torch.relu(x)\n" * (n // 40 + 1))[:n],
             lambda n: bytes(min(255, int(rng.expovariate(0.2))) for _ in range(n))]
    return rng.choice(kinds)(rng.choice([0, 1, 2, 31, 300, 5000, 70000, 200000]))


def good(rng):
    for level in (0, 1, 3, 6, 9):
        for zip64 in (False, True):
            entries = [(f"net/data/{i}", contents(rng)) for i in range(rng.randrange(1, 12))]
            method = zipfile.ZIP_STORED if level == 0 else zipfile.ZIP_DEFLATED
            yield archive(entries, method, level or None, zip64, rng.randbytes(rng.choice([0, 0, 50])))
    # Blocks without compression, fixed codes, and codes for Huffman only.
    data = contents(rng) + b"the end"
    for strategy in (zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_DEFAULT_STRATEGY):
        for level in (0, 9):
            pack = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
            yield raw([(b"r/a", 8, pack.compress(data) + pack.flush(), data, {})])


def raw(entries, end=None):
    """A zip file byte by byte; a field may be told to be another in the directory (d_x) or in the
    local header (l_x)."""
    body, directory = b"", b""
    for name, method, packed, data, lies in entries:
        def head(side):
            get = lambda field, usual: lies.get(side + field, lies.get(field, usual))
            return struct.pack("<HHHHIIIHH", get("flags", 0), get("method", method), 0, 0,
                               get("crc", zlib.crc32(data)), get("packed", len(packed)),
                               get("size", len(data)), len(get("name", name)), len(lies.get("extra", b"")))
        at = lies.get("at", len(body))
        local = b"PK\3\4\x14\0" + head("l_") + lies.get("l_name", name) + lies.get("extra", b"")
        directory += (b"PK\1\2\x14\0\x14\0" + head("d_") + struct.pack("<HHHII", 0, lies.get("disk", 0), 0, 0, at)
                      + name + lies.get("extra", b""))
        body += local + packed
    end = end or struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def tricks():
    data = b"x" * 100
    packed = zlib.compress(data)[2:-4]
    one = lambda **lies: raw([(b"r/a", 0, data, data, {k: v for k, v in lies.items()})])
    yield "leads out", raw([(b"r/../../etc/passwd", 0, data, data, {})])
    yield "leads out", raw([(b"..", 0, data, data, {})])
    yield "leads out", raw([(b"/etc/passwd", 0, data, data, {})])
    yield "leads out", raw([(b"C:/a", 0, data, data, {})])
    yield "leads out", raw([(b"r\\a", 0, data, data, {})])
    yield "no proper name", raw([(b"", 0, data, data, {})])
    yield "no proper name", raw([(b"r/a\0b", 0, data, data, {})])
    yield "'r/a' is encrypted", one(flags=1)
    yield "'r/a' is encrypted", one(flags=0x2000)
    yield "'r/a' and its local header", one(l_size=99)
    yield "'r/a' and its local header", one(l_crc=1)
    yield "'r/a' and its local header", one(l_method=8)
    yield "'r/a' and its local header", one(l_name=b"r/b")
    yield "'r/a' claims", one(size=99)
    yield "'r/a' claims", raw([(b"r/a", 8, packed, data, {"size": 1 << 30})])
    yield "'r/a' is in another part", one(disk=1)
    yield "'r/a' is packed by method 12", one(method=12)
    yield "no local header", one(at=7)
    yield "'r/a' of 4096 bytes is not in front", one(size=4096, packed=4096)
    yield "no sizes of 64 bits", one(size=0xffffffff, packed=0xffffffff)
    yield "'r/a' occurs twice", raw([(b"r/a", 0, data, data, {})] * 2)
    inner = raw([(b"r/b", 0, data, data, {})])[:33 + 100]
    yield "overlap", raw([(b"r/a", 0, inner, inner, {}), (b"r/b", 0, data, data, {"at": 33})])
    yield "one of several parts", raw([(b"r/a", 0, data, data, {})],
                                      struct.pack("<HHHHIIH", 1, 0, 1, 2, 49, 133, 0))
    yield "entries in a directory", raw([(b"r/a", 0, data, data, {})],
                                        struct.pack("<HHHHIIH", 0, 0, 9, 9, 49, 133, 0))
    yield "is not in the file", raw([(b"r/a", 0, data, data, {})],
                                    struct.pack("<HHHHIIH", 0, 0, 1, 1, 490, 133, 0))
    yield "no end record", raw([(b"r/a", 0, data, data, {})])[:-1]
    yield "fewer bytes", raw([(b"r/a", 8, packed, data, {"size": 101})])
    yield "more bytes", raw([(b"r/a", 8, packed, data, {"size": 99})])
    yield "check sum", raw([(b"r/a", 8, packed, data, {"crc": 5})])
    yield "left over", raw([(b"r/a", 8, packed + b"\0", data, {})])
    yield "ends early", raw([(b"r/a", 8, packed[:-1], data, {})])
    yield "deflate", raw([(b"r/a", 8, b"\x07", data, {})])
    yield "no kind", raw([(b"r/a", 8, b"\xff\xff", data, {})])


def run(program, folder, files):
    names = []
    for i, data in enumerate(files):
        names.append(folder / f"{i}.zip")
        names[-1].write_bytes(data)
    out = subprocess.run([program, *names], capture_output=True, check=True).stdout
    return [part.split(b"\n", 1)[1] for part in (b"\n" + out).split(b"\n# ")[1:]]


def expected(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return b"".join(b"%s\t%d\t%08x\n" % (i.filename.encode(), i.file_size, i.CRC) for i in z.infolist())


def damaged(rng, data):
    for percent in range(100):
        yield data[:len(data) * percent // 100]
    for _ in range(300):
        copy = bytearray(data)
        copy[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        yield bytes(copy)


def main():
    rng = random.Random(5)
    bad = n = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = [f for _ in range(6) for f in good(rng)]
        for data, got in zip(files, run(sys.argv[1], folder, files)):
            n += 1
            if got.rstrip(b"\n") != expected(data).rstrip(b"\n"):
                bad += 1
                print("read otherwise:", got[:200])
        want, files = zip(*tricks())
        for text, got in zip(want, run(sys.argv[1], folder, files)):
            n += 1
            if b"error\tzip" not in got or text.encode() not in got:
                bad += 1
                print(f"expected '{text}', not {got[:200]}")
        small = archive([("r/code.py", b"a b a b c" * 60), ("r/0", bytes(range(200)))])
        n += len(run(sys.argv[1], folder, damaged(rng, small)))
    print(f"{n} zip files, {bad} wrong")
    return bad > 0


sys.exit(main())

# SPDX-License-Identifier: MIT
"""Two processes, one for each engine, with the same model, inputs and number of threads. Short
batches of runs alternate between them (A B, B A, ...), so that whatever else the machine does
falls on both alike; while one runs, the other sleeps."""
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np

import environment
from model_inputs import difference

SMALLEST_GROUP = 20e-6  # shorter runs are timed together, so that the clock does not count
BATCH = 0.03            # seconds of one batch
LONG_RUN = 0.05         # such runs need no warming up
IDLE_MS = 300
CODES = {np.dtype(t): code for code, t in {
    1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64,
    9: np.bool_, 10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64}.items()}
TYPES = {code: dtype for dtype, code in CODES.items()}
STRING = 8


class Failed(Exception):
    pass


def write_inputs(feeds, folder):
    """The form that bench/worker.c reads."""
    parts = []
    for name, value in feeds.items():
        if isinstance(value, dict):
            parts.append(("keys", np.array(list(value), np.int64), name))
            parts.append(("values", np.array(list(value.values()), np.float32), name))
        else:
            parts.append(("tensor", np.asarray(value), name))
    lines = []
    for index, (kind, array, name) in enumerate(parts):
        if array.dtype.kind in "UOS":
            code, raw = STRING, b"".join(str(t).encode() + b"\0" for t in array.ravel())
        else:
            code, raw = CODES[array.dtype], np.ascontiguousarray(array).tobytes()
        (folder / f"{index}.bin").write_bytes(raw)
        shape = " ".join(map(str, array.shape))
        lines.append(f"{kind} {code} {len(raw)} {array.ndim} {shape}{' ' if shape else ''}{name}\n")
    (folder / "index.txt").write_text("".join(lines))


def place(threads):
    """Both engines run their one thread on the same processor: of a virtual machine's processors one
    may be half as fast as the other for minutes, when another machine runs beside it on its core."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Worker:
    def __init__(self, kind, library, model, inputs, threads, clock):
        self.name = kind
        command = [*environment.worker(kind), kind, library, model, inputs, str(threads)]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=lambda: place(threads))
        peak, *times = map(int, self.read().split()[1:])
        self.load, self.first = (t / 1e9 for t in (times[:2] if clock == "wall" else times[2:]))
        self.peak = peak

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.kill()
            raise Failed(f"{self.name}: {self.process.stderr.read().strip()[-300:]}"
                         f" (exit code {self.process.wait()})")
        return line

    def ask(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.read()

    def time(self, warm, count, group, clock):
        """Seconds of a run, count times."""
        return [int(ns) / 1e9 / group
                for ns in self.ask(f"time {warm} {count} {group} {clock}").split()]

    def idle(self):
        """The share of one processor that the engine uses after a run, in percent."""
        return int(self.ask(f"idle {IDLE_MS}")) / (IDLE_MS * 1e6) * 100

    def outputs(self, folder):
        folder.mkdir()
        self.ask(f"save {folder}")
        found = {}
        for text in folder.glob("*.txt"):
            code, *shape = map(int, text.read_text().split())
            raw = text.with_suffix(".bin").read_bytes()
            found[int(text.stem)] = np.frombuffer(raw, TYPES[code]).reshape(shape)
        return found

    def close(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Like close, but what the engine keeps for the next process is written."""
        self.process.stdin.close()
        self.process.wait()


class Series:
    """The batches of one worker."""

    def __init__(self, worker, clock):
        self.worker, self.clock, self.batches = worker, clock, []
        once = min(worker.time(1, 3, 1, clock))
        self.group = max(1, int(SMALLEST_GROUP / max(once, 1e-8)) + (once < SMALLEST_GROUP))
        self.count = max(1, int(BATCH / (once * self.group)))
        self.warm = int(once < LONG_RUN) * max(1, self.group // 4)

    def batch(self):
        self.batches.append(self.worker.time(self.warm, self.count, self.group, self.clock))

    def summary(self):
        times = [t for batch in self.batches for t in batch]
        return {"median_ms": statistics.median(times) * 1e3, "min_ms": min(times) * 1e3,
                "runs": len(times) * self.group, "load_ms": self.worker.load * 1e3,
                "first_ms": self.worker.first * 1e3, "peak_mb": self.worker.peak / 1024,
                "idle_cpu": self.worker.idle()}


def alternate(a, b, seconds, rounds):
    start = time.monotonic()
    while len(a.batches) < rounds or time.monotonic() - start < seconds:
        for series in ((a, b) if len(a.batches) % 2 == 0 else (b, a)):
            series.batch()


def ratios(a, b, pick):
    return statistics.median(pick(theirs) / pick(mine)
                             for mine, theirs in zip(a.batches, b.batches))


def worst_difference(mine, theirs):
    return max((float(difference(mine[i], theirs[i])) for i in theirs if i in mine), default=0.0)


def once(model, feeds, engine, threads):
    """A process from begin to end."""
    with tempfile.TemporaryDirectory() as name:
        write_inputs(feeds, pathlib.Path(name))
        Worker(*engine, model, name, threads, "wall").end()


def measure(model, feeds, engines, threads, clock="wall", seconds=2.0, rounds=5):
    """engines: two pairs (kind, library). Returns what the report shows of one model."""
    workers, clock = [], clock if threads == 1 else "wall"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_inputs(feeds, folder)
        try:
            for kind, library in engines:
                workers.append(Worker(kind, library, model, folder, threads, clock))
            a, b = (Series(w, clock) for w in workers)
            alternate(a, b, seconds, rounds)
            result = {"a": a.summary(), "b": b.summary(), "rounds": len(a.batches),
                      "ratio": ratios(a, b, statistics.median), "ratio_min": ratios(a, b, min)}
            outputs = [w.outputs(folder / str(i)) for i, w in enumerate(workers)]
            result["difference"] = worst_difference(*outputs)
            return result
        finally:
            for worker in workers:
                worker.close()

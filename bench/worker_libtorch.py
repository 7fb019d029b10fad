# SPDX-License-Identifier: MIT
"""libtorch with one model in one process: what bench/worker.c is for the other engines (its
commands, its output, its inputs). MODEL is a .pt2 of bench/make_torch_models.py; what runs is the
frozen TorchScript beside it, which is how libtorch runs a network from C++."""
import os
import pathlib
import sys
import time

import numpy as np

CLOCKS = {"wall": time.perf_counter_ns, "cpu": time.process_time_ns}
CODES = {np.dtype(t): code for code, t in {1: np.float32, 6: np.int32, 7: np.int64,
                                           9: np.bool_, 10: np.float16, 11: np.float64}.items()}
TYPES = {code: dtype for dtype, code in CODES.items()}


def both_clocks():
    return [clock() for clock in CLOCKS.values()]


def read_inputs(folder):
    for index, line in enumerate((folder / "index.txt").read_text().splitlines()):
        _, code, _, rank, *rest = line.split(" ")
        shape = list(map(int, rest[:int(rank)]))
        yield np.fromfile(folder / f"{index}.bin", TYPES[int(code)]).reshape(shape)


def settle():
    """Until no thread of this process is busy, at most a second. The kernel counts the time of other
    threads at its ticks only, 4 to 10 ms apart, so that a shorter step would see a spinning one
    rest."""
    for _ in range(80):
        before = time.process_time_ns()
        time.sleep(0.012)
        if time.process_time_ns() - before < 1_200_000:
            return


def peak_kb():
    with open("/proc/self/status") as f:
        return int(next(line.split()[1] for line in f if line.startswith("VmHWM")))


def timed(run, warm, count, group, clock):
    for _ in range(warm):
        run()
    times = []
    for _ in range(count):
        start = CLOCKS[clock]()
        for _ in range(group):
            run()
        times.append(CLOCKS[clock]() - start)
    settle()
    return " ".join(map(str, times))


def idle(run, ms):
    run()
    before = time.process_time_ns()
    time.sleep(ms / 1000)
    return str(time.process_time_ns() - before)


def save(run, folder):
    y = run()
    outputs = [y] if not isinstance(y, (tuple, list)) else y
    for i, tensor in enumerate(outputs):
        array = tensor.contiguous().numpy()
        shape = " ".join(map(str, [CODES[array.dtype], *array.shape]))
        (folder / f"{i}.txt").write_text(shape)
        array.tofile(folder / f"{i}.bin")
    return str(len(outputs))


def main():
    _, _, _, model, folder, threads = sys.argv
    os.environ["OMP_NUM_THREADS"] = threads
    import torch  # not part of the load time, as the library of the other engines is not
    torch.set_num_threads(int(threads))
    feeds = [torch.from_numpy(x) for x in read_inputs(pathlib.Path(folder))]
    start = both_clocks()
    module = torch.jit.load(pathlib.Path(model).with_suffix(".pt"))
    loaded = both_clocks()
    with torch.inference_mode():
        def run():
            return module(*feeds)
        run()
        first = both_clocks()
        run(), run()
        settle()
        spans = [(b - a, c - b) for a, b, c in zip(start, loaded, first)]
        print("ready", peak_kb(), *spans[0], *spans[1], flush=True)
        commands = {"time": lambda warm, count, group, clock: timed(
                        run, int(warm), int(count), int(group), clock),
                    "idle": lambda ms: idle(run, int(ms)),
                    "save": lambda path: save(run, pathlib.Path(path))}
        for line in sys.stdin:
            name, *arguments = line.split()
            print(commands[name](*arguments), flush=True)


main()

# SPDX-License-Identifier: MIT
"""What bench/compare writes: a line for each model on the screen, results.json, table.md and a
picture for each number of threads."""
import json
import math
import platform
import time

import ratio_chart

HEAD = (f"{'model':32} {'thr':>3} {'lampwick ms':>12} {'peer ms':>12} {'ratio':>7} {'of min':>7} "
        f"{'load ms':>15} {'first ms':>17} {'peak MB':>13} {'idle %':>9} {'differs':>8}")


def head():
    return HEAD


def digits(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def both(row, key):
    return f"{digits(row['a'][key])} / {digits(row['b'][key])}"


def line(row):
    if "error" in row:
        return f"{row['model']:32} {row['threads']:3}  FAILED {row['error']}"
    return (f"{row['model']:32} {row['threads']:3} {digits(row['a']['median_ms']):>12} "
            f"{digits(row['b']['median_ms']):>12} {row['ratio']:7.2f} {row['ratio_min']:7.2f} "
            f"{both(row, 'load_ms'):>15} {both(row, 'first_ms'):>17} {both(row, 'peak_mb'):>13} "
            f"{row['a']['idle_cpu']:4.1f}/{row['b']['idle_cpu']:4.1f} {row['difference']:8.0e}")


def ready_ms(side):
    """Until runs take what they take later: loading, and what the first run takes longer."""
    return side["load_ms"] + max(0, side["first_ms"] - side["median_ms"])


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def closing(rows):
    """A sentence for each number of threads."""
    lines = []
    for threads in sorted({r["threads"] for r in rows}):
        good = [r for r in rows if r["threads"] == threads and "ratio" in r]
        below = [f"{r['model']} {r['ratio']:.2f}" for r in sorted(good, key=lambda r: r["ratio"])
                 if r["ratio"] < 1]
        memory = geometric_mean([r["a"]["peak_mb"] / r["b"]["peak_mb"] for r in good])
        load = geometric_mean([r["b"]["load_ms"] / r["a"]["load_ms"] for r in good])
        ready = geometric_mean([ready_ms(r["b"]) / ready_ms(r["a"]) for r in good])
        lines.append(
            f"{threads} thread{'s' * (threads > 1)}: {len(good)} models, geometric mean of the "
            f"ratios {geometric_mean([r['ratio'] for r in good]):.2f}, below 1: {len(below)}"
            f"{' (' + ', '.join(below) + ')' if below else ''}; loads {load:.1f} times as fast, "
            f"ready {ready:.1f} times as soon, peak memory {memory:.2f} of the peer's")
    failed = [f"{r['model']} ({r['threads']})" for r in rows if "error" in r]
    return "\n".join(lines + ([f"failed: {', '.join(failed)}"] if failed else []))


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            return next(l.split(":")[1].strip() for l in f if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def table(rows, names, options):
    text = [f"# {names[0]} and {names[1]}", "",
            f"{time.strftime('%Y-%m-%d')}, {processor()}, {options.clock} time. Ratio: "
            f"{names[1]}'s time divided by {names[0]}'s, the median over the rounds; above 1, "
            f"{names[0]} is faster. Pairs are {names[0]} / {names[1]}.", "",
            *[f"- {l}" for l in closing(rows).split("\n")], "",
            "| model | threads | ms | ratio | load ms | first run ms | ready ms | peak MB | "
            "idle CPU % |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for r in rows:
        if "error" in r:
            text.append(f"| {r['model']} | {r['threads']} | failed | | | | | | |")
            continue
        text.append(f"| {r['model']} | {r['threads']} | {both(r, 'median_ms')} | "
                    f"**{r['ratio']:.2f}** | {both(r, 'load_ms')} | {both(r, 'first_ms')} | "
                    f"{digits(ready_ms(r['a']))} / {digits(ready_ms(r['b']))} | "
                    f"{both(r, 'peak_mb')} | {r['a']['idle_cpu']:.1f} / "
                    f"{r['b']['idle_cpu']:.1f} |")
    return "\n".join(text) + "\n"


def write(rows, names, options):
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    (options.output / "table.md").write_text(table(rows, names, options))
    for threads in {r["threads"] for r in rows}:
        good = [r for r in rows if r["threads"] == threads and "ratio" in r]
        if good:
            picture = ratio_chart.draw([(r["model"], r["ratio"], r["a"]["median_ms"],
                                         r["b"]["median_ms"]) for r in good],
                                       geometric_mean([r["ratio"] for r in good]), names, threads)
            (options.output / f"ratios-{threads}.svg").write_text(picture)

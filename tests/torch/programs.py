# SPDX-License-Identifier: MIT
"""Programs for torch.jit.script that use what the language has: containers, classes, branches,
loops, writes through views. Each is a zoo.Entry of the kind "program"."""
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn

from zoo import Entry, noise


class Containers(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Dict[str, Tensor], List[Tensor]]:
        parts: List[Tensor] = []
        named: Dict[str, Tensor] = {}
        for i in range(3):
            parts.append(x * i)
            named["part" + str(i)] = x + i
        parts.insert(0, x)
        parts.extend([x - 1, x - 2])
        last = parts.pop()
        parts[1] = last
        other = parts
        other.append(x * 7)
        total = torch.zeros_like(x) if len(parts) == 0 else x
        for name, value in named.items():
            if name != "part1":
                total = total + value
        if "part2" in named:
            total = total + named["part2"]
        numbers = [3, 1, 2]
        numbers.sort()
        total = total * numbers[0] + numbers[-1]
        return total, named, parts[1:4]


class Point(NamedTuple):
    x: Tensor
    scale: float


class Color(Enum):
    RED = 1
    BLUE = 2


@torch.jit.script
class Counter:
    def __init__(self, start: int):
        self.count = start
        self.seen: List[int] = []

    def add(self, n: int) -> int:
        self.count += n
        self.seen.append(n)
        return self.count


class Objects(nn.Module):
    def __init__(self):
        super().__init__()
        self.color = Color.BLUE
        self.table = {"a": 1.5, "b": 2.5}
        self.steps = [1, 2, 3]

    def forward(self, x: Tensor, extra: Optional[Tensor] = None, times: int = 2) -> Point:
        counter = Counter(1)
        for n in self.steps:
            counter.add(n)
        y = x * counter.count + len(counter.seen)
        if self.color == Color.BLUE:
            y = y * self.table["b"]
        else:
            y = y * self.table["a"]
        if extra is not None:
            y = y + extra
        for _ in range(times):
            y = y.relu() - 0.5
        text = "{}-{}".format(times, 2)
        if text == "2-2":
            y = y + 1
        return Point(y, float(counter.count) / 2)


class Branches(nn.Module):
    """Conditions that depend on data."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, int, List[Tensor]]:
        parts = [x]
        z = x.clone()
        n = 1
        if bool(x.sum() > 0):
            y = x * 2
            parts.append(y)
            z[0] = 5.0
            n = 3
        else:
            y = x - 3
            parts.append(y + 1)
            n = n + int((x > 0).sum())
        if n > 2:
            if bool(y.max() > 1):
                y = y / 2
        assert n > 0, "a count"
        if bool(x.abs().max() > 1e6):
            raise ValueError("too large")
        return y, z, n, parts


def early(x: Tensor) -> Tensor:
    if bool(x[0, 0] > 0):
        return x * 10
    y = x + 1
    if bool(y[0, 1] > 0):
        return y * 100
    return y


class EarlyReturns(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        return early(x), early(-x), early(x - x)


class Aliases(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        y = x * 1
        row = y[1]
        column = y[:, 1]
        flat = y.view(-1)
        row += 10
        column.mul_(2)
        flat[2:4] = -1.0
        first = y[0]
        for i in range(first.size(0)):
            first[i] = first[i] + i
        y[:, -1] = column
        return y, row, flat


class WhileLoop(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        n = x.size(0)
        steps = 0
        while n > 1:
            n = n // 2 if n % 2 == 0 else n * 3 + 1
            steps += 1
            x = x + 1.0 / steps
        return x, steps


class DataLoop(nn.Module):
    """Loops whose lengths depend on data."""

    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        n = int((x > 0).sum())
        y = x
        for i in range(n):
            y = y * 0.5 + i
        count = 0
        while bool(y.abs().max() > 0.1):
            y = y * 0.5
            count += 1
        return y, count


class GrowingLists(nn.Module):
    """Lists and tensors that become as long as data say."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, int, Tensor]:
        found = torch.nonzero(x[:, 0] > 0)[:, 0]
        rows = [x[int(i)] * 2 for i in found]
        stacked = torch.stack(rows, 1) if len(rows) > 0 else x.new_empty((x.size(1), 0))
        pairs = [x[0] - 1]
        sizes: List[int] = []
        grown = x[:1]
        for i in range(found.size(0)):
            pairs.append(x[i] + 1)
            pairs.append(x[i] - 3)
            sizes.append(i * 2)
            grown = torch.cat((grown, x[i:i + 1]))
        pairs.append(x[1])
        total = torch.zeros(x.size(1))
        for row in pairs:
            total = total * 0.5 + row
        count = 0
        for n in sizes:
            count = count + n
        return stacked, torch.cat(pairs), grown, count, total


class BranchLists(nn.Module):
    """Lists that one way of a branch makes longer."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, int, Tensor, Tensor, int, Tensor]:
        picked: List[Tensor] = []
        numbers: List[int] = []
        rest = [x[0]]
        for i in range(x.size(0)):
            if bool(x[i].sum() > 0):
                picked.append(x[i] * 2)
                numbers.append(i)
            else:
                rest.append(x[i] - 1)
                rest.append(x[i] - 2)
        total = 0
        for n in numbers:
            total = total + n
        places: List[int] = []
        kept: List[Tensor] = []
        for k in range(int((x > 0).sum())):
            if bool(x.view(-1)[k] > 0.25):
                places.append(k)
                rest.append(x[k % x.size(0)] + k)
            if k % 3 != 1:
                kept.append(x[0] * k)
        for place in places:
            total = total + place * 100
        chosen = torch.tensor(places) * 2
        if bool(x[1, 0] > 0):
            parts = [x, x + 1]
        else:
            parts = [x]
        found = torch.stack(picked) if len(picked) > 0 else x[:0]
        return found, torch.cat(rest), total, rest[-1], torch.cat(parts), len(picked) + len(kept), chosen


class DataSizes(nn.Module):
    """Sizes that data says: of what is made, resized, cut out and written to."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        n = int((x > 0).sum())
        half = max(n // 2, 1)
        larger = nn.functional.interpolate(x[None, None], size=(n, half), mode="bilinear")[0, 0]
        canvas = torch.zeros([n + 1, 6])
        canvas[:half, 1:half + 1] = larger[:half, :half]
        return larger, canvas, torch.arange(n) * 2 + canvas[:n, 1]


class Shapes(nn.Module):
    """Arithmetic on sizes, which stay free."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        batch, length, width = x.shape
        half = width // 2
        y = x.view(batch, length, 2, half).permute(0, 2, 1, 3).reshape(batch * 2, length, half)
        scale = 1.0 / float(length) ** 0.5
        z = torch.softmax(torch.matmul(y, y.transpose(-2, -1)) * scale, -1)
        if length > 1000:
            z = z * 0
        return z, x[:, -1].unsqueeze(1).expand(batch, 2, width)


class Forked(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        later = torch.jit.fork(early, x)
        return torch.jit.wait(later) + 1


def program(name, network, inputs):
    return Entry(name, "program", network, inputs, forms=("script", "frozen"))


def programs():
    yield program("containers", Containers, noise(2, 3))
    yield program("objects", Objects, noise(2, 3))
    yield program("branches_of_data", Branches, noise(3, 4))
    yield program("early_returns", EarlyReturns, noise(3, 4))
    yield program("aliases", Aliases, noise(3, 5))
    yield program("while_loop", WhileLoop, noise(6, 2))
    yield program("data_loop", DataLoop, noise(3, 4))
    yield program("growing_lists", GrowingLists, noise(7, 4))
    yield program("branch_lists", BranchLists, noise(6, 4))
    yield program("data_sizes", DataSizes, noise(3, 4))
    yield program("shapes", Shapes, noise(2, 5, 8))
    yield program("forked", Forked, noise(2, 3))

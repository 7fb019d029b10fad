# SPDX-License-Identifier: MIT
"""The classic networks of the ONNX model zoo: the `light` models of ONNX's conformance data have
their whole topology, with ConstantOfShape nodes for weights; here those become initializers with
seeded random numbers of a size that keeps activations near one."""
import math
import zlib

import numpy as np
import onnx
from onnx import numpy_helper

NETWORKS = {"resnet50": "resnet50", "vgg19": "vgg19", "densenet121": "densenet121",
            "inception-v1": "inception_v1", "inception-v2": "inception_v2",
            "shufflenet": "shufflenet", "squeezenet": "squeezenet", "alexnet": "bvlc_alexnet",
            "zfnet512": "zfnet512"}
CLASSES = 1000
# (mean, deviation) of a BatchNormalization's scale, shift, mean and variance
NORMALIZATION = {1: (1, 0.05), 2: (0, 0.05), 3: (0, 0.05), 4: (1, 0.05)}


def use_of(graph, value):
    """Operator and input number of the value's first reader, past an Unsqueeze."""
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == value:
                return use_of(graph, node.output[0]) if node.op_type == "Unsqueeze" \
                    else (node.op_type, index)
    return ("", 0)


def weight(random, shape, use):
    op, index = use
    if op == "BatchNormalization":
        mean, deviation = NORMALIZATION[index]
    elif op == "Mul":
        mean, deviation = 1, 0.05
    elif len(shape) < 2:
        mean, deviation = 0, 0.02
    else:
        mean, deviation = 0, math.sqrt(2 / np.prod(shape[1:]))
        if shape[0] == CLASSES:
            deviation /= 500  # so that Softmax does not give one class everything
    return random.normal(mean, deviation, shape).astype(np.float32)


def make(name, path):
    model = onnx.load(path)
    graph, random = model.graph, np.random.default_rng(zlib.crc32(name.encode()))
    shapes = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    fills = [n for n in graph.node if n.op_type == "ConstantOfShape"]
    for node in fills:
        shape = tuple(int(d) for d in shapes[node.input[0]])
        array = weight(random, shape, use_of(graph, node.output[0]))
        graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
        graph.node.remove(node)
    read = {name for n in graph.node for name in n.input}
    for tensor in [t for t in graph.initializer if t.name not in read]:
        graph.initializer.remove(tensor)
    made = {t.name for t in graph.initializer}
    for value in [v for v in graph.input if v.name in made or v.name not in read]:
        graph.input.remove(value)
    model.ir_version = 4  # the first in which an initializer need not be an input
    return model

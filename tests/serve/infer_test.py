#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Open Inference Protocol v2: answers against those of ONNX Runtime.

    infer_test.py lampwick FOLDER      (FOLDER: of make_model.py)
"""
import json
import pathlib
import struct
import sys

import numpy as np
import onnxruntime
from server import Checks, Server

check = Checks()
COMMAND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
X = np.array([[0.5, -1, 2.25], [1e4, 3, -0.0]], np.float32)
K = np.array([[1, 2, 3], [-4, 5, 2**31 - 1]], np.int32)
WORDS = ["wick", "\u706f"]
BIG = [2**63 - 1, -2**63]


def inputs(nested=False):
    def tensor(name, datatype, value):
        array = np.array(value)
        return {"name": name, "datatype": datatype, "shape": list(array.shape),
                "data": array.tolist() if nested else array.ravel().tolist()}
    return [tensor("x", "FP32", X), tensor("k", "INT32", K), tensor("words", "BYTES", WORDS),
            tensor("big", "INT64", np.array(BIG, np.int64))]


def expected():
    session = onnxruntime.InferenceSession(str(FOLDER / "sums.onnx"))
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, {
        "x": X, "k": K, "words": np.array(WORDS, object), "big": np.array(BIG, np.int64)})))


def same(output, want):
    if output["shape"] != list(want.shape):
        return False
    if want.dtype == object:
        return output["data"] == want.ravel().tolist()
    return np.array_equal(np.array(output["data"]).astype(want.dtype), want.ravel())


def test_metadata(server):
    check("server", server.json("GET", "/v2")[1]["name"] == "lampwick")
    check("live", server.json("GET", "/v2/health/live") == (200, {"live": True}))
    check("ready", server.json("GET", "/v2/health/ready") == (200, {"ready": True}))
    check("model ready", server.json("GET", "/v2/models/sums/ready")[1]["ready"])
    status, model = server.json("GET", "/v2/models/sums/versions/1")
    check("model", status == 200 and model["inputs"][0] ==
          {"name": "x", "datatype": "FP32", "shape": [-1, 3]}, model)
    status, answer = server.json("GET", "/v2/models/none")
    check("no model", status == 404 and isinstance(answer["error"], str), answer)


def test_json(server):
    want = expected()
    for nested in (False, True):
        status, answer = server.json("POST", "/v2/models/sums/infer",
                                     {"id": "7", "inputs": inputs(nested)})
        check("all outputs", status == 200 and answer["id"] == "7" and
              {o["name"] for o in answer["outputs"]} == set(want), answer)
        for output in answer.get("outputs", []):
            check(output["name"], same(output, want[output["name"]]), output)
    status, answer = server.json("POST", "/v2/models/sums/versions/1/infer",
                                 {"inputs": inputs(), "outputs": [{"name": "same"}]})
    check("one output", [o["data"] for o in answer["outputs"]] == [BIG], answer)


def test_bytes(server):
    want, given, tail = expected(), inputs(), b""
    raw = [X.tobytes(), K.tobytes(),
           b"".join(struct.pack("<I", len(w.encode())) + w.encode() for w in WORDS)]
    for tensor, data in zip(given, raw):
        del tensor["data"]
        tensor["parameters"] = {"binary_data_size": len(data)}
        tail += data
    head = json.dumps({"inputs": given, "parameters": {"binary_data_output": True}}).encode()
    status, headers, data = server.ask("POST", "/v2/models/sums/infer", head + tail, {
        "Inference-Header-Content-Length": str(len(head))})
    size = int(headers.get("Inference-Header-Content-Length", 0))
    check("bytes come back", status == 200 and size > 0, status, data[:200])
    at = size
    for output in json.loads(data[:size])["outputs"]:
        n = output["parameters"]["binary_data_size"]
        value, want_value = data[at:at + n], want[output["name"]]
        at += n
        if want_value.dtype == object:
            strings = []
            while value:
                length = struct.unpack("<I", value[:4])[0]
                strings.append(value[4:4 + length].decode())
                value = value[4 + length:]
            check("strings", strings == want_value.tolist(), strings)
        else:
            check("bytes of " + output["name"], value == want_value.tobytes())
    check("nothing left", at == len(data))


def test_errors(server):
    def ask(change):
        body = {"inputs": inputs()}
        change(body)
        return server.json("POST", "/v2/models/sums/infer", body)
    changes = {
        "inputs": lambda b: b.pop("inputs"),
        "datatype": lambda b: b["inputs"][0].update(datatype="FP31"),
        "shape": lambda b: b["inputs"][0].update(shape=[2, 4]),
        "fewer": lambda b: b["inputs"][0].update(shape=[1, 3]),
        "huge": lambda b: b["inputs"][0].update(shape=[2**40, 2**40]),
        "large": lambda b: b["inputs"][0].update(shape=[2**36, 3]),
        "negative": lambda b: b["inputs"][0].update(shape=[-1, 3]),
        "words": lambda b: b["inputs"][0].update(data=["a"] * 6),
        "numbers": lambda b: b["inputs"][2].update(data=[1, 2]),
        "no data": lambda b: b["inputs"][0].pop("data"),
        "bytes": lambda b: b["inputs"][0].update(parameters={"binary_data_size": 24}),
        "name": lambda b: b["inputs"][0].update(name="y"),
        "missing": lambda b: b["inputs"].pop(0),
        "rows": lambda b: b["inputs"][0].update(shape=[3, 2]),
        "output": lambda b: b.update(outputs=[{"name": "none"}]),
        "outputs": lambda b: b.update(outputs=5),
    }
    for name, change in changes.items():
        status, answer = ask(change)
        check("refuses " + name, status == 400 and isinstance(answer["error"], str), status, answer)
    check("model", server.json("POST", "/v2/models/none/infer", {"inputs": []})[0] == 404)
    status, answer = server.json("POST", "/v2/models/bytes/infer", {"inputs": []})
    check("language model", status == 400 and "/v1/" in answer["error"], answer)
    status, answer = server.json("POST", "/v1/completions", {"model": "sums", "prompt": "a"})
    check("network", status == 404, answer)
    check("works on", ask(lambda b: None)[0] == 200)


def main():
    models = [str(FOLDER / "sums.onnx"), str(FOLDER / "bytes.gguf")]
    with Server(COMMAND, models, "--quiet") as server:
        for test in (test_metadata, test_json, test_bytes, test_errors):
            test(server)
        check("counted", server.metric("lampwick_inferences_total") >= 5)
        code, said = server.stop()
        check("stops", code == 0, code, said)
    check.end()


main()

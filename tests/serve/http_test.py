#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The server and clients that are slow, gone, rude or wrong.

    http_test.py lampwick FOLDER      (FOLDER: of make_model.py)
"""
import concurrent.futures
import json
import pathlib
import random
import re
import socket
import subprocess
import sys
import threading
import time

from server import Checks, Server

check = Checks()
COMMAND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
MODEL = str(FOLDER / "bytes.gguf")
LONG = {"prompt": "ab", "max_tokens": 16000, "ignore_eos": True, "temperature": 1}
SLOW = float(sys.argv[3]) if len(sys.argv) > 3 else 1  # sanitizers are slower


def post(path, body, *headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + data


def until(condition, seconds=10.0):
    """The seconds until it holds; None: it did not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(0.002)
    return None


def test_status(server):
    check("health", server.json("GET", "/health") == (200, {"status": "ok"}))
    check("head", server.ask("HEAD", "/health")[0] == 200)
    check("nothing there", server.json("GET", "/v1/nothing")[0] == 404)
    status, headers, _ = server.ask("GET", "/v1/chat/completions")
    check("method", status == 405 and headers.get("Allow") == "POST", headers)
    check("long path", server.ask("GET", "/" + "a" * 600)[0] == 414)
    status, answer = server.json("GET", "/v1/models/by%2Ftes")
    check("decoded name", status == 404 and "by/tes" in answer["error"]["message"], answer)
    text = server.ask("GET", "/metrics")[2].decode()
    line = re.compile(r'# TYPE \w+ (counter|gauge|histogram)|\w+(\{\w+="[^"]*"\})? [0-9.e+-]+$')
    check("metrics", all(line.match(x) for x in text.splitlines()), text)


def test_origins(server):
    check("own page", server.ask("GET", "/v1/models", headers={
        "Origin": server.url, "Host": server.url[7:]})[0] == 200)
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Host": "evil.example"}, {"Host": "localhost.evil.example"}):
        status, answer = server.json("GET", "/v1/models", headers=headers)
        check("origin", status == 403 and answer["error"]["code"] == "wrong_origin", headers)


def test_bodies(server):
    no_json = [b"", b"{", b"[]", b"null", b'{"prompt":', b'{"prompt":"a"}x', b"\xff\xfe",
               b'{"a":1e999999}',
               b"[" * 100000, b'{"prompt":["a",5]}', b'{"prompt":[-1]}', b'{"prompt":[99999]}',
               b'{"prompt":[]}', b'{"prompt":{}}', b'{"model":5,"prompt":"a"}']
    bad = [b'{"prompt":"a","max_tokens":-1}',
           b'{"prompt":"a","max_tokens":1.5}', b'{"prompt":"a","stop":["a",[]]}',
           b'{"prompt":"a","grammar":"root ::= ("}', b'{"prompt":"a","json_schema":{"type":"x"}}',
           b'{"prompt":"a","stream":"yes"}', b'{"prompt":"a","n":1000}',
           b'{"prompt":"a","logit_bias":[]}', b'{"prompt":"a","top_p":2}',
           b'{"prompt":"a","suffix":"b"}']
    for body in no_json + bad:
        for path in ("/v1/completions", "/v1/chat/completions", "/v1/embeddings", "/tokenize",
                     "/detokenize"):
            if body in no_json or "completions" in path:
                status, answer = server.json("POST", path, body)
                check("bad body", status == 400 and answer["error"]["message"], path, body[:60],
                      status)
    status, answer = server.json("POST", "/v1/completions", {"prompt": "x" * 20000})
    check("context", status == 400 and answer["error"]["code"] == "context_length_exceeded", answer)
    status, answer = server.json("POST", "/tokenize", {"content": "abc", "with_pieces": True})
    check("tokenize", status == 200 and answer["count"] == len(answer["tokens"]), answer)
    tokens = [token["id"] for token in answer["tokens"]]
    check("detokenize", server.json("POST", "/detokenize", {"tokens": tokens})[1]["content"].strip()
          == "abc")


def test_limits(server):
    status, answer = server.json("POST", "/v1/completions", b"x" * (1 << 20) + b"y")
    check("body", status == 413 and answer["error"]["code"] == "request_too_large", answer)
    with server.connect() as s:  # no length given: noticed on the way
        s.sendall(b"POST /tokenize HTTP/1.1\r\nHost: localhost\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(40):
                s.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            s.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        check("chunked body", b" 413 " in s.recv(4096))
    with server.connect() as s:
        s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000 + b"\r\n\r\n")
        try:
            answer = s.recv(4096)
        except OSError:
            answer = b""
        check("header", answer[:12] in (b"", b"HTTP/1.1 431", b"HTTP/1.1 413", b"HTTP/1.0 431"),
              answer[:60])
    for begin in (b"", b"GET /health HT", post("/tokenize", {"content": "a"})[:-3]):
        with server.connect() as s:
            s.sendall(begin)
            began = time.monotonic()
            s.settimeout(20)
            try:
                rest = s.recv(4096)
            except OSError:
                rest = b""
            check("patience", rest[:4] in (b"", b"HTTP") and time.monotonic() - began < 15,
                  time.monotonic() - began)


def damaged(whole, rng):
    data = bytearray(whole)
    for _ in range(rng.randrange(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data[:rng.randrange(len(data))] if rng.random() < 0.3 else data


def test_garbage(server):
    rng = random.Random(1)
    whole = post("/v1/completions", {"prompt": "ab", "max_tokens": 3})

    def send(data):
        try:
            with server.connect() as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                s.settimeout(20)
                while s.recv(65536):
                    pass
        except OSError:
            pass
    with concurrent.futures.ThreadPoolExecutor(24) as threads:
        list(threads.map(send, [damaged(whole, rng) for _ in range(200)]))
    check("alive after garbage", server.json("GET", "/health")[0] == 200)
    with server.connect() as s:  # two requests in one piece
        s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
        time.sleep(0.3)
        check("pipelined", s.recv(65536).count(b"HTTP/1.1 200") == 2)


def busy(server):
    return server.metric("lampwick_slots_busy")


def test_lost_clients(server):
    """A slot is free within 100 ms of its client's going (times the slowness of sanitizers)."""
    for name, body in (("stream", LONG | {"stream": True}), ("whole", LONG),
                       ("prompt", {"prompt": "x" * 16000, "max_tokens": 5}),
                       ("choices", LONG | {"n": 2})):
        s = server.connect()
        s.sendall(post("/v1/completions", body))
        check("begins " + name, until(lambda: busy(server) > 0) is not None)
        if name == "stream":
            s.recv(1000)
        began = time.monotonic()
        s.close()
        taken = until(lambda: busy(server) == 0)
        check("freed " + name, taken is not None and time.monotonic() - began < 0.1 * SLOW,
              time.monotonic() - began)
    check("counted", server.metric("lampwick_clients_lost_total") >= 4)


def test_slots(server):
    """Two slots, two that wait: the others hear at once that it is too much."""
    streams = []
    for _ in range(4):
        s = server.connect()
        s.sendall(post("/v1/completions", LONG | {"stream": True}))
        streams.append(s)
    check("full", until(lambda: busy(server) == 2 and
                        server.metric("lampwick_waiting") == 2) is not None)
    status, headers, data = server.ask("POST", "/v1/completions", {"prompt": "ab"})
    check("too many", status == 503 and "Retry-After" in headers and
          json.loads(data)["error"]["code"] == "overloaded", status, data)
    streams[3].close()  # one that waits
    check("left the queue", until(lambda: server.metric("lampwick_waiting") == 1) is not None)
    for s in streams[:3]:
        s.close()
    check("all free", until(lambda: busy(server) == 0) is not None)
    check("works on", server.json("POST", "/v1/completions",
                                  {"prompt": "ab", "max_tokens": 2})[0] == 200)


def test_many_clients(server):
    """Connections beyond the limit are closed; those within work."""
    several = [server.connect() for _ in range(40)]
    time.sleep(0.2)
    for s in several:
        s.close()
    check("after many", until(lambda: server.json("GET", "/health")[0] == 200) is not None)


def test_random_leaving(server):
    """Clients that go at any time, all at once."""
    rng = random.Random(2)

    def rude(seconds, stream):
        try:
            with server.connect() as s:
                s.sendall(post("/v1/chat/completions", {
                    "messages": [{"role": "user", "content": "x" * rng.randrange(200)}],
                    "stream": stream, "max_tokens": 2000}))
                time.sleep(seconds)
        except OSError:
            pass
    threads = [threading.Thread(target=rude, args=(rng.random() * 0.2, i % 2 == 0))
               for i in range(60)]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    check("free after all", until(lambda: busy(server) == 0 and
                                  server.metric("lampwick_waiting") == 0) is not None)


def test_half_closed():
    """A client that cannot complete its request is not waited for."""
    with Server(COMMAND, [MODEL], "--quiet", "--patience", "300") as server:
        for begin in (b"", b"GET /health HT", post("/tokenize", {"content": "a"})[:-3]):
            with server.connect() as s:
                s.sendall(begin)
                s.shutdown(socket.SHUT_WR)
                s.settimeout(60)
                check("half closed", s.recv(4096)[:4] in (b"", b"HTTP"), begin)
        for _ in range(40):  # a whole request that needs no work is answered
            for path, code in ((b"/health", b" 200 "), (b"/nothing", b" 404 ")):
                with server.connect() as s:
                    s.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(60)
                    answer = s.recv(4096)
                check("whole, half closed", code in answer, path, answer)
        lost = server.metric("lampwick_clients_lost_total")
        with server.connect() as s:  # work is not done for one that can be told from a lost one by nothing
            s.sendall(post("/v1/completions", LONG))
            s.shutdown(socket.SHUT_WR)
            check("work, half closed", until(lambda: server.metric(
                "lampwick_clients_lost_total") == lost + 1) is not None)
        check("its slot", until(lambda: busy(server) == 0) is not None)


def test_stopping():
    with Server(COMMAND, [MODEL]) as server:
        with server.connect() as s:
            s.sendall(post("/v1/completions", {"prompt": "ab", "max_tokens": int(3000 / SLOW) + 50,
                                               "ignore_eos": True}, "Connection: close"))
            until(lambda: busy(server) > 0)
            code, said = server.stop()
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        check("finished before the end", code == 0 and b" 200 OK" in answer and
              b'"finish_reason"' in answer, code, answer[:100])
        check("log", "POST /v1/completions 200" in said, said)


def refuses(*options):
    done = subprocess.run([COMMAND, "serve", *options], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stderr


def test_start():
    code, said = refuses(MODEL, "--host", "0.0.0.0")
    check("open to others", code == 1 and "API key" in said, said)
    code, said = refuses(MODEL, "--host", "no.such.host.invalid")
    check("no such address", code == 1 and "no.such.host" in said, said)
    code, said = refuses(MODEL, MODEL)
    check("twice", code == 1 and "bytes" in said, said)
    code, said = refuses(str(FOLDER / "missing.gguf"))
    check("missing", code == 1 and "missing.gguf" in said, said)
    with Server(COMMAND, [MODEL]) as server:
        code, said = refuses(MODEL, "--port", str(server.port))
        check("port taken", code == 1 and str(server.port) in said, said)


def main():
    options = ("--quiet", "--slots", "2", "--queue", "2", "--body", "1", "--patience", "3",
               "--clients", "32", "--context", "16384")
    with Server(COMMAND, [MODEL], *options) as server:
        for test in (test_status, test_origins, test_bodies, test_limits, test_garbage,
                     test_lost_clients, test_slots, test_many_clients, test_random_leaving):
            test(server)
        code, said = server.stop()
        check("stops", code == 0 and "ERROR" not in said and "WARNING" not in said, code, said)
    test_half_closed()
    test_stopping()
    test_start()
    check.end()


main()

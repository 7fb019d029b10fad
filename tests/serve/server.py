# SPDX-License-Identifier: MIT
"""Starts `lampwick serve` for a test, and asks it things."""
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys


class Checks:
    """Counts what holds and what does not."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, good, *more):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print("FAILED", name, *more)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0)


class Server:
    """A running server; its port is a free one."""

    def __init__(self, command, models, *options, key=None):
        environment = dict(os.environ)
        environment.pop("LAMPWICK_API_KEY", None)
        if key:
            environment["LAMPWICK_API_KEY"] = key
        self.key = key
        self.process = subprocess.Popen([command, "serve", *models, "--port", "0", *options],
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.said = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.match(r"listening on http://(.*):(\d+)$", line)
            if found:
                self.port = int(found.group(2))
                break
        else:
            raise RuntimeError("".join(self.said))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """Status, headers and bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            own = {"Authorization": f"Bearer {self.key}"} if self.key else {}
            connection.request(method, path, data, own | (headers or {}))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def json(self, method, path, body=None, **more):
        status, _, data = self.ask(method, path, body, **more)
        return status, json.loads(data)

    def metric(self, name):
        text = self.ask("GET", "/metrics")[2].decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if re.match(name + r"[ {]", line))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def stop(self):
        """Its exit code, and what it said to the end."""
        self.process.terminate()
        rest = self.process.stderr.read()
        return self.process.wait(timeout=60), "".join(self.said) + rest

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

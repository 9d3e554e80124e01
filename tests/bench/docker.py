#!/usr/bin/env python3
"""docker.py BOTTLE IMAGE SOCKET [ROUNDS] - `bottle run` against a bare script with the same Engine calls.

One run of bottle goes through a relay that writes its requests down. They are then issued again, byte
for byte, by threads that do nothing else: at the same time wherever one does not need the other's
result. Rounds alternate. Both are timed by the engine's own events: launch ends when the first exec
starts, teardown begins when it has ended."""
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SLUG = "bench-bare1"


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


class Relay:
    """A unix socket in front of the engine's; keeps what clients send, with the time of each piece."""

    def __init__(self, path, engine):
        self.engine, self.seen = engine, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server, pieces = connect(self.engine), []
            self.seen.append(pieces)
            threading.Thread(target=self.pump, args=(client, server, pieces), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, None), daemon=True).start()

    @staticmethod
    def pump(a, b, pieces):
        try:
            while data := a.recv(65536):
                if pieces is not None:
                    pieces.append((time.monotonic(), data))
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def requests(self):
        found = []
        for pieces in self.seen:
            data, at = b"".join(p for _, p in pieces), 0
            while (end := data.find(b"\r\n\r\n", at)) > 0:
                head = data[at:end].decode("latin-1")
                stop = body_end(data, end + 4, head)
                upgraded = "upgrade" in head.lower()
                found.append((when(pieces, at), Request(head, data[at:stop],
                                                        data[stop:] if upgraded else b"")))
                at = len(data) if upgraded else stop
        return [r for _, r in sorted(found, key=lambda f: f[0])]


def when(pieces, offset):
    for moment, data in pieces:
        if offset < len(data):
            return moment
        offset -= len(data)
    return 0


def body_end(data, at, head):
    if m := re.search(r"(?im)^content-length: *(\d+)", head):
        return at + int(m[1])
    if re.search(r"(?im)^transfer-encoding: *chunked", head):
        return data.index(b"\r\n0\r\n\r\n", at) + 7
    return at


class Request:
    def __init__(self, head, raw, rest=b""):
        self.method, self.path = head.split(" ")[:2]
        self.raw, self.rest = raw, rest  # rest: what was said after the upgrade

    def is_(self, pattern):
        return re.search(pattern, self.method + " " + self.path) is not None


class Lane:
    """One connection that is kept, as a client's thread has it."""

    held = []  # lifelines (docs/adr/0030): open until everything is removed

    def __init__(self, engine):
        self.engine, self.sock = engine, None

    def call(self, request, raw=None):
        self.sock = self.sock or connect(self.engine)
        self.sock.sendall(raw or request.raw)
        answer = http.client.HTTPResponse(self.sock, method=request.method)
        answer.begin()
        if request.is_(r"/logs\?"):
            while b'"ready"' not in answer.readline():
                pass
            self.sock = None
            return answer
        if request.is_(r"/attach\?"):
            self.sock.sendall(request.rest)
            self.held.append(self.sock)
            self.sock = None
            return answer
        if answer.status == 101:
            while self.sock.recv(65536):
                pass
            self.sock = None
            return answer
        answer.text = answer.read()
        if answer.status >= 400 and answer.status != 404:
            sys.exit(f"{request.method} {request.path}: {answer.status} {answer.text[:200]}")
        if answer.will_close:
            self.sock = None
        return answer


def together(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


class Bare:
    """The recorded requests, in the order in which they need one another."""

    def __init__(self, engine, requests):
        self.engine = engine
        pick = lambda pattern: [r for r in requests if r.is_(pattern)]
        first = next(i for i, r in enumerate(requests) if r.is_(r"POST .*/networks/create"))
        self.looks = requests[:first]
        self.networks = pick(r"POST .*/networks/create")
        self.gate = [r for r in requests if f"bottle-gate-{SLUG}" in r.path and r.method != "DELETE"
                     or r.is_(r"/networks/.*/connect")]
        agent = [r for r in requests[first:] if f"bottle-agent-{SLUG}" in r.path and r.method != "DELETE"]
        start = next(i for i, r in enumerate(agent) if r.is_("/start"))
        self.agent = [r for r in agent[:start + 1] if r.method in ("POST", "PUT")]
        self.reads = [r for r in agent[:start] if r.method in ("GET", "HEAD")]
        self.provision = [r for r in agent[start + 1:] if not r.is_("/exec")]
        self.exec = pick("POST .*/exec")
        self.exec_end = pick(r"GET .*/exec/")
        self.containers, self.nets = pick("DELETE .*/containers"), pick("DELETE .*/networks")

    def each(self, requests):
        together(*[lambda r=r: Lane(self.engine).call(r) for r in requests])

    def line(self, requests):
        lane = Lane(self.engine)
        for r in requests:
            lane.call(r)

    def bring_up_agent(self):
        self.line(self.agent[:1])
        self.each(self.reads)
        self.line(self.agent[1:])

    def run(self):
        self.each(self.looks)
        self.each(self.networks)
        together(lambda: self.line(self.gate), self.bring_up_agent)
        lane = Lane(self.engine)
        for r in self.provision:
            lane.call(r)
        made = json.loads(lane.call(self.exec[0]).text)["Id"].encode()
        was = re.search(r"/exec/(\w+)/start", self.exec[1].path)[1].encode()
        Lane(self.engine).call(self.exec[1], self.exec[1].raw.replace(was, made))
        for r in self.exec_end:
            lane.call(r, r.raw.replace(was, made))
        self.each(self.containers)
        self.each(self.nets)
        while Lane.held:
            Lane.held.pop().close()


def bottle(program, engine_socket, folder):
    env = dict(os.environ, DOCKER_HOST="unix://" + engine_socket, XDG_STATE_HOME=folder + "/state",
               XDG_CACHE_HOME=folder + "/cache")
    done = subprocess.run([program, "run", "default", "a", "-y", "--cwd", "none", "--backend", "docker",
                           "--name", SLUG, "--", "true"], cwd=folder, env=env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit("bottle: " + done.stderr[-400:])


def exec_times(engine, began):
    """When the agent's first exec started and ended, in milliseconds, as the engine saw it."""
    since = f"{began:.9f}"
    filters = "%7B%22container%22%3A%7B%22bottle-agent-" + SLUG + "%22%3Atrue%7D%7D"
    path = f"/v1.41/events?since={since}&until={time.time() + 0.001:.9f}&filters={filters}"
    request = Request(f"GET {path}", f"GET {path} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
    at = {}
    for text in Lane(engine).call(request).text.splitlines():
        event = json.loads(text)
        at.setdefault(event["Action"].split(":")[0], event["timeNano"] / 1e6)
    return at["exec_start"], at["exec_die"]


def timed(engine, job):
    began = time.time()
    job()
    over = time.time() * 1000
    started, ended = exec_times(engine, began)
    return started - began * 1000, over - ended


def main():
    program, image, engine = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/bottle.json", "w", encoding="utf-8") as f:
            json.dump({"bottles": {"b": {"egress": {"allowlist": ["a.example.org"]}}},
                       "agents": {"a": {"bottle": "b", "image": image, "command": ["true"]}}}, f)
        bottle(program, engine, folder)
        relay = Relay(folder + "/relay.sock", engine)
        bottle(program, folder + "/relay.sock", folder)
        bare = Bare(engine, relay.requests())
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(timed(engine, lambda: bottle(program, engine, folder)))
            theirs.append(timed(engine, bare.run))
        for i, what in enumerate(("launch to first exec", "teardown")):
            a, b = (statistics.median(t[i] for t in side) for side in (ours, theirs))
            each = statistics.median(o[i] / t[i] for o, t in zip(ours, theirs))
            print(f"   {what}: bottle {a:.0f} ms, the same calls alone {b:.0f} ms, "
                  f"{a / b:.2f} × (median of the rounds' own ratios {each:.2f}; goal 1.10)")


main()

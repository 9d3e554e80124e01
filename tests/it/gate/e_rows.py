"""E: events. What cannot be written down is not let through, and is again when it can be."""
import json
import os
import socket
import struct
import subprocess
import threading
import time

from harness import Gate, free_port, recv_answer, want, want_status


class Piped:
    """A gate whose events go where we say."""

    def __init__(self, w, stdout, **gate):
        self.port = free_port()
        settings = Gate.__new__(Gate)
        settings.pki, settings.port = w.pki, self.port
        settings.settings = dict(allow=["plain.good.test:%d" % w.plain.port], gate=gate)
        self.path = w.pki.path("events-%d.yaml" % self.port)
        with open(self.path, "w") as f:
            json.dump(settings.document(), f)
        self.proc = subprocess.Popen([w.bottle, "gate", "--config", self.path], stdout=stdout,
                                     stderr=subprocess.DEVNULL)
        self.head = b"GET http://plain.good.test:%d/e HTTP/1.1\r\nHost: plain.good.test:%d\r\n\r\n" % (
            w.plain.port, w.plain.port)

    def ask(self):
        end = time.time() + 10
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                    s.sendall(self.head)
                    return recv_answer(s)
            except ConnectionRefusedError:
                want(time.time() < end and self.proc.poll() is None, "the gate does not listen")
                time.sleep(0.02)

    def until(self, code):
        end = time.time() + 10
        while True:
            got = self.ask()
            if got.startswith(b"HTTP/1.1 %d" % code):
                return got
            want(time.time() < end, got)

    def stop(self):
        self.proc.terminate()
        want(self.proc.wait(timeout=15) == 0, self.proc.returncode)


def run(s, w):
    def closed():
        r, wr = os.pipe()
        g = Piped(w, wr)
        os.close(wr)
        try:
            want_status(g.ask(), 200)
            os.close(r)
            g.until(503)  # the answer to "can it be written" holds for a millisecond
            before = len(w.plain.requests)
            for _ in range(3):
                got = g.ask()
                want_status(got, 503)
                want(b"events cannot be written" in got, got)
            want(len(w.plain.requests) == before, "it reached the upstream")
        finally:
            g.stop()
    s.case("E01 a request is refused once nobody reads the events", closed)

    def full():
        with open("/dev/full", "wb") as out:
            g = Piped(w, out)
        try:
            before = len(w.plain.requests)
            want_status(g.ask(), 503)
            want(len(w.plain.requests) == before, "it reached the upstream")
        finally:
            g.stop()
    s.case("E02 no request is let through while the disk is full", full)

    def forwarded():
        port = free_port()
        with open("/dev/full", "wb") as out:
            g = Piped(w, out, forwards=[{"listen": "127.0.0.1:%d" % port, "host": "plain.good.test",
                                         "port": w.plain.port}])
        try:
            want_status(g.ask(), 503)
            before = w.plain.accepted
            with socket.create_connection(("127.0.0.1", port), timeout=5) as c:
                want(recv_answer(c) == b"", "it was not closed")
            want(w.plain.accepted == before, "it reached the upstream")
        finally:
            g.stop()
    s.case("E02 nor a raw forward", forwarded)

    def left():
        host = b"plain.good.test:%d" % w.plain.port
        came, go = threading.Event(), threading.Event()

        def slow(c, head, body):
            if b"/left-half" in head:
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            came.set()
            go.wait(10)
            return False
        for path in ("/left-none", "/left-half"):
            w.plain.answers[path] = slow
            came.clear()
            go.clear()
            with w.gate.dial() as c:
                c.sendall(b"POST http://%s%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\nhello"
                          % (host, path.encode(), host))
                want(came.wait(5), "it did not reach the upstream")
                if path == "/left-half":
                    want(c.recv(1), "no answer began")
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            ev = w.gate.wait_event("request", path=path)
            go.set()
            want(ev["bytes_out"] == 5 and ev["verdict"] == "allow", ev)
            want("before the answer was complete" in ev["reason"], ev)
    s.case("E04 a request is written down although its client left before the answer", left)

    def unsent():
        host = b"plain.good.test:%d" % w.plain.port
        with w.gate.dial() as c:
            c.sendall(b"POST http://%s/left-body HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n"
                      b"Expect: 100-continue\r\n\r\n" % (host, host))
            want(c.recv(1), "nobody asked for the body")
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ev = w.gate.wait_event("error", path="/left-body")
        want("before the request was sent" in ev["reason"], ev)
    s.case("E04 and so is one whose body never came", unsent)

    def hangs():
        r, wr = os.pipe()
        g = Piped(w, wr)
        os.close(wr)
        path = b"/" + b"deny/" * 120
        many = (b"GET http://no.test%s HTTP/1.1\r\nHost: no.test\r\n\r\n" % path) * 400
        try:
            want_status(g.ask(), 200)
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", g.port), timeout=5) as c:
                    c.sendall(many)
                    c.shutdown(socket.SHUT_WR)
                    while c.recv(1 << 20):
                        pass
                if b"503" in g.ask()[:16]:
                    break
            want_status(g.ask(), 503)
            reader = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(r, 1 << 16), b"")])
            reader.start()
            g.until(200)
        finally:
            g.stop()
            reader.join()
            os.close(r)
    s.case("E03 a reader that hangs stops the traffic, and it goes on when it reads again", hangs)

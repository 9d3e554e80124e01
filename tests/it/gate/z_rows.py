"""Z: tunnels that nobody looks into: much at once, both ways, ended in every way; by splice(2)."""
import hashlib
import os
import socket
import ssl
import struct
import threading
import time

from harness import Gate, Upstream, free_port, recv_answer, want

MUCH = os.urandom(1 << 20) * 24
SHORT = MUCH[:2 << 20]


class Sink:
    """A server of raw TCP that holds what it accepted until it is told what to do with it."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(8)
        self.sock.settimeout(20)
        self.port = self.sock.getsockname()[1]

    def accept(self):
        c, _ = self.sock.accept()
        c.settimeout(20)
        return c


def read_all(c):
    h, n = hashlib.sha256(), 0
    while True:
        got = c.recv(1 << 18)
        if not got:
            return n, h.hexdigest()
        h.update(got)
        n += len(got)


def drain(c):
    """Read until the end, or the reset that stands for one."""
    try:
        while c.recv(65536):
            pass
    except ConnectionError:
        pass


def said(data):
    return len(data), hashlib.sha256(data).hexdigest()


def splices():
    """Does this kernel splice from a socket to another at all?"""
    with socket.create_server(("127.0.0.1", 0)) as s:
        with socket.create_connection(s.getsockname()) as a:
            b = s.accept()[0]
            r, w = os.pipe()
            a.sendall(b"x")
            try:
                return os.splice(b.fileno(), w, 1) == 1
            except (OSError, AttributeError):
                return False
            finally:
                b.close()
                os.close(r)
                os.close(w)


class Bulk:
    def __init__(self, w):
        self.sink, self.port = Sink(), free_port()
        self.admin = os.path.join(w.pki.dir, "z.sock")
        self.up = Upstream(w.pki.path("good.pem"), w.pki.path("good-key.pem"))
        self.name = "pass.test:%d" % self.up.port
        self.gate = Gate(w.bottle, w.pki, w, [self.name, "plain.good.test:%d" % self.sink.port],
                         passthrough=["pass.test"],
                         gate={"admin": self.admin, "forwards": [
                             {"listen": "127.0.0.1:%d" % self.port, "host": "plain.good.test",
                              "port": self.sink.port}]})
        w.gates.append(self.gate)
        self.closed = 0

    def pair(self):
        """Both ends of one forward."""
        c = self.gate.dial(self.port)
        c.settimeout(20)
        return c, self.sink.accept()

    def close_event(self):
        """Of the tunnel that ended last; each case ends one."""
        self.closed += 1
        end = time.time() + 20
        while time.time() < end:
            got = [e for e in self.gate.events() if e["event"] == "tunnel_close"]
            if len(got) >= self.closed:
                return got[-1]
            time.sleep(0.02)
        raise AssertionError("no tunnel_close")

    def metric(self, name):
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(self.admin)
            c.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            for line in recv_answer(c).decode().splitlines():
                if line.startswith("bottle_gate_%s " % name):
                    return int(line.split()[1])
        raise AssertionError("no metric " + name)


def send_apart(c, data):
    t = threading.Thread(target=c.sendall, args=(data,), daemon=True)
    t.start()
    return t


def fill(c, data):
    """Send until every buffer on the way is full: the other end does not read. How much went."""
    c.settimeout(0.3)
    sent = 0
    try:
        while sent < len(data):
            sent += c.send(data[sent:sent + (1 << 16)])
    except socket.timeout:
        pass
    c.settimeout(20)
    return sent


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def run(s, w):
    b = Bulk(w)

    def backpressure():
        c, up = b.pair()
        before = b.metric("spliced_bytes_total")
        with c, up:
            sent = fill(c, MUCH)
            rest = send_apart(c, MUCH[sent:])
            n = 0
            h = hashlib.sha256()
            while n < len(MUCH):
                got = up.recv(1 << 18)
                want(got, "ended after %d" % n)
                h.update(got)
                n += len(got)
            want(h.hexdigest() == said(MUCH)[1], "bytes changed on the way")
            rest.join()
        ev = b.close_event()
        want((ev["bytes_out"], ev["bytes_in"]) == (len(MUCH), 0), ev)
        return b.metric("spliced_bytes_total") - before
    if splices():
        s.case("Z01 what waits for a slow reader goes on whole, and by splice",
               lambda: want(backpressure() >= 1 << 20, "less than 1 MiB was spliced"))
    else:
        s.case("Z01 what waits for a slow reader goes on whole", backpressure)
        s.skip("Z01 … and by splice", "this kernel does not splice sockets")

    def half_close():
        c, up = b.pair()
        with c, up:
            t = send_apart(c, MUCH)
            t2 = threading.Thread(target=lambda: (t.join(), c.shutdown(socket.SHUT_WR)))
            t2.start()
            want(read_all(up) == said(MUCH), "the upload")
            t2.join()
            t = threading.Thread(target=lambda: (up.sendall(MUCH), up.shutdown(socket.SHUT_WR)))
            t.start()
            want(read_all(c) == said(MUCH), "the download, after the client's end")
            t.join()
        ev = b.close_event()
        want((ev["bytes_out"], ev["bytes_in"]) == (len(MUCH), len(MUCH)), ev)
    s.case("Z02 one side ends, the other still speaks: both arrive whole and are counted", half_close)

    def both_ways():
        c, up = b.pair()
        with c, up:
            ts = [send_apart(c, MUCH), send_apart(up, MUCH)]
            got = {}

            def take(name, end):
                n, h = 0, hashlib.sha256()
                while n < len(MUCH):
                    x = end.recv(1 << 18)
                    if not x:
                        break
                    h.update(x)
                    n += len(x)
                got[name] = (n, h.hexdigest())
            t = threading.Thread(target=take, args=("c", c))
            t.start()
            take("up", up)
            for x in ts + [t]:
                x.join()
            want(got == {"c": said(MUCH), "up": said(MUCH)}, got)
        ev = b.close_event()
        want((ev["bytes_out"], ev["bytes_in"]) == (len(MUCH), len(MUCH)), ev)
    s.case("Z03 both ways at once", both_ways)

    def upstream_resets():
        c, up = b.pair()
        with c:
            fill(c, MUCH)
            reset(up)
            drain(c)
        ev = b.close_event()
        want(ev["bytes_out"] < len(MUCH), ev)
    s.case("Z04 an upstream that resets in the middle ends the tunnel", upstream_resets)

    def client_resets():
        c, up = b.pair()
        with up:
            fill(up, MUCH)
            reset(c)
            drain(up)
        ev = b.close_event()
        want(ev["bytes_out"] == 0 and ev["bytes_in"] > 0, ev)
    s.case("Z04 a client that does", client_resets)

    def next_is_clean():
        c, up = b.pair()
        with c, up:
            c.sendall(SHORT)
            c.shutdown(socket.SHUT_WR)
            want(read_all(up) == said(SHORT), "not what was sent")
            up.sendall(b"bye")
            up.shutdown(socket.SHUT_WR)
            want(c.recv(10) == b"bye", "the answer")
        ev = b.close_event()
        want((ev["bytes_out"], ev["bytes_in"]) == (len(SHORT), 3), ev)
        want(b.metric("tunnels") == 0, "tunnels are left")
    s.case("Z05 the next tunnel gets nothing of one that was cut off", next_is_clean)

    def urgent():
        c, up = b.pair()
        with c, up:
            t = threading.Thread(target=lambda: (c.sendall(SHORT), c.send(b"!", socket.MSG_OOB),
                                                 c.sendall(SHORT), c.shutdown(socket.SHUT_WR)))
            t.start()
            want(read_all(up) == said(SHORT + SHORT), "what is not urgent")
            t.join()
        b.close_event()
    s.case("Z06 urgent data in between does not stop what follows", urgent)

    def passthrough():
        b.up.answers["/much"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(MUCH) + MUCH
        ctx = ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))
        with b.gate.tls(b.name, ctx=ctx) as t:
            t.settimeout(20)
            t.sendall(b"POST /much HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(MUCH))
            t.sendall(MUCH)
            n, h, head = 0, hashlib.sha256(), b""
            while b"\r\n\r\n" not in head:
                head += t.recv(4096)
            first = head.split(b"\r\n\r\n", 1)[1]
            h.update(first)
            n = len(first)
            while n < len(MUCH):
                got = t.recv(1 << 18)
                want(got, "ended after %d" % n)
                h.update(got)
                n += len(got)
            want((n, h.hexdigest()) == said(MUCH), "the answer")
        want(b.up.requests[-1].endswith(MUCH), "the request")
        ev = b.close_event()
        want(min(ev["bytes_out"], ev["bytes_in"]) > len(MUCH), ev)
    s.case("Z07 TLS that stays closed: 24 MiB each way", passthrough)

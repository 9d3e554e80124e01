"""Start: a gate listens before it is one. Who comes then waits for it, and is answered by it or by nobody."""
import json
import os
import select
import socket
import subprocess
import time

from harness import ended, free_port, recv_answer, want, want_status


class Begun:
    """A gate that waits for the values it is to watch for, and a client who has come."""

    def __init__(self, w, **more):
        self.dir, self.port = w.pki.dir, free_port()
        config = os.path.join(self.dir, "begun.yaml")
        with open(config, "w") as f:
            json.dump(dict({"mode": "strict", "api_allowlist": ["a.test"], "forward_proxy": {"enabled": True},
                            "tls_interception": {"enabled": True, "ca_cert": w.pki.path("ca.pem"),
                                                 "ca_key": w.pki.path("ca-key.pem")},
                            "gate": {"listen": ["127.0.0.1:%d" % self.port]}}, **more), f)
        r, self.values = os.pipe()
        self.proc = subprocess.Popen([w.bottle, "gate", "--config", config, "--known", str(r)],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(r,))
        os.close(r)
        self.client = self.reach()
        self.client.sendall(b"CONNECT b.test:443 HTTP/1.1\r\nHost: b.test\r\n\r\n")

    def reach(self):
        end = time.time() + 20
        while time.time() < end and self.proc.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=20)
            except ConnectionRefusedError:
                time.sleep(0.005)
        raise AssertionError("nobody listens: %r" % (self.proc.poll(),))

    def say(self, text):
        """Values, the last thing that it waits for."""
        want(not select.select([self.client], [], [], 0)[0], "somebody answers already")
        os.write(self.values, text)
        os.close(self.values)

    def close(self):
        self.client.close()
        self.proc.terminate()
        out, err = self.proc.communicate(timeout=20)
        return self.proc.returncode, out, err


def run(s, w):
    def waits():
        g = Begun(w)
        try:
            g.say(b"0\n")
            want_status(recv_answer(g.client), 403)
        finally:
            code, out, _ = g.close()
        want(code == 0, code)
        want(out.index(b'"ready"') < out.index(b'"blocked"'), out)
    s.case("a client that comes before the gate is ready is answered when it is", waits)

    def nobody(said, text, **more):
        g = Begun(w, **more)
        try:
            g.say(text)
            want(ended(g.client), "an answer")
        finally:
            code, out, err = g.close()
        want(code == 1, code)
        want(out == b"", out)
        want(said in err, err)
    s.case("one that gets no values answers nobody", lambda: nobody(b"known", b"nonsense"))
    s.case("one whose CA is not there answers nobody", lambda: nobody(
        b"/no/c.pem", b"0\n", tls_interception={"enabled": True, "ca_cert": "/no/c.pem", "ca_key": "/no/k.pem"}))

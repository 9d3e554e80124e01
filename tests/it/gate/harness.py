"""A gate as a child process, an upstream that says what it is told, and raw bytes between them.

Everything is on 127.0.0.1; names are fixed by `gate.resolve`. Only the standard library and the
openssl command are used. A case is a line `ok N - ID sentence`; a suite ends in
`N passed, N failed`.
"""
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"


def sh(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def der_split(der):
    """((the first value whole, its contents), what follows it)"""
    n, at = der[1], 2
    if n & 0x80:
        at += n & 0x7f
        n = int.from_bytes(der[2:at], "big")
    return (der[:at + n], der[at:at + n]), der[at + n:]


def der_wrap(tag, body):
    n = len(body).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag]) + (n if len(body) < 0x80 else bytes([0x80 | len(n)]) + n) + body


class Pki:
    """The bottle's CA and the upstream's, and leafs of the latter, good and bad."""

    def __init__(self, where):
        self.dir = where
        self._ca("ca", "Bottle CA test", pathlen=True)
        self._ca("up-ca", "Upstream root")
        self._ca("other-ca", "Unknown root")
        names = "DNS:api.good.test,DNS:*.wild.test,DNS:m.good.test,DNS:pass.test"
        self.leaf("good", names)
        self.leaf("wrong", "DNS:elsewhere.test")
        self.leaf("unknown", names, ca="other-ca")
        self.leaf("expired", names, dates=("20200101000000Z", "20200201000000Z"))
        self.leaf("cn", None, cn="api.good.test")
        self.self_signed("self", names)
        self.leaf("sha1", names, md="sha1")
        self.patched("nulcn", None, "api.good.test!x.test", b"test!x", b"test\0x")
        self.patched("nulsan", "DNS:api.good.test!x.test", "upstream", b"test!x", b"test\0x")

    def path(self, name):
        return os.path.join(self.dir, name)

    def _key(self, name):
        sh("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(name))
        os.chmod(self.path(name), 0o600)

    def _ca(self, name, cn, pathlen=False):
        self._key(name + "-key.pem")
        sh("openssl", "req", "-x509", "-new", "-key", self.path(name + "-key.pem"), "-days", "5",
           "-subj", "/CN=" + cn, "-out", self.path(name + ".pem"),
           "-addext", "basicConstraints=critical,CA:TRUE" + (",pathlen:0" if pathlen else ""),
           "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def leaf(self, name, san, ca="up-ca", cn="upstream", dates=None, md="sha256"):
        self._key(name + "-key.pem")
        sh("openssl", "req", "-new", "-key", self.path(name + "-key.pem"), "-subj", "/CN=" + cn,
           "-out", self.path(name + ".csr"))
        ext = self.path(name + ".ext")
        with open(ext, "w") as f:
            f.write("basicConstraints=CA:FALSE\n" + ("subjectAltName=" + san + "\n" if san else ""))
        if dates:
            self._dated(name, ca, ext, dates)
            return
        sh("openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(ca + ".pem"),
           "-CAkey", self.path(ca + "-key.pem"), "-CAcreateserial", "-days", "5", "-" + md,
           "-extfile", ext, "-out", self.path(name + ".pem"))

    def _dated(self, name, ca, ext, dates):
        """`openssl x509` of this age cannot backdate; `openssl ca` can."""
        work = self.path(name + ".d")
        os.mkdir(work)
        open(os.path.join(work, "index.txt"), "w").close()
        with open(os.path.join(work, "cnf"), "w") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=%s\ndatabase=%s/index.txt\n"
                    "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n"
                    % (work, work))
        sh("openssl", "ca", "-batch", "-notext", "-config", os.path.join(work, "cnf"),
           "-cert", self.path(ca + ".pem"), "-keyfile", self.path(ca + "-key.pem"),
           "-in", self.path(name + ".csr"), "-out", self.path(name + ".pem"),
           "-startdate", dates[0], "-enddate", dates[1], "-extfile", ext)

    def patched(self, name, san, cn, old, new, ca="up-ca"):
        """A leaf that `openssl` would not make: bytes of it replaced, signed anew."""
        self.leaf(name, san, ca=ca, cn=cn)
        with open(self.path(name + ".pem")) as f:
            der = ssl.PEM_cert_to_DER_cert(f.read())
        tbs, rest = der_split(der_split(der)[0][1])
        alg = der_split(rest)[0][0]
        whole = tbs[0].replace(old, new)
        assert whole != tbs[0] and len(old) == len(new)
        sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path(ca + "-key.pem")],
                             input=whole, check=True, stdout=subprocess.PIPE).stdout
        cert = der_wrap(0x30, whole + alg + der_wrap(0x03, b"\0" + sig))
        with open(self.path(name + ".pem"), "w") as f:
            f.write(ssl.DER_cert_to_PEM_cert(cert))

    def self_signed(self, name, san):
        self._key(name + "-key.pem")
        sh("openssl", "req", "-x509", "-new", "-key", self.path(name + "-key.pem"), "-days", "5",
           "-subj", "/CN=api.good.test", "-addext", "subjectAltName=" + san,
           "-out", self.path(name + ".pem"))


class Upstream:
    """Answers what `answers` has for a path, else an echo of method and path; keeps every request
    as the bytes that came."""

    def __init__(self, cert=None, key=None, at=("127.0.0.1", 0)):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(at)
        self.sock.listen(64)
        self.port = self.sock.getsockname()[1]
        self.requests, self.answers, self.accepted, self.ended = [], {}, 0, 0
        self.cut = []  # requests that ended inside their body
        self.ctx = None
        if cert:
            self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.ctx.set_ciphers("DEFAULT:@SECLEVEL=0")  # it shows whatever it was given
            self.ctx.load_cert_chain(cert, key)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            c, _ = self.sock.accept()
            self.accepted += 1
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        try:
            c.settimeout(60)  # more than the gate keeps an idle one: who ends it is never in doubt
            if self.ctx:
                c = self.ctx.wrap_socket(c, server_side=True)
            while self._one(c):
                pass
        except (OSError, ValueError):
            pass
        finally:
            c.close()
            self.ended += 1

    def wait_accepted(self, n):
        end = time.time() + 5
        while self.accepted < n and time.time() < end:
            time.sleep(0.01)
        want(self.accepted == n, "%d connections came, not %d" % (self.accepted, n))

    def wait_ended(self, n):
        """Until n of the connections that were accepted are closed here."""
        end = time.time() + 5
        while self.ended < n and time.time() < end:
            time.sleep(0.01)
        want(self.ended >= n, "%d connections ended, not %d" % (self.ended, n))

    def _one(self, c):
        raw = b""
        while b"\r\n\r\n" not in raw:
            got = c.recv(65536)
            if not got:
                return False
            raw += got
        head, body = raw.split(b"\r\n\r\n", 1)
        m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        parts, have = [body], len(body)
        while m and have < int(m.group(1)):
            got = c.recv(65536)
            if not got:
                self.cut.append(b"".join([head, b"\r\n\r\n"] + parts))
                return False
            parts.append(got)
            have += len(got)
        body = b"".join(parts)
        self.requests.append(head + b"\r\n\r\n" + body)
        method, path = head.split(b" ")[:2]
        answer = self.answers.get(path.decode())
        if callable(answer):
            return answer(c, head, body)
        if answer is None:
            text = b"" if method == b"HEAD" else method + b" " + path + b" %d\n" % len(body)
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
            c.sendall(answer)
            return True
        c.sendall(answer)
        return False

    def saw(self, text):
        return any(text in r for r in self.requests)


def send_hearing(s, raw, timeout=20.0):
    """Send all of raw, for as long as the other side says nothing; what it said by then.
    In one thread: an SSL object is not for two at once."""
    wait = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
    s.setblocking(False)
    left, end = memoryview(raw), time.time() + timeout
    while left and time.time() < end:
        try:
            return s.recv(65536)
        except wait:
            pass
        except OSError:
            return b""
        try:
            left = left[s.send(left[:65536]):]
        except wait:
            select.select([s], [s], [], 0.2)
        except OSError:
            break
    return b""


def recv_answer(s, timeout=3.0, got=b""):
    """Bytes, after those that we got, until a whole answer, the end of the stream or silence."""
    s.settimeout(timeout)
    try:
        while True:
            head, sep, body = got.partition(b"\r\n\r\n")
            if sep and re.match(rb"HTTP/1\.1 1(?!01)\d\d ", head):
                got = body
                continue
            m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if got == ESTABLISHED or (sep and m and len(body) >= int(m.group(1))):
                return got
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except (socket.timeout, ConnectionResetError, ssl.SSLError):
        return got


def status(answer):
    m = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(m.group(1)) if m else 0


class Gate:
    """One gate with a configuration made of `extra` over what all tests share."""

    def __init__(self, bottle, pki, upstreams, allow, **extra):
        self.pki = pki
        self.dir = tempfile.mkdtemp(prefix="gate-it.")
        self.config = os.path.join(self.dir, "gate.yaml")
        self.port = free_port()
        self.settings = dict(allow=allow, **extra)
        self.write()
        if "readable" in extra:
            self.hand_to(extra["readable"])
        self.log = open(os.path.join(self.dir, "events"), "wb+")
        self.err = open(os.path.join(self.dir, "stderr"), "wb+")
        self.start(bottle, self.settings.get("known"))
        self.wait_event("ready", timeout=20)

    def hand_to(self, gid):
        """A group that may read what a reload reads."""
        for path in (self.dir, self.pki.dir):
            os.chmod(path, 0o755)
        for path in (self.config, self.pki.path("ca-key.pem")):
            os.chown(path, 0, gid)
            os.chmod(path, 0o640)

    def start(self, bottle, known):
        argv, handed = [bottle, "gate", "--config", self.config] + self.settings.get("args", []), ()
        if known is not None:
            r, w = os.pipe()
            os.write(w, b"%d\n" % len(known) + known)
            os.close(w)
            argv, handed = argv + ["--known", str(r)], (r,)
        self.proc = subprocess.Popen(argv, stdout=self.log, stderr=self.err, pass_fds=handed)
        for fd in handed:
            os.close(fd)

    def document(self):
        s = self.settings
        names = ["api.good.test", "m.good.test", "a.wild.test", "a.b.wild.test", "pass.test",
                 "plain.good.test", "loop.test", "deny.wild.test"]
        names += [l + ".wild.test" for l in s.get("labels", [])]
        doc = {
            "version": 1, "mode": "strict", "enforce": s.get("enforce", True),
            "api_allowlist": s["allow"],
            "forward_proxy": dict({"enabled": s.get("forward", True)},
                                  **({"idle_timeout_seconds": s["idle"]} if "idle" in s else {})),
            "fetch_proxy": {"monitoring": dict({"blocklist": s.get("block", [])},
                                               **s.get("monitoring", {}))},
            "seed_phrase_detection": {"enabled": s.get("seed", True)},
            "request_body_scanning": {"enabled": s.get("body_enabled", True),
                                      "action": s.get("action", "block"),
                                      "max_body_bytes": s.get("max_body", 5 << 20),
                                      "header_mode": s.get("header_mode", "all"),
                                      "ignore_headers": ["connection", "content-length", "host"]},
            "tls_interception": {"enabled": True, "ca_cert": self.pki.path("ca.pem"),
                                 "ca_key": self.pki.path("ca-key.pem"),
                                 "passthrough_domains": s.get("passthrough", [])},
            "gate": dict({
                "slug": "t-abcde", "listen": ["127.0.0.1:%d" % self.port],
                "resolve": dict({n: ["127.0.0.1"] for n in names}, **s.get("resolve", {})),
                "roots": self.pki.path("up-ca.pem")}, **s.get("gate", {})),
        }
        if "dlp" in s:
            doc["dlp"] = s["dlp"]
        if s.get("explain"):
            doc["explain_blocks"] = True
        if s.get("ssrf", True):
            doc["ssrf"] = {"ip_allowlist": s.get("open", ["127.0.0.0/8"])}
        return doc

    def write(self):
        tmp = self.config + ".new"
        with open(tmp, "w") as f:
            json.dump(self.document(), f)  # JSON is YAML
        os.rename(tmp, self.config)

    def reload(self):
        """Write what the settings say now; what became of it."""
        def told():
            return [e for e in self.events() if e["event"] == "config_reload"]
        before, end = len(told()), time.time() + 10
        self.write()
        while len(told()) == before and time.time() < end:
            time.sleep(0.02)
        want(len(told()) > before, "no reload")
        return told()[-1]

    def text(self):
        with open(self.log.name, "rb") as f:
            return f.read()

    def events(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def wait_event(self, name, timeout=5, **facts):
        end = time.time() + timeout
        while time.time() < end:
            for ev in self.events():
                if ev["event"] == name and all(ev.get(k) == v for k, v in facts.items()):
                    return ev
            if self.proc.poll() is not None:
                break
            time.sleep(0.02)
        with open(self.err.name, "rb") as f:
            raise AssertionError("no event %s %s; stderr: %s" % (name, facts, f.read()[:6000]))

    def blocked(self):
        return self.text().count(b'"event":"blocked"')

    def wait_blocked(self, n):
        """Until there are n lines about refusals; and there are no more of them."""
        end = time.time() + 5
        while self.blocked() < n and time.time() < end:
            time.sleep(0.01)
        want(self.blocked() == n, "%d refusals are told, not %d: %r"
             % (self.blocked(), n, self.text().splitlines()[-3:]))

    def denies(self, up, raw, *codes):
        """The answer to raw, which is one of codes, told once, unknown to the upstream; after a 400
        the connection ends."""
        before, told = up.accepted, self.blocked()
        with self.dial() as s:
            try:
                s.sendall(raw)
            except OSError:
                pass
            got = recv_answer(s)
            want_status(got, *codes)
            want(b"\r\nX-Bottle-Reason: " in got, got)
            want(status(got) != 400 or ended(s), "still open")
        self.wait_blocked(told + 1)
        want(up.accepted == before, "an upstream socket was opened")
        return got

    def dial(self, port=None):
        return socket.create_connection(("127.0.0.1", port or self.port), timeout=5)

    def say(self, raw, timeout=3.0, port=None):
        with self.dial(port) as s:
            try:
                s.sendall(raw)
            except OSError:
                pass
            return recv_answer(s, timeout)

    def connect(self, authority):
        return self.say(b"CONNECT %s HTTP/1.1\r\nHost: x.test:1\r\n\r\n" % enc(authority))

    def tunnel(self, authority):
        s = self.dial()
        s.sendall(b"CONNECT %s HTTP/1.1\r\nHost: x.test:1\r\n\r\n" % enc(authority))
        got = recv_answer(s)
        if got != ESTABLISHED:
            raise AssertionError("CONNECT %s: %r" % (authority, got))
        return s

    def tls(self, authority, sni=None, cafile=None, ctx=None):
        s = self.tunnel(authority)
        ctx = ctx or ssl.create_default_context(cafile=cafile or self.pki.path("ca.pem"))
        return ctx.wrap_socket(s, server_hostname=sni or authority.rsplit(":", 1)[0])

    def https(self, authority, raw, timeout=3.0):
        with self.tls(authority) as s:
            try:
                s.sendall(raw)
            except OSError:
                pass
            return recv_answer(s, timeout)

    def curl_upload(self, authority, path, body, announced):
        """What curl shows of an upload by HTTP/2, its version and status behind it; announced: with
        its length, else as it comes."""
        name = os.path.join(self.dir, "upload")
        with open(name, "wb") as f:
            f.write(body)
        with open(name, "rb") as f:
            return subprocess.run(
                ["curl", "-sS", "-x", "http://127.0.0.1:%d" % self.port, "--http2", "--cacert",
                 self.pki.path("ca.pem"), "-w", " %{http_version} %{http_code}", "-T",
                 name if announced else "-", "https://" + authority + path], stdin=f,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60).stdout

    def stop(self):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        rc = self.proc.wait(timeout=15)
        with open(self.err.name, "rb") as f:
            err = f.read()
        shutil.rmtree(self.dir)
        return rc, err


def ended(s):
    """Nothing more comes, and the other side is gone."""
    s.settimeout(5)
    try:
        return s.recv(1) == b""
    except ConnectionError:
        return True


def enc(s):
    return s if isinstance(s, bytes) else s.encode()


def free_port(low=False):
    """One that only root can bind, where low."""
    for port in range(600, 1023) if low else (0,):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return s.getsockname()[1]
    raise AssertionError("no port is free")


class Suite:
    def __init__(self):
        self.n = self.failed = self.skipped = 0

    def skip(self, sentence, missing):
        self.n += 1
        self.skipped += 1
        print("ok %d - %s # SKIP %s" % (self.n, sentence, missing))

    def case(self, sentence, check):
        self.n += 1
        try:
            check()
            print("ok %d - %s" % (self.n, sentence))
        except Exception as e:  # any failure of a case is that case's
            self.failed += 1
            print("not ok %d - %s" % (self.n, sentence))
            print("# %s: %s" % (type(e).__name__, str(e)[:7000].replace("\n", "\n# ")))
        sys.stdout.flush()

    def close(self):
        print("%d passed, %d failed%s" % (self.n - self.failed - self.skipped, self.failed,
                                          ", %d skipped" % self.skipped if self.skipped else ""))
        return 1 if self.failed else 0


def want(fact, said=""):
    if not fact:
        raise AssertionError(said)


def want_status(answer, *codes):
    want(status(answer) in codes, "want %s, got %r" % (codes, answer[:600]))

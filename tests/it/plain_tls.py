"""plain_tls.py: a TLS client that knows sockets and nothing else: no proxy, no library for HTTP.

Run in a bottle by transparent_test.sh. One line a try: "NAME RESULT".
"""
import os
import socket
import ssl

OPEN = "api.good.test"
context = ssl.create_default_context()


def say(what, result):
    print(what, result, flush=True)


def ask(where, port, sni, host, check=True):
    """The issuer of the leaf shown, and the status line of GET / there."""
    use = context if check else ssl._create_unverified_context()
    with socket.create_connection((where, port), 5) as plain:
        with use.wrap_socket(plain, server_hostname=sni) as tls:
            issuer = dict(pair[0] for pair in tls.getpeercert().get("issuer", ())) if check else {}
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while more := tls.recv(4096):
                answer += more
    return f"{answer.split(b' ')[1].decode()} {issuer.get('commonName', '-')}"


def attempt(what, fn):
    try:
        say(what, fn())
    except ssl.SSLError as e:
        say(what, "tls-refused " + str(e.reason))
    except OSError as e:
        say(what, "none " + str(e))


for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
    del os.environ[name]
attempt("allowed", lambda: ask(OPEN, 443, OPEN, OPEN))
attempt("passed", lambda: socket.create_connection(("pass.test", 443), 5) and "connected")
attempt("resolve-evil", lambda: socket.getaddrinfo("evil.test", 443) and "resolved")
attempt("address", lambda: socket.create_connection(("1.1.1.1", 443), 3) and "connected")
# The gate's own address, with another name in the handshake, none, and another one inside.
attempt("sni-evil", lambda: ask(OPEN, 443, "evil.test", "evil.test", False))
attempt("sni-none", lambda: ask(OPEN, 443, None, OPEN, False))
attempt("host-evil", lambda: ask(OPEN, 443, OPEN, "evil.test"))
for port in (22, 25, 853, 8443):
    attempt(f"port-{port}", lambda: socket.create_connection((OPEN, port), 3) and "connected")


def bytes_that_are_no_tls():
    with socket.create_connection((OPEN, 443), 5) as s:
        s.sendall(b"SSH-2.0-x\r\n")
        s.settimeout(5)
        return "answered" if s.recv(100) else "closed"


attempt("no-tls", bytes_that_are_no_tls)

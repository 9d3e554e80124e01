"""web.py CLIENT WAY SECRET: what runs in the bottle. WAY is proxy or direct; the environment is the
bottle's, without its proxy variables when direct. Says a line an exchange: "ok: …" what an allowed
host answered, "issuer: …" of the certificate where the library shows it, "secret: …" and
"other: …" how the library told of a refusal."""
import asyncio
import os
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request

client, way, secret = sys.argv[1:]
path = "/%s/%s" % (client, way)
good, other = "api.good.test", "%s.%s.evil.test" % (client, way)


def one(what, call):
    try:
        print("%s: %s" % (what, call()))
    except Exception as e:  # however the library puts it
        print("%s: %s: %s" % (what, type(e).__name__, e))


def urllib_(url, body=None):
    try:
        return urllib.request.urlopen(url, body, timeout=20).read().decode()
    except urllib.error.HTTPError as e:
        return "%d %s" % (e.code, e.read().decode())


def requests_(url, body=None):
    import requests
    return requests.request("POST" if body else "GET", url, data=body, timeout=20).text


def httpx_(url, body=None):
    import httpx
    with httpx.Client(http2=True, timeout=20) as c:
        r = c.request("POST" if body else "GET", url, content=body)
        return "%s %s" % (r.http_version, r.text)


def connect(authority):
    """The tunnel that websockets before 15 does not make itself."""
    proxy = urllib.parse.urlsplit(os.environ["https_proxy"])
    sock = socket.create_connection((proxy.hostname, proxy.port))
    sock.sendall(("CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (authority, authority)).encode())
    answer = sock.recv(4096).decode()
    if " 200 " not in answer.split("\r\n")[0]:
        raise OSError(answer.split("\r\n")[0])
    return sock


async def websockets_(host, say):
    import websockets
    more = {}
    if way == "proxy" and int(websockets.version.version.split(".")[0]) < 15:
        more = {"sock": connect(host), "server_hostname": host}
    async with websockets.connect("wss://%s/ws%s" % (host, path), **more) as ws:
        await ws.send(say)
        try:
            return await asyncio.wait_for(ws.recv(), 20)
        except websockets.ConnectionClosed as e:
            return "%d %s" % (e.rcvd.code, e.rcvd.reason)


def grpc_(target, say):
    import grpc
    channel = grpc.secure_channel(target + ":443", grpc.ssl_channel_credentials())
    try:
        return channel.unary_unary("/grpc.%s/Echo" % way)(say.encode(), timeout=20).decode()
    except grpc.RpcError as e:
        return "%s %s" % (e.code().name, e.details())


if client == "grpc":
    one("ok", lambda: grpc_("grpc.good.test", "hello from api.good.test"))
    one("secret", lambda: grpc_("grpc.good.test", secret))
    one("other", lambda: grpc_(other, "x"))
elif client == "websockets":
    one("ok", lambda: asyncio.run(websockets_(good, "hello from api.good.test")))
    one("secret", lambda: asyncio.run(websockets_(good, secret)))
    one("other", lambda: asyncio.run(websockets_(other, "x")))
else:
    ask = {"urllib": urllib_, "requests": requests_, "httpx": httpx_}[client]
    one("ok", lambda: ask("https://" + good + path))
    one("secret", lambda: ask("https://" + good + path, secret.encode()))
    one("other", lambda: ask("https://" + other + path))

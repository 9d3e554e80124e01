"""peers.py DIR ADDRESS: what nginx is not: a WebSocket that echoes, git's smart HTTP, and gRPC.

The first two listen on the sockets DIR/ws and DIR/git, which nginx passes on to; gRPC on
ADDRESS:443. Says "ready" when all do, and ends with its standard input.
"""
import asyncio
import gzip
import http.server
import os
import socketserver
import subprocess
import sys
import threading
from concurrent import futures

import grpc
import websockets

where, address = sys.argv[1:]


async def echo(ws, _path=None):
    async for message in ws:
        await ws.send(message)


async def websocket(up):
    async with websockets.unix_serve(echo, os.path.join(where, "ws")):
        up.set()
        await asyncio.Future()


class Git(http.server.BaseHTTPRequestHandler):
    """git http-backend behind /git/ANYTHING/: one repository under every name."""

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        env = dict(os.environ, GIT_PROJECT_ROOT=os.path.join(where, "www"), GIT_HTTP_EXPORT_ALL="1",
                   GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", REMOTE_USER="it",
                   PATH_INFO="/" + path.split("/", 3)[3], QUERY_STRING=query,
                   REQUEST_METHOD=self.command, CONTENT_LENGTH=str(len(body)),
                   CONTENT_TYPE=self.headers.get("content-type", ""),
                   GIT_PROTOCOL=self.headers.get("git-protocol", ""))
        answer = subprocess.run(["git", "http-backend"], input=body, env=env, check=True,
                                stdout=subprocess.PIPE).stdout
        head, _, rest = answer.partition(b"\r\n\r\n")
        fields = [line.split(b": ", 1) for line in head.split(b"\r\n")]
        status = dict(fields).get(b"Status", b"200 OK").decode()
        self.send_response(int(status[:3]))
        for name, value in fields:
            if name != b"Status":
                self.send_header(name.decode(), value.decode())
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)

    do_POST = do_GET


class GitServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(lambda request, _: b"hello, " + request)


def read(name):
    with open(os.path.join(where, name), "rb") as f:
        return f.read()


def main():
    for name in ("ws", "git"):  # of a run on another backend
        if os.path.exists(os.path.join(where, name)):
            os.unlink(os.path.join(where, name))
    git = GitServer(os.path.join(where, "git"), Git)
    threading.Thread(target=git.serve_forever, daemon=True).start()
    up = threading.Event()
    threading.Thread(target=lambda: asyncio.run(websocket(up)), daemon=True).start()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Echo(),))
    server.add_secure_port(address + ":443",
                           grpc.ssl_server_credentials([(read("good.key"), read("good.crt"))]))
    server.start()
    up.wait()
    for name in ("ws", "git"):
        os.chmod(os.path.join(where, name), 0o666)  # nginx's worker is nobody
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(0)


main()

"""routed_api.py SOCKET LOG WWW: what stands behind the routes of routes_test.sh, below /routed/ of the test upstream.

A line of JSON goes into LOG for each request: method, host, path and header fields as they came. The answer gives
them back, in its head and in its body, as a service does that wants to be helpful. Below /routed/git/ lies WWW for
whoever brings a name and a password; without them it asks for both, as git servers do.
"""
import http.server
import json
import os
import socketserver
import sys

path, log, www = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, body, *fields):
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))),) + fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def file(self, name):
        if not (self.headers.get("Authorization") or "").startswith("Basic "):
            return self.reply(401, b"who are you?\n", ("WWW-Authenticate", 'Basic realm="git"'))
        try:
            with open(os.path.join(www, name), "rb") as f:
                return self.reply(200, f.read())
        except OSError:
            return self.reply(404, b"no such file\n")

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        seen = {"method": self.command, "host": self.headers.get("Host"), "path": self.path,
                "fields": [[name.lower(), value] for name, value in self.headers.items()], "body": sent}
        with open(log, "a", encoding="utf-8") as f:
            f.write(json.dumps(seen) + "\n")
        where = self.path.split("?")[0]
        if where.startswith("/routed/git/"):
            return self.file(where[len("/routed/git/"):])
        echo = self.headers.get("Authorization") or self.headers.get("X-Api-Key") or "nothing"
        return self.reply(200, json.dumps(seen).encode() + b"\n", ("X-Echo", echo))

    do_POST = do_DELETE = do_GET

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


server = Server(path, Handler)
os.chmod(path, 0o666)
server.serve_forever()

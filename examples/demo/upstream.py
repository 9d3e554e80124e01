"""upstream.py ADDRESS PORT CERT KEY LOG: a TLS service that answers, and writes down what reached it.

Prints its port: another one where PORT is taken.
"""
import http.server
import ssl
import sys

address, port, cert, key, log = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open(log, "ab") as f:
            f.write(f"{self.command} {self.path} {len(body)}\n".encode() + body + b"\n")
        self.send_response(200)
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b"hello, bottle\n")

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


try:
    server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
except OSError:
    server = http.server.ThreadingHTTPServer((address, 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()

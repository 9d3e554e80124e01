"""tlsfront.py SOCKET DIR [plain]: an engine's unix socket offered on 127.0.0.1 by TCP, with TLS and client
certificates (DIR/{ca,server,server-key}.pem), as dockerd --tlsverify does. Prints the port."""
import os
import socket
import ssl
import sys
import threading

path, folder = sys.argv[1:3]
plain = "plain" in sys.argv[3:]


def pump(src, dst, shut):
    try:
        while data := src.recv(65536):
            dst.sendall(data)
    except OSError:
        pass
    try:
        shut()
    except OSError:
        pass


def serve(conn):
    up = socket.socket(socket.AF_UNIX)
    up.connect(path)
    if not plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server-key.pem"))
        context.load_verify_locations(os.path.join(folder, "ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            conn = context.wrap_socket(conn, server_side=True)
        except OSError:
            return
    there = threading.Thread(target=pump, args=(conn, up, lambda: up.shutdown(socket.SHUT_WR)), daemon=True)
    there.start()
    pump(up, conn, lambda: conn.shutdown(socket.SHUT_RDWR))


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

"""client_websockets.py PROXY-HOST PROXY-PORT AUTHORITY CA SECRET: python3-websockets by CONNECT."""
import asyncio
import socket
import ssl
import sys

import websockets

host, port, authority, ca, secret = sys.argv[1:]
sock = socket.create_connection((host, int(port)))
sock.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority.encode(), authority.encode()))
assert sock.recv(4096).startswith(b"HTTP/1.1 200")


async def main():
    ctx = ssl.create_default_context(cafile=ca)
    async with websockets.connect("wss://%s/real" % authority, sock=sock, ssl=ctx,
                                  server_hostname=authority.split(":")[0]) as ws:
        await ws.send("hello from websockets")
        if await ws.recv() == "hello from websockets":
            print("echo ok")
        await ws.send("k=" + secret)
        try:
            await ws.recv()
        except websockets.ConnectionClosed as e:
            print("blocked %d" % e.rcvd.code)


asyncio.run(main())

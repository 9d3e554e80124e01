"""grpc_peer.py serve KEY CERT | ask TARGET CA: gRPC by the library, without generated code.

A server says its port and ends with its standard input; a client says one line a call.
"""
import queue
import sys
import time
from concurrent import futures

import grpc

TOKEN = b"ghp_" + b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def unary(request, context):
    context.set_trailing_metadata((("x-sum", str(len(request))),))
    return b"echo:" + request


def stream(request, context):
    for i in range(3):
        yield b"part %d of %s" % (i, request)


def fail(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "not here")


def collect(requests, context):
    return b"|".join(requests)


def talk(requests, context):
    """One answer to each message, while the client still speaks."""
    for m in requests:
        yield b"heard " + m
        if m == b"enough":
            return


WAYS = {
    "/t.T/Unary": grpc.unary_unary_rpc_method_handler(unary),
    "/t.T/Stream": grpc.unary_stream_rpc_method_handler(stream),
    "/t.T/Fail": grpc.unary_unary_rpc_method_handler(fail),
    "/t.T/Collect": grpc.stream_unary_rpc_method_handler(collect),
    "/t.T/Talk": grpc.stream_stream_rpc_method_handler(talk),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return WAYS.get(details.method)


def serve(key, cert):
    with open(key, "rb") as k, open(cert, "rb") as c:
        creds = grpc.ssl_server_credentials([(k.read(), c.read())])
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Handler(),))
    print(server.add_secure_port("127.0.0.1:0", creds), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0)


def tell(name, call):
    try:
        print(name, call())
    except grpc.RpcError as e:
        print(name, e.code().name, e.details())


def dialogue(channel, said, pause=0.0):
    """The next message is sent when the last one was answered, and not before."""
    turn, heard = queue.Queue(), []

    def messages():
        while True:
            m = turn.get(timeout=10)
            if m is None:
                return
            yield m
    left = list(said)
    turn.put(left.pop(0))
    for answer in channel.stream_stream("/t.T/Talk")(messages(), timeout=20):
        heard.append(answer.decode()[:20])
        time.sleep(pause)
        turn.put(left.pop(0) if left else None)
    return heard


def ask(target, ca):
    with open(ca, "rb") as f:
        channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(f.read()))
    one = channel.unary_unary("/t.T/Unary")

    def whole():
        answer, call = one.with_call(b"hello", timeout=10)
        return answer.decode(), dict(call.trailing_metadata())["x-sum"]
    tell("unary", whole)
    tell("again", whole)
    tell("stream", lambda: [m.decode() for m in channel.unary_stream("/t.T/Stream")(
        b"x", timeout=10)])
    tell("fail", lambda: channel.unary_unary("/t.T/Fail")(b"x", timeout=10))
    tell("collect", lambda: channel.stream_unary("/t.T/Collect")(
        iter([b"a", b"b"]), timeout=10).decode())
    tell("large", lambda: len(one(b"z" * 300000, timeout=10)))
    tell("talk", lambda: dialogue(channel, [b"one", b"two", b"three"]))
    tell("slow talk", lambda: dialogue(channel, [b"one", b"two"], pause=1))
    tell("many", lambda: len(dialogue(channel, [b"m%d" % i for i in range(200)])))
    tell("great", lambda: dialogue(channel, [b"w" * 300000, b"two"]))
    tell("cut", lambda: dialogue(channel, [b"one", b"enough", b"never"]))
    tell("told", lambda: dialogue(channel, [b"one", b"my key " + TOKEN, b"two"]))
    tell("halves", lambda: dialogue(channel, [TOKEN[:20], TOKEN[20:], b"two"]))
    tell("secret", lambda: one(TOKEN, timeout=10))
    tell("gzip", lambda: one(b"c" * 3000, timeout=10, compression=grpc.Compression.Gzip))


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])

"""messages_api.py SOCKET LOG: a stand-in for the Messages API, behind the test upstream's TLS (upstream.sh).

The model that it plays runs one command by the agent's tool Bash, then says what the command printed:
both answers are streamed, event by event. A line of JSON goes into LOG for each request.
"""
import http.server
import json
import os
import socketserver
import sys

path, log = sys.argv[1:3]
COMMAND = "env >env-of-the-agent; echo from-inside-$BOTTLE | tee made-by-the-agent"


def texts(message):
    """All that is said in one message of a conversation."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or part.get("content") or "") for part in content or [])


def result(messages):
    """What the tool gave, when it was asked for already."""
    for message in messages:
        for part in message["content"] if isinstance(message.get("content"), list) else []:
            if part.get("type") == "tool_result":
                return texts({"content": part.get("content")})
    return None


def block(request):
    """The one block of the answer, and why it ends there."""
    printed = result(request.get("messages", []))
    if printed is not None:
        return {"type": "text", "text": "The command printed: " + printed}, "end_turn"
    if any(tool.get("name") == "Bash" for tool in request.get("tools", [])):
        return {"type": "tool_use", "id": "toolu_01standin", "name": "Bash",
                "input": {"command": COMMAND, "description": "say where it runs"}}, "tool_use"
    return {"type": "text", "text": "a title"}, "end_turn"


def stream(message, part, stop):
    """The events of a streamed answer, its text or input in pieces."""
    yield {"type": "message_start", "message": dict(message, content=[], stop_reason=None)}
    if part["type"] == "text":
        start, kind, whole = dict(part, text=""), "text", part["text"]
    else:
        start, kind, whole = dict(part, input={}), "partial_json", json.dumps(part["input"])
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "ping"}
    delta = "text_delta" if kind == "text" else "input_json_delta"
    for i in range(0, len(whole), 7):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": delta, kind: whole[i:i + 7]}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None},
           "usage": {"output_tokens": 9}}
    yield {"type": "message_stop"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def events(self, message, part, stop):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in stream(message, part, stop):
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def note(self, request):
        with open(log, "a", encoding="utf-8") as f:
            f.write(json.dumps({
                "method": self.command, "path": self.path, "key": self.headers.get("x-api-key"),
                "agent": self.headers.get("user-agent"), "stream": request.get("stream"),
                "said": [texts(m) for m in request.get("messages", [])]}) + "\n")

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            request = json.loads(body)
        except ValueError:
            request = {}
        self.note(request)
        where = self.path.split("?")[0]
        if where == "/v1/messages/count_tokens":
            return self.reply(200, {"input_tokens": 9})
        if where != "/v1/messages" or self.command != "POST":
            return self.reply(404, {"type": "error", "error": {"type": "not_found_error", "message": "no"}})
        part, stop = block(request)
        message = {"id": "msg_01standin", "type": "message", "role": "assistant", "model": request["model"],
                   "content": [part], "stop_reason": stop, "stop_sequence": None,
                   "usage": {"input_tokens": 9, "output_tokens": 9}}
        if request.get("stream"):
            return self.events(message, part, stop)
        return self.reply(200, message)

    do_POST = do_HEAD = do_GET

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


server = Server(path, Handler)
os.chmod(path, 0o666)
server.serve_forever()

"""A name server on a UDP socket that answers what it is told, and counts who asked for what."""
import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28


def spell(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0"


class Resolver:
    """answers: {name: [answer, answer…]}: the first question for A gets the first, each further one
    the next, and the last stays. An answer is a list of IPv4 addresses, with "=name" before them
    where the name is an alias. All of it with TTL 0; nothing has an IPv6 address."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.addr = "127.0.0.1:%d" % self.sock.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def count(self, name):
        return sum(1 for n, t in self.asked if n == name and t == A)

    def _serve(self):
        while True:
            raw, peer = self.sock.recvfrom(1500)
            self.sock.sendto(self._answer(raw), peer)

    def _answer(self, raw):
        at, labels = 12, []
        while raw[at]:
            labels.append(raw[at + 1:at + 1 + raw[at]].decode())
            at += 1 + raw[at]
        name, kind = ".".join(labels), struct.unpack(">H", raw[at + 1:at + 3])[0]
        known = self.answers.get(name)
        self.asked.append((name, kind))
        records = []
        if known and kind == A:
            now = known.pop(0) if len(known) > 1 else known[0]
            records = self._records(name, now)
        flags = 0x8180 if known else 0x8183
        return (raw[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + raw[12:at + 5]
                + b"".join(records))

    @staticmethod
    def _records(name, now):
        out, owner = [], spell(name)
        for item in now:
            alias = item[:1] == "="
            data = spell(item[1:]) if alias else socket.inet_aton(item)
            out.append(owner + struct.pack(">HHIH", CNAME if alias else A, 1, 0, len(data)) + data)
            owner = data if alias else owner
        return out

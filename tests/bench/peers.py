"""The proxies that gate.py compares, and what they all speak to: one nginx. The proxy has core 0, load and
upstream share core 1."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "it", "gate"))
from harness import free_port  # noqa: E402

NAME, HOSTS = "api.good.test", 250  # names of "the first connection to a new host", in each round
CERTGEN = "/usr/lib/squid/security_file_certgen"
ADDON = """
def server_connect(data):
    data.server.address = ("127.0.0.1", data.server.address[1])
"""


def pinned(core, argv, **kw):
    return subprocess.Popen(["taskset", "-c", str(core)] + argv, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, **kw)


def wait_port(port, proc):
    for _ in range(400):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if proc.poll() is not None:
            raise RuntimeError("%s ended with %d" % (proc.args, proc.returncode))
        time.sleep(0.05)
    raise RuntimeError("nobody listens on %d" % port)


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


def spent(pid):
    """Milliseconds of processor time, finer than the ticks of cpu()."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e6


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0] / 1024


class Bench:
    """The ports of the upstream, and a way to start each peer."""

    def __init__(self, build, pki, rounds):
        self.build, self.pki, self.rounds = build, pki, rounds
        self.plain, self.tls = free_port(), free_port()
        while True:  # a name's second connection goes to the port beside the first one's
            self.pair = free_port()
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", self.pair + 1))
                    break
                except OSError:
                    pass
        self.names = [NAME] + ["h%d.wild.test" % i for i in range(HOSTS * rounds)]

    def missing(self):
        why = {}
        if not shutil.which("squid") or not os.access(CERTGEN, os.X_OK):
            why["squid"] = "no squid with TLS: apt-get install squid-openssl"
        if not shutil.which("mitmdump"):
            why["mitmproxy"] = "no mitmdump: apt-get install mitmproxy"
        return why

    def nginx(self):
        """What answers a POST has read it: squid gives up an upstream that answers sooner, and dials again."""
        conf, d = self.pki.path("nginx.conf"), self.pki.dir
        with open(conf, "w") as f:
            f.write("""daemon off; master_process off; pid %s/nginx.pid; error_log /dev/null crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; client_max_body_size 1g; client_body_buffer_size 1m;
  client_body_temp_path %s/body;
  server { listen 127.0.0.1:%d backlog=512; location / { return 200 "ok"; } }
  server { listen 127.0.0.1:%d ssl backlog=512; listen 127.0.0.1:%d ssl; listen 127.0.0.1:%d ssl;
    ssl_certificate %s; ssl_certificate_key %s;
    location / { return 200 "ok"; }
    location /post { proxy_pass http://unix:%s/nginx.sock:/; proxy_buffering off; } }
  server { listen unix:%s/nginx.sock; client_max_body_size 1g; location / { return 200 "ok"; } } }
""" % (d, d, self.plain, self.tls, self.pair, self.pair + 1, self.pki.path("good.pem"),
                self.pki.path("good-key.pem"), d, d))
        return self.up(pinned(1, ["nginx", "-c", conf, "-p", d], stderr=subprocess.DEVNULL), self.tls)

    def up(self, proc, port):
        wait_port(port, proc)
        return proc

    def gate(self, port, stream=False, **limits):
        conf = self.pki.path("gate-%d.yaml" % port)
        ports = (self.tls, self.plain, self.pair, self.pair + 1)
        with open(conf, "w") as f:
            json.dump({"version": 1, "mode": "strict", "enforce": True,
                       "api_allowlist": [NAME] + ["%s:%d" % (n, p) for n in (NAME, "*.wild.test") for p in ports],
                       "forward_proxy": {"enabled": True}, "ssrf": {"ip_allowlist": ["127.0.0.0/8"]},
                       "fetch_proxy": {"monitoring": {"max_requests_per_minute": 0}},
                       "tls_interception": {"enabled": True, "ca_cert": self.pki.path("ca.pem"),
                                            "ca_key": self.pki.path("ca-key.pem")},
                       "gate": {"listen": ["127.0.0.1:%d" % port],
                                "resolve": {n: ["127.0.0.1"] for n in self.names},
                                "roots": self.pki.path("up-ca.pem"), "limits": limits,
                                "stream_bodies": stream}}, f)
        return pinned(0, [os.path.join(self.build, "bottle"), "gate", "--config", conf])

    def squid(self, port, at_once=False):
        """Peek, then bump: the upstream connection is the client's own, as the gate's is. Bumping at once, it
        would dial anew for each POST; for new connections that is the faster of the two, and its pool is used."""
        pki = self.pki
        conf, hosts, db = pki.path("squid-%d.conf" % port), pki.path("hosts"), pki.path("ssl_db-%d" % port)
        with open(hosts, "w") as f:
            f.write("".join("127.0.0.1 %s\n" % n for n in self.names))
        subprocess.run([CERTGEN, "-c", "-s", db, "-M", "64MB"], check=True, stdout=subprocess.DEVNULL)
        with open(conf, "w") as f:
            f.write("""http_port 127.0.0.1:%d ssl-bump cert=%s key=%s generate-host-certificates=on
sslcrtd_program %s -s %s -M 64MB
sslcrtd_children 1
%sssl_bump bump all
tls_outgoing_options cafile=%s
http_access allow all
cache deny all
cache_mem 8 MB
hosts_file %s
access_log stdio:/dev/null
cache_log /dev/null
pid_filename %s/squid-%d.pid
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
client_persistent_connections on
max_filedescriptors 4096
""" % (port, pki.path("ca.pem"), pki.path("ca-key.pem"), CERTGEN, db,
                "" if at_once else "acl hello at_step SslBump1\nssl_bump peek hello\n", pki.path("up-ca.pem"),
                hosts, pki.dir, port))
        if os.geteuid() == 0:
            self.hand_over(db, conf)
        return pinned(0, ["squid", "-N", "-f", conf], stderr=subprocess.DEVNULL)

    def hand_over(self, db, conf):
        """What squid reads as its own user. The gate's key must stay root's."""
        for d, _, files in os.walk(db):
            for n in [d] + [os.path.join(d, x) for x in files]:
                shutil.chown(n, "proxy", "proxy")
        shutil.chown(conf, "proxy", "proxy")
        for n in ("ca.pem", "up-ca.pem", "hosts"):
            os.chmod(self.pki.path(n), 0o644)
        shutil.chown(self.pki.dir, "proxy", "proxy")
        os.chmod(self.pki.path("ca-key.pem"), 0o640)
        shutil.chown(self.pki.path("ca-key.pem"), "root", "proxy")

    def mitmproxy(self, port):
        home, addon = self.pki.path("mitm"), self.pki.path("addon.py")
        os.makedirs(home, exist_ok=True)
        with open(addon, "w") as f:
            f.write(ADDON)  # it asks the system's resolver, which knows none of our names
        return pinned(0, ["mitmdump", "-q", "-p", str(port), "--listen-host", "127.0.0.1", "-s", addon, "--set",
                          "confdir=" + home, "--set",
                          "ssl_verify_upstream_trusted_ca=" + self.pki.path("up-ca.pem")],
                      stderr=subprocess.DEVNULL)

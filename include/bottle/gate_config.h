/* gate_config.h - gate.yaml as one immutable value. Floor: gate.
 * Pipelock's keys (same names, types, defaults and refusals for what we render) and one key of our
 * own, gate:. Reference: docs/reference/gate-config.md. A reload loads a second value beside the
 * first; nothing here changes after bt_gate_config_load. */
#ifndef BOTTLE_GATE_CONFIG_H
#define BOTTLE_GATE_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "bottle/err.h"
#include "bottle/host.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_hostset; /* hostset.h */

enum bt_gate_mode { BT_MODE_BALANCED, BT_MODE_STRICT, BT_MODE_AUDIT };
enum bt_gate_action { BT_ACTION_WARN, BT_ACTION_BLOCK };

struct bt_strs { /* owned list */
	char **v;
	size_t n;
};

struct bt_gate_addr { /* "ADDR:PORT", "[v6]:PORT" */
	struct sockaddr_storage sa;
	socklen_t len; /* 0: absent */
	char text[64];
};

struct bt_gate_name { /* gate.dns.names, gate.resolve: a name and its addresses (IP literals) */
	char *name;
	struct bt_strs addrs;
};

struct bt_gate_forward {
	struct bt_gate_addr listen;
	char *host;
	uint16_t port;
};

struct bt_gate_parent { /* gate.parent_proxy */
	struct bt_host host;
	uint16_t port; /* 0: none */
	char *auth;    /* base64 of user:password, wiped when freed; NULL: none */
};

struct bt_gate_pattern {                           /* dlp.patterns[] */
	char *name, *regex, *severity, *validator; /* severity, validator: "" when absent */
	bool warn;                                 /* action: warn */
};

struct bt_gate_limits {
	uint32_t connections;        /* of agents at once (1024) */
	uint32_t client_connections; /* of them, of one address; 0: as many (0) */
	uint32_t tunnels;            /* CONNECT tunnels at once (1024) */
	uint32_t header_bytes;       /* request line and headers (64 KiB) */
	uint32_t headers;            /* header fields (200) */
	uint64_t client_hello_ms;    /* from accept to a whole ClientHello (5 s) */
	uint64_t header_ms;          /* for a whole request head (30 s) */
	uint64_t handshake_ms;       /* TLS, each leg (30 s) */
	uint64_t dial_ms;            /* TCP connect upstream (10 s) */
	uint64_t dns_ms;             /* name resolution (5 s) */
	uint64_t body_bytes;         /* request bodies in memory, of all connections (64 MiB) */
	uint64_t buffer_bytes;       /* of all connections' sockets, both ways (64 MiB) */
	uint32_t idle_upstreams;     /* upstream connections kept between two clients (64) */
	uint64_t idle_upstream_ms;   /* how long (30 s) */
	/* A shared one that said nothing for so long is asked, and has as long to answer (5 s). */
	uint64_t upstream_silent_ms;
	uint32_t leaf_cache;      /* tls_interception.cert_cache_size (1024) */
	uint32_t dns_tcp_clients; /* (32) */
};

/* gate.own_credentials: the name of a finding, and where what has it may go. */
struct bt_gate_own {
	char *name;
	struct bt_hostset *hosts;
};

/* gate.routes: what of a host may be asked, and as whom. */
enum bt_gate_scheme { BT_AUTH_NONE, BT_AUTH_BEARER, BT_AUTH_BASIC, BT_AUTH_HEADER };

struct bt_gate_route {
	struct bt_host host;
	uint16_t port;
	struct bt_strs methods, paths; /* none: any */
	enum bt_gate_scheme scheme;
	char *header;     /* that is set; NULL: none */
	char *user;       /* of BT_AUTH_BASIC, else NULL */
	char *credential; /* the name of its value; NULL: none */
};

struct bt_gate_config {
	char *path; /* where it was read from, for messages */
	enum bt_gate_mode mode;
	bool enforce;        /* false: detect, log, forward */
	bool explain_blocks; /* X-Bottle-Hint on denials */

	struct bt_hostset *allow;        /* api_allowlist, ours may carry :port */
	struct bt_hostset *block;        /* fetch_proxy.monitoring.blocklist; wins over allow */
	struct bt_hostset *passthrough;  /* tls_interception.passthrough_domains */
	struct bt_hostset *trusted;      /* trusted_domains: may resolve to internal addresses */
	struct bt_hostset *entropy_skip; /* monitoring.subdomain_entropy_exclusions */
	struct bt_strs allow_text;       /* the entries as written, in order */
	struct bt_strs block_text, passthrough_text, trusted_text, entropy_skip_text;

	struct {                            /* fetch_proxy, forward_proxy */
		struct bt_gate_addr listen; /* gate.listen[0], else fetch_proxy.listen */
		bool forward;               /* forward_proxy.enabled */
		bool sni_verification;
		uint64_t timeout_ms;    /* fetch_proxy.timeout_seconds */
		uint64_t max_tunnel_ms; /* 0: no absolute cut (ours: default 0) */
		uint64_t idle_ms;       /* one timer a tunnel, both directions */
	} proxy;
	struct { /* fetch_proxy.monitoring; 0 is off */
		uint32_t max_url_length;
		double entropy;           /* threshold of path segments and query values */
		double subdomain_entropy; /* of labels under a wildcard */
		uint32_t requests_per_minute;
		uint64_t data_per_minute;
	} monitor;
	struct { /* request_body_scanning */
		bool enabled;
		enum bt_gate_action action;
		uint64_t max_body_bytes;
		bool stream; /* gate.stream_bodies: larger ones go on in pieces */
		bool scan_headers;
		bool all_headers;                 /* header_mode: all */
		struct bt_strs sensitive, ignore; /* lower case */
	} body;
	struct { /* dlp, seed_phrase_detection */
		bool include_defaults;
		bool scan_env;
		uint32_t min_env_secret;
		char *secrets_file; /* NULL: none */
		struct bt_gate_pattern *patterns;
		size_t npatterns;
		bool seed_phrase;
		uint32_t seed_words; /* 12, 15, 18, 21 or 24 */
		bool seed_checksum;
	} dlp;
	struct { /* tls_interception */
		bool enabled;
		char *ca_cert, *ca_key; /* absolute or as given; set when enabled */
		char *place;            /* "gate.yaml:12: tls_interception", when enabled */
		uint64_t cert_ttl_s;
		bool http2; /* gate.http2 (true): offered to clients, and upstream for theirs */
	} tls;
	struct {                      /* ssrf */
		struct bt_strs allow; /* CIDRs, valid, no host bits, not /0 */
		bool internal_set;    /* internal was given: internal replaces the default list */
		struct bt_strs internal;
	} ssrf;
	struct { /* logging */
		bool allowed, blocked;
	} log;

	char *slug;
	char *user;                  /* to become, by name or as UID[:GID]; NULL: stay */
	struct bt_gate_addr *listen; /* gate.listen, or the one of fetch_proxy */
	size_t nlisten;
	struct bt_gate_addr transparent_tls, transparent_http; /* len 0: absent */
	struct bt_gate_addr dns_listen;                        /* len 0: no DNS */
	char *dns_address;                                     /* IP answered for allowed names */
	struct bt_gate_name *dns_names;
	size_t ndns_names;
	struct bt_gate_name *resolve; /* fixed addresses: nothing is asked for these names */
	size_t nresolve;
	struct bt_gate_addr *resolvers; /* asked for all other names; none: /etc/resolv.conf */
	size_t nresolvers;
	struct bt_gate_forward *forwards;
	size_t nforwards;
	char *admin; /* path of the unix socket; NULL: none */
	char *roots; /* PEM of further upstream roots; NULL: none */
	struct bt_gate_parent parent;
	struct bt_gate_own *own; /* credentials that may go to their issuers */
	size_t nown;
	struct bt_gate_route *routes; /* the first that matches counts */
	size_t nroutes;
	struct bt_strs policies; /* files with rules of point request, in order */
	struct bt_gate_limits limits;
};

/* Read path. BT_INVALID: "gate.yaml:12: api_allowlist[3]: ...", or without the line where the key
 * is absent. Relative file names in it are taken from the file's folder; none is opened, the CA's
 * neither. On success *out is owned by the caller. */
BT_MUST int bt_gate_config_load(struct bt_gate_config **out, const char *path, struct bt_err *e);
/* The same of text; dir: folder of relative names. */
BT_MUST int bt_gate_config_parse(struct bt_gate_config **out, struct bt_str text, const char *dir,
                                 struct bt_err *e);
void bt_gate_config_free(struct bt_gate_config *c); /* NULL is a no-op */
BT_OWN_FN(bt_gate_config, bt_gate_config_free)
/* The fixed addresses of name (normal form), or NULL. */
const struct bt_strs *bt_gate_config_resolve(const struct bt_gate_config *c, const char *name);
#endif

/* endpoint.c - where an engine may be: the environment, the docker CLI's context, the usual
 * sockets. */
#include "impl.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bottle/mem.h"

#define CONFIG_MAX BT_MIB

void bt_endpoint_free(struct bt_endpoint *p)
{
	free(p->url);
	free(p->socket);
	free(p->base);
	free(p->tls_dir);
	free(p->source);
	memset(p, 0, sizeof *p);
}

void bt_endpoints_free(struct bt_endpoints *p)
{
	for (size_t i = 0; i < p->n; i++)
		bt_endpoint_free(&p->v[i]);
	p->n = 0;
}

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

int bt_endpoint_parse(struct bt_endpoint *p, const char *url, const char *source, struct bt_err *e)
{
	const char *rest;

	if ((rest = after(url, "unix://")) && *rest == '/') {
		p->socket = bt_strdup(rest);
		p->base = bt_strdup("http://localhost");
	} else if ((rest = after(url, "tcp://")) || (rest = after(url, "http://")) ||
	           (rest = after(url, "https://"))) {
		size_t n = strcspn(rest, "/");

		if (n == 0 || rest[n + (rest[n] == '/')] || strpbrk(rest, "@?# "))
			return bt_fail(e, BT_INVALID, "%s: '%.200s': want tcp://HOST:PORT", source,
			               url);
		p->base = bt_asprintf("http://%.*s", (int)n, rest);
	} else if (after(url, "ssh://")) {
		return bt_fail(e, BT_INVALID,
		               "%s: '%.100s': ssh is not spoken here; forward the socket (ssh -L "
		               "/tmp/docker.sock:/var/run/docker.sock HOST) and set "
		               "DOCKER_HOST=unix:///tmp/docker.sock",
		               source, url);
	} else {
		return bt_fail(e, BT_INVALID,
		               "%s: '%.200s': want unix:///PATH, tcp://HOST:PORT or http://…",
		               source, url);
	}
	p->url = bt_strdup(url);
	p->source = bt_strdup(source);
	return 0;
}

static void use_tls(struct bt_endpoint *p, const char *dir, bool verify)
{
	if (p->socket)
		return;
	char *base = bt_asprintf("https://%s", strstr(p->base, "://") + 3);

	free(p->base);
	p->base = base;
	p->tls_dir = bt_strdup(dir);
	p->tls_verify = verify;
}

/* DOCKER_TLS_VERIFY, as the docker CLI: set to anything, TLS is on and the peer is verified. */
static void env_tls(struct bt_endpoint *p)
{
	const char *dir = env("DOCKER_CERT_PATH");
	bool https = after(p->url, "https://") != NULL;

	if (!env("DOCKER_TLS_VERIFY") && !https && !env("DOCKER_TLS"))
		return;
	BT_OWN_MEM char *home = bt_asprintf("%s/.docker", env("HOME") ? getenv("HOME") : "");

	use_tls(p, dir ? dir : home, env("DOCKER_TLS_VERIFY") || https);
}

static cJSON *read_json(const char *path)
{
	BT_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	BT_OWN_BUF b = BT_BUF(CONFIG_MAX);
	struct bt_err e;
	ssize_t n = 1;

	while (fd >= 0 && n > 0) {
		uint8_t *at = bt_buf_reserve(&b, 4096, &e);

		n = at ? read(fd, at, 4096) : -1;
		if (n > 0)
			bt_buf_commit(&b, (size_t)n);
	}
	return n == 0 ? cJSON_ParseWithLength((const char *)b.p, b.len) : NULL;
}

static char *config_dir(void)
{
	if (env("DOCKER_CONFIG"))
		return bt_strdup(getenv("DOCKER_CONFIG"));
	return bt_asprintf("%s/.docker", env("HOME") ? getenv("HOME") : "");
}

/* The name of the context in force; NULL: the default one. Owned by the caller. */
static char *context_name(const char *dir)
{
	if (env("DOCKER_CONTEXT"))
		return bt_strdup(getenv("DOCKER_CONTEXT"));
	BT_OWN_MEM char *path = bt_asprintf("%s/config.json", dir);
	cJSON *config = read_json(path);
	const char *name = bt_json_str(config, "currentContext");
	char *copy = *name ? bt_strdup(name) : NULL;

	cJSON_Delete(config);
	return copy;
}

static void sha256_hex(const char *text, char hex[65])
{
	unsigned char d[32];
	unsigned n = sizeof d;

	(void)EVP_Digest(text, strlen(text), d, &n, EVP_sha256(), NULL);
	for (unsigned i = 0; i < sizeof d; i++)
		(void)snprintf(hex + 2 * (size_t)i, 3, "%02x", d[i]);
}

static int from_context(struct bt_endpoint *p, const char *dir, const char *name, struct bt_err *e)
{
	char hex[65];

	sha256_hex(name, hex);
	BT_OWN_MEM char *path = bt_asprintf("%s/contexts/meta/%s/meta.json", dir, hex);
	BT_OWN_MEM char *tls = bt_asprintf("%s/contexts/tls/%s/docker", dir, hex);
	BT_OWN_MEM char *source = bt_asprintf("docker context '%s'", name);
	cJSON *meta = read_json(path);
	const cJSON *docker = cJSON_GetObjectItemCaseSensitive(
	        cJSON_GetObjectItemCaseSensitive(meta, "Endpoints"), "docker");
	const char *host = bt_json_str(docker, "Host");
	bool skip = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(docker, "SkipTLSVerify"));
	int rc;

	if (!*host)
		rc = bt_fail(e, BT_NOTFOUND,
		             "%s: no host in %s; choose another with 'docker context use', or set "
		             "DOCKER_HOST",
		             source, path);
	else
		rc = bt_endpoint_parse(p, host, source, e);
	if (rc == 0 && access(tls, X_OK) == 0)
		use_tls(p, tls, !skip);
	cJSON_Delete(meta);
	return rc;
}

static void add_socket(struct bt_endpoints *out, const char *dir, const char *path)
{
	struct bt_err e;

	if (!dir || out->n == BT_ENDPOINTS_MAX)
		return;
	BT_OWN_MEM char *url = bt_asprintf("unix://%s%s", dir, path);

	if (bt_endpoint_parse(&out->v[out->n], url, "default", &e) == 0)
		out->n++;
}

int bt_endpoints_find(struct bt_endpoints *out, const char *host, struct bt_err *e)
{
	const char *source = host ? "host" : "DOCKER_HOST";
	struct bt_endpoint *p = &out->v[0];

	if (!host)
		host = env("DOCKER_HOST");
	if (host) {
		if (bt_endpoint_parse(p, host, source, e) < 0)
			return -1;
		env_tls(p);
		out->n = 1;
		return 0;
	}
	BT_OWN_MEM char *dir = config_dir();
	BT_OWN_MEM char *name = context_name(dir);

	if (name && strcmp(name, "default") != 0) {
		if (from_context(p, dir, name, e) < 0)
			return -1;
		out->n = 1;
		return 0;
	}
	add_socket(out, "", "/var/run/docker.sock");
	add_socket(out, env("XDG_RUNTIME_DIR"), "/docker.sock");
	add_socket(out, env("XDG_RUNTIME_DIR"), "/podman/podman.sock");
	add_socket(out, "", "/run/podman/podman.sock");
	return 0;
}

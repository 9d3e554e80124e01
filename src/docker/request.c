/* request.c - one HTTP exchange with the engine: build, send, what went wrong in words. */
#include "impl.h"

#include <stdarg.h>
#include <string.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define URL_MAX (64u * BT_KIB)

/* Out of room in a URL cannot be reported from everywhere: it is cut, and the engine answers 404.
 */
static void add(struct bt_buf *b, const char *p, size_t n)
{
	struct bt_err e;

	if (bt_buf_add(b, p, n, &e) < 0)
		return;
}

static void add_escaped(struct bt_buf *b, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;
		char esc[3] = { '%', hex[ch >> 4], hex[ch & 15] };

		if (strchr(plain, *s))
			add(b, s, 1);
		else
			add(b, esc, 3);
	}
}

void bt_request_reset(struct bt_call *c)
{
	if (c->easy) {
		(void)curl_multi_remove_handle(c->engine->multi, c->easy);
		curl_easy_cleanup(c->easy);
		c->easy = NULL;
	}
	curl_slist_free_all(c->headers);
	c->headers = NULL;
	bt_buf_wipe(&c->up); /* bodies carry environments */
	bt_buf_free(&c->body);
	bt_buf_free(&c->url);
	c->paused = c->overflow = false;
	c->status = 0;
}

void bt_request(struct bt_call *c, const char *method, const char *path, ...)
{
	va_list ap;

	bt_request_reset(c);
	c->method = method;
	c->url = BT_BUF(URL_MAX);
	c->up = BT_BUF(BT_LIM_ENGINE_ANSWER);
	c->body = BT_BUF(BT_LIM_ENGINE_ANSWER);
	add(&c->url, c->engine->at.base, strlen(c->engine->at.base));
	const char *api = strncmp(path, "/libpod/", 8) == 0 ? c->engine->libpod : c->engine->api;

	if (*api) {
		add(&c->url, "/v", 2);
		add(&c->url, api, strlen(api));
	}
	va_start(ap, path);
	for (const char *p = path; *p; p++) {
		if (*p == '%')
			add_escaped(&c->url, va_arg(ap, const char *));
		else
			add(&c->url, p, 1);
	}
	va_end(ap);
}

void bt_request_query(struct bt_call *c, const char *key, const char *value)
{
	if (!value)
		return;
	add(&c->url, memchr(c->url.p, '?', c->url.len) ? "&" : "?", 1);
	add(&c->url, key, strlen(key));
	add(&c->url, "=", 1);
	add_escaped(&c->url, value);
}

void bt_request_json(struct bt_call *c, const cJSON *body)
{
	struct bt_err e;
	char *text = cJSON_PrintUnformatted(body);

	if (!text)
		return;
	(void)!bt_buf_add(&c->up, text, strlen(text), &e);
	bt_wipe(text, strlen(text));
	free(text);
	c->headers = curl_slist_append(c->headers, "Content-Type: application/json");
}

void bt_request_fd(struct bt_call *c, const char *type)
{
	BT_OWN_MEM char *line = bt_asprintf("Content-Type: %s", type);

	c->headers = curl_slist_append(c->headers, line);
	c->up_at = 0;
}

static size_t on_read(char *to, size_t size, size_t n, void *cookie)
{
	struct bt_call *c = cookie;
	size_t room = size * n;
	uint64_t left = c->up_size - c->up_at;

	if (room > left)
		room = (size_t)left;
	if (room == 0)
		return 0;
	ssize_t got = pread(c->up_fd, to, room, (off_t)c->up_at);

	if (got <= 0)
		return CURL_READFUNC_ABORT; /* shorter than it was: the length was promised */
	c->up_at += (uint64_t)got;
	return (size_t)got;
}

/* A kept connection that died meanwhile: curl tries a new one, from the start. */
static int on_seek(void *cookie, curl_off_t offset, int origin)
{
	struct bt_call *c = cookie;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	c->up_at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t on_write(char *from, size_t size, size_t n, void *cookie)
{
	struct bt_call *c = cookie;
	long status = 0;
	struct bt_str in = { from, size * n };

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 400) {
		struct bt_err ignored;

		(void)!bt_buf_add(&c->body, in.p, in.n, &ignored);
		return in.n;
	}
	if (bt_sink_full(c)) {
		c->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (bt_sink_take(c, in, &c->err) < 0) {
		c->overflow = true; /* c->err says what; curl only knows "write error" */
		return in.n ? 0 : CURL_WRITEFUNC_ERROR;
	}
	return in.n;
}

static size_t on_header(char *from, size_t size, size_t n, void *cookie)
{
	struct bt_call *c = cookie;
	struct bt_str value = { from, size * n }, name;

	while (value.n && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	if (!bt_str_cut(&value, ':', &name))
		return size * n;
	value = bt_str_trim(value);
	char **keep = bt_str_ieq(name, BT_STR_LIT("X-Docker-Container-Path-Stat")) ? &c->path_stat
	              : bt_str_ieq(name, BT_STR_LIT("Api-Version"))                ? &c->version
	              : bt_str_ieq(name, BT_STR_LIT("Libpod-Api-Version"))         ? &c->libpod
	                                                                           : NULL;
	if (keep) {
		free(*keep);
		*keep = bt_strndup(value.p, value.n);
	}
	return size * n;
}

void bt_request_connection(CURL *h, const struct bt_engine *g)
{
	const struct bt_endpoint *at = &g->at;

	(void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(h, CURLOPT_PROXY, ""); /* no proxy of the environment */
	(void)curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	if (at->socket)
		(void)curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, at->socket);
	if (!at->tls_dir)
		return;
	BT_OWN_MEM char *ca = bt_asprintf("%s/ca.pem", at->tls_dir);
	BT_OWN_MEM char *cert = bt_asprintf("%s/cert.pem", at->tls_dir);
	BT_OWN_MEM char *key = bt_asprintf("%s/key.pem", at->tls_dir);

	if (access(ca, R_OK) == 0)
		(void)curl_easy_setopt(h, CURLOPT_CAINFO, ca); /* copied by curl */
	if (access(cert, R_OK) == 0) {
		(void)curl_easy_setopt(h, CURLOPT_SSLCERT, cert);
		(void)curl_easy_setopt(h, CURLOPT_SSLKEY, key);
	}
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, at->tls_verify ? 1L : 0L);
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, at->tls_verify ? 2L : 0L);
}

static void set_body(struct bt_call *c, CURL *h)
{
	if (c->up_fd >= 0 && c->up_size) {
		(void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
		(void)curl_easy_setopt(h, CURLOPT_READDATA, c);
		(void)curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, on_seek);
		(void)curl_easy_setopt(h, CURLOPT_SEEKDATA, c);
		(void)curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->up_size);
	} else if (c->up.len || strcmp(c->method, "POST") == 0) {
		(void)curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->up.len);
		(void)curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->up.len ? (char *)c->up.p : "");
	} else if (strcmp(c->method, "HEAD") == 0) {
		(void)curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	}
	if (strcmp(c->method, "HEAD") != 0)
		(void)curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, c->method);
}

int bt_request_send(struct bt_call *c, enum bt_sink sink, struct bt_err *e)
{
	CURL *h = curl_easy_init();

	if (!h || bt_buf_add(&c->url, "", 1, e) < 0) {
		curl_easy_cleanup(h);
		return bt_fail(e, BT_LIMIT, "out of memory for a request");
	}
	c->easy = h;
	c->sink = sink;
	bt_request_connection(h, c->engine);
	(void)curl_easy_setopt(h, CURLOPT_URL, (char *)c->url.p);
	c->headers = curl_slist_append(c->headers, "Expect:"); /* no pause before an upload */
	set_body(c, h);
	(void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers);
	(void)curl_easy_setopt(h, CURLOPT_USERAGENT, "bottle");
	(void)curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_write);
	(void)curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	(void)curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
	(void)curl_easy_setopt(h, CURLOPT_PRIVATE, c);
	CURLMcode rc = curl_multi_add_handle(c->engine->multi, h);

	if (rc != CURLM_OK)
		return bt_fail(e, BT_IO, "%s", curl_multi_strerror(rc));
	return 0;
}

int bt_request_failed(const struct bt_engine *g, CURL *h, CURLcode rc, struct bt_err *e)
{
	long os = 0;

	(void)curl_easy_getinfo(h, CURLINFO_OS_ERRNO, &os);
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
		if (os == EACCES || os == EPERM)
			return bt_fail(e, BT_DENIED, "%s: %s", g->at.url, strerror((int)os));
		return bt_fail(e, BT_IO, "%s: %s", g->at.url,
		               os ? strerror((int)os) : "no connection");
	case CURLE_OPERATION_TIMEDOUT:
		return bt_fail(e, BT_TIMEOUT, "%s: no answer in time", g->at.url);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return bt_fail(e, BT_IO, "%s: the engine cut the connection", g->at.url);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
		return bt_fail(e, BT_PROTO, "%s: not an HTTP answer", g->at.url);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return bt_fail(e, BT_TLS, "%s: %s", g->at.url, curl_easy_strerror(rc));
	case CURLE_ABORTED_BY_CALLBACK:
		return bt_fail(e, BT_INTR, "interrupted");
	default:
		return bt_fail(e, BT_IO, "%s: %s", g->at.url, curl_easy_strerror(rc));
	}
}

int bt_request_refused(long status, struct bt_str body, struct bt_err *e)
{
	cJSON *json = body.n ? cJSON_ParseWithLength(body.p, body.n) : NULL;
	const char *text = bt_json_str(json, "message");
	enum bt_code code = status >= 500                    ? BT_IO
	                    : status == 404                  ? BT_NOTFOUND
	                    : status == 409                  ? BT_EXISTS
	                    : status == 401 || status == 403 ? BT_DENIED
	                                                     : BT_INVALID;

	if (!*text)
		text = bt_json_str(json, "cause"); /* Podman */
	if (*text)
		(void)bt_fail(e, code, "%s", text);
	else if (status == 404)
		(void)bt_fail(e, code, "not there");
	else
		(void)bt_fail(e, code, "the engine answered %ld", status);
	/* A network's pool is 403 in Docker 20.10; Podman says 500 to all of these. */
	if (strstr(e->msg, "overlaps with") || strstr(e->msg, "already used") ||
	    strstr(e->msg, "already exists"))
		e->code = BT_EXISTS;
	cJSON_Delete(json);
	return -1;
}

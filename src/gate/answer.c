/* answer.c - short answers of our own making. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 4096

static const char *phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} all[] = { { 200, "OK" },
		    { 400, "Bad Request" },
		    { 403, "Forbidden" },
		    { 404, "Not Found" },
		    { 405, "Method Not Allowed" },
		    { 408, "Request Timeout" },
		    { 414, "URI Too Long" },
		    { 429, "Too Many Requests" },
		    { 431, "Request Header Fields Too Large" },
		    { 502, "Bad Gateway" },
		    { 503, "Service Unavailable" },
		    { 504, "Gateway Timeout" } };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].status == status)
			return all[i].phrase;
	return "Error";
}

/* Text of a header value: whatever an operator called a pattern, no control byte gets out. */
static void header_text(char *out, size_t cap, const char *in)
{
	size_t n = 0;

	for (; *in && n + 1 < cap; in++)
		out[n++] = *in >= 0x20 && *in < 0x7f ? *in : '?';
	out[n] = '\0';
}

static int json_text(struct bt_buf *b, const char *key, const char *text, struct bt_err *e)
{
	if (bt_buf_addf(b, e, "%s\"%s\":\"", b->len > 1 ? "," : "", key) < 0)
		return -1;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if (bt_buf_addf(b, e, plain ? "%c" : "\\u%04x", c) < 0)
			return -1;
	}
	return bt_buf_add(b, "\"", 1, e);
}

static int body(struct bt_buf *b, const struct bt_answer *a, int status, struct bt_err *e)
{
	const char *text = a->denial && !a->text ? a->denial->reason : a->text;
	char whole[sizeof a->denial->reason + 64];

	if (a->type && a->text)
		return bt_buf_add(b, text, strlen(text), e);
	(void)snprintf(whole, sizeof whole, "%s%s", a->before ? a->before : "", text);
	if (!a->json || !a->denial)
		return bt_buf_addf(b, e, "%s\n", whole);
	if (bt_buf_add(b, "{", 1, e) < 0 || json_text(b, "error", whole, e) < 0 ||
	    json_text(b, "scanner", a->denial->scanner, e) < 0 ||
	    json_text(b, "rule", a->denial->rule, e) < 0 ||
	    json_text(b, "reason", a->denial->reason, e) < 0)
		return -1;
	return bt_buf_addf(b, e, ",\"status\":%d}\n", status);
}

/* What whoever reads the refusal can do about it; none where nothing is known. */
static const char *hint(const struct bt_denial *d)
{
	static const struct {
		const char *scanner, *text;
	} all[] = {
		{ "allowlist",
		  "add the host to the allowlist of this bottle, if it should be reached" },
		{ "blocklist", "the denylist shuts this host whatever the allowlist says" },
		{ "dlp", "take the credential out of the URL" },
		{ "core_dlp", "take the credential out of the URL" },
		{ "body_dlp", "take the credential out of the body" },
		{ "header_dlp", "take the credential out of the headers" },
		{ "ws_dlp", "take the credential out of the message" },
		{ "entropy", "shorten the random part of the URL, or send it in a body" },
		{ "subdomain_entropy", "list the host itself, without a wildcard" },
		{ "length", "send less in the URL" },
		{ "ratelimit", "wait, then ask again" },
		{ "ssrf", "open the address by ssrf.ip_allowlist, if it should be reached" },
		{ "upstream", "look whether the host is up and its certificate right" },
		{ "events", "the operator has to make room for the events" },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].scanner, d->scanner) == 0)
			return all[i].text;
	return NULL;
}

static int fields(struct bt_buf *b, const struct bt_answer *a, int status, struct bt_err *e)
{
	char rule[sizeof a->denial->rule];

	if (a->denial) {
		header_text(rule, sizeof rule, a->denial->rule);
		if (bt_buf_addf(b, e, "X-Bottle-Reason: %s; %s\r\n", a->denial->scanner, rule) < 0)
			return -1;
	}
	const char *help = a->hint && a->denial ? hint(a->denial) : NULL;

	if (help && bt_buf_addf(b, e, "X-Bottle-Hint: %s\r\n", help) < 0)
		return -1;
	if (status == 405 &&
	    bt_buf_addf(b, e, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n") < 0)
		return -1;
	return bt_buf_addf(b, e, "%s\r\n", a->close ? "Connection: close\r\n" : "");
}

/* gRPC's code for a status of HTTP, as its own libraries map what does not speak gRPC. */
static int grpc_code(int status)
{
	enum { UNKNOWN = 2, PERMISSION_DENIED = 7, INTERNAL = 13, UNAVAILABLE = 14 };

	return status == 403   ? PERMISSION_DENIED
	       : status == 400 ? INTERNAL
	       : status == 429 || status == 502 || status == 503 || status == 504 ? UNAVAILABLE
	                                                                          : UNKNOWN;
}

/* "Trailers-Only" of gRPC's HTTP/2 protocol mapping: 200, the code and the percent-encoded text. */
static bool refuse_call(struct bt_leg *l, const struct bt_answer *a, int status)
{
	BT_OWN_BUF out = BT_BUF(2 * BODY_MAX);
	const char *parts[] = { a->before ? a->before : "", a->denial->reason };
	struct bt_err e = { 0 };

	if (bt_buf_addf(&out, &e,
	                "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n"
	                "grpc-status: %d\r\ngrpc-message: ",
	                grpc_code(status)) < 0)
		return false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (const char *p = parts[i]; *p; p++) {
			bool plain = *p >= 0x20 && *p < 0x7f && *p != '%';

			if (bt_buf_addf(&out, &e, plain ? "%c" : "%%%02X", (unsigned char)*p) < 0)
				return false;
		}
	}
	if (bt_buf_add(&out, "\r\n", 2, &e) < 0 || fields(&out, a, 200, &e) < 0)
		return false;
	return bt_leg_send(l, out.p, out.len) == 0;
}

bool bt_answer_send(struct bt_leg *l, const struct bt_answer *a)
{
	int status = a->denial && !a->status ? a->denial->status : a->status;
	BT_OWN_BUF text = BT_BUF(BODY_MAX);
	BT_OWN_BUF out = BT_BUF(2 * BODY_MAX);
	const char *type = a->type ? a->type : "text/plain; charset=utf-8";
	struct bt_err e = { 0 };

	if (a->grpc && a->denial)
		return refuse_call(l, a, status);
	if (a->json && a->denial)
		type = "application/json";
	if (body(&text, a, status, &e) < 0 ||
	    bt_buf_addf(&out, &e,
	                "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nX-Content-Type-Options: nosniff\r\n"
	                "Content-Length: %zu\r\n",
	                status, phrase(status), type, text.len) < 0 ||
	    fields(&out, a, status, &e) < 0 ||
	    (!a->head && bt_buf_add(&out, text.p, text.len, &e) < 0))
		return false;
	return bt_leg_send(l, out.p, out.len) == 0;
}

bool bt_answer_wants_json(const struct bt_http_head *h)
{
	const struct bt_http_field *f = bt_http_find(h, "accept");

	return f && bt_http_list_has(f->value, "application/json");
}

bool bt_answer_wants_grpc(const struct bt_http_head *h)
{
	const struct bt_http_field *f = bt_http_find(h, "content-type");

	return f && bt_str_istarts(f->value, BT_STR_LIT("application/grpc")) &&
	       !bt_str_istarts(f->value, BT_STR_LIT("application/grpc-web"));
}

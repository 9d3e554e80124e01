/* drive.c - move every call of an engine on: HTTP by curl, hijacked streams and pauses by us. */
#include "impl.h"

#include <string.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

static bool already_so(const struct bt_op *op, const char *msg)
{
	struct bt_str rest = bt_str(op->so_is), text;

	while (rest.n) {
		(void)bt_str_cut(&rest, '|', &text);
		if (memmem(msg, strlen(msg), text.p, text.n))
			return true;
	}
	return false;
}

static void conclude(struct bt_call *c, int rc)
{
	if (rc > 0)
		return; /* another request is under way */
	if (rc < 0 && already_so(c->op, c->err.msg)) {
		memset(&c->err, 0, sizeof c->err);
		rc = 0;
	}
	if (rc < 0)
		(void)bt_wrap(&c->err, "%s", c->op->name);
	c->failed = rc < 0;
	c->done = true;
}

static int answered(struct bt_call *c, CURLcode curl_rc)
{
	int rc = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->status);
	if (curl_rc != CURLE_OK)
		rc = c->overflow ? -1 : bt_request_failed(c->engine, c->easy, curl_rc, &c->err);
	else if (c->status >= 400)
		rc = bt_request_refused(c->status, bt_buf_str(&c->body), &c->err);
	(void)curl_multi_remove_handle(c->engine->multi, c->easy);
	curl_easy_cleanup(c->easy);
	c->easy = NULL;
	if (rc == 0 && c->op->finish)
		rc = c->op->finish(c, &c->err);
	return rc;
}

static unsigned drive_curl(struct bt_engine *g)
{
	int running = 0, queued = 0;
	unsigned moved = 0;
	CURLMsg *m;

	(void)curl_multi_perform(g->multi, &running);
	while ((m = curl_multi_info_read(g->multi, &queued))) {
		struct bt_call *c = NULL;
		CURLcode rc = m->data.result; /* m does not outlive the removal */

		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		conclude(c, answered(c, rc));
		moved++;
	}
	return moved;
}

static int take(void *cookie, struct bt_str in, struct bt_err *e)
{
	return bt_sink_take(cookie, in, e);
}

static bool over(const struct bt_call *c)
{
	return bt_hijack_ended(c->hijack) ||
	       (c->op->when_open && bt_hijack_open_for_input(c->hijack));
}

/* Streams that are no HTTP any more, and calls that ask again after a pause. */
static unsigned drive_others(struct bt_engine *g)
{
	unsigned moved = 0;

	for (struct bt_call *c = g->calls; c; c = c->next) {
		int rc = 1;

		if (c->done)
			continue;
		if (c->hijack) {
			rc = bt_hijack_move(c->hijack, take, c, &c->err);
			if (rc == 0)
				rc = over(c) ? c->op->finish(c, &c->err) : 1;
		} else if (c->not_before && bt_docker_now() >= c->not_before) {
			c->not_before = 0;
			rc = c->op->finish(c, &c->err);
		}
		conclude(c, rc);
		moved += c->done;
	}
	return moved;
}

static unsigned wait_list(struct bt_engine *g, struct curl_waitfd *fds, int *ms)
{
	unsigned n = 0;

	for (struct bt_call *c = g->calls; c; c = c->next) {
		if (c->done)
			continue;
		if (c->hijack) {
			fds[n].fd = bt_hijack_fd(c->hijack);
			fds[n].events = CURL_WAIT_POLLIN;
			if (bt_hijack_wants_write(c->hijack))
				fds[n].events |= CURL_WAIT_POLLOUT;
			n++;
		}
		if (c->not_before) {
			int64_t due = c->not_before - bt_docker_now();

			*ms = due < 0 ? 0 : *ms < 0 || due < *ms ? (int)due : *ms;
		}
	}
	if (bt_sig_fd() >= 0) {
		fds[n].fd = bt_sig_fd();
		fds[n++].events = CURL_WAIT_POLLIN;
	}
	return n;
}

int bt_engine_poll(struct bt_engine *g, int ms, struct bt_err *e)
{
	size_t calls = 1;

	if (bt_sig_check(e) < 0)
		return -1;
	if (drive_curl(g) + drive_others(g) > 0 || ms == 0 || bt_engine_running(g) == 0)
		return 0;
	for (struct bt_call *c = g->calls; c; c = c->next)
		calls++;
	BT_OWN_MEM struct curl_waitfd *fds = bt_calloc(calls, sizeof *fds);
	unsigned n = wait_list(g, fds, &ms);
	CURLMcode rc = curl_multi_poll(g->multi, fds, n, ms < 0 ? 60000 : ms, NULL);

	if (rc != CURLM_OK)
		return bt_fail(e, BT_IO, "wait for the engine: %s", curl_multi_strerror(rc));
	(void)drive_curl(g);
	(void)drive_others(g);
	return bt_sig_check(e);
}

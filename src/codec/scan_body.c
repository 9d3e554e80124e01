/* scan_body.c - unpack a body, take it apart by its type, look at every string in it. */
#include "bottle/mem.h"
#include "coding.h"
#include "decode.h"
#include "docs.h"
#include "protobuf.h"
#include "scanner.h"

struct body {
	const struct bt_scanner *s;
	struct bt_scan_scratch *k;
	struct bt_findings *f;
	struct bt_buf *strings; /* of the whole document: for secrets in two halves */
	struct bt_kinds kinds;
	struct bt_multipart m;
	int depth;
};

static struct bt_str media_type(struct bt_str value)
{
	struct bt_str type;

	(void)bt_str_cut(&value, ';', &type);
	return bt_str_trim(type);
}

static bool ends_in(struct bt_str s, const char *suffix)
{
	struct bt_str want = bt_str(suffix);

	return s.n >= want.n && bt_str_ieq((struct bt_str){ s.p + s.n - want.n, want.n }, want);
}

static bool is_json(struct bt_str type)
{
	return bt_str_ieq(type, BT_STR_LIT("application/json")) ||
	       bt_str_ieq(type, BT_STR_LIT("text/json")) || ends_in(type, "+json");
}

static int multipart(struct body *b, struct bt_str in, struct bt_str type, struct bt_err *e);

/* Short texts only: the halves of a credential, not files. */
#define FRAGMENT 4096u

static int plain(struct body *b, struct bt_str in, struct bt_err *e)
{
	if (bt_scan_forms(b->s, b->k, in, BT_FORM_RAW, b->f, e) < 0)
		return -1;
	if (in.n > FRAGMENT)
		return 0;
	uint8_t *at = bt_buf_reserve(b->strings, in.n + 1, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < in.n; i++) {
		at[n] = (uint8_t)in.p[i];
		n += in.p[i] != 0;
	}
	at[n++] = 0;
	bt_buf_commit(b->strings, n);
	return 0;
}

/* A part that says it is JSON and is not is looked at as text: only a whole body must parse. */
static int typed_part(struct body *b, const struct bt_part *part, struct bt_str in,
                      struct bt_err *e)
{
	struct bt_str type = media_type(part->type);
	struct bt_err ignored;

	if (bt_str_istarts(type, BT_STR_LIT("multipart/"))) {
		if (++b->depth > BT_LIM_PART_DEPTH)
			return bt_fail(e, BT_LIMIT,
			               "multipart body is nested deeper than %d levels",
			               BT_LIM_PART_DEPTH);
		int rc = multipart(b, in, part->type, e);

		b->depth--;
		return rc;
	}
	if (is_json(type)) {
		BT_OWN_WIPED strings = BT_BUF(BT_LIM_SCAN);
		BT_OWN_WIPED bits = BT_BUF(BT_LIM_SCAN);
		struct bt_kinds kinds = { &bits, 0 };

		if (bt_json_strings(&strings, &kinds, in, &ignored) == 0 &&
		    bt_scan_strings(b->s, b->k, bt_buf_str(&strings), &kinds, b->f, e) < 0)
			return -1;
	}
	return plain(b, in, e);
}

static void squeeze(struct bt_str *s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->p[i] != '\r' && s->p[i] != '\n' && s->p[i] != ' ' && s->p[i] != '\t')
			to[n++] = s->p[i];
	*s = (struct bt_str){ to, n };
}

/* What a coding says is not all that a receiver may see: one of forms does not undo a part's (RFC
 * 7578 §4.7), and formats of compression have room for text beside what they hold. */
static int as_it_is(void *ctx, struct bt_str in, struct bt_err *e)
{
	struct body *b = ctx;

	return bt_scan_forms(b->s, b->k, in, BT_FORM_RAW, b->f, e);
}

static int on_part(void *ctx, const struct bt_part *part, struct bt_err *e)
{
	struct body *b = ctx;
	BT_OWN_WIPED raw = BT_BUF(BT_LIM_SCAN);
	BT_OWN_WIPED lines = BT_BUF(BT_LIM_SCAN);
	struct bt_str in = part->body;
	size_t n = 0;

	if (in.n == 0)
		return typed_part(b, part, in, e);
	if (part->encoding.n && as_it_is(b, in, e) < 0)
		return -1;
	if (bt_str_ieq(part->encoding, BT_STR_LIT("base64"))) {
		char *to = (char *)bt_buf_reserve(&lines, in.n, e);
		uint8_t *at = bt_buf_reserve(&raw, in.n, e);

		if (!to || !at)
			return -1;
		squeeze(&in, to);
		if (in.n && !bt_base64_decode(at, &n, in))
			return bt_fail(e, BT_INVALID,
			               "invalid multipart body: a part is no base64");
		return typed_part(b, part, (struct bt_str){ (char *)at, n }, e);
	}
	if (bt_str_ieq(part->encoding, BT_STR_LIT("quoted-printable"))) {
		uint8_t *at = bt_buf_reserve(&raw, in.n, e);

		if (!at)
			return -1;
		bt_qp_decode(at, &n, in);
		return typed_part(b, part, (struct bt_str){ (char *)at, n }, e);
	}
	return typed_part(b, part, in, e);
}

static int multipart(struct body *b, struct bt_str in, struct bt_str type, struct bt_err *e)
{
	return bt_multipart_walk(&b->m, in, type, e);
}

static int typed(struct body *b, struct bt_str in, struct bt_str content_type, struct bt_err *e)
{
	struct bt_str type = media_type(content_type);

	/* A known value may have the document's own punctuation in it. */
	bt_scan_known(b->s, in, BT_FORM_RAW, b->f);
	if (is_json(type)) {
		/* Every byte that is no punctuation or blank is in a string, a number or a word. */
		if (b->s->extra && bt_scan_raw(b->s, b->k, in, BT_FORM_RAW, b->f, e) < 0)
			return -1;
		return bt_json_strings(b->strings, &b->kinds, in, e);
	}
	if (bt_str_ieq(type, BT_STR_LIT("application/x-www-form-urlencoded")))
		return bt_form_strings(b->strings, &b->kinds, in, e);
	if (bt_str_istarts(type, BT_STR_LIT("multipart/")))
		return multipart(b, in, content_type, e);
	if (bt_protobuf_is(type) && bt_protobuf_strings(b->strings, in, type, e) < 0)
		return -1;
	return bt_scan_forms(b->s, b->k, in, BT_FORM_RAW, b->f, e);
}

int bt_scan_body(const struct bt_scanner *s, struct bt_scan_scratch *k,
                 const struct bt_scan_body *spec, struct bt_findings *f, struct bt_err *e)
{
	size_t max = spec->max_unpacked ? spec->max_unpacked : BT_LIM_SCAN_BODY;
	BT_OWN_WIPED unpacked = BT_BUF(max);
	BT_TAKEN strings = bt_scan_take(&k->strings);
	BT_TAKEN bits = bt_scan_take(&k->kinds);
	struct body b = {
		s, k, f, strings, { bits, 0 }, { strings, on_part, NULL, BT_LIM_PARTS }, 1
	};
	struct bt_coded coded = { as_it_is, &b };
	struct bt_str in = spec->bytes;
	bool changed = false;

	b.m.ctx = &b;
	if (in.n > max)
		return bt_fail(e, BT_LIMIT, "request body exceeds max_body_bytes (%zu)", max);
	if (in.n == 0)
		return 0;
	if (bt_uncode(&unpacked, in, spec->content_encoding, &coded, &changed, e) < 0)
		return -1;
	if (changed)
		in = bt_buf_str(&unpacked);
	if (in.n == 0)
		return 0;
	if (typed(&b, in, spec->content_type, e) < 0)
		return -1;
	return bt_scan_strings(s, k, bt_buf_str(strings), &b.kinds, f, e);
}

/* http1_chunk.c - the chunked transfer coding, byte for byte as RFC 9112 §7.1 writes it. */
#include "bottle/http1.h"

#define SIZE_DIGITS 15 /* hex digits: no size can wrap a uint64_t */

/* SIZE to SIZE_LF frame a chunk; DATA to DATA_LF are its bytes; LINE to END_LF are trailers. */
enum {
	SIZE,
	EXT, /* after ";": a name must follow */
	EXT_NAME,
	EXT_IS, /* after "=": a token must follow */
	EXT_VALUE,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	LINE,
	NAME,
	VALUE,
	VALUE_LF,
	END_LF,
	DONE
};

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In a trailer: ASCII, since readers differ about the rest. */
static bool text(uint8_t c)
{
	return c == '\t' || (c >= 0x20 && c < 0x7f);
}

static int size_byte(struct bt_chunked *c, uint8_t b)
{
	int v = hex(b);

	if (v >= 0) {
		c->left = c->left << 4 | (unsigned)v;
		return ++c->digits > SIZE_DIGITS ? -1 : SIZE;
	}
	if (c->digits == 0)
		return -1;
	if (b == ';')
		return EXT;
	return b == '\r' ? SIZE_LF : -1;
}

/* One name[=token]. Several, quoted values and blanks are read in many ways: refused. */
static int extension_byte(struct bt_chunked *c, uint8_t b)
{
	c->extra++;
	if (bt_http_tchar(b))
		return c->state == EXT ? EXT_NAME : c->state == EXT_IS ? EXT_VALUE : (int)c->state;
	if (c->state == EXT || c->state == EXT_IS)
		return -1;
	if (b == '=')
		return c->state == EXT_NAME ? EXT_IS : -1;
	return b == '\r' ? SIZE_LF : -1;
}

/* Chunk lines and the end of chunk data. DATA itself has no bytes of framing. */
static int chunk_byte(struct bt_chunked *c, uint8_t b)
{
	switch (c->state) {
	case SIZE:
		return size_byte(c, b);
	case EXT:
	case EXT_NAME:
	case EXT_IS:
	case EXT_VALUE:
		return extension_byte(c, b);
	case SIZE_LF:
		return b != '\n' ? -1 : c->left ? DATA : LINE;
	case DATA_CR:
		return b == '\r' ? DATA_LF : -1;
	case DATA_LF:
		c->digits = 0;
		return b == '\n' ? SIZE : -1;
	default:
		return -1;
	}
}

static int name_byte(struct bt_chunked *c, uint8_t b)
{
	if (!bt_http_tchar(b))
		return -1;
	if (c->nname < sizeof c->name)
		c->name[c->nname] = bt_ascii_lower((char)b);
	c->nname++;
	return NAME;
}

/* What frames a message has no place behind it (RFC 9110 §6.5.1). */
static bool frames(const struct bt_chunked *c)
{
	struct bt_str name = { c->name, c->nname };

	return c->nname <= sizeof c->name && (bt_str_eq(name, BT_STR_LIT("transfer-encoding")) ||
	                                      bt_str_eq(name, BT_STR_LIT("content-length")));
}

static int trailer_byte(struct bt_chunked *c, uint8_t b)
{
	switch (c->state) {
	case LINE:
		c->nname = 0;
		return b == '\r' ? END_LF : name_byte(c, b);
	case NAME:
		c->extra++;
		return b != ':' ? name_byte(c, b) : frames(c) ? -1 : VALUE;
	case VALUE:
		c->extra++;
		return b == '\r' ? VALUE_LF : text(b) ? VALUE : -1;
	case VALUE_LF:
		return b == '\n' ? LINE : -1;
	case END_LF:
		return b == '\n' ? DONE : -1;
	default:
		return -1;
	}
}

bool bt_chunked_in_trailers(const struct bt_chunked *c)
{
	return c->state >= LINE;
}

int bt_chunked_step(struct bt_chunked *c, struct bt_str in, size_t *used, struct bt_str *data,
                    struct bt_err *e)
{
	size_t i = 0;

	while (i < in.n && c->state != DATA && c->state != DONE) {
		uint8_t b = (uint8_t)in.p[i++];
		int s = c->state < LINE ? chunk_byte(c, b) : trailer_byte(c, b);

		if (s < 0)
			return bt_fail(e, BT_PROTO, "malformed chunk");
		if (c->extra > BT_LIM_HTTP_CHUNK_EXTRA)
			return bt_fail(e, BT_LIMIT, "chunk extensions and trailers too long");
		c->state = (unsigned)s;
	}
	*used = i;
	if (c->state == DONE)
		return BT_CHUNK_END;
	if (c->state != DATA || i == in.n)
		return BT_CHUNK_MORE;
	data->p = in.p + i;
	data->n = in.n - i < c->left ? in.n - i : (size_t)c->left;
	c->left -= data->n;
	if (c->left == 0)
		c->state = DATA_CR;
	*used = i + data->n;
	return BT_CHUNK_DATA;
}

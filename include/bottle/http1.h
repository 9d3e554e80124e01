/* http1.h - HTTP/1 message heads and body framing, strictly (RFC 9110, RFC 9112). Floor: codec.
 * Nothing is repaired: what two programs could read in two ways is refused, because a gate that
 * reads a message differently from the server behind it lets requests through unseen. Every head
 * is read twice, by the grammar here and by llhttp, and both have to agree. */
#ifndef BOTTLE_HTTP1_H
#define BOTTLE_HTTP1_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottle/err.h"
#include "bottle/limits.h"
#include "bottle/str.h"

struct bt_http_field {
	struct bt_str name;  /* a token, as it was written */
	struct bt_str value; /* without surrounding blanks; no control bytes but tab */
};

enum bt_http_body {
	BT_BODY_NONE,
	BT_BODY_LENGTH,  /* exactly `length` bytes */
	BT_BODY_CHUNKED, /* RFC 9112 §7.1 */
	BT_BODY_EOF,     /* responses only: until the connection ends */
};

/* Slices point into the bytes that were parsed and live as long as they do. */
struct bt_http_head {
	struct bt_str method; /* requests: upper-case letters, digits and "-" */
	struct bt_str target; /* requests: visible ASCII without "#" and "\" */
	struct bt_str reason; /* responses */
	unsigned status;      /* responses: 100-599; requests: 0 */
	unsigned minor;       /* HTTP/1.minor: 0 or 1 */
	bool keep_alive;      /* what the sender says about the connection */
	bool expect;          /* requests: Expect: 100-continue */
	enum bt_http_body body;
	uint64_t length; /* of BT_BODY_LENGTH */
	size_t nfields;
	struct bt_http_field fields[BT_LIM_HTTP_FIELDS];
};

/* Where the head that begins at p ends. 1: it is whole, *len bytes long, empty line included;
 * 0: more bytes are needed; -1: it can never become one (a lone LF or CR, a NUL), *e is set
 * with BT_PROTO. *seen is the place to go on from, kept by the caller, 0 at first. */
int bt_http_head_end(const uint8_t *p, size_t n, size_t *seen, size_t *len, struct bt_err *e);

/* Parse one whole head. BT_PROTO: malformed (400); BT_LIMIT: too many fields (431). A request
 * with a body it does not announce, or announces twice, is malformed; so is a missing or second
 * Host in HTTP/1.1. */
BT_MUST int bt_http_request(struct bt_http_head *h, const uint8_t *p, size_t n, struct bt_err *e);
/* method: of the request that this answers; a response to HEAD has no body. */
BT_MUST int bt_http_response(struct bt_http_head *h, const uint8_t *p, size_t n,
                             struct bt_str method, struct bt_err *e);

/* The first field of that name (ASCII case ignored); NULL when there is none. */
const struct bt_http_field *bt_http_find(const struct bt_http_head *h, const char *name);
/* Does a comma list (Connection, Accept) contain the token? Parameters are ignored. */
bool bt_http_list_has(struct bt_str list, const char *token);
/* Is the byte part of a token (RFC 9110 §5.6.2)? */
bool bt_http_tchar(uint8_t c);

/* One chunked body, fed in pieces. Zeroed is the start. */
struct bt_chunked {
	unsigned state;
	unsigned digits; /* of the size that is being read */
	uint64_t left;   /* data bytes until the end of this chunk */
	size_t extra;    /* bytes of extensions and trailers so far, bounded */
	char name[20];   /* of the trailer that is being read: its first bytes, lower case */
	unsigned nname;  /* how long it really is */
};

enum bt_chunk {
	BT_CHUNK_MORE, /* everything was used, the body goes on */
	BT_CHUNK_DATA, /* *data is body; call again with what is left */
	BT_CHUNK_END,  /* the last byte of the trailer section was used */
};

/* Was the last chunk read: is what comes now the trailer section? */
bool bt_chunked_in_trailers(const struct bt_chunked *c);
/* Advance. *used: how many of the n bytes were taken. Trailers are checked and skipped. -1: the
 * framing is broken (BT_PROTO), or its extensions too long (BT_LIMIT): the connection is over. */
BT_MUST int bt_chunked_step(struct bt_chunked *c, struct bt_str in, size_t *used,
                            struct bt_str *data, struct bt_err *e);
#endif

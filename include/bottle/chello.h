/* chello.h - read a ClientHello as it arrives, before anyone answers it. Floor: codec.
 * RFC 8446 §4.1.2 and §5.1, RFC 6066 §3, RFC 7301. The hello may be cut over any number of records;
 * the caller keeps the bytes, since they are played to the handshake or the upstream later. */
#ifndef BOTTLE_CHELLO_H
#define BOTTLE_CHELLO_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/limits.h"

enum bt_chello_state {
	BT_CHELLO_MORE,   /* all bytes taken, the hello is not complete */
	BT_CHELLO_DONE,   /* the fields below are set */
	BT_CHELLO_NOTTLS, /* the first byte is not 0x16: some other protocol */
	BT_CHELLO_BAD     /* malformed, or over a limit; *e says how */
};

struct bt_chello {
	/* Results, valid after BT_CHELLO_DONE. */
	char sni[BT_LIM_HOST + 1]; /* lower case, valid host name; "" when absent */
	char alpn[128];            /* protocols offered, joined by ','; cut when longer */
	bool alpn_http1;           /* http/1.1 is among them, or no ALPN was sent */
	bool ech;                  /* an encrypted_client_hello extension: sni is the outer name */
	bool tls13;                /* supported_versions holds 0x0304 */
	bool ticket;               /* a session ticket or a PSK is offered */
	uint16_t legacy_version;   /* 0x0303 for TLS 1.2 and 1.3; 0x0301: a TLS 1.0 client */
	/* State; do not touch. */
	enum bt_chello_state state;
	struct bt_buf msg; /* the handshake message, records taken off */
	size_t wire;       /* bytes seen */
	uint8_t head[5];   /* the current record's header */
	unsigned nhead;    /* how many of its bytes are there */
	unsigned left;     /* bytes of the current record still to come */
};

void bt_chello_init(struct bt_chello *c);
/* Give the next bytes. Once it has returned something other than BT_CHELLO_MORE it returns that for
 * ever (and BT_CHELLO_BAD sets *e only the first time). Bytes after the hello are not looked at.
 * BAD: two names in SNI, a name of another type, an IP literal, a NUL, a trailing dot, a name that
 * is no host name, an extension twice, a length that does not fit, an empty record, a record that
 * is no handshake, BT_LIM_CHELLO or BT_LIM_CHELLO_WIRE passed. */
enum bt_chello_state bt_chello_feed(struct bt_chello *c, const void *p, size_t n, struct bt_err *e);
void bt_chello_free(struct bt_chello *c);
#endif

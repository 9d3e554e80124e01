/* digest.h - SHA-256 of bytes, and the SHA-1 that old formats want (FIPS 180-4). Floor: sys. */
#ifndef BOTTLE_DIGEST_H
#define BOTTLE_DIGEST_H
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_DIGEST_HEX 65 /* 64 digits and the terminator */

/* Lower-case hexadecimal. Fails only where OpenSSL has no SHA-256 (BT_TLS); hex is untouched then.
 */
BT_MUST int bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX], struct bt_err *e);

#define BT_DIGEST_SHA1_BYTES 20
/* Of the parts one after the other; for formats that have no other: it proves nothing. */
BT_MUST int bt_digest_sha1(const struct bt_str *parts, size_t n, uint8_t md[BT_DIGEST_SHA1_BYTES],
                           struct bt_err *e);

#define BT_DIGEST_SHA1 29 /* base64 of 20 bytes and the terminator */
/* For RFC 6455 §4.2.2, where it proves nothing but that the other side read the key. */
BT_MUST int bt_digest_sha1_base64(struct bt_str data, char out[BT_DIGEST_SHA1], struct bt_err *e);
#endif

/* digest.h - SHA-256 of bytes, and the SHA-1 that old formats want (FIPS 180-4). Floor: sys. */
#ifndef BOTTLE_DIGEST_H
#define BOTTLE_DIGEST_H
#include <stdint.h>
#include "bottle/str.h"

#define BT_DIGEST_HEX 65 /* 64 digits and the terminator */

void bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX]); /* lower-case hexadecimal */

#define BT_DIGEST_SHA1_BYTES 20
/* Of the parts one after the other; for formats that have no other: it proves nothing. */
void bt_digest_sha1(const struct bt_str *parts, size_t n, uint8_t md[BT_DIGEST_SHA1_BYTES]);

#define BT_DIGEST_SHA1 29 /* base64 of 20 bytes and the terminator */
/* For RFC 6455 §4.2.2, where it proves nothing but that the other side read the key. */
void bt_digest_sha1_base64(struct bt_str data, char out[BT_DIGEST_SHA1]);
#endif

/* digest.h - SHA-256 of bytes (FIPS 180-4), as text. Floor: sys. */
#ifndef BOTTLE_DIGEST_H
#define BOTTLE_DIGEST_H
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_DIGEST_HEX 65 /* 64 digits and the terminator */

/* Lower-case hexadecimal. Fails only where OpenSSL has no SHA-256 (BT_TLS); hex is untouched then.
 */
BT_MUST int bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX], struct bt_err *e);
#endif

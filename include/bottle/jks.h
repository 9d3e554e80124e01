/* jks.h - Java's key store (JKS, as the JDK's own tools write it) of certificates to be trusted.
 * Floor: sys. */
#ifndef BOTTLE_JKS_H
#define BOTTLE_JKS_H
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_JKS_PASSWORD "changeit" /* every JDK's default; it proves wholeness, hides nothing */
#define BT_JKS_CERTS 4096          /* certificates at most */

/* One trusted entry for each certificate in the PEM text, in its order; what stands between them is
 * passed over. BT_INVALID for one that does not decode or end, BT_LIMIT for too many or a full
 * buffer; *out is then whatever it got to. */
BT_MUST int bt_jks_write(struct bt_str pem, struct bt_buf *out, struct bt_err *e);
#endif

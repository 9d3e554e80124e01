/* roots.h - the system's root certificates, each decoded when a chain first leads to it. OpenSSL 3
 * takes 40 ms to decode the 140 of a usual bundle, of which a gate needs a handful. Floor: sys
 * (private). */
#ifndef BOTTLE_SYS_ROOTS_H
#define BOTTLE_SYS_ROOTS_H
#include <openssl/x509_vfy.h>

#include "bottle/err.h"

/* Let store find the roots of the system: OpenSSL's default file ($SSL_CERT_FILE has a say, as
 * ever), or nothing where it is not there. Certificates in it that cannot be read are left out.
 * Once a store at most. */
BT_MUST int bt_roots_system(X509_STORE *store, struct bt_err *e);
BT_MUST int bt_roots_file(X509_STORE *store, const char *path, struct bt_err *e);
#endif

/* protobuf.h - the strings inside messages of protocol buffers (its "Encoding" page) and of gRPC,
 * for the scanner: in the bytes as they are, the length before a string is a character beside it as
 * often as not. Floor: codec (private). */
#ifndef BOTTLE_CODEC_PROTOBUF_H
#define BOTTLE_CODEC_PROTOBUF_H
#include <stdbool.h>

#include "bottle/buf.h"

bool bt_protobuf_is(struct bt_str media_type); /* gRPC's types too */
/* Append every string of bytes in the messages, each followed by NUL, without the NULs in it; in
 * those that can be messages themselves, theirs. What is no message has none. At most about three
 * times the input. */
BT_MUST int bt_protobuf_strings(struct bt_buf *out, struct bt_str in, struct bt_str media_type,
                                struct bt_err *e);
#endif

/* limits.h - every limit that bottle enforces, named once. Floor: base.
 * Sizes are bytes, times are milliseconds unless the name says otherwise. A limit that an
 * operator may move is only a default here; the key that moves it is named beside it. */
#ifndef BOTTLE_LIMITS_H
#define BOTTLE_LIMITS_H

#define BT_KIB (1024u)
#define BT_MIB (1024u * 1024u)

/* codec: documents of people (manifest, gate.yaml, Engine answers) */
#define BT_LIM_DOC_BYTES (8u * BT_MIB)     /* one YAML or JSON document */
#define BT_LIM_DOC_DEPTH 64                /* nesting of arrays and objects */
#define BT_LIM_PROTOBUF_DEPTH 16           /* messages inside messages that are gone into */
#define BT_LIM_DOC_NODES 1000000           /* values in one document */
#define BT_LIM_PLACES_BYTES (32u * BT_MIB) /* paths kept of one document: places.h */
#define BT_LIM_YAML_ALIASES 0              /* aliases are refused: no billion laughs */

/* names (RFC 1035 §2.3.4) */
#define BT_LIM_HOST 253
#define BT_LIM_LABEL 63
#define BT_LIM_HOSTSET 4000000 /* entries of one host set */

/* HTTP/1 at the gate */
#define BT_LIM_HTTP_FIELDS 256                /* header fields of one message */
#define BT_LIM_HTTP_HEAD (64u * BT_KIB)       /* one head; more is 431 */
#define BT_LIM_HTTP_TARGET (60u * BT_KIB)     /* a request target; more is 414 */
#define BT_LIM_HTTP_METHOD 32                 /* bytes of a method */
#define BT_LIM_HTTP_CHUNK_EXTRA (8u * BT_KIB) /* chunk extensions and trailers of one body */
#define BT_LIM_HTTP_INTERIM 16                /* 1xx answers before the final one */
#define BT_LIM_WS_WINDOW 1024                 /* of earlier messages, looked at with the next */
#define BT_LIM_PIPES 256                      /* of tunnels in bulk transfer, 128 KiB in each */
/* HTTP/2 at the gate */
#define BT_LIM_H2_STREAMS 100           /* of one connection at once */
#define BT_LIM_H2_WINDOW (64u * BT_KIB) /* body of a stream that nobody has read yet */
#define BT_LIM_H2_DRAIN BT_MIB          /* of a body that was refused before its end */
#define BT_LIM_H2_CREDIT 4000           /* frames and resets for nothing: see src/codec/h2.c */
#define BT_LIM_H2_CREDIT_RATE 200       /* of it, what comes back in a second */

/* scanning */
#define BT_LIM_SCAN (64u * BT_MIB)         /* any one form of a text */
#define BT_LIM_SCAN_BODY (5u * BT_MIB)     /* request_body_scanning.max_body_bytes */
#define BT_LIM_SCAN_WINDOW (384u * BT_KIB) /* of a streamed text */
#define BT_LIM_SCAN_HELD (512u * BT_KIB)   /* of it, by whoever sends it on */
#define BT_LIM_SCAN_OVERLAP (32u * BT_KIB) /* of a window, looked at again in the next */
#define BT_LIM_SCAN_DEPTH 3                /* encodings inside encodings */
#define BT_LIM_CODINGS 2                   /* content codings on one body */
#define BT_LIM_ZSTD_WINDOW_LOG 23         /* RFC 8878 §3.1.1.1.2: what a receiver should support */
#define BT_LIM_UNPACK_RATIO 200           /* of a streamed body, beyond max_body_bytes */
#define BT_LIM_PARTS 100                  /* parts of one multipart body, nested ones included */
#define BT_LIM_PART_DEPTH 4               /* multipart inside multipart */
#define BT_LIM_FILENAME 256               /* of a part */
#define BT_LIM_KNOWN_BYTES (64u * BT_KIB) /* of all of them with their names */
#define BT_LIM_ROUTES 256u                /* of one gate */
#define BT_LIM_CREDENTIAL (8u * BT_KIB)   /* bytes of one that routes inject */
#define BT_LIM_KNOWN 64u                  /* values that are watched for; a bit each in 64 */

/* files */
#define BT_LIM_LEDGER_BYTES (4u * BT_MIB)
#define BT_LIM_LEDGER_ENTRIES 4096        /* things pending in one ledger */
#define BT_LIM_FILE_READ (64u * BT_MIB)   /* fs.read without its own limit */
#define BT_LIM_PROC_OUTPUT (16u * BT_MIB) /* a captured stream without its own limit */
#define BT_LIM_SECRET_FILE (64u * BT_KIB)

/* the gate VM */
#define BT_LIM_GATE_VM_MEM (16u * BT_MIB)
#define BT_LIM_GATE_VM_FILE (256u * BT_KIB) /* one policy file in the gate */
#define BT_LIM_GATE_VM_STEPS 1000000        /* instructions a verdict may take */
#define BT_LIM_EDITS 32                     /* header fields that rules set or remove */
#define BT_LIM_EDIT_NAME 128
#define BT_LIM_EDIT_BYTES (16u * BT_KIB)     /* of all their names and values */
#define BT_LIM_GATE_VM_SUBJECT (8u * BT_KIB) /* longest string handed to a pattern */

/* TLS: a ClientHello with its post-quantum keys is about 2 KiB */
#define BT_LIM_CHELLO (32u * BT_KIB)       /* the handshake message */
#define BT_LIM_CHELLO_WIRE (128u * BT_KIB) /* with record headers, however small the records */
#define BT_LIM_ROOTS 4096                  /* certificates of the system's bundle */

/* events: what waits for a reader that does not read */
#define BT_LIM_EVENT_QUEUE BT_MIB
#define BT_LIM_EVENT_RESERVE (128u * BT_KIB)  /* of it, for what is under way */
#define BT_LIM_ENGINE_ANSWER (64u * BT_MIB)   /* one JSON answer of the Engine */
#define BT_LIM_ENGINE_LINE BT_MIB             /* one line of a log, of progress, of events */
#define BT_LIM_ENGINE_LINES (2u * BT_MIB)     /* unread lines at which the sender has to wait */
#define BT_LIM_ENGINE_OUTPUT (16u * BT_MIB)   /* exec: each stream; spec key max */
#define BT_LIM_ENGINE_FILE (64u * BT_MIB)     /* archive_get of one file; spec key max */
#define BT_LIM_ENGINE_TREE (4096ull * BT_MIB) /* archive_get of a tree */
#define BT_LIM_COPY_BYTES (1024ull * BT_MIB)  /* native, --cwd copy: a folder's, held in memory */
#define BT_LIM_COPY_FILES 200000u             /* and what it may hold */
#define BT_LIM_TAR_NAME 4096                  /* a path in an archive */
#define BT_LIM_TAR_DEPTH 128                  /* folders below one another */
#endif

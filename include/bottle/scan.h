/* scan.h - credentials in what leaves: one compiled set of patterns, asked about texts, bodies,
 * URLs and headers. Floor: codec. The scanner is immutable once open and may be shared; a scratch
 * belongs to one caller at a time. Findings name the kind of credential and never hold its bytes.
 */
#ifndef BOTTLE_SCAN_H
#define BOTTLE_SCAN_H
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/known.h"
#include "bottle/own.h"
#include "bottle/str.h"

enum bt_severity { BT_SEV_LOW, BT_SEV_MEDIUM, BT_SEV_HIGH, BT_SEV_CRITICAL };
const char *bt_severity_name(enum bt_severity s); /* "critical" */

/* What had to be undone before the pattern was seen. */
enum bt_scan_form {
	BT_FORM_RAW,
	BT_FORM_NORMAL,  /* control and invisible characters removed, NFKC, look-alikes to Latin */
	BT_FORM_DECODED, /* percent, base64, base32 or hexadecimal, to depth 3; dots or spaces
	                    removed */
	BT_FORM_JOINED,  /* several strings of one document, joined */
	BT_FORM_COUNT
};

enum bt_validator { BT_VALID_NONE, BT_VALID_LUHN, BT_VALID_MOD97, BT_VALID_ABA, BT_VALID_WIF };

struct bt_finding {
	const char *name; /* "GitHub Token"; lives as long as the scanner */
	enum bt_severity severity;
	enum bt_scan_form form;
	bool core; /* one of the patterns that no configuration turns off */
	bool soft; /* of a pattern that only warns */
	/* A credential of routes, or its placeholder: no policy lets it go. Else BT_KNOWN_SECRET.
	 */
	enum bt_known_kind guard;
};

#define BT_LIM_FINDINGS 64 /* further ones are not listed: the verdict is clear by then */
struct bt_findings {
	struct bt_finding at[BT_LIM_FINDINGS];
	size_t n;
};

/* One pattern of the operator (dlp.patterns). Strings are copied. */
struct bt_scan_pattern {
	const char *name;
	const char *regex; /* PCRE subset of Hyperscan, matched without regard to case */
	enum bt_severity severity;
	enum bt_validator validator;
	bool soft; /* warn, whatever is done about the others */
};

struct bt_scan_spec {
	bool no_defaults;         /* dlp.include_defaults: false; the core patterns stay */
	bool no_seed_phrase;      /* seed_phrase_detection.enabled: false */
	int seed_min_words;       /* 0: 12; else 12, 15, 18, 21 or 24 */
	bool seed_any_sum;        /* seed_phrase_detection.verify_checksum: false */
	double entropy;           /* fetch_proxy.monitoring.entropy_threshold; 0: 4.5 */
	double subdomain_entropy; /* 0: 4.0 */
	const struct bt_scan_pattern *extra; /* a name that is also a default replaces it */
	size_t nextra;
	const struct bt_known *known; /* values that must not leave (known.h), found in every form
	                                 that patterns are; NULL: none. Outlives the scanner */
};

struct bt_scanner;      /* opaque, immutable */
struct bt_scan_scratch; /* opaque: Hyperscan's scratch and work buffers; wiped on close */

/* BT_INVALID: a bad pattern, with its name and Hyperscan's reason. spec may be NULL: all defaults.
 * Without extra patterns the compiled set comes from the binary where the processor allows. */
BT_MUST int bt_scanner_open(struct bt_scanner **out, const struct bt_scan_spec *spec,
                            struct bt_err *e);
void bt_scanner_close(struct bt_scanner *s); /* NULL is a no-op */
BT_OWN_FN(bt_scanner, bt_scanner_close)
/* Do findings of it have this name: of a pattern, a known value, or a seed phrase? */
bool bt_scanner_knows(const struct bt_scanner *s, const char *name);
size_t bt_scanner_default_count(void); /* 48: what /health calls dlp_patterns */

BT_MUST int bt_scan_scratch_open(struct bt_scan_scratch **out, const struct bt_scanner *s,
                                 struct bt_err *e);
void bt_scan_scratch_close(struct bt_scan_scratch *k);
BT_OWN_FN(bt_scan_scratch, bt_scan_scratch_close)

/* All scans append to *f (start with { 0 }) and return 0 whether or not something was found. -1
 * means that the text could not be looked at completely: the caller must refuse (fail closed). */
BT_MUST int bt_scan_text(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                         struct bt_findings *f, struct bt_err *e);

/* A text of any length in pieces, a window (BT_LIM_SCAN_WINDOW) at a time. Finds what bt_scan_text
 * finds in the whole, as long as a credential, in the coding that it is in and with the token that
 * it is part of, is no longer than BT_LIM_SCAN_OVERLAP; of a longer run of base64, base32 or
 * hexadecimal every part is still decoded in step with its beginning. Not undone: content codings
 * (feed what is unpacked), and secrets in two fields of a document. The scratch is used during the
 * calls alone, so the streams of one thread may share it.
 * Nothing is copied: held has the text from its byte `from` on, all that came; what passed may be
 * eaten of it between two calls. It is as it was after each, but is written to meanwhile. */
struct bt_scan_stream; /* opaque */
void bt_scan_stream_open(struct bt_scan_stream **out, const struct bt_scanner *s,
                         struct bt_scan_scratch *k);
void bt_scan_stream_close(struct bt_scan_stream *st); /* NULL is a no-op */
BT_OWN_FN(bt_scan_stream, bt_scan_stream_close)
/* Looks whenever there is a window full that did not pass. *f starts with { 0 } and is the same for
 * the whole stream: what is found is appended. */
BT_MUST int bt_scan_stream_feed(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                                struct bt_findings *f, struct bt_err *e);
/* Looks at what is there now, when the next piece lets wait for itself. Costs a scan of all of it,
 * so not for every small piece. */
BT_MUST int bt_scan_stream_look(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                                struct bt_findings *f, struct bt_err *e);
/* The body is complete: *f is the verdict over all of it. */
BT_MUST int bt_scan_stream_end(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                               struct bt_findings *f, struct bt_err *e);
/* How many bytes from the start may be sent on while *f is empty: no credential within the limit
 * can begin in them and end in what is still to come. Never goes back. After the end, when it
 * found nothing, all may go. */
uint64_t bt_scan_stream_passed(const struct bt_scan_stream *st);

/* The body of a request in pieces, as a stream, and with its one content coding undone: what it
 * unpacks to is looked at and so are its own bytes, which alone are counted. What may be sent on is
 * said of them: as much as a receiver can read nothing from that was not looked at. */
struct bt_scan_coded; /* opaque; as bt_scan_stream */
/* Is that a value of Content-Encoding that can be undone in pieces, or none at all? */
bool bt_scan_coded_takes(struct bt_str coding);
/* What one may come to hold, with its decoder's window. */
size_t bt_scan_coded_memory(struct bt_str coding);
/* free_bytes: what it may unpack to whatever its size is; each byte gives it BT_LIM_UNPACK_RATIO
 * more. BT_DENIED: the coding is not taken. */
BT_MUST int bt_scan_coded_open(struct bt_scan_coded **out, const struct bt_scanner *s,
                               struct bt_scan_scratch *k, struct bt_str coding, uint64_t free_bytes,
                               struct bt_err *e);
void bt_scan_coded_close(struct bt_scan_coded *c); /* NULL is a no-op */
BT_OWN_FN(bt_scan_coded, bt_scan_coded_close)
/* As for a stream. -1 also: it does not decode, unpacks to too much, or says too little for what it
 * would have to hold back; *e follows "blocked: ". */
BT_MUST int bt_scan_coded_feed(struct bt_scan_coded *c, const struct bt_buf *held, uint64_t from,
                               struct bt_findings *f, struct bt_err *e);
BT_MUST int bt_scan_coded_end(struct bt_scan_coded *c, const struct bt_buf *held, uint64_t from,
                              struct bt_findings *f, struct bt_err *e);
uint64_t bt_scan_coded_passed(const struct bt_scan_coded *c);

struct bt_scan_body {
	struct bt_str content_type;     /* header value; empty: absent */
	struct bt_str content_encoding; /* header value, a list; empty: identity */
	struct bt_str bytes;            /* the body without its transfer coding */
	size_t max_unpacked;            /* request_body_scanning.max_body_bytes; 0: 5 MiB */
};

/* *e on -1 is ready to follow "blocked: ": `invalid JSON body`, `request body uses Content-Encoding
 * "x"; …`, … One failure is one line and never quotes the body. */
BT_MUST int bt_scan_body(const struct bt_scanner *s, struct bt_scan_scratch *k,
                         const struct bt_scan_body *b, struct bt_findings *f, struct bt_err *e);

/* Host, path and query as received (path with its '/', query without '?'; either may be empty).
 * Patterns first, then entropy of path, query and subdomain. On a hit *reason (BT_SCAN_REASON
 * bytes) is the text that follows "blocked: " and *scanner the label ("dlp", "core_dlp",
 * "entropy", "subdomain_entropy"); else *reason is empty. A reason names no value. */
#define BT_SCAN_REASON 384
struct bt_scan_url {
	struct bt_str host, path, query;
	bool host_listed; /* an entry names this host exactly: its labels are not judged for entropy
	                   */
};
BT_MUST int bt_scan_url(const struct bt_scanner *s, struct bt_scan_scratch *k,
                        const struct bt_scan_url *u, struct bt_findings *f, char *reason,
                        const char **scanner, struct bt_err *e);

/* One header value, and with whole its name too (header_mode: all). Basic credentials are decoded.
 */
BT_MUST int bt_scan_header(const struct bt_scanner *s, struct bt_scan_scratch *k,
                           struct bt_str name, struct bt_str value, bool whole,
                           struct bt_findings *f, struct bt_err *e);
/* Whether header_mode "sensitive" looks at it, by the default list. */
bool bt_scan_header_sensitive(struct bt_str name);

/* "request body contains secret: GitHub Token, JWT Token" (names once). Returns the length that
 * would be needed, as snprintf. */
size_t bt_findings_text(const struct bt_findings *f, const char *before, char *out, size_t size);
#endif

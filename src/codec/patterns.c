/* patterns.c - what each issuer's credential looks like, and where that is written.
 * Matched without regard to case and unanchored, on the shortest text that is long enough: a longer
 * credential matches by its front. "Observed" marks a form that the issuer does not document; its
 * length is then what is in circulation. NUL separates the strings of one document. */
#include "patterns.h"

#include "validate.h"

#define C BT_SEV_CRITICAL
#define H BT_SEV_HIGH
#define M BT_SEV_MEDIUM
#define L BT_SEV_LOW
#define CORE BT_PAT_CORE
#define CASE BT_PAT_CASE
#define SP BT_PAT_SPACED
#define V0 NULL
#define RE BT_PLAIN_NONE
/* Short prefixes come up inside of base64url, where a hyphen is no border: behind one only a
 * credential of the observed length counts. */
#define SHORT(head, least, whole)                                                                  \
	"(?:^|[^a-z0-9_-])" head "[a-z0-9]{" least "}|-" head "[a-z0-9]{" whole "}(?:[^a-z0-9_-]|" \
	"$)"

/* clang-format off */
const struct bt_pattern bt_patterns[] = {
	/* Observed: sk-ant-api03-, -admin01-, -oat01- and some 95 of base64url. */
	{ "Anthropic API Key", C, "sk-ant-[a-z0-9_-]{10}", V0, SP, RE },
	/* Observed: project keys. platform.openai.com/docs/api-reference/authentication has no grammar. */
	{ "OpenAI API Key", C, "sk-proj-[a-z0-9_-]{10}", V0, SP, RE },
	{ "OpenAI Service Key", C, "sk-svcacct-[a-z0-9_-]{10}", V0, SP, RE },
	{ "Fireworks API Key", C, SHORT("fw_", "24", "24"), V0, 0, RE },                  /* observed */
	{ "Google API Key", H, "\\bAIza[a-z0-9_-]{35}", V0, 0, RE },                  /* observed: 39 in all */
	{ "Google OAuth Client Secret", C, "GOCSPX-[a-z0-9_-]{28}", V0, SP, RE },     /* observed */
	/* docs.stripe.com/keys: sk_live_, sk_test_, rk_live_, rk_test_. */
	{ "Stripe Key", C, "[sr]k[_-](?:live|test)[_-][a-z0-9]{20}", V0, SP, RE },
	/* docs.stripe.com/webhooks: the prefix. */
	{ "Stripe Webhook Secret", C, "whsec[_-][a-z0-9+/]{20}", V0, SP, RE },
	/* github.blog 2021-04-05 "Behind GitHub's new authentication token formats". The checksum is not
	 * tested: what looks like a token is refused, also where it is a made-up one. */
	{ "GitHub Token", C, "gh[pousr]_[a-z0-9]{36}", V0, CORE | SP, RE },
	{ "GitHub Fine-Grained PAT", C, "github_pat_[a-z0-9_]{36}", V0, CORE | SP, RE }, /* ditto */
	/* docs.gitlab.com/ee/security/tokens: glpat- and 20 or more. */
	{ "GitLab PAT", C, "glpat-[a-z0-9_-]{20}", V0, CORE | SP, RE },
	/* docs.aws.amazon.com IAM "Understanding unique ID prefixes": 4 letters and 16. */
	{ "AWS Access ID", C, "(?:A3T[A-Z0-9]|AKIA|ASIA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}",
	  bt_valid_aws_id_at, CORE, RE },
	/* docs.aws.amazon.com: 40 of base64 without a prefix, so only after its name. */
	{ "AWS Secret Key", C,
	  "secret[_ .-]?(?:access[_ .-]?)?key(?: is)?[^a-z0-9/+]{1,8}[a-z0-9/+]{40}", V0, CORE, RE },
	{ "Google OAuth Token", C, "ya29\\.[a-z0-9_-]{20}", V0, SP, RE },             /* observed */
	/* api.slack.com/concepts/token-types. */
	{ "Slack Token", C, "xox[abprs]-[a-z0-9-]{15}", V0, CORE | SP, RE },
	{ "Slack App Token", C, "xapp-[0-9]-[a-z0-9]{8}", V0, SP, RE },               /* ditto: xapp- */
	/* discord.com/developers/docs/reference: three parts, the first the bot's id in base64. */
	{ "Discord Bot Token", C, NULL, V0, 0, BT_PLAIN_DISCORD },
	/* twilio.com/docs/iam/api-keys: SID is SK and 32 hexadecimal. */
	{ "Twilio API Key", H, "SK[0-9a-f]{32}", V0, 0, RE },
	{ "SendGrid API Key", C, "SG\\.[a-z0-9_-]{22}\\.[a-z0-9_-]{43}", V0, SP, RE }, /* observed: 69 in all */
	{ "Mailgun API Key", H, "\\bkey-[a-z0-9]{32}", V0, 0, RE },                   /* observed */
	{ "New Relic API Key", C, "NRAK-[a-z0-9]{27}", V0, SP, RE },                  /* observed */
	{ "Hugging Face Token", C, SHORT("hf_", "20", "34"), V0, 0, RE },                 /* observed: 34 letters */
	{ "Databricks Token", C, "dapi[0-9a-f]{30}", V0, 0, RE },                     /* observed: 32 */
	{ "Replicate API Token", C, SHORT("r8_", "20", "37"), V0, 0, RE },                /* observed: 37 */
	{ "Together AI Key", C, "(?:\\btok_|tgp_v1_)[a-z0-9_-]{40}", V0, 0, RE },     /* observed */
	{ "Pinecone API Key", C, "pcsk_(?:[a-z0-9]{4,8}_)?[a-z0-9]{36}", V0, SP, RE }, /* observed */
	{ "Groq API Key", C, "gsk_[a-z0-9]{48}", V0, SP, RE },                        /* observed: 52 */
	{ "xAI API Key", C, "xai-[a-z0-9]{80}", V0, 0, RE },                          /* observed */
	/* docs.digitalocean.com/reference/api: dop_v1_, doo_v1_, dor_v1_ (2022). */
	{ "DigitalOcean Token", C, "do[por]_v1_[0-9a-f]{64}", V0, SP, RE },
	/* developer.hashicorp.com/vault/docs/concepts/tokens: hvs, hvb, hvr. */
	{ "HashiCorp Vault Token", C, "hv[sbr]\\.[a-z0-9_-]{24}", V0, 0, RE },
	/* vercel.com/changelog: vcp_ vci_ vca_ vcr_ vck_. */
	{ "Vercel Token", C, "(?:\\bvc[piark]_|vercel_)[a-z0-9]{24}", V0, 0, RE },
	/* supabase.com/docs/guides/api/api-keys. */
	{ "Supabase Service Key", C, "sb_secret_[a-z0-9_-]{20}", V0, SP, RE },
	/* github.blog 2021-09-23: npm_ and 36. */
	{ "npm Token", C, "npm_[a-z0-9]{36}", V0, SP, RE },
	/* pypi.org/help: pypi- and a macaroon in base64url. */
	{ "PyPI Token", C, "pypi-[a-z0-9_-]{16}", V0, 0, RE },
	{ "Linear API Key", H, "lin_api_[a-z0-9]{40}", V0, SP, RE },                  /* observed */
	{ "Notion API Key", H, SHORT("ntn_", "40", "46"), V0, 0, RE },                    /* observed: 46 */
	/* develop.sentry.dev RFC 0091: sntrys_; user tokens sntryu_. */
	{ "Sentry Auth Token", H, "sntry[su]_[a-z0-9+/=_-]{40}", V0, SP, RE },
	/* RFC 7468 §10, §11; OpenSSH PROTOCOL.key. */
	{ "Private Key Header", C, "-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY", V0, CORE, RE },
	/* RFC 7519 §3.1, RFC 7515 §3.1: {" is ey in base64url. */
	{ "JWT Token", H, "\\.ey[a-z0-9_-]{10,}\\.[a-z0-9_-]{10}", bt_valid_jwt_at, 0, RE },
	/* en.bitcoin.it/wiki/Wallet_import_format: 51 from 5, 52 from K or L. */
	{ "Bitcoin WIF Private Key", C, NULL, V0, 0, BT_PLAIN_WIF },
	/* BIP-32, SLIP-132: 111 of base 58. */
	{ "Extended Private Key", C, "[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107}", V0, 0, RE },
	{ "Ethereum Private Key", C, "\\b0x[0-9a-f]{64}\\b", V0, 0, RE },             /* 256 bits */
	/* ssa.gov: 3-2-4. */
	{ "Social Security Number", L, NULL, V0, 0, BT_PLAIN_SSN },
	/* developers.google.com/identity/protocols/oauth2. */
	{ "Google OAuth Client ID", M, "\\.apps\\.googleusercontent\\.com", bt_valid_client_id_at, 0, RE },
	/* RFC 6750 §2.3 and its relatives. */
	{ "Credential in URL", H,
	  "(?:^|[?&;\\x00])(?:password|passwd|secret|token|apikey|api_key|api-key)=[^\\s&\\x00]{4}", V0, 0, RE },
	/* 12factor.net/config: PREFIX_…_TOKEN=value. */
	{ "Environment Variable Secret", H,
	  "(?:SECRET|KEY|PASSWORD|TOKEN)=[^\\s\\x00]{8}", bt_valid_env_at, CASE, RE },
	/* ISO/IEC 7812-1: 15 to 19 digits; length and issuer in validate.c. */
	{ "Credit Card Number", M, NULL, V0, 0, BT_PLAIN_CARD },
	/* ISO 13616-1, written without spaces. */
	{ "IBAN", M, NULL, V0, 0, BT_PLAIN_IBAN },
	/* The eighth core pattern; the other seven are those marked CORE above.
	 * cloud.google.com/iam/docs/keys-create-delete: the key file's "type". */
	{ "GCP Service Account Key", C,
	  "\"type\"[ \\t\\r\\n]{0,8}:[ \\t\\r\\n]{0,8}\"service_account\"|\\x00type\\x00service_account\\x00",
	  V0, CORE, RE },
	{ 0 },
};
/* clang-format on */

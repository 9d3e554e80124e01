/* fakes.h - made-up credentials, put together at run time so that the tree holds none. */
#ifndef BOTTLE_TESTS_FAKES_H
#define BOTTLE_TESTS_FAKES_H
#include <stdio.h>
#include <string.h>

/* Each row: parts joined. "#N" is N characters of letters and digits, "@N" of hexadecimal, "!N"
 * upper case, "&N" of base 58,
 * "=TEXT" text as it is (so that a prefix never stands beside what makes it a credential). */
struct fake {
	const char *name, *parts[8];
};

static inline void fake_build(char *out, size_t size, const struct fake *f)
{
	static const char *const sets[] = { "7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd5Lf0Pg", "0f9e1d8c2b7a3645",
		                            "Q7ZX2VB9NM4RT1YW6", "7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd5LfPg" };
	size_t n = 0;

	for (size_t i = 0; i < 8 && f->parts[i]; i++) {
		const char *p = f->parts[i], *set = NULL;
		unsigned count = 0;

		if (*p == '=') {
			n += (size_t)snprintf(out + n, size - n, "%s", p + 1);
			continue;
		}
		set = sets[*p == '#' ? 0 : *p == '@' ? 1 : *p == '!' ? 2 : 3];
		(void)sscanf(p + 1, "%u", &count);
		for (unsigned k = 0; k < count && n + 1 < size; k++)
			out[n++] = set[(k * 7 + k / 11) % strlen(set)];
		out[n] = 0;
	}
}

static const struct fake fakes[] = {
	{ "Anthropic API Key", { "=sk-", "=ant-api03-", "#95" } },
	{ "OpenAI API Key", { "=sk-", "=proj-", "#48" } },
	{ "OpenAI Service Key", { "=sk-", "=svcacct-", "#48" } },
	{ "Fireworks API Key", { "=fw", "=_", "#24" } },
	{ "Google API Key", { "=AI", "=za", "#35" } },
	{ "Google OAuth Client Secret", { "=GOC", "=SPX-", "#28" } },
	{ "Stripe Key", { "=sk", "=_live_", "#24" } },
	{ "Stripe Webhook Secret", { "=wh", "=sec_", "#32" } },
	{ "GitHub Token", { "=gh", "=p_", "#36" } },
	{ "GitHub Fine-Grained PAT", { "=github", "=_pat_", "#22", "=_", "#59" } },
	{ "GitLab PAT", { "=gl", "=pat-", "#20" } },
	{ "AWS Access ID", { "=AK", "=IA", "!16" } },
	{ "AWS Secret Key", { "=aws_secret_access", "=_key = \"", "#40", "=\"" } },
	{ "Google OAuth Token", { "=ya", "=29.", "#60" } },
	{ "Slack Token", { "=xo", "=xb-123456789012-", "#24" } },
	{ "Slack App Token", { "=xa", "=pp-1-", "!11", "=-123456789-", "@64" } },
	{ "Discord Bot Token", { "=M", "#25", "=.", "#6", "=.", "#38" } },
	{ "Twilio API Key", { "=S", "=K", "@32" } },
	{ "SendGrid API Key", { "=S", "=G.", "#22", "=.", "#43" } },
	{ "Mailgun API Key", { "=ke", "=y-", "@32" } },
	{ "New Relic API Key", { "=NR", "=AK-", "!27" } },
	{ "Hugging Face Token", { "=h", "=f_", "#34" } },
	{ "Databricks Token", { "=da", "=pi", "@32" } },
	{ "Replicate API Token", { "=r", "=8_", "#37" } },
	{ "Together AI Key", { "=to", "=k_", "#40" } },
	{ "Pinecone API Key", { "=pc", "=sk_", "#5", "=_", "#60" } },
	{ "Groq API Key", { "=gs", "=k_", "#52" } },
	{ "xAI API Key", { "=xa", "=i-", "#80" } },
	{ "DigitalOcean Token", { "=do", "=p_v1_", "@64" } },
	{ "HashiCorp Vault Token", { "=hv", "=s.", "#90" } },
	{ "Vercel Token", { "=vc", "=p_", "#24" } },
	{ "Supabase Service Key", { "=sb", "=_secret_", "#24" } },
	{ "npm Token", { "=np", "=m_", "#36" } },
	{ "PyPI Token", { "=py", "=pi-", "#150" } },
	{ "Linear API Key", { "=lin", "=_api_", "#40" } },
	{ "Notion API Key", { "=nt", "=n_", "#46" } },
	{ "Sentry Auth Token", { "=sn", "=trys_", "#80", "=_", "#43" } },
	{ "Private Key Header", { "=-----BE", "=GIN EC PRIVATE", "= KEY-----" } },
	{ "JWT Token", { "=e", "=yJ", "#18", "=.ey", "#40", "=.", "#43" } },
	/* The key 1 of en.bitcoin.it/wiki/Private_key's generator point: worth nothing. */
	{ "Bitcoin WIF Private Key",
	  { "=5HpHagT65TZzG1PH3CSu63k8Db", "=pvD8s5ip4nEB3kEsreAnchuDf" } },
	{ "Extended Private Key", { "=xp", "=rv", "&107" } },
	{ "Ethereum Private Key", { "=0", "=x", "@64" } },
	{ "Social Security Number", { "=078", "=-05", "=-1120" } },
	{ "Google OAuth Client ID", { "=123456789-", "@32", "=.apps.google", "=usercontent.com" } },
	{ "Credential in URL", { "=https://x.test/p?tok", "=en=abcd" } },
	{ "Environment Variable Secret", { "=ACME_DEPLOY_PASS", "=WORD=", "#12" } },
	{ "Credit Card Number", { "=4111 1111", "= 1111 1111" } },
	{ "IBAN", { "=GB82WEST", "=12345698765432" } },
	{ "GCP Service Account Key", { "={\"type\": \"service", "=_account\"}" } },
};
#define FAKES (sizeof fakes / sizeof *fakes)
#define FAKE_GITHUB 8
#endif

--- To which hosts a credential belongs, by the kind that a finding names
--- (docs/reference/scanning.md). Only point own_credentials makes use of it; nothing is opened by
--- this list alone. Where an issuer gives room for strangers' data on the same host (storage, any
--- tenant's space), it is left out.
local policy <const> = require "policy"

local hosts <const> = {
  -- docs.anthropic.com/en/api/overview
  ["Anthropic API Key"] = { "api.anthropic.com" },
  -- docs.digitalocean.com/reference/api
  ["DigitalOcean Token"] = { "api.digitalocean.com" },
  -- discord.com/developers/docs/reference
  ["Discord Bot Token"] = { "discord.com" },
  -- docs.fireworks.ai/api-reference/introduction
  ["Fireworks API Key"] = { "api.fireworks.ai" },
  -- docs.github.com/en/rest/authentication, and git over HTTPS
  ["GitHub Token"] = { "api.github.com", "github.com" },
  ["GitHub Fine-Grained PAT"] = { "api.github.com", "github.com" },
  -- docs.gitlab.com/api/rest/authentication
  ["GitLab PAT"] = { "gitlab.com" },
  -- console.groq.com/docs/api-reference
  ["Groq API Key"] = { "api.groq.com" },
  -- huggingface.co/docs/hub/security-tokens
  ["Hugging Face Token"] = { "huggingface.co" },
  -- linear.app/developers/graphql
  ["Linear API Key"] = { "api.linear.app" },
  -- documentation.mailgun.com/docs/mailgun/user-manual/api-key-mgmt
  ["Mailgun API Key"] = { "api.mailgun.net", "api.eu.mailgun.net" },
  -- docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys
  ["New Relic API Key"] = { "api.newrelic.com", "api.eu.newrelic.com" },
  -- developers.notion.com/reference/authentication
  ["Notion API Key"] = { "api.notion.com" },
  -- docs.npmjs.com/about-access-tokens
  ["npm Token"] = { "registry.npmjs.org" },
  -- platform.openai.com/docs/api-reference/authentication
  ["OpenAI API Key"] = { "api.openai.com" },
  ["OpenAI Service Key"] = { "api.openai.com" },
  -- docs.pinecone.io/reference/api/authentication
  ["Pinecone API Key"] = { "api.pinecone.io" },
  -- pypi.org/help#apitoken
  ["PyPI Token"] = { "upload.pypi.org" },
  -- replicate.com/docs/reference/http
  ["Replicate API Token"] = { "api.replicate.com" },
  -- docs.sendgrid.com/api-reference
  ["SendGrid API Key"] = { "api.sendgrid.com" },
  -- docs.sentry.io/api/auth
  ["Sentry Auth Token"] = { "sentry.io" },
  -- api.slack.com/web
  ["Slack Token"] = { "slack.com" },
  ["Slack App Token"] = { "slack.com" },
  -- docs.stripe.com/api/authentication
  ["Stripe Key"] = { "api.stripe.com" },
  -- docs.together.ai/reference
  ["Together AI Key"] = { "api.together.xyz" },
  -- twilio.com/docs/iam/api-keys
  ["Twilio API Key"] = { "api.twilio.com" },
  -- vercel.com/docs/rest-api
  ["Vercel Token"] = { "api.vercel.com" },
  -- docs.x.ai/docs/api-reference
  ["xAI API Key"] = { "api.x.ai" },
}

policy.rule("issuers", { id = "shipped", run = function() return hosts end })

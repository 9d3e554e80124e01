--- What a policy file requires: the registry that is being filled (docs/reference/policy.md).
return require "bottle.policy"

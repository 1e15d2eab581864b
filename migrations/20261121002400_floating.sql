-- Floating branches by their age (ORG-06): the night reminds those that still have members.
create index org_floating on org (founded_on) where kind = 'floating' and state in ('created', 'active', 'graduate');

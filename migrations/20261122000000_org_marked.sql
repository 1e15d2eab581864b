-- Branches that wait for their switch, in the order of the tree: a page of them, and the nightly run, read no others (OPS-52).
create index org_marked on org (path) where graduation_month is not null and category = 'branch' and state in ('created', 'active');

-- Large subtrees: what is below is added up by the snapshot (OPS-52).
do $$
begin
    alter table org_progress add column below jsonb;
    comment on column org_progress.below is 'Sums of the subtree: when, by level, and how many of each finding (upkeep::rules::progress::Below)';
end
$$

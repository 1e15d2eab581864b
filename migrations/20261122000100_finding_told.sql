-- Who is on the list of small branches is told once, with the superior, on the next morning (ORG-70).
do $$
begin
    alter table org_finding add column told_at timestamptz;
    comment on column org_finding.told_at is 'When those concerned were told';
    create index org_finding_untold on org_finding (path) where kind = 'small' and told_at is null;
end $$;

-- Past months of the statistics stay to be read (FLD-83), each organisation under the superior it had then.
do $$
begin
    alter table org_report add column parent_id uuid;
    comment on column org_report.parent_id is 'Direct superior when it was counted';
    comment on column org_report.path is 'Place in the tree when it was counted; it belongs to its run and is not carried when a subtree moves';
    update org_report r set parent_id = o.parent_id from org o where o.org_id = r.org_id;
    drop index org_report_path;
    create index org_report_path on org_report (at, path);
    create index org_report_below on org_report (at, parent_id);
end
$$;

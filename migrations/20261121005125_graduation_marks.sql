-- A batch of graduation marks is a change its marker can take back for an hour (ORG-B3).
alter table org_change
    drop constraint org_change_kind,
    add constraint org_change_kind check (kind in ('administrator', 'correction', 'move', 'graduation'));

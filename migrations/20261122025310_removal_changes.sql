-- Deleting an organisation as a change a second administrator confirms (ACC-B11).
alter table org_change
    drop constraint org_change_kind,
    add constraint org_change_kind check (kind in ('administrator', 'correction', 'move', 'graduation', 'removal'));

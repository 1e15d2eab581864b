-- What becomes of an organisation after it stands: graduation, deletion and its return, merging.
alter table org
    add column graduated_at timestamptz,
    add column ended_at timestamptz,
    add column ended_from text,
    add column merged_into uuid;

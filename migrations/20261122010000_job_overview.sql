alter table job
    add column free_for text,
    add column seen_at timestamptz;

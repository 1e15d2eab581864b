-- Who stopped an account: it, or somebody above it, opens it again (2.1).
alter table account add column stopped_by uuid;

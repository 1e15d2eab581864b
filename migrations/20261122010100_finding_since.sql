alter table org_finding add column since timestamptz;

-- A registration is written page by page before it is sent (ACC-38, ACC-39): until then it may have no branch.
alter table registration alter column branch_id drop not null;

-- A page of one level is read in the order of the tree, whatever lies below (OPS-52).
create index org_progress_level on org_progress ((length(path)), path);

-- Which branches one run of the freshman generator made (ORG-B2).
create table org_intake (
    org_id uuid not null,
    import_id uuid not null,
    first_no bigint not null,
    last_no bigint not null,
    constraint org_intake_pk primary key (org_id, import_id)
);
comment on table org_intake is 'Runs of the generator of class branches below a superior: a row of the sheet becomes many branches, whose numbers follow each other';
insert into table_placement (tbl, kind, col, grp, ord) values ('org_intake', 'distributed', 'org_id', 'roster', 50);

-- The organisation tree (02-organizations).
create table org (
    org_id uuid primary key,
    org_no bigint not null,
    parent_id uuid,
    path text collate "C" not null,
    category text not null,
    kind text not null,
    short_name text not null,
    full_name text not null,
    sector text,
    region text,
    state text not null,
    sort_no int not null,
    phone text,
    email text,
    admin_posts int,
    admin_actual int,
    inst_posts int,
    inst_actual int,
    youth_14_28 int,
    recommended_to_party int,
    is_school boolean,
    school_code text,
    uscc text,
    graduation_month int,
    graduation_reason text,
    founded_on date not null,
    accepts_registration boolean not null,
    info_saved_at timestamptz,
    created_at timestamptz not null,
    version int not null,
    constraint org_number unique (org_no),
    constraint org_path unique (path),
    constraint org_category check (category in ('leading_body', 'committee', 'work_committee', 'general_branch', 'branch')),
    constraint org_state check (state in ('created', 'active', 'graduate', 'merged', 'deleted', 'archived'))
);
comment on table org is 'Organisations (团组织), any node of the tree; a reference table, so nothing that changes often is a column';
comment on column org.org_no is '组织ID as people know it, 8 digits';
comment on column org.path is 'Place in the tree: labels of 4 characters, root first';
comment on column org.graduation_month is 'Marked graduation (ORG-51), year x 12 + month - 1';
comment on column org.uscc is '统一社会信用代码, optional';
comment on column org.info_saved_at is 'First saving of the own information, after which names and category are locked (ORG-11)';
create unique index org_sibling_name on org (parent_id, short_name) where state not in ('deleted', 'merged');
create unique index org_full_name on org (full_name) where state not in ('deleted', 'merged');
create index org_children on org (parent_id, sort_no, org_no);
create index org_labels on org (parent_id, path);
create extension if not exists pg_trgm;
create index org_search on org using gin (full_name gin_trgm_ops);

insert into number_range (name, next) values ('org', 10000001);
insert into table_placement (tbl, kind, col, grp, ord) values ('org', 'reference', null, null, 10);

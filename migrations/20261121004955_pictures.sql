-- Pictures that show a person: the photo of a registration, ID cards of an appeal. The bytes lie sealed in the file store.
create table picture (
    owner_id uuid not null,
    picture_id uuid not null,
    purpose text not null,
    created_at timestamptz not null,
    delete_after timestamptz,
    constraint picture_pk primary key (owner_id, picture_id)
);
comment on table picture is 'Pictures of persons (SEC-32): the owner is the registration, after approval the person, or the appeal; bytes sealed as field picture of picture_id';
comment on column picture.delete_after is 'The nightly sweep removes it from then on (ACC-54: 30 days after the decision)';
create index picture_due on picture (delete_after) where delete_after is not null;
insert into table_placement (tbl, kind, col, grp, ord) values ('picture', 'distributed', 'owner_id', 'person', 59);

-- In-site messages (09-communication).
create table message (
    receiver_id uuid not null,
    message_id uuid not null,
    kind text not null,
    title text not null,
    body text not null,
    jump text,
    about uuid,
    merged int not null,
    needs_confirm boolean not null,
    created_at timestamptz not null,
    read_at timestamptz,
    constraint message_pk primary key (receiver_id, message_id)
);
comment on table message is 'Messages to a person or to all administrators of an organisation (站内消息)';
comment on column message.receiver_id is 'Person or organisation';
comment on column message.merged is 'How many were told about the same object within ten minutes (COM-06)';
comment on column message.needs_confirm is 'Read only by 我已知晓, never by 全部已读 (COM-07)';
create index message_unread on message (receiver_id) where read_at is null;
create index message_about on message (receiver_id, about, created_at) where about is not null;
insert into table_placement (tbl, kind, col, grp, ord) values ('message', 'distributed', 'receiver_id', 'person', 50);

-- SMS by providers (GWY-10): the approved text with its parameters, who took it, what became of it.
do $$
begin
    alter table outgoing
        add column template text,
        add column params_sealed bytea,
        add column provider text,
        add column serial text,
        add column receipt text,
        add column receipt_at timestamptz;
    comment on column outgoing.state is 'waiting, sending (handed over just now), sent, failed, unclear (no answer: not sent again)';
    comment on column outgoing.template is 'Name of the approved text of an SMS; the provider''s id of it is a setting';
    comment on column outgoing.params_sealed is 'Field outgoing.params of seal_row: its parameters as JSON';
    comment on column outgoing.serial is 'The provider''s number, which its receipt names';
    comment on column outgoing.receipt is 'delivered, or the provider''s code why not';
    create index outgoing_serial on outgoing (serial) where serial is not null;
end
$$;

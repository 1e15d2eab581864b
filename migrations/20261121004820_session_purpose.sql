-- Why an auditor looks, for this session (ACC-85).
do $$
begin
    alter table session add column purpose text;
    comment on column session.purpose is 'What an auditor said the session is for; none before (ACC-85)';
end
$$;

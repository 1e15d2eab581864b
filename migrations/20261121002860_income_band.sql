-- 收入档 of a member (FLD-21, FLD-82), where the profile asks for it.
do $$
begin
    alter table person add column income text;
    comment on column person.income is 'Band of the monthly income: student, farm, b1 to b5 (FLD 1.2); a change counts for dues from the next month';
    alter table roster add column income text;
    comment on column roster.income is 'Copy of person.income, for the counts by band';
end
$$;

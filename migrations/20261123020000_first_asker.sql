-- Who began an application that was handed on to a successor: nobody decides what was once the own (ACC-73).
alter table approval_case add column asked_by_person_id uuid;

-- What the marks say of a person, beside the person: 被标记成员身份 and 预计毕业时间 (03-roster 1.1).
alter table person add column graduate_mark text, add column expected_graduation integer;

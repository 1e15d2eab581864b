-- Lists and searches of a province read their page and no more: names, sounds and initials with the place beside them,
-- given names from behind, admission months, birthdays without the heap.
do $$ begin
    drop index roster_name;
    drop index roster_pinyin;
    drop index roster_initials;
    drop index roster_born;
    create index roster_name on roster (name text_pattern_ops, path);
    create index roster_given on roster (reverse(name) text_pattern_ops, path);
    create index roster_pinyin on roster (pinyin, person_id, path);
    create index roster_initials on roster (initials, path);
    create index roster_admitted on roster (coalesce(admitted_on, 0), person_id, path);
    create index roster_born on roster (born, path, person_id) include (branch_id) where state = 'normal';
end $$;

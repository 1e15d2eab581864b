-- Organisations by any part of the name, of one or two characters too: trigrams need three.
create index org_letters on org using gin (string_to_array(lower(full_name || ' ' || short_name), null));

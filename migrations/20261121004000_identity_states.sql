-- The states of the identity check as the statute names them (01-accounts 2.5): what was 'verified' is 'passed', and a failure says why.
do $$
begin
    update person set identity_state = case identity_state when 'verified' then 'passed' else 'failed_mismatch' end
        where identity_state in ('verified', 'failed');
    update roster set identity_state = case identity_state when 'verified' then 'passed' else 'failed_mismatch' end
        where identity_state in ('verified', 'failed');
    update org_post set identity_state = case identity_state when 'verified' then 'passed' else 'failed_mismatch' end
        where identity_state in ('verified', 'failed');
end
$$;

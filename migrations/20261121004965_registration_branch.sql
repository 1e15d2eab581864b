-- Whoever waits for a branch, when it compares who should have come with who came (ACC-47).
create index registration_waiting on registration (branch_id) where state = 'pending';

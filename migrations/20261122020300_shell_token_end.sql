-- The nightly sweep reads the tokens that have ended and no others (OPS-52).
create index shell_token_end on shell_token (renewable_until);

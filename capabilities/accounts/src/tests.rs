//! What the rules promise, asked of a running application.

mod abuse;
mod auditing;
mod binding;
mod codes;
mod departing;
mod employing;
mod explaining;
mod founding;
mod identity;
mod joining;
mod kit;
mod operators;
mod own_account;
mod passkeys;
mod redeeming;
mod registering;
mod reset_lists;
mod resets;
mod rules;
mod second;
mod secretary;
mod signing_in;
mod standing;
mod standing_in;
mod without_sms;

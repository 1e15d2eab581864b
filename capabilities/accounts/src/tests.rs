//! What the rules promise, asked of a running application.

mod abuse;
mod appealing;
mod arriving;
mod binding;
mod codes;
mod departing;
mod employing;
mod founding;
mod identity;
mod joining;
mod kit;
mod operators;
mod own_account;
mod registering;
mod reporting;
mod reset_lists;
mod resets;
mod rules;
mod second;
mod secretary;
mod signing_in;
mod standing;
mod ways_back;
mod without_sms;

//! What the rules promise, asked of a running application.

mod abuse;
mod codes;
mod departing;
mod founding;
mod identity;
mod joining;
mod kit;
mod operators;
mod own_account;
mod registering;
mod reset_lists;
mod resets;
mod rules;
mod second;
mod secretary;
mod signing_in;
mod standing;

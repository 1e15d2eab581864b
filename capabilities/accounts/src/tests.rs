//! What the rules promise, asked of a running application.

mod codes;
mod kit;
mod own_account;
mod registering;
mod rules;
mod signing_in;

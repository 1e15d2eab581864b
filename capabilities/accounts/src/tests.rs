//! What the rules promise, asked of a running application.

mod kit;
mod own_account;
mod rules;
mod signing_in;

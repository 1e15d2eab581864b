//! What the rules promise, asked of a running application.

mod codes;
mod departing;
mod founding;
mod joining;
mod kit;
mod own_account;
mod registering;
mod resets;
mod rules;
mod signing_in;

//! What the rules promise, asked of a running application.

mod kit;
mod rules;
mod signing_in;

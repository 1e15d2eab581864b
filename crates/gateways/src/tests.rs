//! What the gateways promise, asked of protocol servers.

mod codes;
mod http;
mod mini_program;
mod sms;
mod web_sign_in;

#![doc = include_str!("../README.md")]

mod rules;
mod store;

pub use rules::{Note, Receiver};
pub use store::{tell, unread};

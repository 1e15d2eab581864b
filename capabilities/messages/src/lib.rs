#![doc = include_str!("../README.md")]

mod pages;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use pages::{boxes, routes};
pub use rules::{Message, Note, Receiver, kind_label};
pub use store::{latest, tell, tell_all, tell_to_confirm, unread};

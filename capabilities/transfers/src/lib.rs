#![doc = include_str!("../README.md")]

mod policy;
mod rules;
mod store;

pub use policy::Policy;

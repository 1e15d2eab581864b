#![doc = include_str!("../README.md")]

mod policy;
mod rules;

pub use policy::Policy;

#![doc = include_str!("../README.md")]

mod actions;
mod case;
mod policy;
mod rules;
mod store;
mod tell;

pub use policy::Policy;

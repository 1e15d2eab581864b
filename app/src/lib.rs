//! The program: configuration, the flat lists of routes and work, commands, the pages that belong to no single
//! capability, and the demonstration league.

pub mod bodies;
pub mod commands;
pub mod config;
pub mod demo;
pub mod figures;
pub mod founding;
mod owner;
mod pages;
pub mod seed;
mod server;
pub mod shell;
pub mod wiring;

//! The program: configuration, the flat lists of routes and work, commands, the pages that belong to no single
//! capability, and the demonstration league.

pub mod commands;
pub mod config;
pub mod demo;
mod figures;
pub mod founding;
mod pages;
pub mod seed;
mod server;
mod shell;
pub mod wiring;

#![doc = include_str!("../README.md")]

mod codes;
mod identity;
mod mini_program;
mod outbox;
mod store;
#[cfg(test)]
mod tests;

pub use codes::{CodeLimits, check_code, send_code};
pub use identity::{IdentityRegister, Question, SimulatedRegister, Verdict};
pub use mini_program::{MiniProgram, NotKnown, SimulatedWechat};
pub use outbox::{Gateways, Mail, NotSent, Outbox, Sms, jobs, mail, sms};
pub use store::{Outgoing, outbox};

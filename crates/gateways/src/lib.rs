#![doc = include_str!("../README.md")]

mod codes;
mod http;
mod identity;
mod mini_program;
mod outbox;
mod settings;
mod store;
mod tokens;
#[cfg(test)]
mod tests;

pub use codes::{CodeLimits, check_code, send_code};
pub use identity::{IdentityRegister, Question, SimulatedRegister, Verdict};
pub use http::{Caller, Patience};
pub use mini_program::live::{Account, WechatMiniProgram};
pub use mini_program::{Identity, MiniProgram, NotKnown, SimulatedWechat};
pub use outbox::{Gateways, Mail, NotSent, Outbox, Sms, jobs, mail, sms};
pub use settings::{MiniProgramSettings, Settings};
pub use store::{Outgoing, outbox};

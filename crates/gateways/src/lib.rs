#![doc = include_str!("../README.md")]

mod codes;
mod http;
mod identity;
mod mini_program;
mod outbox;
mod settings;
mod sms;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
mod web_sign_in;

pub use codes::{CodeLimits, check_code, pretend_code, refuse_code, send_code, try_code};
pub use http::{Caller, Patience};
pub use identity::{IdentityRegister, Question, SimulatedRegister, Verdict};
pub use mini_program::live::{Account, WechatMiniProgram};
pub use mini_program::{Identity, MiniProgram, NotKnown, SimulatedWeb, SimulatedWechat};
pub use outbox::{
    Gateways, Mail, NotSent, Outbox, OutboxAnswer, choose_outbox_answer, jobs, mail, outbox_answer,
    sms, take_receipts,
};
pub use settings::{
    MiniProgramSettings, Settings, SmsProvider, SmsSettings, TEXTS, WeComFile, WechatSettings,
};
pub use sms::{
    Accepted, Aliyun, AliyunAccount, Approved, ApprovedTexts, Message, NotTaken, Receipt, Sms,
    Tencent, TencentAccount, Words,
};
pub use store::{Outgoing, outbox};
pub use web_sign_in::{
    OfficialAccount, OfficialSettings, Visitor, WeCom, WeComSettings, WebSignIn,
};

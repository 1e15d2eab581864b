//! The section `[accounts]` of a profile (01-accounts section 3, 13-quality policy keys).

use base::{Error, Result};
use chrono::TimeDelta;
use serde::Deserialize;

/// What differs between deployments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What one may sign in with.
    pub sign_in_with: Vec<Identifier>,
    /// The first password of a person entered by an administrator.
    pub initial_password: InitialPassword,
    /// Days until a first password nobody used lapses (SEC-05).
    pub initial_days: i64,
    /// How organisations get in.
    pub organisations: Organisations,
    /// Administrators an organisation may have; nought is no limit.
    pub max_administrators: i32,
    /// Passwords (ACC-17, ACC-18).
    pub password: PasswordPolicy,
    /// Passwords of administrators and operators (`sec.admin.password`).
    pub admin_password: AdminPassword,
    /// Failed sign-ins (ACC-06, SEC-04).
    pub lock: Lock,
    /// Second factor (SEC-06).
    pub second_factor: SecondFactor,
    /// Sessions.
    pub session: Sessions,
    /// Registration codes (1.2).
    pub code: Codes,
    /// How members register.
    pub registration: Registration,
    /// Ways back in.
    pub reset: Reset,
    /// 手机号申诉.
    pub appeal: Appeal,
    /// Least age at admission of who registers as administrator (ACC-23).
    pub min_admission_age: i32,
    /// Version of the privacy notice in force (ACC-09).
    pub privacy_version: String,
    /// Rates (SEC-76).
    pub rate: Rates,
    /// Whether an SMS can be sent here (ACC-76). No profile says so: the wiring does, by the vendors there are.
    #[serde(skip, default = "yes")]
    pub sms: bool,
    /// The file of breached passwords, where the deployment keeps one (SEC-01). The wiring names it.
    #[serde(skip)]
    pub breached: Option<crate::Breached>,
    /// Whether accounts nobody used for long are asked more than the password (ACC-70). The wiring says so: a demonstration,
    /// whose clock is moved by months at a time, does not.
    #[serde(skip, default = "yes")]
    pub asks_idle: bool,
    /// Where people get help, shown on every page outside the sign-in (ACC-01).
    pub help: String,
}

fn yes() -> bool {
    true
}

/// What one may sign in with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// 身份证号.
    IdNumber,
    /// 手机号.
    Phone,
    /// 用户名.
    Username,
    /// 组织账号: the organisation's number.
    OrgAccount,
    /// 微信, by code in the browser (ACC-16).
    Wechat,
    /// 企业微信, by code in the browser.
    Wecom,
    /// 手机号 with a code by SMS, no password (`signin.cadre`, `signin.member`).
    PhoneCode,
}

/// The first password of a person entered by an administrator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialPassword {
    /// The last eight characters of the ID number (ACC-12).
    IdTail,
    /// None: a superior gives one, or the phone opens the way.
    None,
}

/// How organisations get in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Organisations {
    /// Persons become administrators by a code of the direct superior (ACC-20).
    AdminCode,
    /// An account for the organisation, given by the direct superior (ACC-29).
    OrgAccount,
    /// New branches register themselves with a code and choose a username (ACC-32).
    OrgCode,
}

/// Passwords (ACC-17).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Least characters.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
    /// Kinds of letters, digits, other characters.
    pub classes: usize,
    /// Former passwords not taken again.
    pub history: i64,
    /// Whether it may contain the own number, phone or username (ACC-18).
    pub own_data: OwnData,
}

/// ACC-18.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnData {
    /// Refused.
    Refuse,
    /// Taken.
    Warn,
}

/// Passwords of administrators and operators.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminPassword {
    /// Least characters.
    pub min_length: usize,
    /// Of small letters, capitals, digits, other characters.
    pub kinds: usize,
    /// Days until a new one is asked; nought never.
    pub rotate_days: i64,
}

/// Failed sign-ins.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Failures that lock.
    pub failures: i32,
    /// Minutes they are counted in.
    pub window_minutes: i64,
    /// Minutes the lock lasts.
    pub minutes: i64,
    /// Failures after which a question is asked.
    pub question_after: i32,
    /// Failures from one address that lock the address.
    pub address_failures: i32,
    /// Days a browser keeps its own counter (SEC-04).
    pub known_device_days: i64,
}

impl Lock {
    /// Minutes failures are counted in.
    pub fn window(&self) -> TimeDelta {
        TimeDelta::minutes(self.window_minutes)
    }

    /// How long a lock lasts.
    pub fn length(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes)
    }
}

/// Second factor (`sec.mfa.required_from`).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// From which organisations on it is asked.
    pub required_from: SecondFrom,
    /// Organisations up to this depth take an authenticator app only, no SMS.
    pub app_depth: usize,
}

/// Whose administrators and operators need a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFrom {
    /// Nobody's.
    Never,
    /// Those of committees, work committees and leading bodies; auditors always.
    Committee,
}

/// Sessions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Minutes without a request that end a session at a desk.
    pub console_idle_minutes: i64,
    /// Hours that end it in any case.
    pub console_hours: i64,
    /// Days without a request that end a session on a phone.
    pub mobile_idle_days: i64,
    /// Days that end it in any case.
    pub mobile_days: i64,
    /// Sessions at desks at a time.
    pub console_max: i64,
    /// Sessions on phones at a time.
    pub mobile_max: i64,
}

impl Sessions {
    /// Rest that ends a session of this kind.
    pub fn idle(&self, mobile: bool) -> TimeDelta {
        if mobile {
            TimeDelta::days(self.mobile_idle_days)
        } else {
            TimeDelta::minutes(self.console_idle_minutes)
        }
    }

    /// Whole life of a session of this kind.
    pub fn life(&self, mobile: bool) -> TimeDelta {
        if mobile {
            TimeDelta::days(self.mobile_days)
        } else {
            TimeDelta::hours(self.console_hours)
        }
    }

    /// Sessions of this kind at a time.
    pub fn most(&self, mobile: bool) -> i64 {
        if mobile {
            self.mobile_max
        } else {
            self.console_max
        }
    }
}

/// Registration codes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// Characters of a code for an administrator.
    pub admin_length: usize,
    /// Days it lasts, the last one wholly (ACC-22).
    pub admin_days: u32,
    /// Characters of a code for a new branch.
    pub org_length: usize,
    /// Days it lasts.
    pub org_days: u32,
    /// Codes for branches made at a time.
    pub batch_max: usize,
    /// Wrong tries from an address in an hour that pause it for an hour (ACC-21).
    pub wrong_tries: i32,
}

/// How members register (ACC-38, ACC-39, ACC-42).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Which form.
    pub form: RegistrationForm,
    /// Whether numbers of members admitted before 2017 are made where there is none (ACC-41).
    pub make_numbers: bool,
}

/// Which form members register with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationForm {
    /// One page, filled in by a visitor (ACC-42).
    One,
    /// 创建账号, then one page with the volunteer tick (ACC-39).
    Create,
    /// 报到: an account, then four pages with a photo (ACC-38).
    Report,
}

/// Ways back in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// By a code from an administrator (ACC-50).
    pub by_code: bool,
    /// By an SMS code (ACC-52).
    pub by_phone: bool,
    /// Hours a code lasts.
    pub code_hours: i64,
    /// Wrong tries that void it.
    pub code_tries: i32,
    /// Days until a password given by a superior lapses (`sec.initial_secret_days`).
    pub given_days: i64,
}

/// 手机号申诉 (ACC-53, ACC-54).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeal {
    /// Hours until an approval by pictures takes effect.
    pub delay_hours: i64,
    /// Rejections that send the person to the branch …
    pub rejections: i64,
    /// … within these days.
    pub rejection_days: i64,
    /// Days the pictures are kept after the decision.
    pub keep_days: i64,
}

/// Rates.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Sign-ins a minute and address.
    pub sign_in_minute: i32,
    /// SMS codes an hour and address.
    pub sms_hour: i32,
    /// Registrations an hour and address.
    pub registration_hour: i32,
}

impl Policy {
    /// Whether one may sign in with this.
    pub fn takes(&self, identifier: Identifier) -> bool {
        self.sign_in_with.contains(&identifier)
    }

    /// Name of the identifier field on the sign-in page.
    pub fn identifier_label(&self) -> &'static str {
        match self.sign_in_with.first() {
            Some(Identifier::Phone) => "手机号或组织账号",
            Some(Identifier::Username | Identifier::OrgAccount) => "用户名或手机号",
            _ => "身份证号",
        }
    }
}

impl Policy {
    /// Whether members entered by an administrator have a first password (for the sign-in page's hint).
    pub fn has_initial_password(&self) -> bool {
        self.initial_password == InitialPassword::IdTail
    }

    /// Refuses whoever has not ticked the privacy notice in force (ACC-09).
    pub(crate) fn consented(&self, version: &str) -> Result<()> {
        if version == self.privacy_version {
            return Ok(());
        }
        Err(Error::refused_at(
            "privacy",
            "first.privacy",
            "请阅读并勾选同意隐私政策后再继续",
        ))
    }

    /// Whether administrators come in by a code.
    pub fn uses_admin_codes(&self) -> bool {
        self.organisations == Organisations::AdminCode
    }
}

//! The citizens' register: whether a name and an ID number belong together (GWY-16).

use crate::NotSent;
use futures::future::BoxFuture;

/// A name and a number to compare.
#[derive(Clone, Debug)]
pub struct Question {
    /// 姓名.
    pub name: String,
    /// 身份证号, whole.
    pub number: String,
}

/// What the register says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Both belong together.
    Same,
    /// They do not, or one of them is invalid.
    Differs,
    /// No such number (yet).
    NoRecord,
}

/// Asks the register.
pub trait IdentityRegister: Send + Sync {
    /// Short name of the source, kept with every answer.
    fn source(&self) -> &'static str;
    /// One verdict a question, in their order. A fault of the source is no verdict: the people stay 未认证.
    fn ask<'a>(&'a self, lot: &'a [Question]) -> BoxFuture<'a, Result<Vec<Verdict>, NotSent>>;
}

/// The register of demonstration and development: invented numbers belong to their names, except that those whose 16th and
/// 17th digits are 97 have no record and those with 98 differ, so that each answer can be seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulatedRegister;

impl IdentityRegister for SimulatedRegister {
    fn source(&self) -> &'static str {
        "simulated"
    }

    fn ask<'a>(&'a self, lot: &'a [Question]) -> BoxFuture<'a, Result<Vec<Verdict>, NotSent>> {
        Box::pin(async move { Ok(lot.iter().map(|q| verdict(&q.number)).collect()) })
    }
}

fn verdict(number: &str) -> Verdict {
    match number.get(15..17) {
        Some("97") => Verdict::NoRecord,
        Some("98") => Verdict::Differs,
        _ => Verdict::Same,
    }
}

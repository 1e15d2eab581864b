//! When a second factor is asked and which one (SEC-06), and the codes of authenticator apps (RFC 6238).

use crate::policy::{Policy, SecondFrom};
use access::{Grant, Role};
use base::{OrgCategory, Result};
use totp_rs::{Builder, Totp};

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an account's roles demand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Demand {
    /// A password is enough.
    None,
    /// A second proof: a code of an app, or by SMS to a verified phone.
    Any,
    /// A code of an app: an SMS is not enough from the province upwards.
    App,
}

/// The strictest demand of the roles held.
pub(crate) fn demand<'a>(policy: &Policy, grants: impl IntoIterator<Item = &'a Grant>) -> Demand {
    grants
        .into_iter()
        .map(|grant| of_grant(policy, grant))
        .max()
        .unwrap_or(Demand::None)
}

fn of_grant(policy: &Policy, grant: &Grant) -> Demand {
    if policy.second_factor.required_from == SecondFrom::Never {
        return Demand::None;
    }
    match grant.role {
        Role::Auditor => Demand::App,
        Role::Administrator | Role::Operator | Role::Deputy => match grant.org.category {
            OrgCategory::Branch | OrgCategory::GeneralBranch => Demand::None,
            _ if grant.org.path.depth() <= policy.second_factor.app_depth => Demand::App,
            _ => Demand::Any,
        },
        Role::Cadre | Role::Member | Role::Applicant => Demand::None,
    }
}

/// Where a signed-in session stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Two proofs were given.
    pub strong: bool,
    /// An app is set up.
    pub app: bool,
    /// The phone on file is verified.
    pub phone: bool,
    /// A new password is owed.
    pub must_change: bool,
    /// What the roles demand.
    pub demand: Demand,
}

/// The one page this session may open, if there is one: the second proof before all else where there is something to
/// prove with, then the forced change, then what must still be set up.
pub(crate) fn gate(at: Standing) -> Option<&'static str> {
    let wanted = at.app || at.demand > Demand::None;
    let provable = at.app || at.phone;
    if wanted && !at.strong && provable {
        Some("/account/second")
    } else if at.must_change {
        Some("/account/first")
    } else if !at.app && (at.demand == Demand::App || (wanted && !at.strong)) {
        Some("/account/authenticator")
    } else {
        None
    }
}

/// A new key as the app takes it: 160 bits in base 32.
pub(crate) fn new_secret(random: &base::Random) -> String {
    random.code(BASE32, 32)
}

fn app(secret: &str) -> Result<Totp> {
    let key = decode(secret).ok_or_else(|| anyhow::anyhow!("second factor: key"))?;
    let built = Builder::new().with_secret(key).build();
    Ok(built.map_err(|fault| anyhow::anyhow!("second factor: {fault:?}"))?)
}

fn decode(secret: &str) -> Option<Vec<u8>> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for c in secret.bytes() {
        let value = BASE32.iter().position(|b| *b == c)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    Some(out)
}

/// The time step whose code this is, if it is a new one: the clocks may differ by one step, a code works once.
pub(crate) fn step_of(secret: &str, typed: &str, at: u64, last_step: i64) -> Result<Option<i64>> {
    let step = app(secret)?.check(typed, at);
    Ok(step
        .and_then(|step| i64::try_from(step).ok())
        .filter(|step| *step > last_step))
}

/// What the app reads from the picture. No personal data: the name of the organisation acted for and the system's.
pub(crate) fn address(secret: &str, label: &str) -> String {
    let label = web::list::encode(label);
    format!("otpauth://totp/%E5%9B%A2%E5%BB%BA:{label}?secret={secret}&issuer=%E5%9B%A2%E5%BB%BA")
}

/// The picture as an image the policy of the pages lets through.
pub(crate) fn picture(address: &str) -> Result<String> {
    let code = qrcode::QrCode::new(address.as_bytes())
        .map_err(|fault| anyhow::anyhow!("QR code: {fault}"))?;
    let image = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    // Without the XML declaration: it stands inside a page.
    Ok(image
        .split_once("?>")
        .map_or(image.clone(), |(_, svg)| svg.to_owned()))
}

#[cfg(test)]
pub(crate) fn code_at(secret: &str, at: u64) -> String {
    app(secret).expect("a key").generate(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds a code of an app lasts.
    const STEP: u64 = 30;

    #[test]
    fn sec_06_codes_are_those_of_the_published_vectors() {
        // RFC 6238, appendix B, SHA-1, the last six digits; the key is “12345678901234567890”.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(secret, at), code);
            assert!(step_of(secret, code, at, 0).unwrap().is_some());
            assert!(
                step_of(secret, code, at + STEP, 0).unwrap().is_some(),
                "one step late"
            );
            assert!(
                step_of(secret, code, at + 3 * STEP, 0).unwrap().is_none(),
                "too late"
            );
        }
        let step = step_of(secret, "287082", 59, 0).unwrap().unwrap();
        assert!(
            step_of(secret, "287082", 59, step).unwrap().is_none(),
            "once"
        );
    }

    #[test]
    fn sec_06_the_second_proof_comes_before_all_else_and_what_is_missing_after_the_password() {
        let at = Standing {
            strong: false,
            app: false,
            phone: false,
            must_change: false,
            demand: Demand::None,
        };
        assert_eq!(gate(at), None);
        assert_eq!(
            gate(Standing { app: true, ..at }),
            Some("/account/second"),
            "set up by oneself"
        );
        let any = Standing {
            demand: Demand::Any,
            ..at
        };
        assert_eq!(
            gate(Standing {
                phone: true,
                must_change: true,
                ..any
            }),
            Some("/account/second")
        );
        assert_eq!(
            gate(Standing {
                phone: true,
                strong: true,
                must_change: true,
                ..any
            }),
            Some("/account/first")
        );
        assert_eq!(
            gate(Standing {
                must_change: true,
                ..any
            }),
            Some("/account/first")
        );
        assert_eq!(
            gate(any),
            Some("/account/authenticator"),
            "nothing to prove with"
        );
        assert_eq!(
            gate(Standing {
                phone: true,
                strong: true,
                ..any
            }),
            None
        );
        let app = Standing {
            demand: Demand::App,
            strong: true,
            phone: true,
            ..at
        };
        assert_eq!(
            gate(app),
            Some("/account/authenticator"),
            "an SMS is not enough from the province upwards"
        );
        assert_eq!(gate(Standing { app: true, ..app }), None);
    }
}

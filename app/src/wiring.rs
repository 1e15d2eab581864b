//! The flat lists: which routes, work and policies the program consists of.

use crate::{pages, shell::ProgramShell};
use anyhow::{Context, bail};
use axum::{Router, extract::DefaultBodyLimit, middleware};
use base::Reserved;
use db::{Db, jobs::Registry};
use gateways::Gateways;
use std::{path::Path, sync::Arc};
use tower_http::{CompressionLevel, compression::CompressionLayer};
use web::{App, Mode, Policies, Routes};

/// Largest request body: an upload with its form (`up.excel.max`, `up.image.max` and some room).
const LARGEST_BODY: usize = 22 * 1024 * 1024;

/// The shipped profiles (GEN-02).
pub const PROFILES: [(&str, &str); 3] = [
    ("national", include_str!("../../profiles/national.toml")),
    ("guangdong", include_str!("../../profiles/guangdong.toml")),
    ("beijing", include_str!("../../profiles/beijing.toml")),
];

/// A profile's typed sections.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    orgs: orgs::Policy,
    people: people::Policy,
    accounts: accounts::Policy,
    transfers: transfers::Policy,
    upkeep: upkeep::Policy,
}

fn read_profile(name: &str) -> anyhow::Result<Profile> {
    let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name) else {
        bail!("没有名为“{name}”的规则，可选 national、guangdong、beijing");
    };
    toml::from_str(text).with_context(|| format!("profiles/{name}.toml"))
}

fn collect(profile: Profile, reserved: Reserved, gateways: Gateways) -> Policies {
    let mut policies = Policies::default();
    policies.add(gateways);
    let changes = upkeep::ChangeKind::new(
        profile.orgs.clone(),
        profile.upkeep.clone(),
        profile.accounts.clone(),
    );
    let appeals = accounts::AppealKind::new(profile.accounts.clone());
    policies.add(profile.orgs);
    policies.add(profile.accounts);
    let kinds = approvals::Kinds::new()
        .with(changes)
        .with(appeals)
        .with(accounts::FourEyesKind)
        .with(transfers::TransferKind::new(profile.transfers.clone()))
        .with(accounts::RegistrationKind::new(
            profile.people.clone(),
            reserved,
        ));
    // Transfers first: a case is always locked before the membership it moves.
    let departures = people::Departures(vec![
        Arc::new(transfers::TransferDeparture(kinds.clone())),
        Arc::new(accounts::AccountDeparture),
    ]);
    policies.add(
        kinds
            .with(people::ProfileKind::new(profile.people.clone(), reserved))
            .with(people::FilingKind::new(
                profile.people.clone(),
                departures.clone(),
            )),
    );
    policies.add(departures);
    policies.add(profile.people);
    policies.add(profile.transfers);
    policies.add(profile.upkeep);
    policies.add(sheets::Importers(vec![
        Arc::new(orgs::OrgImporter),
        Arc::new(upkeep::FreshmanImporter),
        Arc::new(people::MemberImporter),
        Arc::new(people::CadreImporter),
    ]));
    policies
}

/// The typed policies of a shipped profile, as tests use them: invented numbers are taken.
pub fn policies(name: &str) -> anyhow::Result<Policies> {
    Ok(collect(
        read_profile(name)?,
        Reserved::Accepted,
        Gateways::simulated(),
    ))
}

/// Every route with its declared access.
pub fn routes() -> Routes {
    pages::routes()
        .and(accounts::routes())
        .and(orgs::routes())
        .and(people::routes())
        .and(approvals::routes())
        .and(messages::routes())
        .and(transfers::routes())
        .and(upkeep::routes())
        .and(sheets::wizard::routes())
}

/// All background work and schedules.
pub fn registry(app: &App) -> Registry {
    let mut registry = Registry::default();
    registry.add(gateways::jobs(app.policy::<Gateways>()), Vec::new());
    for (jobs, schedules) in [
        pages::jobs(app),
        crate::figures::jobs(app),
        orgs::jobs(app),
        people::jobs(app),
        transfers::jobs(app),
        upkeep::jobs(app),
        accounts::jobs(app),
        approvals::jobs(app),
        sheets::wizard::jobs(app),
    ] {
        registry.add(jobs, schedules);
    }
    registry
}

/// The vendors of a mode: simulated ones for demonstrations, for real data those the settings name (GWY-01).
pub fn gateways(mode: Mode, settings: Option<&Path>) -> anyhow::Result<Gateways> {
    match (mode, settings) {
        (Mode::Demo, _) => Ok(Gateways::simulated()),
        (Mode::Production, None) => Ok(Gateways::default()),
        (Mode::Production, Some(file)) => gateways::Settings::read(file)?.gateways(),
    }
}

/// The state of the program.
pub fn app(
    db: Db,
    mode: Mode,
    profile: &str,
    files: files::Store,
    secure_cookies: bool,
) -> anyhow::Result<App> {
    let gateways = gateways(mode, None)?;
    app_with(db, mode, profile, files, secure_cookies, gateways, None)
}

/// The same with these vendors.
pub fn app_with(
    db: Db,
    mode: Mode,
    profile: &str,
    files: files::Store,
    secure_cookies: bool,
    gateways: Gateways,
    breached: Option<&Path>,
) -> anyhow::Result<App> {
    let mut profile_policy = read_profile(profile)?;
    profile_policy.accounts.breached =
        breached
            .map(accounts::Breached::open)
            .transpose()
            .map_err(|cause| match cause {
                base::Error::Internal(cause) => cause,
                other => anyhow::anyhow!("{other}"),
            })?;
    profile_policy.accounts.sms = gateways.sms.is_some();
    let strict = mode == Mode::Production;
    profile_policy.accounts.asks_idle = strict;
    let door = accounts::AccountsDoor::new(profile_policy.accounts.clone(), strict)
        .demanding_second_factor(strict);
    let reserved = if mode == Mode::Demo {
        Reserved::Accepted
    } else {
        Reserved::Refused
    };
    let policies = collect(profile_policy, reserved, gateways);
    Ok(App::new(
        db,
        mode,
        profile,
        policies,
        files,
        Arc::new(door),
        Arc::new(ProgramShell),
        secure_cookies,
    ))
}

/// Everything that answers requests, as one router.
pub fn router(app: &App) -> Router {
    routes()
        .into_router()
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        // A roster page of 39.7 kB: 8.2 kB at level 2, 7.8 at 3, 7.5 at 5, which costs 0.04 ms more than 3.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(5)))
        .merge(web::assets_router())
        .layer(middleware::from_fn_with_state(app.clone(), web::guard))
        .with_state(app.clone())
}

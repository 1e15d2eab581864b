//! Finding a target by path, by name or by number (TRF-14): links only, so it works without scripts.

use crate::actions::{member_facts, target_facts};
use crate::policy::Policy;
use crate::rules::{Kind, Reason, Request, about_target};
use crate::store;
use base::{OrgCategory, OrgId, OrgPath, PersonId, Result, text};
use db::Reader;
use orgs::Org;
use serde::Deserialize;
use web::list::encode;

/// Where the search stands.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    /// Words of the full name, or an 组织ID.
    #[serde(default)]
    pub q: String,
    /// Organisation whose direct subordinates are shown.
    #[serde(default)]
    pub at: String,
}

/// An organisation that may be chosen, or why not.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Short name.
    pub name: String,
    /// Full name.
    pub full: String,
    /// Category and number.
    pub about: String,
    /// The address that chooses it.
    pub choose: Option<String>,
    /// The address that shows what is below.
    pub open: Option<String>,
    /// Why it cannot be chosen.
    pub why: String,
}

/// The picker as shown.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What was typed.
    pub q: String,
    /// The way down, with addresses.
    pub crumbs: Vec<(String, String)>,
    /// What can be chosen.
    pub hits: Vec<Hit>,
    /// What to do when there is nothing.
    pub empty: &'static str,
}

/// What the picker chooses for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// How the transfer is started.
    pub kind: Kind,
    /// Who moves.
    pub person: PersonId,
    /// Why.
    pub reason: Reason,
    /// Address of the picker itself, ending in `&` or `?`.
    pub here: &'a str,
    /// Address a choice leads to, ending in `&` or `?`.
    pub next: &'a str,
}

const NOTHING: &str = "没有找到符合的组织。请核对全称或组织ID；组织类别选错、已撤销或归档的组织也搜不到，可请对方管理员核对。";

impl Picker {
    /// Searches or walks down.
    pub async fn find(
        reader: &mut Reader,
        search: &Search,
        purpose: Purpose<'_>,
        policy: &Policy,
    ) -> Result<Self> {
        let now = reader.now();
        let keys = reader.keys.clone();
        let q = text::normalise(&search.q);
        let mut crumbs = Vec::new();
        let found: Vec<Org> = if q.is_empty() {
            let at = match search.at.parse::<OrgId>() {
                Ok(id) => orgs::find(reader, id).await?,
                Err(_) => None,
            };
            let at = match at {
                Some(at) => Some(at),
                None => first_choice(reader).await?,
            };
            match at {
                Some(at) => {
                    let mut above = orgs::ancestors(reader, &at.path).await?;
                    above.push(at.clone());
                    crumbs = above
                        .into_iter()
                        .map(|org| (org.short_name, format!("{}at={}", purpose.here, org.id)))
                        .collect();
                    orgs::children(reader, at.id).await?
                }
                None => Vec::new(),
            }
        } else {
            by_words(reader, &q, policy).await?
        };
        let Some((_, subject)) = member_facts(reader, &keys, purpose.person).await? else {
            return Err(base::Error::NotFound);
        };
        let request = Request {
            reason: Some(purpose.reason),
            ..Request::default()
        };
        let mut hits = Vec::new();
        for org in found {
            let target = target_facts(reader, org).await?;
            let fault = about_target(&target, &request, purpose.kind, &subject, now, policy)
                .into_iter()
                .next();
            let org = target.org;
            hits.push(Hit {
                choose: fault
                    .is_none()
                    .then(|| format!("{}target={}", purpose.next, org.id)),
                open: (!org.is_branch()).then(|| format!("{}at={}", purpose.here, org.id)),
                about: format!("{}，组织ID {}", org.category_label(), org.number),
                // Leading bodies are only passed through on the way down.
                why: fault
                    .filter(|_| org.category != OrgCategory::LeadingBody)
                    .map(|fault| fault.message)
                    .unwrap_or_default(),
                name: org.short_name,
                full: org.full_name,
            });
        }
        Ok(Self {
            q,
            crumbs,
            hits,
            empty: NOTHING,
        })
    }
}

/// Where the way down begins: the highest organisation below which there is anything to choose.
async fn first_choice(reader: &mut Reader) -> Result<Option<Org>> {
    let mut at = orgs::by_path(reader, &OrgPath::root()).await?;
    while let Some(org) = &at {
        match orgs::children(reader, org.id).await?.as_slice() {
            [only] if only.category == OrgCategory::LeadingBody => at = Some(only.clone()),
            _ => break,
        }
    }
    Ok(at)
}

/// An 组织ID, a full name, or words of one.
async fn by_words(reader: &mut Reader, q: &str, policy: &Policy) -> Result<Vec<Org>> {
    if let Ok(number) = q.parse::<i64>() {
        return Ok(orgs::by_number(reader, number).await?.into_iter().collect());
    }
    let mut ids: Vec<OrgId> = store::by_full_name(reader, q).await?.into_iter().collect();
    let words: Vec<String> = q.split_whitespace().map(str::to_owned).collect();
    for id in store::search(reader, &words, policy.branch_targets_only).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let found = orgs::find_many(reader, &ids).await?;
    // find_many promises no order; the exact name stays first, then the shortest.
    Ok(ids
        .iter()
        .filter_map(|id| found.iter().find(|org| org.id == *id).cloned())
        .collect())
}

/// A query value.
pub fn value(text: &str) -> String {
    encode(text)
}

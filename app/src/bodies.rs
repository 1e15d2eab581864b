//! The leading bodies a deployment begins with (ORG-07): 38 province-level ones below the root and, from GB/T 2260, those
//! of cities and counties. The list is a file of facts with its version (`data/divisions.txt`); seeding twice changes nothing.

use access::Actor;
use anyhow::{Context, bail, ensure};
use base::OrgCategory;
use orgs::{NewOrg, Org};
use std::collections::{BTreeMap, HashMap, HashSet};
use web::App;

const FILE: &str = include_str!("../data/divisions.txt");

/// Province-level bodies that stand for no administrative division, in their usual order after the provinces: short name,
/// full name where it does not follow from it.
const OTHERS: [(OrgCategory, &str, &str); 7] = [
    (
        OrgCategory::LeadingBody,
        "团新疆生产建设兵团委",
        "共青团新疆生产建设兵团委员会",
    ),
    (OrgCategory::Committee, "全国铁道团委", "全国铁道团委"),
    (OrgCategory::Committee, "全国民航团委", "全国民航团委"),
    (
        OrgCategory::WorkCommittee,
        "中直机关团工委",
        "中直机关团工委",
    ),
    (
        OrgCategory::WorkCommittee,
        "中央国家机关团工委",
        "中央国家机关团工委",
    ),
    (
        OrgCategory::WorkCommittee,
        "中央金融团工委",
        "中央金融团工委",
    ),
    (
        OrgCategory::WorkCommittee,
        "中央企业团工委",
        "中央企业团工委",
    ),
];

/// An administrative division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Division {
    /// Six digits.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
}

impl Division {
    /// 1 province, 2 city, 3 county.
    pub fn level(self) -> u8 {
        if self.code.ends_with("0000") {
            1
        } else if self.code.ends_with("00") {
            2
        } else {
            3
        }
    }
}

/// The list with the day it is of.
pub fn divisions() -> (&'static str, Vec<Division>) {
    let version = FILE
        .lines()
        .find_map(|line| line.strip_prefix("# version "))
        .unwrap_or_default();
    let all = FILE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(code, name)| Division { code, name })
        .collect();
    (version, all)
}

/// Divisions by the one each stands directly below: a county directly below its province where there is no city between.
pub fn by_superior(all: &[Division]) -> BTreeMap<&'static str, Vec<Division>> {
    let known: HashSet<&str> = all.iter().map(|d| d.code).collect();
    let find = |prefix: &str, zeros: &str| {
        known
            .get(format!("{prefix}{zeros}").as_str())
            .copied()
            .unwrap_or_default()
    };
    let mut below: BTreeMap<&str, Vec<Division>> = BTreeMap::new();
    for division in all {
        let superior = match division.level() {
            1 => "",
            2 => find(&division.code[..2], "0000"),
            _ => match find(&division.code[..4], "00") {
                "" => find(&division.code[..2], "0000"),
                city => city,
            },
        };
        below.entry(superior).or_default().push(*division);
    }
    below
}

/// The province a root is the body of, by its full or short name (ORG-18, ORG-19).
pub fn province_of(full_name: &str) -> Option<&'static str> {
    let (_, all) = divisions();
    let name = full_name.strip_prefix("共青").unwrap_or(full_name);
    let name = name.strip_prefix('团')?;
    let name = name
        .strip_suffix("委员会")
        .or_else(|| name.strip_suffix('委'))?;
    all.iter()
        .find(|d| d.level() == 1 && d.name == name)
        .map(|d| d.code)
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Bodies made now.
    pub made: usize,
    /// Bodies that stood already, whatever they are called meanwhile.
    pub there: usize,
}

/// Seeds leading bodies below the root, down to a level (1 provinces, 2 cities, 3 counties); `province`, two digits, narrows it
/// to one. A root that is itself the body of that province has its cities directly below. May be stopped anywhere and run again.
pub async fn seed(app: &App, province: Option<&str>, levels: u8) -> anyhow::Result<Seeded> {
    let mut reader = app.db().read().await?;
    let demo =
        sqlx::query_scalar!(r#"select exists (select from setting where name = 'demo') as "yes!""#)
            .fetch_one(&mut *reader)
            .await?;
    ensure!(!demo, "这是演示数据库，真实的领导机关不写进演示数据。");
    let root = orgs::by_path(&mut reader, &base::OrgPath::root())
        .await?
        .context("还没有根组织，请先执行 init")?;
    drop(reader);
    let (_, all) = divisions();
    let below = by_superior(&all);
    let chosen = match province {
        Some(digits) => {
            let code = format!("{digits}0000");
            let found = all.iter().find(|d| d.code == code).copied();
            Some(found.with_context(|| format!("没有代码为 {digits} 的省级行政区划"))?)
        }
        None => None,
    };
    let mut done = Seeded::default();
    let named = chosen.filter(|d| root.full_name.contains(d.name));
    let own = root.region.as_deref();
    let own = own.or_else(|| province_of(&root.full_name).or(named.map(|d| d.code)));
    let own = own.and_then(|code| all.iter().find(|d| d.code == code).copied());
    if let Some(own) = own {
        ensure!(
            chosen.is_none_or(|chosen| chosen == own),
            "根组织是{}的团委，只能写入本省的领导机关：--province {}",
            own.name,
            &own.code[..2]
        );
        let mut tx = app.db().begin(Actor::system("bodies")).await?;
        // What the highest levels may depends on it; roots of earlier deployments have none yet.
        if orgs::set_region(&mut tx, root.id, own.code).await? {
            tx.record(
                db::Event::new("org.region_set", "org", root.id)
                    .org(root.id)
                    .after(serde_json::json!({ "region": own.code })),
            );
            tx.commit().await?;
        }
        let root = Org {
            region: Some(own.code.to_owned()),
            ..root
        };
        let mut work = vec![(root, own.code)];
        descend(app, &below, &mut work, levels, &mut done).await?;
        return Ok(done);
    }
    let provinces: Vec<Division> = below[""]
        .iter()
        .filter(|d| chosen.is_none_or(|c| c.code == d.code))
        .copied()
        .collect();
    let mut wanted: Vec<NewOrg> = provinces.iter().map(|d| body(*d)).collect();
    if chosen.is_none() {
        wanted.extend(OTHERS.iter().map(|(category, short, full)| NewOrg {
            full_name: Some((*full).to_owned()),
            ..NewOrg::plain(*category, *short)
        }));
    }
    let made = place(app, &root, wanted, &mut done).await?;
    if levels > 1 {
        let mut work = Vec::new();
        for division in &provinces {
            let Some(org) = made.get(division.code) else {
                bail!("{}没有写入", division.name);
            };
            work.push((org.clone(), division.code));
        }
        descend(app, &below, &mut work, levels, &mut done).await?;
    }
    Ok(done)
}

fn body(division: Division) -> NewOrg {
    NewOrg {
        region: Some(division.code.to_owned()),
        ..NewOrg::plain(OrgCategory::LeadingBody, format!("团{}委", division.name))
    }
}

/// Goes down from bodies that stand, level by level.
async fn descend(
    app: &App,
    below: &BTreeMap<&'static str, Vec<Division>>,
    work: &mut Vec<(Org, &'static str)>,
    levels: u8,
    done: &mut Seeded,
) -> anyhow::Result<()> {
    while let Some((superior, code)) = work.pop() {
        let Some(divisions) = below.get(code) else {
            continue;
        };
        let divisions: Vec<Division> = divisions
            .iter()
            .filter(|d| d.level() <= levels)
            .copied()
            .collect();
        let wanted = divisions.iter().map(|d| body(*d)).collect();
        let mut standing = place(app, &superior, wanted, done).await?;
        for division in divisions.into_iter().filter(|d| d.level() < levels) {
            if let Some(org) = standing.remove(division.code) {
                work.push((org, division.code));
            }
        }
    }
    Ok(())
}

/// Makes what does not stand below a superior yet, in one transaction; answers all of them by their region. Known again are
/// bodies by region, whatever they were renamed to, others by short name.
async fn place(
    app: &App,
    superior: &Org,
    wanted: Vec<NewOrg>,
    done: &mut Seeded,
) -> anyhow::Result<HashMap<String, Org>> {
    let mut tx = app.db().begin(Actor::system("bodies")).await?;
    let mut standing = orgs::children(&mut tx, superior.id).await?;
    let regions: HashSet<&str> = standing
        .iter()
        .filter_map(|o| o.region.as_deref())
        .collect();
    let names: HashSet<&str> = standing.iter().map(|o| o.short_name.as_str()).collect();
    let all = wanted.len();
    let missing: Vec<NewOrg> = wanted
        .into_iter()
        .filter(|new| {
            let by_region = new.region.as_deref().is_some_and(|r| regions.contains(r));
            !by_region && !names.contains(new.short_name.as_str())
        })
        .collect();
    done.there += all - missing.len();
    done.made += missing.len();
    if !missing.is_empty() {
        let made = orgs::create_many(&mut tx, superior, missing, app.policy()).await?;
        tx.commit().await?;
        standing.extend(made);
    }
    Ok(standing
        .into_iter()
        .filter_map(|org| Some((org.region.clone()?, org)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_07_the_list_of_divisions_is_whole_and_says_its_version() {
        let (version, all) = divisions();
        assert_eq!(version, "2023-06-30");
        let count = |level| all.iter().filter(|d| d.level() == level).count();
        assert_eq!((count(1), count(2)), (31, 333));
        assert_eq!(count(1) + OTHERS.len(), 38);
        assert!(all.windows(2).all(|two| two[0].code < two[1].code));
        let below = by_superior(&all);
        assert_eq!(below[""].len(), 31, "everything else has its superior");
        assert_eq!(below.values().map(Vec::len).sum::<usize>(), all.len());
        // Beijing's districts and Jiyuan stand directly below their provinces.
        assert!(below["110000"].iter().any(|d| d.name == "海淀区"));
        assert!(below["410000"].iter().any(|d| d.name == "济源市"));
        assert!(below["370100"].iter().any(|d| d.name == "天桥区"));
        for divisions in below.values() {
            let names: HashSet<&str> = divisions.iter().map(|d| d.name).collect();
            assert_eq!(names.len(), divisions.len(), "siblings' names differ");
        }
    }
}

//! 〔导入下级团支部团员团干部〕.

use super::{columns, row_faults, typed};
use crate::actions::{self, Entry, Outcome, known_elsewhere};
use crate::rules::{self, Circumstances, Demand, How, NewMember, Policy};
use crate::store;
use access::{Actor, OrgRef, Permission, Relation};
use base::{Error, OrgCategory, OrgId, Result};
use db::Tx;
use futures::future::BoxFuture;
use orgs::Org;
use sheets::wizard::{After, Importer, Run, Target, Verdict};
use sheets::{Column, Kind, Limits, Row, RowFault, Template};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use web::App;

/// Imports members into a branch, or into the branches directly below an organisation.
#[derive(Debug, Default, Clone, Copy)]
pub struct MemberImporter;

/// The branches rows may go to, by full name, short name and number.
struct Branches {
    all: Vec<Org>,
    by_name: HashMap<String, usize>,
    only: bool,
}

impl Branches {
    async fn of(conn: &mut PgConnection, target: &Target) -> Result<Self> {
        let only = target.org.category == OrgCategory::Branch;
        let all: Vec<Org> = if only {
            orgs::find(conn, target.org.id).await?.into_iter().collect()
        } else {
            orgs::children(conn, target.org.id)
                .await?
                .into_iter()
                .filter(Org::is_branch)
                .collect()
        };
        let mut by_name = HashMap::new();
        for (i, org) in all.iter().enumerate() {
            for name in [
                org.full_name.clone(),
                org.short_name.clone(),
                org.number.to_string(),
            ] {
                by_name.insert(name, i);
            }
        }
        Ok(Self { all, by_name, only })
    }

    fn find(&self, row: &Row) -> Option<&Org> {
        if self.only {
            self.all.first()
        } else {
            self.by_name
                .get(row.text("branch"))
                .and_then(|i| self.all.get(*i))
        }
    }
}

/// A row that passed: the record, the blind index of its ID number, the branch it goes to.
type Good<'a> = (NewMember, Vec<u8>, &'a Org);

async fn around(
    app: &App,
    conn: &mut PgConnection,
    branches: &Branches,
) -> Result<Option<Circumstances>> {
    // All branches stand under one provincial body.
    match branches.all.first() {
        Some(org) => Ok(Some(
            actions::circumstances(conn, org, Demand::Member, app.now(), app.reserved()).await?,
        )),
        None => Ok(None),
    }
}

/// A branch's secretary is put in by the superior (ROS-41).
fn secretary_by_itself(new: &NewMember, run: &Run) -> bool {
    run.owner == run.target.org.id
        && run.target.org.category == OrgCategory::Branch
        && new.post.as_ref().is_some_and(|p| p.title == "书记")
}

async fn judge(
    app: &App,
    conn: &mut PgConnection,
    run: &Run,
    rows: &[Row],
) -> Result<Vec<Verdict>> {
    let branches = Branches::of(conn, &run.target).await?;
    let policy: &Policy = app.policy();
    let Some(around) = around(app, conn, &branches).await? else {
        let reason = "本组织没有直属团支部，请先新建团支部";
        return Ok(rows
            .iter()
            .map(|_| Verdict::faulty(vec![RowFault::rule("branch", reason)]))
            .collect());
    };
    let keys = app.db().keys.clone();
    let checked: Vec<Result<Good<'_>, Vec<RowFault>>> = rows
        .iter()
        .map(|row| {
            let org = branches.find(row);
            let result = rules::check(&typed(row), policy, &around);
            match (org, result) {
                (Some(org), Ok(new)) => {
                    if secretary_by_itself(&new, run) {
                        return Err(vec![RowFault::rule("title", "变更团支部书记请联系上级团组织管理员。请清空该格，先作为团员导入。")]);
                    }
                    let hash = store::blind_id(&keys, &new.id_number);
                    Ok((new, hash, org))
                }
                (org, result) => {
                    let mut faults = result.err().map(|f| row_faults(&f)).unwrap_or_default();
                    if org.is_none() {
                        let named = row.text("branch");
                        faults.push(RowFault::rule(
                            "branch",
                            format!("所在团支部〔{named}〕不是〔{}〕的直属团支部，请填写团支部全称或8位组织ID", run.target.name),
                        ));
                    }
                    Err(faults)
                }
            }
        })
        .collect();

    let good: Vec<&Good<'_>> = checked.iter().filter_map(|c| c.as_ref().ok()).collect();
    let hashes: Vec<Vec<u8>> = good.iter().map(|(_, hash, _)| hash.clone()).collect();
    let known = known_elsewhere(conn, &hashes).await?;
    let numbers: Vec<String> = good
        .iter()
        .filter_map(|(new, _, _)| new.admission_number.clone())
        .collect();
    let owners = store::number_owners(conn, &numbers).await?;
    let names: Vec<String> = good.iter().map(|(new, _, _)| new.name.clone()).collect();
    let namesakes = store::namesakes(
        conn,
        run.target.org.path.as_str(),
        &run.target.org.path.subtree_end(),
        &names,
    )
    .await?;

    let (mut seen, mut numbers_seen) = (HashSet::new(), HashSet::new());
    Ok(checked
        .into_iter()
        .map(|result| {
            let (new, hash, org) = match result {
                Ok(good) => good,
                Err(faults) => return Verdict::faulty(faults),
            };
            if !seen.insert(hash.clone()) {
                return Verdict::duplicate(rules::repeated().message);
            }
            let person = known.get(&hash);
            if let Some((_, there, branch)) = person
                && let Some(fault) = rules::double(&new, &there.as_of(*branch == Some(org.id)))
            {
                return if fault.code == "id_number.here" {
                    Verdict::duplicate(fault.message)
                } else {
                    Verdict::faulty(row_faults(&[fault]))
                };
            }
            if let Some(number) = &new.admission_number {
                let owner = owners.get(number);
                if !numbers_seen.insert(number.clone())
                    || owner.is_some_and(|o| person.is_none_or(|(p, _, _)| p != o))
                {
                    return Verdict::faulty(row_faults(&[rules::number_taken()]));
                }
            }
            let mut warnings = row_faults(&new.warnings);
            if person.is_none() && namesakes.contains(&(new.name.clone(), new.born)) {
                // ROS-20.
                warnings.push(RowFault::rule(
                    "name",
                    "本组织内已有同名同生日、身份证号不同的团员，请核对是否同一人",
                ));
            }
            let facts = vec![
                ("所在团支部".to_owned(), org.full_name.clone()),
                ("性别".to_owned(), new.sex.label().to_owned()),
                ("出生日期".to_owned(), new.born.to_string()),
            ];
            Verdict::preview(facts).warn(warnings)
        })
        .collect())
}

async fn put_in(app: &App, tx: &mut Tx, run: &Run, rows: &[Row]) -> Result<Vec<Uuid>> {
    let branches = Branches::of(tx, &run.target).await?;
    let policy: &Policy = app.policy();
    let moved = || Error::Conflict("团支部或名册刚刚有变动，请返回预览重新核对后再确认导入".into());
    let around = around(app, tx, &branches).await?.ok_or_else(moved)?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let org = branches.find(row).ok_or_else(moved)?;
        let new = rules::check(&typed(row), policy, &around).map_err(|_| moved())?;
        entries.push(Entry { org, new });
    }
    let outcomes = actions::enter_members(tx, entries, How::Imported, Some(run.id.0)).await?;
    outcomes
        .into_iter()
        .zip(rows)
        .map(|(outcome, row)| match outcome {
            Outcome::Entered(person) => Ok(person.0),
            // Somebody was faster than this import: nothing is applied, the next preview shows it.
            Outcome::Refused(fault) => Err(Error::Conflict(format!(
                "第{}行：{}。整批没有写入，请返回预览重新核对",
                row.number, fault.message
            ))),
        })
        .collect()
}

impl Importer for MemberImporter {
    fn kind(&self) -> &'static str {
        "members"
    }

    fn title(&self) -> &'static str {
        "批量导入团员"
    }

    fn place(&self) -> &'static str {
        "/console/members"
    }

    fn counted(&self, number: i64) -> String {
        format!("{number}名团员")
    }

    fn permission(&self) -> Permission {
        Permission::EnterMembers
    }

    fn authorise(&self, actor: &Actor, target: &Target) -> Result<()> {
        if target.org.category != OrgCategory::Branch
            && actor.relation(&target.org) == Relation::Own
        {
            // Into the branches directly below the own organisation (ROS-01).
            let below = OrgRef {
                id: OrgId(Uuid::nil()),
                path: target.org.path.child(1),
                category: OrgCategory::Branch,
            };
            return actor.require(Permission::EnterMembers, &below);
        }
        actor.require(Permission::EnterMembers, &target.org)
    }

    fn target<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Target>>> {
        Box::pin(super::target(conn, org))
    }

    fn template<'a>(
        &'a self,
        app: &'a App,
        _: &'a mut PgConnection,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Template>> {
        Box::pin(async move {
            let branch = Column::new("branch", "所在团支部全称或ID", Kind::Text)
                .required()
                .hint("团支部全称或8位组织ID")
                .example(target.name.clone())
                .width(40);
            let branch = if target.org.category == OrgCategory::Branch {
                branch.locked(target.name.clone())
            } else {
                branch
            };
            let mut all = vec![branch];
            all.extend(columns::personal(true, app.policy()));
            all.extend(columns::post(OrgCategory::Branch, false));
            Ok(Template {
                kind: "members",
                version: 1,
                title: "导入下级团支部团员团干部".into(),
                instructions: vec![
                    "每行一人；红色表头必填。".into(),
                    "一次可以导入不同年份入团的团员。".into(),
                    "身份证号、发展团员编号、手机号码各列须为文本格式。".into(),
                    "职务不填即为普通团员；团支部书记由上级团组织设置。".into(),
                ],
                columns: all,
            })
        })
    }

    fn limits(&self, app: &App) -> Limits {
        Limits::new(app.policy::<Policy>().import_rows, 10)
    }

    fn explain(&self, app: &App, target: &Target) -> Vec<String> {
        let rows = app.policy::<Policy>().import_rows;
        vec![
            format!(
                "导入到〔{}〕{}。",
                target.name,
                if target.org.category == OrgCategory::Branch {
                    ""
                } else {
                    "直属的团支部"
                }
            ),
            format!(
                "每个文件不超过{rows}行、10MB，格式为.xlsx。先核对，再确认；重复上传不会重复录入。"
            ),
            "此模板与〔导入本级团干部〕模板不可混用。".into(),
        ]
    }

    fn check<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        Box::pin(judge(app, conn, run, rows))
    }

    fn apply<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Uuid>>> {
        Box::pin(put_in(app, tx, run, rows))
    }

    fn after<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        _: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>> {
        Box::pin(async move {
            let policy: &Policy = app.policy();
            let names = store::uncertified_names(conn, made).await?;
            let mut after = After {
                link: Some(("查看团员名册".into(), "/console/members".into())),
                notes: Vec::new(),
            };
            if !names.is_empty() {
                // ROS-06.
                let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
                let rest = if names.len() > 20 { "等" } else { "" };
                after.notes.push((
                    format!(
                        "其中{}人于{}及以后入团，须上传入团志愿书，完成团员身份认证：{}{rest}",
                        names.len(),
                        policy.certification_from.chinese(),
                        shown.join("、")
                    ),
                    Some("/console/members?view=uncertified".into()),
                ));
            }
            Ok(after)
        })
    }

    fn take_back<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(super::undo::members(tx, run, made))
    }
}

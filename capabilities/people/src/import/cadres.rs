//! 〔导入本级团干部〕.

use super::{columns, row_faults, typed};
use crate::actions::{self, known_elsewhere};
use crate::rules::{self, Demand, Policy};
use crate::store;
use access::Permission;
use base::{Error, OrgCategory, OrgId, Result};
use db::Tx;
use futures::future::BoxFuture;
use sheets::wizard::{After, Importer, Run, Target, Verdict};
use sheets::{Limits, Row, RowFault, Template};
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;
use web::App;

/// Imports the cadres of one organisation.
#[derive(Debug, Default, Clone, Copy)]
pub struct CadreImporter;

async fn judge(
    app: &App,
    conn: &mut PgConnection,
    run: &Run,
    rows: &[Row],
) -> Result<Vec<Verdict>> {
    let org = orgs::find(conn, run.target.org.id)
        .await?
        .ok_or(Error::NotFound)?;
    let around =
        actions::circumstances(conn, &org, Demand::Cadre, app.now(), app.reserved()).await?;
    let keys = app.db().keys.clone();
    let checked: Vec<_> = rows
        .iter()
        .map(|row| {
            let new = rules::check(&typed(row), app.policy::<Policy>(), &around)
                .map_err(|f| row_faults(&f))?;
            let hash = store::blind_id(&keys, &new.id_number);
            Ok::<_, Vec<RowFault>>((new, hash))
        })
        .collect();
    let hashes: Vec<Vec<u8>> = checked
        .iter()
        .filter_map(|c| c.as_ref().ok())
        .map(|(_, hash)| hash.clone())
        .collect();
    let known = known_elsewhere(conn, &hashes).await?;
    let numbers: Vec<String> = checked
        .iter()
        .filter_map(|c| c.as_ref().ok())
        .filter_map(|(new, _)| new.admission_number.clone())
        .collect();
    let owners = store::number_owners(conn, &numbers).await?;
    let standing = store::org_posts(conn, org.id).await?;
    let mut seen = HashSet::new();
    let mut secretaries = 0;
    Ok(checked
        .into_iter()
        .map(|result| {
            let (new, hash) = match result {
                Ok(good) => good,
                Err(faults) => return Verdict::faulty(faults),
            };
            let title = new
                .post
                .as_ref()
                .map(|p| p.title.clone())
                .unwrap_or_default();
            if !seen.insert((hash.clone(), title.clone())) {
                return Verdict::duplicate(rules::repeated().message);
            }
            if title == "书记" {
                secretaries += 1;
                if org.category == OrgCategory::Branch && run.owner == org.id {
                    return Verdict::faulty(vec![RowFault::rule(
                        "title",
                        "变更团支部书记请联系上级团组织管理员。",
                    )]);
                }
                if secretaries > 1 || standing.iter().any(|p| p.is_secretary) {
                    // ROS-42 asks for a confirmation, which a table does not give.
                    return Verdict::faulty(vec![RowFault::rule(
                        "title",
                        "书记只能有一人：已有书记的，请在“团干部列表”中办理职务变更",
                    )]);
                }
            }
            let person = known.get(&hash);
            if let Some((id, there, _)) = person {
                if there.as_of(false).name != new.name {
                    return Verdict::faulty(vec![RowFault::rule(
                        "name",
                        "姓名与该身份证号在系统中的姓名不一致，请核对",
                    )]);
                }
                if standing.iter().any(|p| p.person == *id && p.title == title) {
                    return Verdict::duplicate("本组织已有此团干，无需再录");
                }
            } else if new
                .admission_number
                .as_ref()
                .is_some_and(|n| owners.contains_key(n))
            {
                return Verdict::faulty(row_faults(&[rules::number_taken()]));
            }
            let how = if person.is_some() {
                "系统中已有此人，只增加职务，资料沿用"
            } else {
                "新录入"
            };
            Verdict::preview(vec![("职务".into(), title), ("人员".into(), how.into())])
                .warn(row_faults(&new.warnings))
        })
        .collect())
}

async fn put_in(app: &App, tx: &mut Tx, run: &Run, rows: &[Row]) -> Result<Vec<Uuid>> {
    let org = orgs::find(tx, run.target.org.id)
        .await?
        .ok_or(Error::NotFound)?;
    let around = actions::circumstances(tx, &org, Demand::Cadre, app.now(), app.reserved()).await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let new = rules::check(&typed(row), app.policy::<Policy>(), &around).map_err(|_| {
            Error::Conflict("组织刚刚有变动，请返回预览重新核对后再确认导入".into())
        })?;
        made.push(
            actions::enter_cadre(tx, &org, &new, &run.id.to_string())
                .await?
                .0,
        );
    }
    Ok(made)
}

impl Importer for CadreImporter {
    fn kind(&self) -> &'static str {
        "cadres"
    }

    fn title(&self) -> &'static str {
        "导入本级团干部"
    }

    fn place(&self) -> &'static str {
        "/console/cadres"
    }

    fn counted(&self, number: i64) -> String {
        format!("{number}名团干部")
    }

    fn permission(&self) -> Permission {
        Permission::EnterCadres
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
            let mut all = columns::personal(false, app.policy());
            all.extend(columns::post(target.org.category, true));
            Ok(Template {
                kind: "cadres",
                version: 1,
                title: "导入本级团干部".into(),
                instructions: vec![
                    "每行一人一职；红色表头必填。".into(),
                    "系统中已有的人员只增加职务，其余资料沿用，姓名须与系统一致。".into(),
                    "身份证号、发展团员编号、手机号码各列须为文本格式。".into(),
                ],
                columns: all,
            })
        })
    }

    fn limits(&self, app: &App) -> Limits {
        Limits::new(app.policy::<Policy>().import_rows, 10)
    }

    fn explain(&self, _: &App, target: &Target) -> Vec<String> {
        vec![
            format!(
                "导入〔{}〕本级的团干部；下级团支部的团员请用〔导入下级团支部团员团干部〕模板，两种模板不可混用。",
                target.name
            ),
            "团员身份不因任职改变：系统中已有的人只增加职务。".into(),
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
        _: &'a App,
        _: &'a mut PgConnection,
        _: &'a Run,
        _: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>> {
        Box::pin(async {
            Ok(After {
                link: Some(("查看团干部列表".into(), "/console/cadres".into())),
                notes: Vec::new(),
            })
        })
    }

    fn take_back<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(super::undo::cadres(tx, run, made))
    }
}

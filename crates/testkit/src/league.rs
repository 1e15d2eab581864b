use access::OrgRef;
use base::{OrgCategory, OrgId, OrgPath};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The moment tests begin: Friday 18 September 2026, 10:00 in China.
pub fn now() -> DateTime<Utc> {
    "2026-09-18T02:00:00Z".parse().expect("a moment")
}

/// The small fake league every test database holds (drawn in the crate's doc). Its organisations have no people yet.
#[derive(Clone, Debug)]
pub struct League {
    /// 共青团中央（演示）.
    pub root: OrgRef,
    /// 团海棠省委.
    pub province: OrgRef,
    /// 团青禾市委.
    pub city: OrgRef,
    /// 海棠理工大学团委.
    pub university: OrgRef,
    /// 信息学院团委.
    pub college: OrgRef,
    /// 软件2023级1班团支部.
    pub branch: OrgRef,
    /// 软件2023级2班团支部.
    pub branch_2: OrgRef,
    /// 文学院团总支.
    pub general: OrgRef,
    /// 汉语2024级1班团支部.
    pub branch_3: OrgRef,
    /// 青禾制造公司团委.
    pub company: OrgRef,
    /// 总装车间团支部.
    pub workshop: OrgRef,
    /// 团白露市委.
    pub other_city: OrgRef,
    /// 云栖街道团工委.
    pub street: OrgRef,
    /// 云栖街道流动团员团支部.
    pub floating: OrgRef,
}

const STUDENTS: Option<&str> = Some("普通高等院校(公办-学生)");

/// number, place (child numbers from the root), category, kind, short name, full name, sector, region.
type Line = (
    i64,
    &'static [u32],
    OrgCategory,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

const LINES: [Line; 14] = [
    (
        10000001,
        &[],
        OrgCategory::LeadingBody,
        "ordinary",
        "团中央",
        "共青团中央（演示）",
        None,
        None,
    ),
    (
        10000002,
        &[1],
        OrgCategory::LeadingBody,
        "ordinary",
        "团海棠省委",
        "共青团海棠省委员会",
        None,
        Some("990000"),
    ),
    (
        10000003,
        &[1, 1],
        OrgCategory::LeadingBody,
        "ordinary",
        "团青禾市委",
        "共青团海棠省青禾市委员会",
        None,
        Some("990100"),
    ),
    (
        10000004,
        &[1, 1, 1],
        OrgCategory::Committee,
        "ordinary",
        "海棠理工大学团委",
        "海棠理工大学团委",
        STUDENTS,
        None,
    ),
    (
        10000005,
        &[1, 1, 1, 1],
        OrgCategory::Committee,
        "ordinary",
        "信息学院团委",
        "海棠理工大学信息学院团委",
        STUDENTS,
        None,
    ),
    (
        10000006,
        &[1, 1, 1, 1, 1],
        OrgCategory::Branch,
        "ordinary",
        "软件2023级1班团支部",
        "海棠理工大学信息学院软件2023级1班团支部",
        STUDENTS,
        None,
    ),
    (
        10000007,
        &[1, 1, 1, 1, 2],
        OrgCategory::Branch,
        "ordinary",
        "软件2023级2班团支部",
        "海棠理工大学信息学院软件2023级2班团支部",
        STUDENTS,
        None,
    ),
    (
        10000008,
        &[1, 1, 1, 2],
        OrgCategory::GeneralBranch,
        "ordinary",
        "文学院团总支",
        "海棠理工大学文学院团总支",
        STUDENTS,
        None,
    ),
    (
        10000009,
        &[1, 1, 1, 2, 1],
        OrgCategory::Branch,
        "ordinary",
        "汉语2024级1班团支部",
        "海棠理工大学文学院汉语2024级1班团支部",
        STUDENTS,
        None,
    ),
    (
        10000010,
        &[1, 1, 2],
        OrgCategory::Committee,
        "ordinary",
        "青禾制造公司团委",
        "青禾制造公司团委",
        Some("国有企业"),
        None,
    ),
    (
        10000011,
        &[1, 1, 2, 1],
        OrgCategory::Branch,
        "ordinary",
        "总装车间团支部",
        "青禾制造公司总装车间团支部",
        Some("国有企业"),
        None,
    ),
    (
        10000012,
        &[1, 2],
        OrgCategory::LeadingBody,
        "ordinary",
        "团白露市委",
        "共青团海棠省白露市委员会",
        None,
        Some("990200"),
    ),
    (
        10000013,
        &[1, 2, 1],
        OrgCategory::WorkCommittee,
        "ordinary",
        "云栖街道团工委",
        "云栖街道团工委",
        Some("城市街道"),
        Some("990202001"),
    ),
    (
        10000014,
        &[1, 2, 1, 1],
        OrgCategory::Branch,
        "floating",
        "云栖街道流动团员团支部",
        "云栖街道流动团员团支部",
        Some("城市街道"),
        Some("990202001"),
    ),
];

fn place(steps: &[u32]) -> OrgPath {
    steps
        .iter()
        .fold(OrgPath::root(), |path, step| path.child(*step))
}

fn id(number: i64) -> OrgId {
    OrgId(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 + number as u128,
    ))
}

impl League {
    /// The same in every test.
    pub fn new() -> Self {
        let org = |n: usize| {
            let line = &LINES[n];
            OrgRef {
                id: id(line.0),
                path: place(line.1),
                category: line.2,
            }
        };
        Self {
            root: org(0),
            province: org(1),
            city: org(2),
            university: org(3),
            college: org(4),
            branch: org(5),
            branch_2: org(6),
            general: org(7),
            branch_3: org(8),
            company: org(9),
            workshop: org(10),
            other_city: org(11),
            street: org(12),
            floating: org(13),
        }
    }

    /// Short name of one of them.
    pub fn name(&self, org: &OrgRef) -> &'static str {
        LINES
            .iter()
            .find(|line| id(line.0) == org.id)
            .map_or("", |line| line.4)
    }

    /// 组织ID of one of them.
    pub fn number(&self, org: &OrgRef) -> i64 {
        LINES
            .iter()
            .find(|line| id(line.0) == org.id)
            .map_or(0, |line| line.0)
    }
}

impl Default for League {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kit writes the league past the capabilities, for tests of the capabilities"
)]
pub(crate) async fn insert(conn: &mut PgConnection) {
    for line in &LINES {
        let path = place(line.1);
        let parent = path
            .parent()
            .and_then(|up| LINES.iter().find(|l| place(l.1) == up))
            .map(|l| id(l.0).0);
        let accepts = line.2 == OrgCategory::Branch;
        sqlx::query(
            "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, sort_no,
                              founded_on, accepts_registration, created_at, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, '2023-09-01', $12, $13, 1)",
        )
        .bind(id(line.0).0)
        .bind(line.0)
        .bind(parent)
        .bind(path.as_str())
        .bind(line.2.code())
        .bind(line.3)
        .bind(line.4)
        .bind(line.5)
        .bind(line.6)
        .bind(line.7)
        .bind(line.1.last().copied().unwrap_or(1) as i32)
        .bind(accepts)
        .bind(now())
        .execute(&mut *conn)
        .await
        .expect("organisation");
        sqlx::query(
            "insert into branch_counter (org_id, path, members, cadres, incomplete, number_faults, uncertified) values ($1, $2, 0, 0, 0, 0, 0)",
        )
        .bind(id(line.0).0)
        .bind(path.as_str())
        .execute(&mut *conn)
        .await
        .expect("counter");
    }
    sqlx::query("update number_range set next = 10000015 where name = 'org'")
        .execute(conn)
        .await
        .expect("numbers");
}

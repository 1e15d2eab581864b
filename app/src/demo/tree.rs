//! The organisations of 海棠省, an invented province: leading bodies, a university with colleges, general branches and
//! classes, a vocational college, a middle school, a company, a county with a township and its floating branch.

use base::OrgCategory::{self, Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};

/// One organisation of the demonstration, with its subordinates.
pub(super) struct Node {
    pub(super) category: OrgCategory,
    pub(super) kind: &'static str,
    pub(super) short: String,
    pub(super) full: Option<String>,
    pub(super) sector: Option<&'static str>,
    pub(super) region: Option<&'static str>,
    /// Year members of this branch entered school; 0 for working people.
    pub(super) entry_year: i32,
    /// Members to be invented.
    pub(super) members: usize,
    pub(super) below: Vec<Node>,
}

const UNIVERSITY: &str = "普通高等院校(公办-学生)";
const STAFF: &str = "普通高等院校(公办-教职工)";
const VOCATIONAL: &str = "中等职业学校";
const HIGH: &str = "普通高中";
const STATE: &str = "国有企业";
const PRIVATE: &str = "非公有制企业";
const STREET: &str = "城市街道";
const TOWN: &str = "乡镇";

fn node(
    category: OrgCategory,
    short: &str,
    sector: Option<&'static str>,
    below: Vec<Node>,
) -> Node {
    Node {
        category,
        kind: "ordinary",
        short: short.to_owned(),
        full: None,
        sector,
        region: None,
        entry_year: 0,
        members: 0,
        below,
    }
}

fn body(short: &str, full: &str, region: &'static str, below: Vec<Node>) -> Node {
    Node {
        full: Some(full.to_owned()),
        region: Some(region),
        ..node(LeadingBody, short, None, below)
    }
}

/// `classes` class branches of a major entered in `year`, of about `size` members.
fn classes(major: &str, year: i32, classes: usize, size: usize, sector: &'static str) -> Vec<Node> {
    (1..=classes)
        .map(|class| Node {
            entry_year: year,
            // Sizes differ as in life, the same in every seeding.
            members: size + (class * 7 + year as usize) % 6,
            ..node(
                Branch,
                &format!("{major}{year}级{class}班团支部"),
                Some(sector),
                Vec::new(),
            )
        })
        .collect()
}

fn branch(short: &str, sector: &'static str, members: usize) -> Node {
    Node {
        members,
        ..node(Branch, short, Some(sector), Vec::new())
    }
}

fn university() -> Node {
    let college = |short: &str, below: Vec<Vec<Node>>| {
        node(
            Committee,
            short,
            Some(UNIVERSITY),
            below.into_iter().flatten().collect(),
        )
    };
    let long = "人工智能（卓越工程师试验班）";
    node(
        Committee,
        "海棠理工大学团委",
        Some(UNIVERSITY),
        vec![
            college(
                "信息与智能工程学院团委",
                vec![
                    classes("软件工程专业", 2022, 2, 34, UNIVERSITY),
                    classes("软件工程专业", 2023, 3, 32, UNIVERSITY),
                    classes("软件工程专业", 2024, 2, 33, UNIVERSITY),
                    classes(long, 2023, 1, 28, UNIVERSITY),
                    classes("计算机科学专业", 2025, 2, 35, UNIVERSITY),
                ],
            ),
            college(
                "医学与生命健康学院团委",
                vec![
                    classes("护理学专业", 2023, 2, 36, UNIVERSITY),
                    classes("护理学专业", 2024, 2, 35, UNIVERSITY),
                    classes("临床医学专业", 2022, 2, 38, UNIVERSITY),
                    classes("临床医学专业", 2025, 2, 37, UNIVERSITY),
                ],
            ),
            college(
                "经济管理学院团委",
                vec![
                    classes("会计学专业", 2022, 2, 36, UNIVERSITY),
                    classes("会计学专业", 2024, 2, 36, UNIVERSITY),
                    classes("会计学专业", 2025, 2, 35, UNIVERSITY),
                    classes("工商管理专业", 2023, 2, 33, UNIVERSITY),
                ],
            ),
            college(
                "外国语学院团委",
                vec![
                    classes("日语专业", 2023, 1, 27, UNIVERSITY),
                    classes("日语专业", 2024, 1, 26, UNIVERSITY),
                    classes("英语专业", 2025, 2, 30, UNIVERSITY),
                ],
            ),
            college(
                "机械与动力工程学院团委",
                vec![
                    classes("机械工程专业", 2022, 2, 36, UNIVERSITY),
                    classes("机械工程专业", 2024, 3, 35, UNIVERSITY),
                    classes("能源动力专业", 2025, 2, 37, UNIVERSITY),
                ],
            ),
            college(
                "艺术设计学院团委",
                vec![
                    classes("视觉传达专业", 2023, 2, 29, UNIVERSITY),
                    classes("环境设计专业", 2024, 2, 28, UNIVERSITY),
                ],
            ),
            node(
                GeneralBranch,
                "材料科学与先进制造交叉创新研究院（筹）团总支",
                Some(UNIVERSITY),
                [
                    classes("材料成型专业", 2023, 1, 30, UNIVERSITY),
                    classes("材料成型专业", 2024, 1, 31, UNIVERSITY),
                ]
                .into_iter()
                .flatten()
                .collect(),
            ),
            branch("机关教工团支部", STAFF, 9),
        ],
    )
}

/// The whole province, from the root.
pub(super) fn tree() -> Node {
    let grades: Vec<Node> = (2024..=2026)
        .flat_map(|year| classes("", year, 3, 30, HIGH))
        .collect();
    let vocational: Vec<Node> = [
        ("机电技术专业", 2024),
        ("机电技术专业", 2025),
        ("学前教育专业", 2025),
    ]
    .into_iter()
    .flat_map(|(major, year)| classes(major, year, 2, 31, VOCATIONAL))
    .collect();
    let floating = Node {
        kind: "floating",
        region: Some("990202001"),
        ..branch("云栖街道流动团员团支部", STREET, 14)
    };
    let handover = Node {
        kind: "handover_temporary",
        region: Some("990202002"),
        ..branch("白鹭镇学社衔接临时团支部", TOWN, 4)
    };
    let street = Node {
        region: Some("990202001"),
        ..node(
            WorkCommittee,
            "云栖街道团工委",
            Some(STREET),
            vec![
                floating,
                branch("滨江社区团支部", "社区", 12),
                branch("海棠湾社区团支部", "社区", 2),
            ],
        )
    };
    let town = Node {
        region: Some("990202002"),
        ..node(
            Committee,
            "白鹭镇团委",
            Some(TOWN),
            vec![handover, branch("柳桥村团支部", "行政村", 7)],
        )
    };
    let district = body(
        "团云栖区委",
        "共青团海棠省白露市云栖区委员会",
        "990202",
        vec![street, town],
    );
    let company = node(
        Committee,
        "海棠数字产业集团团委",
        Some(STATE),
        vec![
            branch("研发中心团支部", STATE, 26),
            branch("智能装备车间团支部", STATE, 21),
            branch("客户服务团支部", STATE, 18),
        ],
    );
    let started = node(
        GeneralBranch,
        "青禾云科技公司团总支",
        Some(PRIVATE),
        vec![
            branch("产品团支部", PRIVATE, 11),
            branch("运营团支部", PRIVATE, 8),
        ],
    );
    let school = node(Committee, "青禾市第一中学团委", Some(HIGH), grades);
    let college = node(
        Committee,
        "白露职业技术学校团委",
        Some(VOCATIONAL),
        vocational,
    );
    let teachers = node(
        Committee,
        "青禾师范学院团委",
        Some(UNIVERSITY),
        vec![
            node(
                Committee,
                "文学与教育学院团委",
                Some(UNIVERSITY),
                [
                    classes("汉语言文学专业", 2023, 3, 38, UNIVERSITY),
                    classes("小学教育专业", 2025, 3, 37, UNIVERSITY),
                ]
                .into_iter()
                .flatten()
                .collect(),
            ),
            node(
                GeneralBranch,
                "数学系团总支",
                Some(UNIVERSITY),
                classes("数学与应用数学专业", 2024, 3, 36, UNIVERSITY),
            ),
        ],
    );
    let qinghe = body(
        "团青禾市委",
        "共青团海棠省青禾市委员会",
        "990100",
        vec![university(), teachers, school, company, started],
    );
    let bailu = body(
        "团白露市委",
        "共青团海棠省白露市委员会",
        "990200",
        vec![college, district],
    );
    let province = body(
        "团海棠省委",
        "共青团海棠省委员会",
        "990000",
        vec![qinghe, bailu],
    );
    body(
        "团中央（演示）",
        "共青团中央（演示）",
        "000000",
        vec![province],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(node: &Node) -> (usize, usize) {
        node.below
            .iter()
            .map(count)
            .fold((1, node.members), |sum, n| (sum.0 + n.0, sum.1 + n.1))
    }

    #[test]
    fn the_province_has_depth_variety_and_about_three_thousand_members() {
        let (orgs, members) = count(&tree());
        assert!((60..120).contains(&orgs), "{orgs}");
        assert!((2500..3500).contains(&members), "{members}");
    }
}

//! The roster: members by branch, and lists over a subtree.

use super::{open_id, open_phone};
use crate::rules::MembershipState;
use base::{IdNumber, Mobile, OrgId, PersonId, Result, Sex, YearMonth};
use chrono::NaiveDate;
use db::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

/// A present member as the roster shows one.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Who.
    pub person: PersonId,
    /// Branch.
    pub branch: OrgId,
    /// Its place in the tree.
    pub path: String,
    /// 姓名.
    pub name: String,
    /// Full pinyin, the sort key.
    pub pinyin: String,
    /// 性别.
    pub sex: Sex,
    /// 出生日期.
    pub born: NaiveDate,
    /// 证件号码.
    pub id_number: IdNumber,
    /// 手机号码.
    pub phone: Option<Mobile>,
    /// 民族, code.
    pub ethnic: Option<String>,
    /// 最高学历, code.
    pub education: Option<String>,
    /// 政治面貌, code.
    pub political: Option<String>,
    /// 入团年月.
    pub admitted_on: Option<YearMonth>,
    /// 发展团员编号.
    pub admission_number: Option<String>,
    /// 认证状态.
    pub identity_state: String,
    /// 团员身份认证.
    pub certification: String,
    /// Required fields still empty.
    pub missing: Vec<String>,
    /// Why the number is irregular.
    pub number_fault: Option<String>,
    /// State of the membership.
    pub state: MembershipState,
    /// Posts in this branch.
    pub post: Option<String>,
}

pub(crate) struct Raw {
    pub(super) person_id: Uuid,
    pub(super) branch_id: Uuid,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) pinyin: String,
    pub(super) sex: i16,
    pub(super) born: NaiveDate,
    pub(super) id_sealed: Vec<u8>,
    pub(super) phone_sealed: Option<Vec<u8>>,
    pub(super) ethnic: Option<String>,
    pub(super) education: Option<String>,
    pub(super) political: Option<String>,
    pub(super) admitted_on: Option<i32>,
    pub(super) admission_number: Option<String>,
    pub(super) identity_state: String,
    pub(super) certification: String,
    pub(super) missing: Vec<String>,
    pub(super) number_fault: Option<String>,
    pub(super) state: String,
    pub(super) post: Option<String>,
    /// Whether the filters leave it, and which row of the reading it was.
    pub(super) hit: bool,
    pub(super) n: i64,
}

impl Raw {
    pub(super) fn open(self, keys: &Keyring) -> Result<MemberRow> {
        Ok(MemberRow {
            person: PersonId(self.person_id),
            branch: OrgId(self.branch_id),
            path: self.path,
            id_number: open_id(keys, self.person_id, &self.id_sealed)?,
            phone: open_phone(keys, self.person_id, self.phone_sealed.as_deref())?,
            name: self.name,
            pinyin: self.pinyin,
            sex: Sex::from_code(self.sex),
            born: self.born,
            ethnic: self.ethnic,
            education: self.education,
            political: self.political,
            admitted_on: self.admitted_on.map(YearMonth::from_index),
            admission_number: self.admission_number,
            identity_state: self.identity_state,
            certification: self.certification,
            missing: self.missing,
            number_fault: self.number_fault,
            state: MembershipState::from_code(&self.state),
            post: self.post,
        })
    }
}

/// The members of one branch by name, after the one with this sort key.
pub async fn members_of(
    conn: &mut PgConnection,
    keys: &Keyring,
    branch: OrgId,
    after: Option<(&str, PersonId)>,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let (pinyin, person) = after.map_or(("", Uuid::nil()), |(pinyin, person)| (pinyin, person.0));
    let rows = sqlx::query_as!(
        Raw,
        r#"select person_id, branch_id, path, name, pinyin, sex, born, id_sealed, phone_sealed, ethnic, education, political, admitted_on, admission_number, identity_state,
                  certification, missing, number_fault, state, post, true as "hit!", 0::bigint as "n!"
           from roster where branch_id = $1 and (pinyin, person_id) > ($2, $3) order by pinyin, person_id limit $4"#,
        branch.0,
        pinyin,
        person,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.open(keys)).collect()
}

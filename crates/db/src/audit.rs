//! The audit chain (GEN-04, SEC-50). Entries hang on one of [`SHARDS`] chains; a commit takes any chain nobody holds,
//! for the moment of the commit only, so writing does not serialise the system. `audit verify` walks every chain and
//! compares its end with the sealed head, so that a cut tail shows.

use crate::Keyring;
use access::{Actor, Who};
use base::{OrgId, Random, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

/// Chains written side by side.
pub const SHARDS: i16 = 16;

/// One change, as the audit keeps it. Never put whole ID or phone numbers into `before`, `after` or the note.
#[derive(Clone, Debug)]
pub struct Event {
    action: &'static str,
    subject_kind: &'static str,
    subject_id: Uuid,
    org: Option<OrgId>,
    before: Value,
    after: Value,
    note: Option<String>,
}

impl Event {
    /// `action` names the fact (`member.entered`), `subject_kind` and `subject_id` what it happened to.
    pub fn new(
        action: &'static str,
        subject_kind: &'static str,
        subject_id: impl Into<Uuid>,
    ) -> Self {
        Self {
            action,
            subject_kind,
            subject_id: subject_id.into(),
            org: None,
            before: Value::Null,
            after: Value::Null,
            note: None,
        }
    }

    /// The organisation concerned.
    pub fn org(mut self, org: OrgId) -> Self {
        self.org = Some(org);
        self
    }

    /// Values before the change.
    pub fn before(mut self, value: Value) -> Self {
        self.before = value;
        self
    }

    /// Values after the change.
    pub fn after(mut self, value: Value) -> Self {
        self.after = value;
        self
    }

    /// A sentence for whoever reads the log.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }
}

struct Entry<'a> {
    shard: i16,
    seq: i64,
    prev: &'a [u8],
    subject_id: Uuid,
    subject_kind: &'a str,
    at: DateTime<Utc>,
    audit_id: Uuid,
    action: &'a str,
    org_id: Option<Uuid>,
    actor_kind: &'a str,
    actor_id: Option<Uuid>,
    actor_name: &'a str,
    actor_role: &'a str,
    actor_org_id: Option<Uuid>,
    address: &'a str,
    request: &'a str,
    detail: &'a str,
}

impl Entry<'_> {
    fn hash(&self, keys: &Keyring) -> [u8; 32] {
        let id = |id: Option<Uuid>| id.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        keys.audit(&[
            b"entry",
            &self.shard.to_be_bytes(),
            &self.seq.to_be_bytes(),
            self.prev,
            self.subject_id.as_bytes(),
            self.subject_kind.as_bytes(),
            &self.at.timestamp_micros().to_be_bytes(),
            self.audit_id.as_bytes(),
            self.action.as_bytes(),
            &id(self.org_id),
            self.actor_kind.as_bytes(),
            &id(self.actor_id),
            self.actor_name.as_bytes(),
            self.actor_role.as_bytes(),
            &id(self.actor_org_id),
            self.address.as_bytes(),
            self.request.as_bytes(),
            self.detail.as_bytes(),
        ])
    }
}

fn head_seal(keys: &Keyring, shard: i16, seq: i64, hash: &[u8]) -> [u8; 32] {
    keys.audit(&[b"head", &shard.to_be_bytes(), &seq.to_be_bytes(), hash])
}

struct Head {
    shard: i16,
    seq: i64,
    hash: Vec<u8>,
}

async fn take_head(conn: &mut PgConnection, keys: &Keyring, random: &Random) -> Result<Head> {
    let start = i16::try_from(random.below(SHARDS as u64)).unwrap_or(0);
    let free = sqlx::query_as!(
        Head,
        "select shard, seq, hash from audit_head order by (shard + $1) % $2 limit 1 for update skip locked",
        start,
        SHARDS
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(head) = free {
        return Ok(head);
    }
    // Either all chains are busy (wait for one) or this is the first entry of the deployment.
    let seal = head_seal(keys, start, 0, &[]);
    sqlx::query!(
        "insert into audit_head (shard, seq, hash, seal) values ($1, 0, '', $2) on conflict do nothing",
        start,
        seal.as_slice()
    )
    .execute(&mut *conn)
    .await?;
    let head = sqlx::query_as!(
        Head,
        "select shard, seq, hash from audit_head where shard = $1 for update",
        start
    )
    .fetch_one(conn)
    .await?;
    Ok(head)
}

/// Chains and stores the entries of one transaction.
pub(crate) async fn append(
    conn: &mut PgConnection,
    keys: &Keyring,
    actor: &Actor,
    at: DateTime<Utc>,
    random: &Random,
    events: Vec<Event>,
) -> Result<()> {
    let mut head = take_head(conn, keys, random).await?;
    let actor_kind = match actor.who {
        Who::Person(_) => "person",
        Who::Anonymous => "anonymous",
        Who::System(_) => "system",
    };
    let actor_name = if let Who::System(job) = actor.who {
        job
    } else {
        actor.name.as_str()
    };
    let count = events.len();
    let (mut subjects, mut ids, mut seqs, mut actions, mut kinds) = (
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
    );
    let (mut orgs, mut details, mut prevs, mut hashes) = (
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
    );
    for event in events {
        let mut detail = serde_json::Map::new();
        for (name, value) in [
            ("before", event.before),
            ("after", event.after),
            ("note", event.note.map_or(Value::Null, |n| json!(n))),
        ] {
            if !value.is_null() {
                detail.insert(name.into(), value);
            }
        }
        let detail = Value::Object(detail).to_string();
        let audit_id = random.uuid(at);
        head.seq += 1;
        let entry = Entry {
            shard: head.shard,
            seq: head.seq,
            prev: &head.hash,
            subject_id: event.subject_id,
            subject_kind: event.subject_kind,
            at,
            audit_id,
            action: event.action,
            org_id: event.org.map(Into::into),
            actor_kind,
            actor_id: actor.person().map(Into::into),
            actor_name,
            actor_role: actor.role_code(),
            actor_org_id: actor.org().map(|org| org.id.0),
            address: &actor.address,
            request: &actor.request,
            detail: &detail,
        };
        let hash = entry.hash(keys).to_vec();
        prevs.push(std::mem::replace(&mut head.hash, hash.clone()));
        subjects.push(event.subject_id);
        ids.push(audit_id);
        seqs.push(head.seq);
        actions.push(event.action.to_owned());
        kinds.push(event.subject_kind.to_owned());
        orgs.push(event.org.map(Uuid::from));
        details.push(detail);
        hashes.push(hash);
    }
    sqlx::query!(
        "insert into audit_log (subject_id, at, audit_id, shard, seq, action, subject_kind, org_id, actor_kind, actor_id, actor_name,
                                actor_role, actor_org_id, address, request, detail, prev_hash, hash)
         select u.subject_id, $1, u.audit_id, $2, u.seq, u.action, u.subject_kind, u.org_id, $3, $4, $5, $6, $7, $8, $9, u.detail, u.prev_hash, u.hash
         from unnest($10::uuid[], $11::uuid[], $12::bigint[], $13::text[], $14::text[], $15::uuid[], $16::text[], $17::bytea[], $18::bytea[])
              as u (subject_id, audit_id, seq, action, subject_kind, org_id, detail, prev_hash, hash)",
        at,
        head.shard,
        actor_kind,
        actor.person().map(Uuid::from),
        actor_name,
        actor.role_code(),
        actor.org().map(|org| org.id.0),
        actor.address,
        actor.request,
        &subjects,
        &ids,
        &seqs,
        &actions,
        &kinds,
        &orgs as &[Option<Uuid>],
        &details,
        &prevs,
        &hashes
    )
    .execute(&mut *conn)
    .await?;
    let seal = head_seal(keys, head.shard, head.seq, &head.hash);
    sqlx::query!(
        "update audit_head set seq = $2, hash = $3, seal = $4 where shard = $1",
        head.shard,
        head.seq,
        head.hash,
        seal.as_slice()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What `audit verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Entries read.
    pub entries: u64,
    /// The first fault of each broken chain, in words.
    pub faults: Vec<String>,
}

/// Walks every chain: order, links, hashes and sealed heads (SEC-50). Reads in pages, keeps nothing, and sees one moment: what
/// is written meanwhile is neither a tail without head nor a head without tail.
pub async fn verify(conn: &mut PgConnection, keys: &Keyring) -> Result<Verdict> {
    let mut moment = conn
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let verdict = walk(&mut moment, keys).await?;
    moment.commit().await?;
    Ok(verdict)
}

async fn walk(conn: &mut PgConnection, keys: &Keyring) -> Result<Verdict> {
    let mut verdict = Verdict {
        entries: 0,
        faults: Vec::new(),
    };
    let heads = sqlx::query!("select shard, seq, hash, seal from audit_head order by shard")
        .fetch_all(&mut *conn)
        .await?;
    let known: Vec<i16> = heads.iter().map(|head| head.shard).collect();
    let strays = sqlx::query_scalar!(
        r#"select count(*) as "n!" from audit_log where not shard = any($1)"#,
        &known
    )
    .fetch_one(&mut *conn)
    .await?;
    if strays > 0 {
        verdict.faults.push(format!(
            "有 {strays} 条记录不属于任何审计链：链头被删除或记录被插入"
        ));
    }
    'chains: for head in heads {
        if head_seal(keys, head.shard, head.seq, &head.hash).as_slice() != head.seal.as_slice() {
            verdict
                .faults
                .push(format!("第 {} 链的链头被改动", head.shard));
            continue;
        }
        let (mut seq, mut prev) = (0_i64, Vec::new());
        loop {
            let rows = sqlx::query!(
                "select subject_id, at, audit_id, seq, action, subject_kind, org_id, actor_kind, actor_id, actor_name, actor_role,
                        actor_org_id, address, request, detail, prev_hash, hash
                 from audit_log where shard = $1 and seq > $2 order by seq limit 2000",
                head.shard,
                seq
            )
            .fetch_all(&mut *conn)
            .await?;
            let Some(last) = rows.last().map(|row| row.seq) else {
                break;
            };
            for row in &rows {
                let place = format!(
                    "第 {} 链第 {} 条（{}，{}）",
                    head.shard,
                    row.seq,
                    row.action,
                    row.at.to_rfc3339()
                );
                if row.seq != seq + 1 {
                    verdict.faults.push(format!(
                        "第 {} 链缺少或重复第 {} 条，其后是{place}",
                        head.shard,
                        seq + 1
                    ));
                    continue 'chains;
                }
                let entry = Entry {
                    shard: head.shard,
                    seq: row.seq,
                    prev: &prev,
                    subject_id: row.subject_id,
                    subject_kind: &row.subject_kind,
                    at: row.at,
                    audit_id: row.audit_id,
                    action: &row.action,
                    org_id: row.org_id,
                    actor_kind: &row.actor_kind,
                    actor_id: row.actor_id,
                    actor_name: &row.actor_name,
                    actor_role: &row.actor_role,
                    actor_org_id: row.actor_org_id,
                    address: &row.address,
                    request: &row.request,
                    detail: &row.detail,
                };
                if row.prev_hash != prev || entry.hash(keys).as_slice() != row.hash.as_slice() {
                    verdict.faults.push(format!("{place}被改动"));
                    continue 'chains;
                }
                seq = row.seq;
                prev.clone_from(&row.hash);
                verdict.entries += 1;
            }
            seq = last;
        }
        if seq != head.seq || prev != head.hash {
            verdict.faults.push(format!(
                "第 {} 链的尾部被截去：应有 {} 条，实有 {seq} 条",
                head.shard, head.seq
            ));
        }
    }
    Ok(verdict)
}

//! Guessing: passwords, codes and ids at a rate of tries a second from as many addresses, while a normal person pages and
//! signs in again. Says how many guesses succeeded, whether the person's own browser was shut out, and how much slower
//! pages became.

use crate::{
    http::{Client, Connection, Fields},
    program::{Place, Running},
    users::{ids, printed_accounts},
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};

/// How hard is guessed.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// Tries a second.
    #[arg(long, default_value_t = 1000)]
    tries: u32,
    /// Pages a second of the normal person.
    #[arg(long, default_value_t = 10)]
    pages: u32,
}

/// What is guessed, in turn.
const KINDS: [&str; 5] = [
    "password of a known person",
    "password of anybody",
    "administrator code",
    "reset code",
    "id of a record",
];

/// Guesses not yet answered at a time: an attacker has sockets, too, but not without end.
const UNDER_WAY: usize = 2000;

/// Where everybody stands.
struct Field {
    running: Running,
    victim: (String, String),
    /// Forms as a guest gets them; their keys are good for any guest.
    login: Fields,
    forgot: Fields,
    admin: Fields,
    /// An organisation whose administrator code is guessed.
    org: String,
    /// The address of a small picture.
    picture: String,
    /// Somebody signed in who looks for records of others.
    member: Client,
}

fn form(page: &str, mark: &str, what: &str) -> Result<Fields> {
    Fields::of(page, mark).with_context(|| format!("no form to guess {what}"))
}

/// Another address for each guess, as the trusted proxy tells.
fn address(n: u32) -> String {
    let [_, a, b, c] = n.wrapping_mul(2_654_435_761).to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

/// 999, a birth date, three digits and the check digit.
fn id_number(n: u32) -> String {
    let front = format!(
        "999001{:04}0{}1{}{:03}",
        1990 + n % 18,
        1 + n % 9,
        n % 9,
        n % 1000
    );
    let check = base::check_digit(front.as_bytes());
    format!("{front}{check}")
}

impl Field {
    async fn prepare(place: &Place) -> Result<Self> {
        let running = place.start().await?;
        let accounts = printed_accounts(&place.printed());
        let find = |role: &str| {
            let found = accounts.iter().find(|(name, ..)| name.contains(role));
            found.map(|(_, login, password)| (login.clone(), password.clone()))
        };
        let victim = find("校团委管理员").context("no administrator")?;
        let (login, password) = find("团员").context("no member")?;
        let guest = Client::new(running.address);
        let page = async |path: &str| anyhow::Ok(guest.get(path).await?.text());
        let mut member = Client::new(running.address).from("100.64.9.9").on_phone();
        member.sign_in(&login, &password).await?;
        let mut person = Client::new(running.address).from("100.64.1.1");
        person.sign_in_and_remember(&victim.0, &victim.1).await?;
        let tree = person.get("/console/orgs").await?.text();
        let below = ids(&tree, "/console/orgs/");
        let org = below.last().context("no organisation to guess a code of")?;
        let sign_in = page("/login").await?;
        let picture = sign_in
            .split('"')
            .find(|part| part.starts_with("/assets/mark."))
            .context("no picture on the sign-in page")?;
        Ok(Self {
            picture: picture.to_owned(),
            org: org.trim_start_matches("/console/orgs/").to_owned(),
            login: form(&sign_in, "type=\"password\"", "passwords")?,
            forgot: form(&page("/forgot").await?, "name=\"code\"", "reset codes")?,
            admin: form(
                &page("/register/admin").await?,
                "name=\"_key\"",
                "administrator codes",
            )?,
            running,
            victim,
            member,
        })
    }

    /// The bytes of one guess.
    fn guess(&self, n: u32) -> Vec<u8> {
        let from = Client::new(self.running.address).from(&address(n));
        let word = format!("Haitang{n:07}!");
        let code = format!("{:08}", n.wrapping_mul(7919) % 100_000_000);
        match n % 5 {
            0 => from.form_request(
                &self.login,
                &[("identifier", &self.victim.0), ("password", &word)],
            ),
            1 => from.form_request(
                &self.login,
                &[("identifier", &id_number(n)), ("password", &word)],
            ),
            2 => from.form_request_with(
                &self.admin,
                &[],
                &[
                    ("go", "3"),
                    ("org", &self.org),
                    ("title", "书记"),
                    ("code", &code),
                ],
            ),
            3 => from.form_request(
                &self.forgot,
                &[
                    ("identifier", &self.victim.0),
                    ("code", &code),
                    ("password", &word),
                    ("repeat", &word),
                ],
            ),
            _ => {
                let id = format!(
                    "{:08x}-0000-7000-8000-{:012x}",
                    n.wrapping_mul(2_246_822_519),
                    n
                );
                let path = if n.is_multiple_of(2) {
                    format!("/console/orgs/{id}")
                } else {
                    format!("/console/members/{id}")
                };
                self.member.get_request(&path, false)
            }
        }
    }
}

/// Whether a guess got what it wanted: a session, a new password, a record.
fn succeeded(n: u32, answer: &crate::http::Answer) -> bool {
    match n % 5 {
        0 | 1 => answer.status == 303,
        // Only the third step asks for it.
        2 => answer.status == 200 && answer.text().contains("id=\"id_number\""),
        3 => answer.status == 303,
        _ => answer.status == 200,
    }
}

#[derive(Default)]
struct Tally {
    answered: [AtomicU32; 5],
    succeeded: [AtomicU32; 5],
    turned_away: [AtomicU32; 5],
    unanswered: AtomicU32,
}

/// What the strangers send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Guesses,
    /// Requests for a small picture, from as many addresses: what arriving and being answered costs by itself, on a machine
    /// that the attackers share.
    Pictures,
}

/// Strangers' requests until the time is up; answers how many were sent.
async fn attack(
    field: Arc<Field>,
    tally: Arc<Tally>,
    what: Sent,
    rate: u32,
    time: Duration,
) -> u32 {
    let slots = Arc::new(Semaphore::new(UNDER_WAY));
    let mut tasks = JoinSet::new();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    let mut sent: u32 = 0;
    while began.elapsed() < time {
        tick.tick().await;
        let due = (began.elapsed().as_secs_f64() * f64::from(rate)) as u32;
        while sent < due {
            let Ok(slot) = slots.clone().try_acquire_owned() else {
                tally.unanswered.fetch_add(1, Ordering::Relaxed);
                sent += 1;
                continue;
            };
            let (field, tally, n) = (field.clone(), tally.clone(), sent);
            sent += 1;
            tasks.spawn(async move {
                let _slot = slot;
                let request = match what {
                    Sent::Guesses => field.guess(n),
                    Sent::Pictures => Client::new(field.running.address)
                        .from(&address(n))
                        .get_request(&field.picture, false),
                };
                let asked = async {
                    Connection::open(field.running.address)
                        .await?
                        .ask(&request)
                        .await
                };
                match tokio::time::timeout(Duration::from_secs(20), asked).await {
                    Ok(Ok(answer)) => {
                        let kind = (n % 5) as usize;
                        tally.answered[kind].fetch_add(1, Ordering::Relaxed);
                        if answer.status == 429 {
                            tally.turned_away[kind].fetch_add(1, Ordering::Relaxed);
                        }
                        if succeeded(n, &answer) {
                            tally.succeeded[kind].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    _ => {
                        tally.unanswered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        while tasks.try_join_next().is_some() {}
    }
    tasks.shutdown().await;
    sent
}

/// Pages on a schedule; the milliseconds each took from the moment it was due.
async fn pages(client: &Client, rate: u32, time: Duration) -> Result<Vec<f64>> {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    let began = Instant::now();
    let mut times = Vec::new();
    let places = [
        "/console",
        "/console/members",
        "/console/orgs",
        "/console/inbox",
    ];
    while began.elapsed() < time {
        tick.tick().await;
        let asked = Instant::now();
        let place = places[times.len() % places.len()];
        let answer = client.get(place).await?;
        ensure!(answer.status == 200, "{place} answers {}", answer.status);
        times.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn at(times: &[f64], share: f64) -> f64 {
    let place = (times.len() as f64 * share) as usize;
    times
        .get(place.min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Guesses and says what came of it; fails when a guess succeeded or the person was shut out.
pub(crate) async fn measure(place: &Place, options: &Options, time: Duration) -> Result<String> {
    let field = Arc::new(Field::prepare(place).await?);
    let (login, password) = field.victim.clone();
    // The person's own browser: a session and the mark of a known device.
    let mut person = Client::new(field.running.address).from("100.64.1.1");
    person.sign_in_and_remember(&login, &password).await?;
    pages(&person, options.pages, Duration::from_secs(3)).await?;
    let quiet = pages(&person, options.pages, time).await?;
    let rate = options.tries;
    let task = tokio::spawn(attack(
        field.clone(),
        Arc::default(),
        Sent::Pictures,
        rate,
        time,
    ));
    let busy = pages(&person, options.pages, time).await?;
    task.await?;
    let tally = Arc::new(Tally::default());
    let task = tokio::spawn(attack(
        field.clone(),
        tally.clone(),
        Sent::Guesses,
        rate,
        time,
    ));
    let loud = pages(&person, options.pages, time).await?;
    // In the middle of it the person signs in anew, in the browser known for it.
    let mut shut_out = 0;
    let mut again = person.clone();
    let asked = Instant::now();
    if again.sign_in_and_remember(&login, &password).await.is_err() {
        shut_out += 1;
    }
    let signed_in = asked.elapsed().as_secs_f64() * 1000.0;
    let sent = task.await?;
    let count = |numbers: &[AtomicU32; 5]| -> BTreeMap<&str, u32> {
        let taken = numbers.iter().map(|n| n.load(Ordering::Relaxed));
        KINDS.iter().copied().zip(taken).collect()
    };
    let (answered, succeeded) = (count(&tally.answered), count(&tally.succeeded));
    let turned_away = count(&tally.turned_away);
    let successes: u32 = succeeded.values().sum();
    let mut out = format!(
        "{} tries a second for {} s from as many addresses: {sent} tries, {} not answered in time.\n\n| guessed | answered | told to come back (429) | succeeded |\n| --- | --: | --: | --: |\n",
        options.tries,
        time.as_secs(),
        tally.unanswered.load(Ordering::Relaxed),
    );
    for kind in KINDS {
        out += &format!(
            "| {kind} | {} | {} | {} |\n",
            answered[kind], turned_away[kind], succeeded[kind]
        );
    }
    out += &format!(
        "\nKnown devices shut out: {shut_out} (signed in again in {signed_in:.0} ms).\n\n| a person's pages | p50 ms | p95 ms |\n| --- | --: | --: |\n"
    );
    for (when, times) in [
        ("alone", &quiet),
        ("while strangers ask for as many pictures", &busy),
        ("while they guess", &loud),
    ] {
        out += &format!(
            "| {when} | {:.1} | {:.1} |\n",
            at(times, 0.5),
            at(times, 0.95)
        );
    }
    let field = Arc::into_inner(field).context("a guess is still under way")?;
    field.running.stop().await?;
    ensure!(successes == 0 && shut_out == 0, "{out}");
    Ok(out)
}

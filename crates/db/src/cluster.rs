//! A private PostgreSQL for people who have none: made, started, found again and stopped by the program itself.
//!
//! Two commands of PostgreSQL do the work, `initdb` and `pg_ctl`. PostgreSQL refuses to run as root, so a root process runs them as
//! an unprivileged account. The server listens on no network address: its socket lies in a folder only that account can enter.
//!
//! ```text
//! DIR/            0700, owned by the account the server runs as
//! ├── data/       the database files
//! ├── socket/     where the program connects; in /tmp when this path is too long or unusual for a socket
//! ├── server.log
//! ├── in-use      held shared by everybody who uses the server: the last to leave stops it
//! └── lock        held while one process starts or stops the server
//! ```
//!
//! Everything here blocks: call it before the runtime starts or inside `spawn_blocking`.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};

/// A socket's whole path must fit into 107 bytes (`sun_path` without its closing zero).
const LONGEST_SOCKET: usize = 107;
/// The file PostgreSQL makes in the socket folder for the port we always use.
const SOCKET_FILE: &str = ".s.PGSQL.5432";
/// How long a server may take to come up, recovery after a crash included.
const START_SECONDS: u32 = 120;

/// How a cluster is found and run.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Folder with `initdb` and `pg_ctl`; looked for when absent.
    pub bin_dir: Option<PathBuf>,
    /// Where clusters live whose own folder the unprivileged account cannot reach (only when we are root).
    pub fallback: PathBuf,
    /// Trade safety for speed: nothing is forced to disk. For databases that may be lost, so only for tests.
    pub test: bool,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            bin_dir: None,
            fallback: PathBuf::from("/var/lib/tuanjian"),
            test: false,
        }
    }
}

/// A running private server.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    bin_dir: PathBuf,
    socket_dir: PathBuf,
    started_here: bool,
    /// Held, shared with every other user of the server, for as long as this value lives; the system lets go of it for the killed.
    in_use: File,
}

impl Cluster {
    /// Starts the cluster of `dir`, making it first if there is none, or joins it if it is running already.
    pub fn start(dir: &Path, opts: &ClusterOptions) -> Result<Self> {
        let place = Place::find(dir, opts)?;
        place.make()?;
        let _lock = place.lock()?;
        let mut cluster = Self::of(place, opts)?;
        if let Some(account) = &cluster.place.account {
            account.must_reach(&cluster.bin_dir.join("postgres"))?;
        }
        cluster.in_use.lock_shared()?;
        if cluster.is_running()? {
            tracing::info!(dir = %cluster.place.dir.display(), "joined the running PostgreSQL");
            return Ok(cluster);
        }
        if !cluster.place.data().exists() {
            cluster.init()?;
        }
        cluster.configure(opts.test)?;
        cluster
            .pg_ctl(
                &["start", "-w", "-t", &START_SECONDS.to_string(), "-l"],
                &[cluster.place.log().as_os_str()],
            )
            .with_context(|| {
                format!(
                    "私有 PostgreSQL 没能启动，日志 {} 的末尾是：\n{}",
                    cluster.place.log().display(),
                    cluster.place.log_tail()
                )
            })?;
        cluster.started_here = true;
        tracing::info!(dir = %cluster.place.dir.display(), "started PostgreSQL");
        Ok(cluster)
    }

    /// The cluster of a place, running or not.
    fn of(place: Place, opts: &ClusterOptions) -> Result<Self> {
        let bin_dir = find_binaries(opts.bin_dir.as_deref(), place.version()?.as_deref())?;
        let socket_dir = place.socket_dir()?;
        let in_use = place.open("in-use")?;
        Ok(Self {
            place,
            bin_dir,
            socket_dir,
            started_here: false,
            in_use,
        })
    }

    /// Leaves the server, and stops it unless somebody else is still using it. So one that outlived a killed program ends with the
    /// next that ends in order.
    pub fn stop(self) -> Result<()> {
        let _lock = self.place.lock()?;
        self.in_use.unlock()?;
        let last = self.in_use.try_lock().is_ok();
        if last && self.is_running()? {
            self.shut_down()?;
        }
        Ok(())
    }

    /// Stops the cluster of `dir`, whoever uses it, and deletes all its data.
    pub fn wipe(dir: &Path, opts: &ClusterOptions) -> Result<()> {
        let place = Place::find(dir, opts)?;
        if !place.dir.exists() {
            return Ok(());
        }
        let _lock = place.lock()?;
        let socket_dir = place.socket_dir()?;
        if place.data().exists() {
            let cluster = Self::of(place.clone(), opts)?;
            if cluster.is_running()? {
                cluster.shut_down()?;
            }
        }
        for folder in [&socket_dir, &place.dir] {
            if folder.exists() {
                fs::remove_dir_all(folder)
                    .with_context(|| format!("不能删除 {}", folder.display()))?;
            }
        }
        Ok(())
    }

    /// The address of a database in this cluster, as sqlx and psql both read it.
    pub fn url(&self, db: &str) -> String {
        format!(
            "postgres:///{db}?host={}&user=app",
            self.socket_dir.display()
        )
    }

    /// The folder the cluster really lives in; not the one asked for when the account could not have reached that.
    pub fn dir(&self) -> &Path {
        &self.place.dir
    }

    /// Whether this value started the server, rather than joined it.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    /// True when the server of this data folder accepts connections. Sorts out what a crash may have left behind.
    fn is_running(&self) -> Result<bool> {
        let pid_file = self.place.data().join("postmaster.pid");
        let Some(pid) = read_pid(&pid_file)? else {
            return Ok(false);
        };
        if !is_postgres(pid) {
            // A crash (or a container started anew) left the file, and the number may belong to some other program by now, for
            // which PostgreSQL would refuse to start.
            fs::remove_file(&pid_file)
                .with_context(|| format!("不能删除过期的 {}", pid_file.display()))?;
            return Ok(false);
        }
        for _ in 0..START_SECONDS * 10 {
            let pid_text = fs::read_to_string(&pid_file).unwrap_or_default();
            if pid_text
                .lines()
                .nth(7)
                .is_some_and(|status| status.trim() == "ready")
            {
                if UnixStream::connect(self.socket_dir.join(SOCKET_FILE)).is_ok() {
                    return Ok(true);
                }
                // Alive but without a door: its socket was cleaned away, or the folder was moved while it ran.
                self.shut_down()?;
                return Ok(false);
            }
            if !is_postgres(pid) {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!(
            "PostgreSQL（进程 {pid}）在 {START_SECONDS} 秒内没有就绪，请看日志 {}",
            self.place.log().display()
        )
    }

    /// Makes the data folder under another name first, so that a killed `initdb` never passes for a cluster.
    fn init(&self) -> Result<()> {
        let (half, data) = (self.place.dir.join("data.new"), self.place.data());
        if half.exists() {
            fs::remove_dir_all(&half)?;
        }
        self.run(
            "initdb",
            &[OsStr::new("-D"), half.as_os_str()],
            &[
                "-U",
                "app",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
                "--auth-local=trust",
                "--auth-host=reject",
            ],
        )
        .context("initdb 没有做成新的数据库")?;
        fs::write(half.join("tuanjian.conf"), "")?;
        self.place.give(&half.join("tuanjian.conf"), 0o600)?;
        let main = half.join("postgresql.conf");
        let text = fs::read_to_string(&main)?;
        fs::write(
            &main,
            format!("{text}\ninclude 'tuanjian.conf'  # written by the program at each start\n"),
        )?;
        fs::rename(&half, &data)?;
        Ok(())
    }

    /// Writes our settings, at each start: the folder may have been moved since the last one.
    fn configure(&self, test: bool) -> Result<()> {
        let mut text = format!(
            "listen_addresses = ''\nport = 5432\nunix_socket_directories = '{}'\nunix_socket_permissions = 0700\n\
             max_connections = {}\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nlog_checkpoints = off\njit = off\n",
            self.socket_dir.display(),
            if test { 300 } else { 100 },
        );
        if test {
            text.push_str(
                "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum = off\n\
                 wal_level = minimal\nmax_wal_senders = 0\n",
            );
        }
        fs::write(self.place.data().join("tuanjian.conf"), text)?;
        Ok(())
    }

    fn shut_down(&self) -> Result<()> {
        self.pg_ctl(&["stop", "-w", "-t", "60", "-m", "fast"], &[])
            .context("私有 PostgreSQL 没能停下")
    }

    fn pg_ctl(&self, words: &[&str], last: &[&OsStr]) -> Result<()> {
        let data = self.place.data();
        let before = [OsStr::new("-s"), OsStr::new("-D"), data.as_os_str()];
        let words: Vec<&OsStr> = words
            .iter()
            .map(OsStr::new)
            .chain(last.iter().copied())
            .collect();
        self.run("pg_ctl", &before, &words)
    }

    /// Runs a command of PostgreSQL as the right account, in an environment where no stray `PG*` variable can mislead it.
    fn run(&self, program: &str, before: &[&OsStr], words: &[impl AsRef<OsStr>]) -> Result<()> {
        let mut command = Command::new(self.bin_dir.join(program));
        command
            .args(before)
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .current_dir("/");
        command.stdin(Stdio::null());
        if let Some(account) = &self.place.account {
            command.uid(account.uid).gid(account.gid);
        }
        let program_path = self.bin_dir.join(program);
        let output = command
            .output()
            .with_context(|| format!("不能运行 {}", program_path.display()))?;
        let said = [output.stderr, output.stdout].concat();
        ensure!(
            output.status.success(),
            "{program} 失败（{}）：{}",
            output.status,
            String::from_utf8_lossy(&said).trim()
        );
        Ok(())
    }
}

/// Where a cluster lives and as whom it runs.
#[derive(Clone, Debug)]
struct Place {
    dir: PathBuf,
    /// Set only when we are root; otherwise the server runs as ourselves.
    account: Option<Account>,
}

impl Place {
    fn find(dir: &Path, opts: &ClusterOptions) -> Result<Self> {
        let dir = std::path::absolute(dir)?;
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { dir, account: None });
        }
        // A cluster that exists stays with the account that owns it.
        let account = match fs::metadata(dir.join("data")) {
            Ok(data) if data.uid() != 0 => Account {
                name: format!("uid {}", data.uid()),
                uid: data.uid(),
                gid: data.gid(),
            },
            _ => Account::unprivileged()?,
        };
        let Some(closed) = account.first_closed(&dir)? else {
            return Ok(Self {
                dir,
                account: Some(account),
            });
        };
        let moved = opts.fallback.join(short_hash(&dir));
        tracing::warn!(
            "account {} may not enter {} (PostgreSQL cannot run as root), so the cluster of {} lives in {}",
            account.name,
            closed.display(),
            dir.display(),
            moved.display(),
        );
        if let Some(closed) = account.first_closed(&moved)? {
            bail!(
                "PostgreSQL 不能以 root 运行，而帐号 {} 进不了 {}，备用的 {} 也进不去（{}）。请换一个数据目录（TUANJIAN_DATA），或用 chmod o+x 放开这一级目录",
                account.name,
                dir.display(),
                opts.fallback.display(),
                closed.display(),
            );
        }
        Ok(Self {
            dir: moved,
            account: Some(account),
        })
    }

    /// Makes the folder, for the account alone, and what is missing above it, for the account to pass through.
    fn make(&self) -> Result<()> {
        let above: Vec<&Path> = self
            .dir
            .ancestors()
            .skip(1)
            .take_while(|f| !f.exists())
            .collect();
        for folder in above.into_iter().rev() {
            make_folder(folder)?;
            if self.account.is_some() {
                fs::set_permissions(folder, Permissions::from_mode(0o711))?;
            }
        }
        make_folder(&self.dir)?;
        self.give(&self.dir, 0o700)
    }

    /// Hands a file or folder to the account. Ours already unless we are root.
    fn give(&self, path: &Path, mode: u32) -> Result<()> {
        match &self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid))?,
            None => {
                let owner = fs::metadata(path)?.uid();
                let me = rustix::process::geteuid().as_raw();
                ensure!(
                    owner == me,
                    "{} 属于 uid {owner}，而现在是 uid {me}。请用原来的帐号运行，或换一个数据目录（TUANJIAN_DATA）",
                    path.display()
                );
            }
        }
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok(())
    }

    /// Waits until no other process is starting or stopping this cluster.
    fn lock(&self) -> Result<File> {
        let file = self.open("lock")?;
        file.lock()
            .with_context(|| format!("不能锁定 {}", self.dir.join("lock").display()))?;
        Ok(file)
    }

    /// Opens a file that exists only to be locked.
    fn open(&self, name: &str) -> Result<File> {
        let path = self.dir.join(name);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("不能打开 {}", path.display()))?;
        self.give(&path, 0o600)?;
        Ok(file)
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("server.log")
    }

    fn log_tail(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// The major version that made the data, which alone can read it.
    fn version(&self) -> Result<Option<String>> {
        match fs::read_to_string(self.data().join("PG_VERSION")) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("不能读取 {}", self.data().display())),
        }
    }

    /// The socket's folder: beside the data if a socket's path may look like that, else a private one in /tmp.
    fn socket_dir(&self) -> Result<PathBuf> {
        let beside = self.dir.join("socket");
        let plain = beside.to_str().is_some_and(|p| {
            p.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
        });
        let dir = if plain && beside.as_os_str().len() + 1 + SOCKET_FILE.len() <= LONGEST_SOCKET {
            beside
        } else {
            PathBuf::from("/tmp").join(format!("tuanjian-{}", short_hash(&self.dir)))
        };
        match fs::create_dir(&dir) {
            Ok(()) => self.give(&dir, 0o700)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("不能建立 {}", dir.display())),
        }
        // In /tmp anybody could have put something under this name before us.
        let found = fs::symlink_metadata(&dir)?;
        let owner = self
            .account
            .as_ref()
            .map_or_else(|| rustix::process::geteuid().as_raw(), |a| a.uid);
        ensure!(
            found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0,
            "{} 不是只属于 uid {owner} 的目录，不能放数据库的套接字。请查明来历后删除它",
            dir.display(),
        );
        Ok(dir)
    }
}

/// The unprivileged account that a root process lends the server.
#[derive(Clone, Debug)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// `postgres` where a package made it, else `nobody`. `initdb` wants a name in the password file, so no bare number will do.
    fn unprivileged() -> Result<Self> {
        let passwd = fs::read_to_string("/etc/passwd").context("不能读取 /etc/passwd")?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let mut fields = passwd.lines().map(|line| line.split(':')).find_map(|mut f| (f.next() == Some(name)).then_some(f))?;
                let uid = fields.nth(1)?.parse().ok()?;
                let gid = fields.next()?.parse().ok()?;
                Some(Self { name: name.to_owned(), uid, gid })
            })
            .ok_or_else(|| anyhow!("PostgreSQL 不能以 root 运行，而系统里没有 postgres 或 nobody 帐号。请先建立其中一个，或换普通帐号运行"))
    }

    /// The first folder above `path` that this account may not enter. Asked of the system itself, which knows of ACLs too.
    fn first_closed(&self, path: &Path) -> Result<Option<PathBuf>> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for folder in above {
            if !folder.exists() {
                break;
            }
            if !self.may("-x", folder)? {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }

    fn must_reach(&self, program: &Path) -> Result<()> {
        ensure!(
            self.may("-x", program)?,
            "PostgreSQL 不能以 root 运行，而帐号 {} 不能执行 {}。请把它装到大家能进的目录，例如用系统的软件包",
            self.name,
            program.display(),
        );
        Ok(())
    }

    fn may(&self, how: &str, path: &Path) -> Result<bool> {
        let status = Command::new("/usr/bin/test")
            .arg(how)
            .arg(path)
            .uid(self.uid)
            .gid(self.gid)
            .current_dir("/")
            .status();
        Ok(status.context("不能运行 /usr/bin/test")?.success())
    }
}

/// Finds the folder of `initdb` and `pg_ctl`: the one told, the newest system one, one vendored under `.pg`, one in PATH; with data
/// at hand only of the version that made it.
fn find_binaries(told: Option<&Path>, version: Option<&str>) -> Result<PathBuf> {
    let candidates: Vec<PathBuf> = match told {
        Some(dir) => vec![std::path::absolute(dir)?],
        None => newest_first("/usr/lib/postgresql")
            .into_iter()
            .chain(newest_first(std::path::absolute(".pg")?))
            .chain(on_path())
            .filter(|dir| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file())
            .collect(),
    };
    let found: Vec<(PathBuf, String)> = candidates
        .into_iter()
        .filter_map(|dir| major_version(&dir).map(|v| (dir, v)))
        .collect();
    let Some(newest) = found.first() else {
        match told {
            Some(dir) => bail!(
                "{} 里没有能运行的 PostgreSQL（要有 initdb、pg_ctl、postgres）",
                dir.display()
            ),
            None => bail!(
                "找不到 PostgreSQL 的程序（initdb、pg_ctl）。请安装软件包 postgresql，或用 PG_BIN_DIR 指明它们所在的目录，或用 DATABASE_URL 指明已有的服务器"
            ),
        }
    };
    let Some(version) = version else {
        return Ok(newest.0.clone());
    };
    found.iter().find(|(_, v)| v == version).map(|(dir, _)| dir.clone()).ok_or_else(|| {
        anyhow!(
            "数据由 PostgreSQL {version} 建立，只有同一主版本能读，而这里只有 {}。请安装 postgresql-{version}，或用 pg_upgrade 升级数据",
            found.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join("、"),
        )
    })
}

/// `parent/*/bin`, highest number first.
fn newest_first(parent: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().parse().unwrap_or(0),
                entry.path().join("bin"),
            )
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, dir)| dir).collect()
}

/// The folders of PATH. Not configuration: it is how every program finds another.
fn on_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| {
            std::env::split_paths(&path)
                .filter(|dir| dir.is_absolute())
                .collect()
        })
        .unwrap_or_default()
}

fn major_version(bin_dir: &Path) -> Option<String> {
    let output = Command::new(bin_dir.join("postgres"))
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // "postgres (PostgreSQL) 15.20 (Debian …)"
    let number = text.split_whitespace().nth(2)?;
    Some(
        number
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .to_owned(),
    )
    .filter(|v| !v.is_empty())
}

/// Makes one folder; another process may have been quicker.
fn make_folder(path: &Path) -> Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("不能建立 {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn read_pid(file: &Path) -> Result<Option<u32>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("不能读取 {}", file.display())),
    }
}

/// Whether a process of this number lives and is a PostgreSQL server.
fn is_postgres(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .is_ok_and(|name| matches!(name.trim(), "postgres" | "postmaster"))
}

/// Sixteen letters that stand for a path (FNV-1a; need only differ between the folders of one machine).
fn short_hash(path: &Path) -> String {
    let hash = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

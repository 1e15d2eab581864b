//! Everything the program is told from outside, read once. No other crate reads the environment.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// 团建：共青团组织管理平台。
#[derive(Parser, Debug)]
#[command(
    name = "tuanjian",
    version,
    about = "团建：共青团组织管理平台 (membership administration of the Communist Youth League)"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of the program.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// 运行网站与后台任务 (serve pages and work)
    Serve(Settings),
    /// 启动演示：自带数据库、虚构数据、可拨动的时钟 (demonstration with a private database and invented data)
    Demo {
        /// 清空后重新开始
        #[arg(long)]
        fresh: bool,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 升级数据库结构 (apply schema changes)
    Migrate {
        /// 只检查，有待执行的改动时以 2 退出
        #[arg(long)]
        check: bool,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 把数据表分布到 Citus 集群：每次升级结构之后运行；单机数据库不受影响 (distribute the tables over Citus)
    Distribute(Settings),
    /// 检查配置、数据库、密钥、任务 (check configuration, database, keys, schedules)
    Doctor(Settings),
    /// 写入演示数据；给出规模时写入同样大小的虚构团组织，可中断后继续 (write the demonstration league, or one of any size)
    Seed {
        /// 规模：class 30 人、school 1.2 万、city 40 万、province 500 万、tenth 740 万
        #[arg(long)]
        scale: Option<crate::seed::Scale>,
        /// 同时写入的段数
        #[arg(long, default_value_t = 3)]
        jobs: usize,
        /// 随机种子
        #[arg(long, default_value_t = 2026)]
        seed_value: u64,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 建立根组织与第一位管理员 (root organisation and first administrator, by a one-time link)
    Init {
        /// 根组织全称
        #[arg(long)]
        root: String,
        /// 管理员姓名
        #[arg(long)]
        name: String,
        /// 管理员身份证号码（从标准输入读取更安全：写 -）
        #[arg(long)]
        id_number: String,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 建立省、市、县各级团的领导机关，可重复执行 (leading bodies down to counties; running again changes nothing)
    Bodies {
        /// 只建一个省级行政区划（两位代码，如 44），不写建全部
        #[arg(long)]
        province: Option<String>,
        /// 建到哪一级：1 省级，2 地级，3 县级
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=3))]
        levels: u8,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 提名审计员：由根组织的管理员在网页上确认后生效，只能查看 (propose an auditor; an administrator of the root confirms)
    Auditor {
        /// 身份证号码（从标准输入读取更安全：写 -）
        #[arg(long)]
        id_number: String,
        /// 最后一天，如 2027-06-30，最长一年
        #[arg(long)]
        until: String,
        /// 理由
        #[arg(long)]
        reason: String,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 外部系统的接口密钥 (client keys of outside systems)
    Client {
        /// add, list or revoke
        #[command(subcommand)]
        command: ClientCommand,
    },
    /// 审计 (audit chain)
    Audit {
        /// verify
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// 打印权限表 (print the permission table)
    AccessMatrix,
    /// 后台任务 (background work)
    Jobs {
        /// run
        #[command(subcommand)]
        command: JobsCommand,
    },
}

/// Commands on the audit chain.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// 逐条核对审计链：完好 0，被改动 2，没能核完 3
    Verify(Settings),
}

/// Commands on background work.
#[derive(Subcommand, Debug)]
pub enum JobsCommand {
    /// 运行到期的任务，直到没有为止；给出名称时只补一次该计划任务
    Run {
        /// 计划任务名称
        name: Option<String>,
        /// 按这个时刻补办，如 2026-06-01 或 "2026-06-01 00:10"（北京时间）；不给就是现在
        #[arg(long, requires = "name")]
        as_of: Option<String>,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
}

/// `client …`
#[derive(Subcommand, Debug)]
pub enum ClientCommand {
    /// 发一个密钥，只显示一次 (make a key)
    Add {
        /// 哪个系统，如 学校学工系统
        #[arg(long)]
        name: String,
        /// 权限范围：org.read、stat.read；可写多次
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// 组织ID：读取它及下级；可写多次
        #[arg(long, required = true)]
        org: Vec<i64>,
        /// 每分钟最多调用次数
        #[arg(long, default_value_t = 600)]
        per_minute: i32,
        /// 最后一天，如 2027-06-30，最长一年
        #[arg(long)]
        until: String,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// 列出密钥（不含密钥本身） (list)
    List(Settings),
    /// 撤销一个密钥 (revoke)
    Revoke {
        /// 客户端编号
        id: uuid::Uuid,
        /// Settings.
        #[command(flatten)]
        settings: Settings,
    },
}

/// Where things are and how the program behaves; each also by environment variable.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// 已有的 PostgreSQL；不给时由程序在数据目录里启动自带的
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// 数据目录：数据库、上传文件、密钥
    #[arg(long, env = "TUANJIAN_DATA", default_value = "./data")]
    pub data: PathBuf,
    /// 端口
    #[arg(long, env = "TUANJIAN_PORT", default_value_t = 8080)]
    pub port: u16,
    /// 监听地址；对外请放在 TLS 反向代理之后
    #[arg(long, env = "TUANJIAN_BIND", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// 反向代理的地址，多个用逗号分开；只信它们给出的 X-Forwarded-For，登录限次按访客而不按代理计
    #[arg(
        long,
        env = "TUANJIAN_TRUSTED_PROXIES",
        value_delimiter = ',',
        default_value = "127.0.0.1,::1"
    )]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// 规则：national、guangdong、beijing
    #[arg(long, env = "TUANJIAN_PROFILE", default_value = "national")]
    pub profile: String,
    /// 密码套件：sm（国密）或 intl
    #[arg(long, env = "TUANJIAN_CRYPTO_SUITE", default_value = "sm")]
    pub crypto_suite: String,
    /// 主密钥文件（32 字节）；默认数据目录下 keys/master.key，首次启动时生成
    #[arg(long, env = "TUANJIAN_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// 同时进行的后台任务数；0 只提供网页
    #[arg(long, env = "TUANJIAN_WORKERS", default_value_t = 2)]
    pub workers: usize,
    /// 数据库连接数
    #[arg(long, env = "TUANJIAN_DB_CONNECTIONS", default_value_t = 16)]
    pub db_connections: u32,
    /// 服务商配置文件（短信、小程序）；不给时相应的入口不出现
    #[arg(long, env = "TUANJIAN_GATEWAYS")]
    pub gateways: Option<PathBuf>,
    /// 泄露密码文件：每行一个SHA-1，按SHA-1排序；不给时只查程序自带的常用密码
    #[arg(long, env = "TUANJIAN_BREACHED")]
    pub breached: Option<PathBuf>,
    /// initdb、pg_ctl 所在目录
    #[arg(long, env = "PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// 日志格式：text 或 json
    #[arg(long, env = "TUANJIAN_LOG", default_value = "text")]
    pub log: String,
}

//! Which vendors a deployment uses: the file `TUANJIAN_GATEWAYS` names. What is not in it is not offered (ACC-76).

use crate::{Caller, Gateways, Patience, WechatMiniProgram, mini_program::live};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `[mini_program]`
    pub mini_program: Option<MiniProgramSettings>,
}

/// The mini-program (GWY-13).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiniProgramSettings {
    /// AppID.
    pub app_id: String,
    /// File that holds the AppSecret and nothing else.
    pub secret_file: PathBuf,
    /// Another address, for a simulator.
    #[serde(default = "wechat")]
    pub base: String,
}

fn wechat() -> String {
    "https://api.weixin.qq.com".into()
}

/// Secrets go over TLS; a simulator on this machine may do without.
pub(crate) fn checked_base(base: &str) -> anyhow::Result<String> {
    let here = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    let local = here.iter().any(|start| base.starts_with(start));
    ensure!(
        base.starts_with("https://") || local,
        "服务商地址 {base} 应以 https:// 开头"
    );
    Ok(base.trim_end_matches('/').to_owned())
}

/// The one line of a file.
pub(crate) fn secret(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("读不到密钥文件 {}", file.display()))?;
    let text = text.trim();
    ensure!(!text.is_empty(), "密钥文件 {} 是空的", file.display());
    Ok(text.to_owned())
}

impl Settings {
    /// Reads the file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("读不到服务商配置 {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("服务商配置 {}", file.display()))
    }

    /// The live vendors.
    pub fn gateways(&self) -> anyhow::Result<Gateways> {
        let mut gateways = Gateways::default();
        if let Some(settings) = &self.mini_program {
            let account = live::Account {
                base: checked_base(&settings.base)?,
                app_id: settings.app_id.clone(),
                secret: secret(&settings.secret_file)?,
            };
            let caller = Caller::new(Patience::default());
            gateways.mini_program = Some(Arc::new(WechatMiniProgram::new(account, caller)));
        }
        Ok(gateways)
    }
}

//! Which vendors a deployment uses: the file `TUANJIAN_GATEWAYS` names. What is not in it is not offered (ACC-76).

use crate::{
    Aliyun, AliyunAccount, ApprovedTexts, Caller, Gateways, OfficialAccount, OfficialSettings,
    Patience, Sms, Tencent, TencentAccount, WeCom, WeComSettings, WechatMiniProgram,
    mini_program::live,
};
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
    /// `[sms]`
    pub sms: Option<SmsSettings>,
    /// `[wechat]`
    pub wechat: Option<WechatSettings>,
    /// `[wecom]`
    pub wecom: Option<WeComFile>,
}

/// The official account's web sign-in (GWY-11).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatSettings {
    /// AppID.
    pub app_id: String,
    /// File that holds the AppSecret and nothing else.
    pub secret_file: PathBuf,
    /// This site as visitors reach it.
    pub site: String,
    /// Another address, for a simulator.
    #[serde(default = "wechat")]
    pub base: String,
}

/// Enterprise WeChat's web sign-in (GWY-12).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeComFile {
    /// Corp id.
    pub corp_id: String,
    /// Agent id.
    pub agent_id: String,
    /// File that holds the agent's secret and nothing else.
    pub secret_file: PathBuf,
    /// This site as visitors reach it.
    pub site: String,
    /// Another address, for a simulator.
    #[serde(default = "wecom")]
    pub base: String,
}

fn wecom() -> String {
    "https://qyapi.weixin.qq.com".into()
}

/// SMS (GWY-10).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// Who sends them.
    pub provider: SmsProvider,
    /// SecretId of Tencent Cloud, AccessKey ID of Aliyun.
    pub key_id: String,
    /// File that holds the SecretKey, or AccessKey Secret, and nothing else.
    pub key_file: PathBuf,
    /// Approved signature, without brackets.
    pub sign: String,
    /// SmsSdkAppId (Tencent Cloud only).
    #[serde(default)]
    pub app_id: String,
    /// Region (Tencent Cloud only).
    #[serde(default = "guangzhou")]
    pub region: String,
    /// File that holds the secret part of the address receipts come to; without it none are taken.
    #[serde(default)]
    pub receipts_file: Option<PathBuf>,
    /// Another address, for a simulator.
    #[serde(default)]
    pub base: Option<String>,
    /// Approved texts by our names.
    pub texts: ApprovedTexts,
}

/// The providers of SMS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    /// 腾讯云.
    Tencent,
    /// 阿里云.
    Aliyun,
}

/// The texts the program sends, with the parameters each may have.
pub const TEXTS: [(&str, &[&str]); 5] = [
    ("code", &["purpose", "code", "minutes"]),
    ("reset_code", &["name", "code", "hours"]),
    ("registered", &["name", "branch"]),
    ("appeal_objection", &["phone", "until", "code"]),
    ("appeal_result", &["result"]),
];

fn guangzhou() -> String {
    "ap-guangzhou".into()
}

impl SmsSettings {
    fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.sign.is_empty(), "[sms] sign 没有填写审核通过的签名");
        if self.provider == SmsProvider::Tencent {
            ensure!(
                !self.app_id.is_empty(),
                "[sms] app_id 没有填写短信应用的SdkAppId"
            );
        }
        for (name, known) in TEXTS {
            let text = self
                .texts
                .get(name)
                .with_context(|| format!("[sms.texts] 缺少 {name} 的模板"))?;
            ensure!(!text.id.is_empty(), "[sms.texts] {name} 没有模板ID");
            for param in &text.params {
                ensure!(
                    known.contains(&param.as_str()),
                    "[sms.texts] {name} 没有名为 {param} 的参数，可选 {}",
                    known.join("、")
                );
            }
        }
        let code = self
            .texts
            .get("code")
            .is_some_and(|text| text.params.iter().any(|p| p == "code"));
        ensure!(code, "[sms.texts] code 的模板里必须有参数 code");
        for name in self.texts.keys() {
            ensure!(
                TEXTS.iter().any(|(known, _)| known == name),
                "[sms.texts] 没有名为 {name} 的短信"
            );
        }
        Ok(())
    }

    fn provider(&self) -> anyhow::Result<Arc<dyn Sms>> {
        self.check()?;
        let base = |default: &str| checked_base(self.base.as_deref().unwrap_or(default));
        let (secret, caller) = (secret(&self.key_file)?, Caller::new(Patience::default()));
        Ok(match self.provider {
            SmsProvider::Tencent => Arc::new(Tencent::new(
                TencentAccount {
                    base: base("https://sms.tencentcloudapi.com")?,
                    region: self.region.clone(),
                    secret_id: self.key_id.clone(),
                    secret_key: secret,
                    app_id: self.app_id.clone(),
                    sign: self.sign.clone(),
                    texts: self.texts.clone(),
                },
                caller,
            )),
            SmsProvider::Aliyun => Arc::new(Aliyun::new(
                AliyunAccount {
                    base: base("https://dysmsapi.aliyuncs.com")?,
                    key_id: self.key_id.clone(),
                    key_secret: secret,
                    sign: self.sign.clone(),
                    texts: self.texts.clone(),
                },
                caller,
            )),
        })
    }
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
        if let Some(settings) = &self.wechat {
            let own = OfficialSettings {
                base: checked_base(&settings.base)?,
                site: checked_base(&settings.site)?,
                app_id: settings.app_id.clone(),
                secret: secret(&settings.secret_file)?,
            };
            let caller = Caller::new(Patience::default());
            gateways.wechat = Some(Arc::new(OfficialAccount::new(own, caller)));
        }
        if let Some(settings) = &self.wecom {
            let own = WeComSettings {
                base: checked_base(&settings.base)?,
                site: checked_base(&settings.site)?,
                corp_id: settings.corp_id.clone(),
                agent_id: settings.agent_id.clone(),
                secret: secret(&settings.secret_file)?,
            };
            let caller = Caller::new(Patience::default());
            gateways.wecom = Some(Arc::new(WeCom::new(own, caller)));
        }
        if let Some(settings) = &self.sms {
            gateways.sms = Some(settings.provider()?);
            if let Some(file) = &settings.receipts_file {
                let token = secret(file)?;
                ensure!(
                    token.len() >= 20 && token.bytes().all(|b| b.is_ascii_alphanumeric()),
                    "{} 应至少20个字母和数字",
                    file.display()
                );
                gateways.sms_receipts = Some(token);
            }
        }
        Ok(gateways)
    }
}

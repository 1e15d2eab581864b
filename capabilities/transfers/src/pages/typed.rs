//! The fields of a transfer's form, as typed.

use crate::rules::{Fault, Field, Place, Reason, Request};
use base::{Error, Mobile, Reserved};
use serde::Deserialize;
use web::text_field;

/// What was typed; every field may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Typed {
    /// Reason code.
    #[serde(default)]
    pub reason: String,
    /// Target's id.
    #[serde(default)]
    pub target: String,
    /// Person's id (console).
    #[serde(default)]
    pub person: String,
    /// 新学校/工作单位名称.
    #[serde(default)]
    pub dest_name: String,
    /// 详细地址.
    #[serde(default)]
    pub dest_address: String,
    /// 所在地区划.
    #[serde(default)]
    pub dest_region: String,
    /// Place code.
    #[serde(default)]
    pub place: String,
    /// Day the member was told.
    #[serde(default)]
    pub informed_on: String,
    /// 工作学习去向.
    #[serde(default)]
    pub study_work: String,
    /// 常用联系方式.
    #[serde(default)]
    pub contact: String,
    /// 备注.
    #[serde(default)]
    pub remark: String,
}

impl Typed {
    /// The chosen reason.
    pub fn chosen(&self) -> Option<Reason> {
        Reason::from_code(&self.reason)
    }

    /// Whether the reason makes a field compulsory.
    pub fn needs(&self, field: &str) -> bool {
        self.chosen()
            .is_some_and(|reason| reason.needs().iter().any(|need| need.name() == field))
    }

    /// What the compulsory name is called.
    pub fn name_label(&self) -> &'static str {
        self.chosen().map_or("去向单位全称", Reason::name_label)
    }

    /// Whether the remark is compulsory.
    pub fn needs_remark(&self) -> bool {
        self.chosen()
            .is_some_and(|reason| reason.needs().contains(&Field::Remark))
    }

    /// Reads it; texts too long or with control characters come back as faults beside their field.
    pub fn read(&self, reserved: Reserved) -> (Request, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut text = |field: &'static str, label: &str, typed: &str, max: usize| match text_field(
            field, label, typed, max,
        ) {
            Ok(value) => value,
            Err(Error::Refused(refused)) => {
                faults.push(Fault::at(field, refused.code, refused.message));
                String::new()
            }
            Err(_) => String::new(),
        };
        let mut request = Request {
            reason: self.chosen(),
            dest_name: text("dest_name", self.name_label(), &self.dest_name, 60),
            dest_address: text("dest_address", "详细地址", &self.dest_address, 120),
            dest_region: text("dest_region", "区划代码", &self.dest_region, 9),
            place: Place::from_code(&self.place),
            informed_on: self.informed_on.trim().parse().ok(),
            study_work: text("study_work", "学习/工作单位", &self.study_work, 60),
            contact: None,
            remark: text("remark", "备注", &self.remark, 200),
        };
        if !self.contact.trim().is_empty() {
            match Mobile::parse(&self.contact, reserved) {
                Ok(phone) => request.contact = Some(phone),
                Err(fault) => {
                    faults.push(Fault::at("contact", "transfer.contact", fault.message()));
                }
            }
        }
        (request, faults)
    }
}

//! What can be wrong with a file or with a row, in the words the person reads.

use serde::{Deserialize, Serialize};

use crate::Column;

/// Why a whole file is refused; nothing of it is read (ORG-23, ROS-04, SEC-33).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// More bytes than the caller takes.
    #[error("文件超过{megabytes}MB。请删去无关的工作表和图片，或分成几个文件上传。")]
    TooLarge {
        /// The limit in MiB.
        megabytes: u64,
    },
    /// Another format: .xls, .ods, a renamed document.
    #[error(
        "这不是.xlsx工作簿，也不是.csv表格（改后缀名无效）。请在表格软件中打开，另存为.xlsx格式后重新上传；提示：请另存为.xlsx格式。"
    )]
    NotXlsx,
    /// Protected by a password.
    #[error("文件设有打开密码，无法读取。请取消密码后另存为.xlsx格式，再重新上传。")]
    Encrypted,
    /// Unpacks to more than the limits.
    #[error("文件异常，解压后过大。请把数据复制到新下载的模板中再上传。")]
    Bomb,
    /// Too many parts in the archive.
    #[error("文件异常，内部部件超过{limit}个。请把数据复制到新下载的模板中再上传。")]
    TooManyParts {
        /// The limit.
        limit: usize,
    },
    /// Contains macros.
    #[error("文件含有宏，不能接收。请另存为.xlsx格式（不带宏）后重新上传。")]
    Macros,
    /// Draws on other workbooks.
    #[error(
        "文件引用了其他工作簿（外部链接），不能接收。请把数据按“值”粘贴到新下载的模板中再上传。"
    )]
    ExternalLinks,
    /// Contains a document type or entities.
    #[error("文件内部含有不允许的定义（实体），不能接收。请把数据复制到新下载的模板中再上传。")]
    Entities,
    /// Damaged, or not to be understood.
    #[error("无法读取该文件，可能已损坏。请在表格软件中打开，另存为.xlsx格式后重新上传。")]
    Unreadable,
    /// No version cell and the headings do not match.
    #[error(
        "不是本系统模板{}。请下载〔{title}〕模板，把数据填入后重新上传。",
        missing_note(missing)
    )]
    NotTemplate {
        /// The template needed here.
        title: String,
        /// Headings that were looked for in vain; empty when none at all was found.
        missing: Vec<String>,
    },
    /// A template of this system, but the wrong one (ROS-04).
    #[error(
        "表格错误：这是〔{found}〕模板，此处需要〔{wanted}〕模板，两种模板不可混用，请下载正确模板重新上传。"
    )]
    WrongTemplate {
        /// What was uploaded.
        found: String,
        /// What is needed here.
        wanted: String,
    },
    /// Made before (or, after a change back, after) the columns of today.
    #[error("模板版本过旧：〔{title}〕模板已经更新，请重新下载模板，把数据粘贴过去后上传。")]
    OutdatedTemplate {
        /// The template.
        title: String,
    },
    /// Headings or sheets were changed (ROS-04).
    #[error(
        "模板结构已被改动：{cell}应为〔{wanted}〕，现为〔{found}〕。请不要修改表头和工作表，重新下载模板后填写。"
    )]
    StructureChanged {
        /// The cell, or the sheet.
        cell: String,
        /// What stood there.
        wanted: String,
        /// What stands there now.
        found: String,
    },
    /// More rows than the caller takes.
    #[error("超过{limit}行。请分成几个文件，每个不超过{limit}行，依次上传。")]
    TooManyRows {
        /// The limit.
        limit: usize,
    },
    /// Nothing filled in.
    #[error("空表：〔{sheet}〕工作表中没有填写任何数据。请从表头下一行开始填写后重新上传。")]
    Empty {
        /// The sheet looked at.
        sheet: String,
    },
}

fn missing_note(missing: &[String]) -> String {
    if missing.is_empty() {
        String::new()
    } else {
        format!("（缺少列：{}）", missing.join("、"))
    }
}

/// What kind of fault a cell has; for grouping in the preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A required column is empty.
    Required,
    /// The cell holds a formula (SEC-33).
    Formula,
    /// A number of more than 15 digits, whose last digits are lost.
    LostDigits,
    /// Control characters, or a line break within the text.
    Characters,
    /// `#N/A` and its kin.
    ErrorValue,
    /// Covered by a merged cell.
    Merged,
    /// Longer than the column takes.
    TooLong,
    /// Not among the options.
    Option,
    /// Not a year and month.
    YearMonth,
    /// Not a date.
    Date,
    /// Not a whole number.
    Integer,
    /// Differs from the value the column is locked to.
    Locked,
    /// A rule of the capability.
    Rule,
}

/// One fault of one row, placed in its cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// Key of the column; empty when the fault is of the row as a whole.
    pub column: String,
    /// What kind of fault.
    pub kind: FaultKind,
    /// Field, what is wrong, the rule, the next step.
    pub message: String,
    /// A value that would mend it, offered beside the cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl RowFault {
    /// A fault of a declared column.
    #[must_use]
    pub fn new(column: &Column, kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            column: column.key.to_owned(),
            kind,
            message: message.into(),
            suggestion: None,
        }
    }

    /// A fault found by a rule of the capability, in the column with this key (empty: the row as a whole).
    #[must_use]
    pub fn rule(column: &str, message: impl Into<String>) -> Self {
        Self {
            column: column.to_owned(),
            kind: FaultKind::Rule,
            message: message.into(),
            suggestion: None,
        }
    }

    /// With a value that would mend it.
    #[must_use]
    pub fn suggest(mut self, value: impl Into<String>) -> Self {
        self.suggestion = Some(value.into());
        self
    }
}

//! The file of breached passwords a deployment may keep beside the program (SEC-01).

use base::{Error, Result};
use sha1::{Digest, Sha1};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Hexadecimal digits of a SHA-1, the key of each line.
const KEY: usize = 40;
/// No line is longer: the key, a colon and a count.
const LINE: u64 = 64;

/// One line a password: its SHA-1 in capitals, optionally a colon and how often it was seen, in order of the keys. It may be
/// larger than memory: some forty short reads find a line.
#[derive(Clone, Debug)]
pub struct Breached {
    path: PathBuf,
}

impl Breached {
    /// The file at `path`, if it can be read and looks like one.
    pub fn open(path: &Path) -> Result<Self> {
        let strange = |cause: String| {
            Error::Internal(anyhow::anyhow!(
                "泄露密码文件 {}：{cause}。每行应是一个SHA-1（40位大写十六进制，可接“:次数”），按SHA-1排序",
                path.display()
            ))
        };
        let mut file = File::open(path).map_err(|cause| strange(cause.to_string()))?;
        let (_, first) = line_at(&mut file, 0).map_err(|cause| strange(cause.to_string()))?;
        let upper = |c: &u8| c.is_ascii_digit() || (b'A'..=b'F').contains(c);
        if first.len() < KEY || !first[..KEY].iter().all(upper) {
            return Err(strange("第一行不是SHA-1".into()));
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Whether the password is in it.
    pub(crate) fn holds(&self, password: &str) -> std::io::Result<bool> {
        let want: String = Sha1::digest(password.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let mut file = File::open(&self.path)?;
        let (mut low, mut high) = (0, file.metadata()?.len());
        // The line wanted begins in low..high, if there is one.
        while low < high {
            let middle = low + (high - low) / 2;
            let (start, line) = line_at(&mut file, middle)?;
            if start >= high || line.len() < KEY {
                high = middle;
                continue;
            }
            match line[..KEY].cmp(want.as_bytes()) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = start + line.len() as u64 + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// The first line that begins at `from` or after it, and where it begins.
fn line_at(file: &mut File, from: u64) -> std::io::Result<(u64, Vec<u8>)> {
    let back = from.saturating_sub(1);
    file.seek(SeekFrom::Start(back))?;
    let mut read = Vec::new();
    file.take(2 * LINE).read_to_end(&mut read)?;
    let skip = match from {
        0 => 0,
        _ => read
            .iter()
            .position(|c| *c == b'\n')
            .map_or(read.len(), |at| at + 1),
    };
    let line: Vec<u8> = read[skip..]
        .iter()
        .take_while(|c| **c != b'\n')
        .copied()
        .collect();
    Ok((back + skip as u64, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_01_each_line_of_the_file_is_found_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("tuanjian-breached-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("list.txt");
        let known: Vec<String> = (0..257).map(|n| format!("hai-tang-{n}")).collect();
        let mut lines: Vec<String> = known
            .iter()
            .enumerate()
            .map(|(n, word)| {
                let key: String = Sha1::digest(word.as_bytes())
                    .iter()
                    .map(|byte| format!("{byte:02X}"))
                    .collect();
                format!("{key}:{}", 10_u64.pow(u32::try_from(n % 9).unwrap()))
            })
            .collect();
        lines.sort();
        for text in [lines.join("\n"), lines.join("\n") + "\n"] {
            std::fs::write(&path, &text).unwrap();
            let list = Breached::open(&path).unwrap();
            for word in &known {
                assert!(list.holds(word).unwrap(), "{word}");
            }
            for word in ["hai-tang-257", "", "HAI-TANG-1"] {
                assert!(!list.holds(word).unwrap(), "{word}");
            }
        }
        std::fs::write(&path, "password\n").unwrap();
        assert!(Breached::open(&path).is_err(), "a list of plain words");
        assert!(Breached::open(&folder.join("none.txt")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

//! The archive around a workbook, judged before anything in it is read (SEC-33).

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::FileFault;

const MIB: u64 = 1024 * 1024;
/// Small parts may be packed as tightly as they like.
const RATIO_FLOOR: u64 = MIB;
/// The reader copies the font and format of a style into every cell format, so both are kept small and few.
const STYLE_TAG_BYTES: usize = 4096;
const STYLE_FORMATS: usize = 140_000;

/// How much a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Data rows.
    pub rows: usize,
    /// Bytes as uploaded.
    pub packed: u64,
    /// Bytes of all parts unpacked.
    pub unpacked: u64,
    /// Unpacked to packed bytes of one part.
    pub ratio: u64,
    /// Parts in the archive.
    pub parts: usize,
}

impl Limits {
    /// The limits of SEC-33 with so many rows and MiB.
    #[must_use]
    pub fn new(rows: usize, megabytes: u64) -> Self {
        Self {
            rows,
            packed: megabytes * MIB,
            unpacked: 200 * MIB,
            ratio: 100,
            parts: 2000,
        }
    }
}

/// Refuses what is no workbook, what unpacks to too much and what could act by itself.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), FileFault> {
    if bytes.len() as u64 > limits.packed {
        return Err(FileFault::TooLarge {
            megabytes: limits.packed / MIB,
        });
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(foreign(bytes));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileFault::Unreadable)?;
    if archive.len() > limits.parts {
        return Err(FileFault::TooManyParts {
            limit: limits.parts,
        });
    }
    let names: Vec<String> = archive.file_names().map(str::to_ascii_lowercase).collect();
    if names
        .iter()
        .any(|n| n.ends_with("vbaproject.bin") || n.contains("/macrosheets/"))
    {
        return Err(FileFault::Macros);
    }
    if names.iter().any(|n| n.contains("externallinks/")) {
        return Err(FileFault::ExternalLinks);
    }
    if !names.iter().any(|n| n == "[content_types].xml")
        || !names
            .iter()
            .any(|n| n.ends_with("workbook.xml") || n.ends_with("workbook2.xml"))
    {
        return Err(FileFault::NotXlsx);
    }
    let mut left = limits.unpacked;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| match e {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => FileFault::Encrypted,
            _ => FileFault::Unreadable,
        })?;
        let allowed =
            left.min((part.compressed_size().saturating_mul(limits.ratio)).max(RATIO_FLOOR));
        let mut scan = Scan::of(part.name());
        // The declared size may lie, so the bytes themselves are counted.
        left -= unpack(part, allowed, &mut scan)?;
    }
    Ok(())
}

/// Unpacks one part through the scan and answers its size; one byte more than allowed is a bomb.
fn unpack(part: impl Read, allowed: u64, scan: &mut Scan) -> Result<u64, FileFault> {
    let mut part = part.take(allowed + 1);
    let mut window = vec![0; 64 * 1024];
    let (mut kept, mut size) = (0, 0);
    loop {
        let read = part
            .read(window.get_mut(kept..).unwrap_or_default())
            .map_err(|_| FileFault::Unreadable)?;
        if read == 0 {
            return Ok(size);
        }
        size += read as u64;
        if size > allowed {
            return Err(FileFault::Bomb);
        }
        let end = kept + read;
        scan.look(window.get(..end).unwrap_or_default(), kept)?;
        // What a mark could begin in stays in the window.
        kept = end.min(Scan::OVERLAP);
        window.copy_within(end - kept..end, 0);
    }
}

/// What is looked for in the bytes of a part, whatever the reader would make of it.
struct Scan {
    xml: bool,
    strings: bool,
    styles: bool,
    since_mark: usize,
    formats: usize,
}

impl Scan {
    const OVERLAP: usize = 64;

    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self {
            xml: [".xml", ".rels", ".vml"].iter().any(|e| name.ends_with(e)),
            strings: name.ends_with("sharedstrings.xml"),
            styles: name.ends_with("styles.xml"),
            since_mark: 0,
            formats: 0,
        }
    }

    /// `window` begins with `old` bytes that were looked at before.
    fn look(&mut self, window: &[u8], old: usize) -> Result<(), FileFault> {
        if self.xml && (find(window, b"<!DOCTYPE").is_some() || find(window, b"<!ENTITY").is_some())
        {
            return Err(FileFault::Entities);
        }
        if self.strings {
            let mut rest = window;
            while let Some(at) = find(rest, b"uniqueCount") {
                rest = rest.get(at + b"uniqueCount".len()..).unwrap_or_default();
                // The reader makes room for as many strings as the file claims to have.
                let digits = rest
                    .iter()
                    .skip_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\''))
                    .take_while(|b| b.is_ascii_digit())
                    .count();
                if digits > 7 {
                    return Err(FileFault::Bomb);
                }
            }
        }
        if self.styles {
            for byte in window.get(old..).unwrap_or_default() {
                self.since_mark = if matches!(byte, b'<' | b'>') {
                    0
                } else {
                    self.since_mark + 1
                };
                if self.since_mark > STYLE_TAG_BYTES {
                    return Err(FileFault::Bomb);
                }
            }
            self.formats += window
                .get(old.saturating_sub(3)..)
                .unwrap_or_default()
                .windows(4)
                .filter(|w| matches!(*w, b"<xf " | b":xf " | b"<xf>" | b"<xf/"))
                .count();
            if self.formats > STYLE_FORMATS {
                return Err(FileFault::Bomb);
            }
        }
        Ok(())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|b| *b == first) {
        let at = from + at;
        if haystack.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Which advice a file that is no archive needs.
fn foreign(bytes: &[u8]) -> FileFault {
    if bytes.is_empty() {
        return FileFault::Unreadable;
    }
    let package: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) && find(bytes, &package).is_some() {
        FileFault::Encrypted
    } else {
        FileFault::NotXlsx
    }
}

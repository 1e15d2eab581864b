//! The figures, for people and for machines.

use crate::{Shape, load::Figures};
use serde_json::{Value, json};

/// Everything found in one run.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) starts: Vec<Start>,
    pub(crate) pages: Vec<Page>,
    pub(crate) import: Option<Import>,
    /// Resident memory at the end and at most, in MB.
    pub(crate) memory: (f64, f64),
}

/// One kind of start.
pub(crate) struct Start {
    pub(crate) name: &'static str,
    pub(crate) seconds: f64,
}

/// One page beside its statements.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) statements: Vec<String>,
    pub(crate) plain: Figures,
    pub(crate) gzip: Figures,
    pub(crate) raw_per_second: f64,
}

impl Page {
    fn ratio(&self) -> f64 {
        self.plain.per_second / self.raw_per_second
    }
}

/// An import beside its bare cost, in seconds.
pub(crate) struct Import {
    pub(crate) rows: usize,
    /// From the upload until the preview stands.
    pub(crate) check: f64,
    /// From the confirmation until all rows stand.
    pub(crate) apply: f64,
    pub(crate) parse: f64,
    pub(crate) copy: f64,
    /// Rows the import wrote, and copying those into tables with the same indexes.
    pub(crate) written: u64,
    pub(crate) same: f64,
}

impl Import {
    fn ratio(&self) -> f64 {
        (self.check + self.apply) / (self.parse + self.copy)
    }

    fn ratio_same(&self) -> f64 {
        (self.check + self.apply) / (self.parse + self.same)
    }
}

impl Report {
    /// Tables for the README.
    pub(crate) fn markdown(&self, shape: Shape) -> String {
        let mut out = String::new();
        if !self.pages.is_empty() {
            out += &format!(
                "Pages, {} connections, middle of {} rounds:\n\n| page | statements | requests/s | p50 ms | p95 ms | p99 ms | bytes | gzip: requests/s | bytes | SQL alone/s | ratio |\n| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
                shape.connections, shape.rounds
            );
            for page in &self.pages {
                let (plain, gzip) = (&page.plain, &page.gzip);
                let ms = |us: u32| f64::from(us) / 1000.0;
                out += &format!(
                    "| {} | {} | {:.0} | {:.1} | {:.1} | {:.1} | {} | {:.0} | {} | {:.0} | {:.2} |\n",
                    page.name,
                    page.statements.len(),
                    plain.per_second,
                    ms(plain.p50_us),
                    ms(plain.p95_us),
                    ms(plain.p99_us),
                    plain.bytes,
                    gzip.per_second,
                    gzip.bytes,
                    page.raw_per_second,
                    page.ratio()
                );
            }
            out.push('\n');
        }
        for start in &self.starts {
            out += &format!("Start to ready, {}: {:.2} s\n", start.name, start.seconds);
        }
        if let Some(import) = &self.import {
            out += &format!(
                "Import of {} members: check {:.2} s, apply {:.2} s\n  parsing the file {:.3} s, copying its cells into one table without index {:.3} s: ratio {:.1}\n  parsing the file {:.3} s, copying the {} rows it becomes into tables with the same indexes {:.3} s: ratio {:.1}\n",
                import.rows,
                import.check,
                import.apply,
                import.parse,
                import.copy,
                import.ratio(),
                import.parse,
                import.written,
                import.same,
                import.ratio_same()
            );
        }
        out += &format!(
            "Resident memory: {:.0} MB at the end, {:.0} MB at most\n",
            self.memory.0, self.memory.1
        );
        out
    }

    /// The same as JSON, statements included.
    pub(crate) fn json(&self, shape: Shape) -> Value {
        let figures = |f: &Figures| json!({ "per_second": f.per_second.round(), "p50_us": f.p50_us, "p95_us": f.p95_us, "p99_us": f.p99_us, "bytes": f.bytes });
        json!({
            "connections": shape.connections,
            "seconds": shape.time.as_secs(),
            "rounds": shape.rounds,
            "pages": self.pages.iter().map(|page| json!({
                "name": page.name,
                "plain": figures(&page.plain),
                "gzip": figures(&page.gzip),
                "raw_per_second": page.raw_per_second.round(),
                "ratio": (page.ratio() * 100.0).round() / 100.0,
                "statements": page.statements,
            })).collect::<Vec<_>>(),
            "starts": self.starts.iter().map(|s| json!({ "name": s.name, "seconds": s.seconds })).collect::<Vec<_>>(),
            "import": self.import.as_ref().map(|i| json!({ "rows": i.rows, "check": i.check, "apply": i.apply, "parse": i.parse, "copy": i.copy, "ratio": i.ratio(), "rows_written": i.written, "copy_rows_written": i.same, "ratio_rows_written": i.ratio_same() })),
            "memory_mb": { "end": self.memory.0.round(), "most": self.memory.1.round() },
        })
    }
}

//! Lists (GEN-07): keyset paging, state in the address, removable filters. A capability declares its columns and reads
//! `size + 1` rows after or before a cursor; this module does the rest.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt::Write;

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Where a page of a list begins or ends: the sort key of a row, as texts, opaque in the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<String>);

impl Cursor {
    /// For the address.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    /// From the address; anything unreadable, or of another length than `parts`, is the beginning of the list.
    pub fn decode(text: &str, parts: usize) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let key: Vec<String> = serde_json::from_slice(&bytes).ok()?;
        (key.len() == parts && key.iter().all(|part| !part.contains('\0'))).then_some(Self(key))
    }
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first.
    First,
    /// The one after this row.
    After(Cursor),
    /// The one before this row.
    Before(Cursor),
}

/// The address of a list: path, filters, sort, page. Empty values are left out, so equal lists have equal addresses.
#[derive(Clone, Debug)]
pub struct ListState {
    path: String,
    params: Vec<(String, String)>,
}

impl ListState {
    /// Keeps of `query` the names in `known` (filters, sort, size) that have a value; `after` and `before` place the page.
    pub fn new(path: &str, query: &[(String, String)], known: &[&str]) -> Self {
        let params = query
            .iter()
            .filter(|(name, value)| {
                !value.trim().is_empty()
                    && (known.contains(&name.as_str())
                        || name == "after"
                        || name == "before"
                        || name == "size")
            })
            .map(|(name, value)| (name.clone(), base::text::normalise(value)))
            .collect();
        Self {
            path: path.to_owned(),
            params,
        }
    }

    /// The value of a filter, empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The value of a filter, `None` if it is not set: binds into optional conditions.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Rows a page: 10, 50 or 100.
    pub fn size(&self, default: i64) -> i64 {
        self.get("size")
            .parse()
            .ok()
            .filter(|n| [10, 50, 100].contains(n))
            .unwrap_or(default)
    }

    /// Which page; `parts` is the length of the sort key.
    pub fn place(&self, parts: usize) -> Place {
        if let Some(cursor) = Cursor::decode(self.get("after"), parts) {
            Place::After(cursor)
        } else if let Some(cursor) = Cursor::decode(self.get("before"), parts) {
            Place::Before(cursor)
        } else {
            Place::First
        }
    }

    /// The address with one value changed (empty: removed) and back on the first page.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut params: Vec<(&str, &str)> = self
            .params
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .filter(|(n, _)| *n != name && *n != "after" && *n != "before")
            .collect();
        if !value.is_empty() {
            params.push((name, value));
        }
        self.address(&self.path, &params)
    }

    /// The address without one filter.
    pub fn without(&self, name: &str) -> String {
        self.with(name, "")
    }

    /// The same filters on another path (export of what is shown).
    pub fn on(&self, path: &str) -> String {
        let params: Vec<(&str, &str)> = self
            .params
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .filter(|(n, _)| *n != "after" && *n != "before")
            .collect();
        self.address(path, &params)
    }

    /// The page shown, on another path (download of what is shown).
    pub fn page_on(&self, path: &str) -> String {
        let params: Vec<(&str, &str)> = self
            .params
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        self.address(path, &params)
    }

    /// The filters without the page, for hidden fields of a form about the whole list.
    pub fn filters(&self) -> impl Iterator<Item = &(String, String)> {
        let paging = ["after", "before", "size"];
        self.params
            .iter()
            .filter(move |(name, _)| !paging.contains(&name.as_str()))
    }

    /// All filters set, for hidden fields of a form.
    pub fn params(&self) -> &[(String, String)] {
        &self.params
    }

    fn address(&self, path: &str, params: &[(&str, &str)]) -> String {
        let query: Vec<String> = params
            .iter()
            .map(|(n, v)| format!("{n}={}", encode(v)))
            .collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }
}

/// One page of rows with the addresses around it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Address of the page before, if there is one.
    pub before: Option<String>,
    /// Address of the page after, if there is one.
    pub after: Option<String>,
}

impl<T> Page<T> {
    /// From `size + 1` rows read at `place` (rows read before a cursor come in reverse order).
    pub fn new(
        mut rows: Vec<T>,
        size: i64,
        place: &Place,
        state: &ListState,
        key: impl Fn(&T) -> Vec<String>,
    ) -> Self {
        let more = rows.len() as i64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(0));
        let backwards = matches!(place, Place::Before(_));
        if backwards {
            rows.reverse();
        }
        let (has_before, has_after) = match place {
            Place::First => (false, more),
            Place::After(_) => (true, more),
            Place::Before(_) => (more, true),
        };
        let link = |name: &str, row: Option<&T>| {
            row.map(|row| state.with(name, &Cursor(key(row)).encode()))
        };
        Self {
            before: has_before.then(|| link("before", rows.first())).flatten(),
            after: has_after.then(|| link("after", rows.last())).flatten(),
            rows,
        }
    }
}

/// A condition shown above the list, with the address that removes it.
#[derive(Clone, Debug)]
pub struct Chip {
    /// What it says: `入学年份 2023`.
    pub label: String,
    /// The list without it.
    pub remove: String,
}

/// A choice of a select.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Submitted value.
    pub value: String,
    /// Shown text.
    pub label: String,
    /// Chosen.
    pub selected: bool,
}

impl Choice {
    /// Choices from pairs of value and label.
    pub fn list<'a>(
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
        selected: &str,
    ) -> Vec<Self> {
        options
            .into_iter()
            .map(|(value, label)| Self {
                value: value.to_owned(),
                label: label.to_owned(),
                selected: value == selected,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(query: &[(&str, &str)]) -> ListState {
        let query: Vec<(String, String)> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        ListState::new("/console/members", &query, &["q", "sort"])
    }

    #[test]
    fn gen_07_lists_keep_their_filters_in_the_address_and_page_by_key() {
        let s = state(&[
            ("q", "李"),
            ("sort", "name"),
            ("evil", "1"),
            ("after", "xx"),
        ]);
        assert_eq!(s.with("sort", ""), "/console/members?q=%E6%9D%8E");
        assert_eq!(s.on("/export"), "/export?q=%E6%9D%8E&sort=name");
        assert_eq!(
            s.place(1),
            Place::First,
            "an unreadable cursor is the beginning"
        );
        let rows: Vec<i64> = (1..=11).collect();
        let first = Page::new(rows, 10, &Place::First, &s, |n| vec![n.to_string()]);
        assert_eq!(
            (
                first.rows.len(),
                first.before.is_none(),
                first.after.is_some()
            ),
            (10, true, true)
        );
        let after = Cursor(vec!["10".into()]);
        assert_eq!(Cursor::decode(&after.encode(), 1), Some(after.clone()));
        assert_eq!(Cursor::decode(&after.encode(), 2), None);
        let last = Page::new(vec![11], 10, &Place::After(after), &s, |n| {
            vec![n.to_string()]
        });
        assert!(last.before.is_some() && last.after.is_none());
        let back = Page::new(
            vec![10, 9, 8],
            10,
            &Place::Before(Cursor(vec!["11".into()])),
            &s,
            |n| vec![n.to_string()],
        );
        assert_eq!(back.rows, [8, 9, 10]);
        assert!(back.before.is_none() && back.after.is_some());
    }
}

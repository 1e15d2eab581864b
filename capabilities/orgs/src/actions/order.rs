//! The order of siblings (ORG-31).

use crate::rules::Org;
use crate::store;
use access::Permission;
use base::{Error, Result};
use db::{Tx, audit::Event};
use serde_json::json;

/// Where a subordinate goes among its siblings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// One place up.
    Up,
    /// One place down.
    Down,
    /// To this place, from 1.
    To(usize),
}

impl Move {
    /// Reads what a form sent: `up`, `down`, or a number.
    pub fn read(typed: &str) -> Result<Self> {
        match base::text::normalise(typed).as_str() {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            number => match number.parse() {
                Ok(n) if (1..=9999).contains(&n) => Ok(Self::To(n)),
                _ => Err(Error::refused_at(
                    "to",
                    "org.order",
                    "排序应为1–9999的整数，1为最前。",
                )),
            },
        }
    }
}

/// Moves a direct subordinate among its siblings.
pub async fn reorder(tx: &mut Tx, org: &Org, to: Move) -> Result<()> {
    let parent = match org.parent {
        Some(parent) => store::find(tx, parent).await?.ok_or(Error::NotFound)?,
        None => return Err(Error::NotFound),
    };
    tx.actor()
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    store::lock(tx).await?;
    let before = store::order_of_children(tx, parent.id).await?;
    let from = before
        .iter()
        .position(|(id, _)| *id == org.id)
        .ok_or(Error::NotFound)?;
    let last = before.len() - 1;
    let place = match to {
        Move::Up => from.saturating_sub(1),
        Move::Down => (from + 1).min(last),
        Move::To(n) => (n - 1).min(last),
    };
    let mut order: Vec<_> = before.iter().map(|(id, _)| *id).collect();
    let moved = order.remove(from);
    order.insert(place, moved);
    let changed: Vec<_> = order
        .into_iter()
        .zip(1..)
        .filter(|pair| !before.contains(pair))
        .collect();
    if place == from {
        return Err(Error::refused(
            "org.order_same",
            format!("〔{}〕已经排在第{}位，无需移动。", org.short_name, from + 1),
        ));
    }
    store::renumber(tx, &changed).await?;
    tx.record(
        Event::new("org.reordered", "org", org.id)
            .org(parent.id)
            .before(json!({"place": from + 1}))
            .after(json!({"place": place + 1})),
    );
    Ok(())
}

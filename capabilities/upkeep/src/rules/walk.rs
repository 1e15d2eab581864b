//! Walking the tree in its order and adding up each subtree when the walk leaves it.

use base::OrgPath;

/// The organisations between the top and where the walk stands: one line of superiors, whatever the size of the tree.
pub(crate) struct Walk<T>(Vec<(OrgPath, T)>);

impl<T> Default for Walk<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Walk<T> {
    /// Comes to the next organisation. Whatever does not stand above it is left: `whole` gets what it adds up to, and the
    /// superior to add it to. Answers its own superior.
    pub(crate) fn enter(
        &mut self,
        path: OrgPath,
        own: T,
        whole: &mut impl FnMut(T, Option<&mut T>),
    ) -> Option<&mut T> {
        self.leave(|open| !open.contains(&path), whole);
        self.0.push((path, own));
        let superior = self.0.len().checked_sub(2)?;
        self.0.get_mut(superior).map(|(_, of)| of)
    }

    /// The tree is through.
    pub(crate) fn end(&mut self, whole: &mut impl FnMut(T, Option<&mut T>)) {
        self.leave(|_| true, whole);
    }

    fn leave(
        &mut self,
        over: impl Fn(&OrgPath) -> bool,
        whole: &mut impl FnMut(T, Option<&mut T>),
    ) {
        while let Some((_, of)) = self.0.pop_if(|(open, _)| over(open)) {
            whole(of, self.0.last_mut().map(|(_, superior)| superior));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subtree_is_added_up_when_the_walk_leaves_it() {
        let mut walk = Walk::default();
        let mut left = Vec::new();
        let mut whole = |(name, sum): (&'static str, u32),
                         superior: Option<&mut (&'static str, u32)>| {
            left.push((name, sum));
            if let Some(superior) = superior {
                superior.1 += sum;
            }
        };
        for (path, name, own) in [
            ("/a/", "a", 1),
            ("/a/b/", "b", 2),
            ("/a/b/c/", "c", 4),
            ("/a/d/", "d", 8),
            ("/e/", "e", 16),
        ] {
            let superior = walk.enter(OrgPath::new(path), (name, own), &mut whole);
            assert_eq!(
                superior.map(|of| of.0),
                match name {
                    "b" | "d" => Some("a"),
                    "c" => Some("b"),
                    _ => None,
                }
            );
        }
        walk.end(&mut whole);
        assert_eq!(left, [("c", 4), ("b", 6), ("d", 8), ("a", 15), ("e", 16)]);
    }
}

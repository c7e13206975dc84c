//! What holds for a subnet (its network ACL, its route table), read once however many subnets share it.

use crate::model::Unknown;

/// Tables of kind `T` by subnet, in the form `V` in which they are used.
pub(super) struct Tables<'a, T, V> {
    read: Vec<(&'a T, V)>,
    of: Vec<(&'a str, Result<usize, Unknown>)>,
}

impl<T, V> Default for Tables<'_, T, V> {
    fn default() -> Self {
        Tables { read: Vec::new(), of: Vec::new() }
    }
}

impl<'a, T, V> Tables<'a, T, V> {
    /// The table of a subnet: looked up by `find`, brought into its form by `read`.
    pub(super) fn of(
        &mut self,
        subnet: &'a str,
        find: impl FnOnce() -> Result<&'a T, Unknown>,
        read: impl FnOnce(&'a T) -> Result<V, Unknown>,
    ) -> Result<&V, Unknown> {
        // Nearly always it is the very same text.
        let same = |known: &str| std::ptr::eq(known, subnet) || known == subnet;
        let at = match self.of.iter().find(|(known, _)| same(known)) {
            Some((_, Ok(at))) => *at,
            Some((_, Err(gap))) => return Err(gap.clone()),
            None => {
                let at = find().and_then(|table| self.place(table, read));
                self.of.push((subnet, at.clone()));
                at?
            }
        };
        Ok(&self.read[at].1)
    }

    fn place(&mut self, table: &'a T, read: impl FnOnce(&'a T) -> Result<V, Unknown>) -> Result<usize, Unknown> {
        match self.read.iter().position(|(known, _)| std::ptr::eq(*known, table)) {
            Some(at) => Ok(at),
            None => {
                self.read.push((table, read(table)?));
                Ok(self.read.len() - 1)
            }
        }
    }
}

//! Many names that say the same thing, as one.

/// So many resources are named one by one.
pub(super) const FEW: usize = 3;

/// What more than [`FEW`] names have in common up to a `/`, that included;
/// `None` for few names, or where nothing is common.
pub(super) fn common_folder<'a>(names: &[&'a str]) -> Option<&'a str> {
    let (first, rest) = names.split_first()?;
    if names.len() <= FEW {
        return None;
    }
    let common = rest.iter().fold(*first, |common, next| {
        let same = common
            .char_indices()
            .zip(next.chars())
            .take_while(|((_, a), b)| a == b)
            .last();
        let end = same.map_or(0, |((at, c), _)| at + c.len_utf8());
        common.get(..end).unwrap_or_default()
    });
    common.get(..=common.rfind('/')?)
}

#[cfg(test)]
mod tests {
    use super::common_folder;

    #[test]
    fn folders_end_at_a_slash() {
        assert_eq!(
            common_folder(&["b/a/1", "b/a/2", "b/a/3", "b/a/33"]),
            Some("b/a/")
        );
        assert_eq!(common_folder(&["b/é1", "b/é2", "b/è", "b/é"]), Some("b/"));
        assert_eq!(common_folder(&["b/a", "b/b", "c", "d"]), None);
        assert_eq!(common_folder(&["b/1", "b/2", "b/3"]), None);
        assert_eq!(common_folder(&[]), None);
    }
}

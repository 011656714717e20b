//! Lists in pages: a bounded number of things, and where to go on.

use crate::refusal::Refusal;

/// How many things a page has when the request does not say.
const USUAL: u32 = 100;
/// The most things on a page.
const MOST: u32 = 1_000;

/// How many things the page is to have.
pub(crate) fn size(limit: Option<u32>) -> Result<u32, Refusal> {
    let limit = limit.unwrap_or(USUAL);
    let fits = (1..=MOST).contains(&limit);
    fits.then_some(limit).ok_or_else(|| Refusal::Malformed(format!("`limit` is 1 to {MOST}")))
}

/// One page of things in the order of `place`: those after `after`, and the place of the last one
/// when there are more.
pub(crate) fn cut<T, P: Ord + Copy>(
    mut things: Vec<T>,
    place: impl Fn(&T) -> P,
    after: Option<P>,
    size: u32,
) -> (Vec<T>, Option<P>) {
    things.retain(|thing| after.is_none_or(|after| place(thing) > after));
    things.sort_by_key(&place);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = things.len() > size;
    things.truncate(size);
    let next = things.last().filter(|_| more).map(place);
    (things, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(after: Option<u8>, size: u32, expected: (&[u8], Option<u8>)) {
        let (page, next) = cut(vec![3, 1, 4, 2], |it| *it, after, size);
        assert_eq!((page.as_slice(), next), expected, "{after:?} {size}");
    }

    #[test]
    fn pages_follow_on_each_other_without_gap_or_repetition() {
        check(None, 2, (&[1, 2], Some(2)));
        check(Some(2), 2, (&[3, 4], None));
        check(None, 4, (&[1, 2, 3, 4], None));
        check(Some(1), 2, (&[2, 3], Some(3)));
        check(Some(4), 2, (&[], None));
    }

    #[test]
    fn a_page_has_a_bounded_size() {
        assert_eq!(size(None), Ok(100));
        assert_eq!(size(Some(1_000)), Ok(1_000));
        assert!(size(Some(0)).is_err());
        assert!(size(Some(1_001)).is_err());
        assert!(size(Some(u32::MAX)).is_err());
    }
}

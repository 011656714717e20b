//! Characters that a person does not see and a model reads all the same.

use serde_json::Value;

/// The first such character in what a definition says, member names included.
pub(crate) fn find(value: &Value) -> Option<char> {
    match value {
        Value::String(text) => text.chars().find(|it| is_unseen(*it)),
        Value::Array(elements) => elements.iter().find_map(find),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            name.chars().find(|it| is_unseen(*it)).or_else(|| find(value))
        }),
        _ => None,
    }
}

/// A text as it can be shown, in one line: what is not seen, or moves what is, is written out.
pub fn shown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, it| {
        if is_unseen(it) || it.is_control() {
            shown.extend(it.escape_default());
        } else {
            shown.push(it);
        }
        shown
    })
}

/// Controls but for those of a text's layout, and what [`is_widthless`] but the joiner of emoji.
fn is_unseen(it: char) -> bool {
    let is_layout = matches!(it, '\n' | '\r' | '\t');
    it.is_control() && !is_layout || is_widthless(it) && it != JOINER
}

/// The joiner of emoji, which has no width either.
const JOINER: char = '\u{200d}';

/// Whether a character has no width, breaks lines unseen, or changes the direction of others:
/// fillers, joiners, marks and separators, annotations, tags (UTS #39; UAX #9).
pub fn is_widthless(it: char) -> bool {
    matches!(
        it,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_seen_is_found_and_written_out() {
        for (value, expected) in [
            (json!("plain, é, 世界, 👩\u{200d}💻, two\nlines"), None),
            (json!("a\u{202e}b"), Some('\u{202e}')),
            (json!({"a": [{"b": "\u{e0041}"}]}), Some('\u{e0041}')),
            (json!({"\u{200b}": 1}), Some('\u{200b}')),
            (json!("\u{1b}[8m"), Some('\u{1b}')),
            (json!("a\u{2028}b"), Some('\u{2028}')),
            (json!("a\u{fff9}b"), Some('\u{fff9}')),
            (json!(7), None),
        ] {
            assert_eq!(find(&value), expected, "{value}");
        }
        assert_eq!(shown("a\u{202e}\u{1b}[8m\nb é"), "a\\u{202e}\\u{1b}[8m\\nb é");
    }
}

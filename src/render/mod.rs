//! Findings, graphs and reports as text, JSON, SARIF, DOT (floor 10): one file
//! for each.

pub mod concise;
pub mod dot;
mod excerpt;
pub mod explain;
mod fold;
pub mod graph_json;
pub mod graph_text;
pub mod json;
pub mod report;
pub mod sarif;
pub mod simulation;
mod summary;
pub mod terminal;

/// A text of the user's for one line of a terminal: without anything that
/// could steer it or pose as another line.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// The character itself, or `U+FFFD` for control characters and for those that
/// change the direction of writing or take no room.
fn shown(c: char) -> char {
    match c {
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("a\u{1b}[2J\u{9b}1m\nb\u{202e}é"), "a�[2J�1m�b�é");
    }
}

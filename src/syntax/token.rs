//! The tokens of JSON, and of what people write in its place: small nom
//! grammars. Each takes the rest of the text and gives what is left.

use nom::branch::alt;
use nom::bytes::complete::{
    tag, take, take_till, take_until, take_while, take_while_m_n, take_while1,
};
use nom::character::complete::{anychar, char, digit0, digit1, one_of};
use nom::combinator::{map, map_opt, not, opt, recognize, rest, success, value, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// What a token grammar gives.
pub(super) type Read<'a, T> = IResult<&'a str, T>;

/// Longest `{{…}}` looked for, in bytes; keeps hostile input linear.
const MUSTACHE_WINDOW: usize = 1024;

/// A pair of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    /// `[ ]`
    Square,
    /// `{ }`
    Curly,
}

impl Bracket {
    pub(super) fn open(self) -> char {
        match self {
            Self::Square => '[',
            Self::Curly => '{',
        }
    }

    pub(super) fn close(self) -> char {
        match self {
            Self::Square => ']',
            Self::Curly => '}',
        }
    }
}

/// A token; a string is only its opening quote, since its inside is read piece
/// by piece with [`piece`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead<'a> {
    Open(Bracket),
    Close(Bracket),
    Comma,
    Colon,
    Quote(char),
    /// A number as JSON writes it.
    Number(&'a str),
    /// Letters, digits and the signs of a number that are no JSON number.
    Word(&'a str),
    /// `${…}` or `{{…}}`, complete.
    Template(&'a str),
    /// `${` not closed on its line.
    OpenTemplate(&'a str),
    Stray(char),
}

/// Between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trivia {
    Blank,
    Comment,
    OpenComment,
    /// White space that JSON does not know, such as a no-break space.
    ForeignBlank,
}

/// A piece of a string's inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// As written.
    Plain(&'a str),
    /// An escape and what it stands for.
    Escaped(char),
    /// `\u` with half a surrogate pair.
    LoneSurrogate,
    /// A backslash before something else; what follows it is read as it stands.
    BadEscape,
    /// A line break and the blanks behind it.
    Break(&'a str),
    /// Any other control character.
    Control(char),
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '$' | '*' | '/' | '@')
}

/// What stands behind the blanks of JSON.
pub(super) fn behind_blanks(text: &str) -> &str {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    let blanks = text.bytes().take_while(is_blank).count();
    text.get(blanks..).unwrap_or_default()
}

/// Whether a text can start with [`trivia`], by its first byte.
pub(super) fn may_be_trivia(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b) => !b.is_ascii() || b.is_ascii_whitespace() || matches!(b, b'/' | b'#' | 0x0b),
        None => false,
    }
}

/// One run of white space, or one comment.
pub(super) fn trivia(input: &str) -> Read<'_, Trivia> {
    alt((
        value(Trivia::Blank, take_while1(is_blank)),
        value(
            Trivia::Comment,
            (alt((tag("//"), tag("#"))), take_till(is_break)),
        ),
        value(Trivia::Comment, (tag("/*"), take_until("*/"), tag("*/"))),
        value(Trivia::OpenComment, (tag("/*"), rest)),
        value(
            Trivia::ForeignBlank,
            take_while1(|c: char| c == '\u{FEFF}' || c.is_whitespace() && !is_blank(c)),
        ),
    ))
    .parse(input)
}

/// The next token of a text that starts with no [`trivia`].
pub(super) fn lead(input: &str) -> Read<'_, Lead<'_>> {
    // Nearly all tokens are told by their first byte.
    let at_once = match input.as_bytes() {
        [b'"', ..] => Some(Lead::Quote('"')),
        [b',', ..] => Some(Lead::Comma),
        [b':', ..] => Some(Lead::Colon),
        [b'[', ..] => Some(Lead::Open(Bracket::Square)),
        [b']', ..] => Some(Lead::Close(Bracket::Square)),
        [b'}', ..] => Some(Lead::Close(Bracket::Curly)),
        [b'{', second, ..] if *second != b'{' => Some(Lead::Open(Bracket::Curly)),
        _ => None,
    };
    if let Some(lead) = at_once {
        return Ok((input.get(1..).unwrap_or_default(), lead));
    }
    alt((
        map(alt((mustache, dollar)), Lead::Template),
        map(recognize((tag("${"), take_till(is_break))), |text: &str| {
            Lead::OpenTemplate(text)
        }),
        value(Lead::Open(Bracket::Curly), char('{')),
        // “typographic” quotes come from word processors
        map(one_of("'“”‘’"), Lead::Quote),
        map(take_while1(is_word), word),
        map(anychar, Lead::Stray),
    ))
    .parse(input)
}

fn word(text: &str) -> Lead<'_> {
    match number(text) {
        Ok(("", _)) => Lead::Number(text),
        _ => Lead::Word(text),
    }
}

fn number(input: &str) -> Read<'_, &str> {
    let natural = alt((tag("0"), recognize((one_of("123456789"), digit0))));
    let exponent = (one_of("eE"), opt(one_of("+-")), digit1);
    recognize((
        opt(char('-')),
        natural,
        opt((char('.'), digit1)),
        opt(exponent),
    ))
    .parse(input)
}

/// `{{…}}` or `{{{…}}}` on one line; not the start of a JSON object whose
/// brace was typed twice.
fn mustache(input: &str) -> Read<'_, &str> {
    let (start, _) = tag("{{").parse(input)?;
    let key = delimited(char('"'), take_till(|c| c == '"' || is_break(c)), char('"'));
    not((take_while(is_blank), key, take_while(is_blank), char(':'))).parse(start)?;
    let end = if input.starts_with("{{{") {
        "}}}"
    } else {
        "}}"
    };
    let bytes = input.as_bytes();
    let window = bytes.get(..MUSTACHE_WINDOW).unwrap_or(bytes);
    let line = memchr::memchr2(b'\n', b'\r', window)
        .and_then(|at| window.get(..at))
        .unwrap_or(window);
    // a failed search takes more bytes than there are
    let found = memchr::memmem::find(line, end.as_bytes()).unwrap_or(usize::MAX - end.len());
    let length = found + end.len();
    input
        .split_at_checked(length)
        .map(|(token, rest)| (rest, token))
        .ok_or_else(|| no_match(input))
}

/// `${…}` on one line, with balanced braces and quoted text inside.
fn dollar(input: &str) -> Read<'_, &str> {
    tag("${").parse(input)?;
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in input.char_indices() {
        match c {
            '\n' | '\r' => break,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return take(input.get(..=at).unwrap_or_default().chars().count()).parse(input);
                }
            }
            _ => {}
        }
    }
    Err(no_match(input))
}

fn no_match(input: &str) -> nom::Err<nom::error::Error<&str>> {
    nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::TakeUntil,
    ))
}

/// The next piece of the inside of a string that `quote` closes. Fails at the
/// quote and at the end of the text.
pub(super) fn piece(quote: char) -> impl Fn(&str) -> Read<'_, Piece<'_>> {
    move |input| {
        alt((
            map(|text| plain(text, quote), Piece::Plain),
            escape,
            map(
                recognize((one_of("\r\n"), take_while(is_blank))),
                Piece::Break,
            ),
            map(verify(anychar, |&c| c < ' '), Piece::Control),
        ))
        .parse(input)
    }
}

/// A run of what stands for itself in a string that `quote` closes.
fn plain(input: &str, quote: char) -> Read<'_, &str> {
    // No byte of a longer character is one of these.
    let ends = |b: u8| b == b'\\' || b < b' ';
    let end = match u8::try_from(quote) {
        Ok(quote) if quote.is_ascii() => input.bytes().position(|b| ends(b) || b == quote),
        _ => input.find(|c: char| c == quote || c == '\\' || c < ' '),
    };
    match input.split_at_checked(end.unwrap_or(input.len())) {
        Some((run, rest)) if !run.is_empty() => Ok((rest, run)),
        _ => Err(no_match(input)),
    }
}

fn escape(input: &str) -> Read<'_, Piece<'_>> {
    let simple = map(
        alt((
            value('"', char('"')),
            value('\\', char('\\')),
            value('/', char('/')),
            value('\u{8}', char('b')),
            value('\u{C}', char('f')),
            value('\n', char('n')),
            value('\r', char('r')),
            value('\t', char('t')),
        )),
        Piece::Escaped,
    );
    preceded(
        char('\\'),
        alt((simple, unicode, success(Piece::BadEscape))),
    )
    .parse(input)
}

fn unicode(input: &str) -> Read<'_, Piece<'_>> {
    let (after, unit) = utf16_unit(input)?;
    if let Some(c) = char::from_u32(unit) {
        return Ok((after, Piece::Escaped(c)));
    }
    let pair = map_opt(preceded(char('\\'), utf16_unit), |low| {
        char::decode_utf16([unit, low].map(|unit| u16::try_from(unit).unwrap_or_default()))
            .next()?
            .ok()
            .map(Piece::Escaped)
    });
    alt((pair, success(Piece::LoneSurrogate))).parse(after)
}

fn utf16_unit(input: &str) -> Read<'_, u32> {
    let digits = take_while_m_n(4, 4, |c: char| c.is_ascii_hexdigit());
    map_opt(preceded(char('u'), digits), |hex| {
        u32::from_str_radix(hex, 16).ok()
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers() {
        for good in ["0", "-0", "10", "1.50", "1e9", "1E+9", "-12.5e-3"] {
            assert_eq!(lead(good), Ok(("", Lead::Number(good))));
        }
        for bad in ["01", "+1", "1.", ".5", "1e", "0x1F", "NaN", "--1", "1_000"] {
            assert_eq!(lead(bad), Ok(("", Lead::Word(bad))), "{bad}");
        }
    }

    #[test]
    fn templates_end_where_their_braces_do() {
        let whole = |text| lead(text).map(|(rest, token)| (token, rest));
        for (text, token) in [
            ("${var.x}, 1", "${var.x}"),
            ("${f({a = \"}\"})}]", "${f({a = \"}\"})}"),
            ("{{ .Values.arn }}}", "{{ .Values.arn }}"),
            ("{{{arn}}}}", "{{{arn}}}"),
            ("{{ \"é\" | quote }}", "{{ \"é\" | quote }}"),
        ] {
            let (found, rest) = whole(text).unwrap();
            assert_eq!(found, Lead::Template(token));
            assert_eq!(format!("{token}{rest}"), text);
        }
        assert_eq!(whole("{{\"a\": 1}}").unwrap().0, Lead::Open(Bracket::Curly));
        assert_eq!(whole("{{ a\n}}").unwrap().0, Lead::Open(Bracket::Curly));
        assert_eq!(whole("${a\n}").unwrap().0, Lead::OpenTemplate("${a"));
    }

    #[test]
    fn pieces_of_strings() {
        let read = |text| piece('"')(text).map(|(rest, piece)| (piece, rest.len()));
        assert_eq!(read("ab\"c"), Ok((Piece::Plain("ab"), 2)));
        assert_eq!(read("\\n"), Ok((Piece::Escaped('\n'), 0)));
        assert_eq!(read("\\u00e9x"), Ok((Piece::Escaped('é'), 1)));
        assert_eq!(read("\\ud834\\udd1e"), Ok((Piece::Escaped('𝄞'), 0)));
        assert_eq!(read("\\ud834\\u0041"), Ok((Piece::LoneSurrogate, 6)));
        assert_eq!(read("\\udd1ex"), Ok((Piece::LoneSurrogate, 1)));
        assert_eq!(read("\\u12"), Ok((Piece::BadEscape, 3)));
        assert_eq!(read("\\x"), Ok((Piece::BadEscape, 1)));
        assert_eq!(read("\n  x"), Ok((Piece::Break("\n  "), 1)));
        assert_eq!(read("\t"), Ok((Piece::Control('\t'), 0)));
        assert!(read("\"").is_err() && read("").is_err());
    }
}

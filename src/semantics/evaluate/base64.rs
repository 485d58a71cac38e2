//! Base64 of `BinaryEquals` (R83).

/// Decodes standard base64 with its padding; `None` for anything else.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (quads, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(quads.len() * 3);
    let last = quads.len().wrapping_sub(1);
    for (i, quad) in quads.iter().enumerate() {
        let used = match quad {
            [_, _, b'=', b'='] if i == last => 2,
            [_, _, _, b'='] if i == last => 3,
            _ => 4,
        };
        let mut value = 0u32;
        for (j, &byte) in quad.iter().enumerate() {
            let six = if j < used { digit(byte)? } else { 0 };
            value = value << 6 | six;
        }
        let [_, a, b, c] = value.to_be_bytes();
        bytes.extend([a, b, c].iter().take(used - 1));
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn r83_bytes() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("QUJD").unwrap(), b"ABC");
        assert_eq!(decode("QUJDRA==").unwrap(), b"ABCD");
        assert_eq!(decode("QUJDREU=").unwrap(), b"ABCDE");
        assert_eq!(decode("+/+/").unwrap(), [0xFB, 0xFF, 0xBF]);
        for text in [
            "QUJ",
            "QU=D",
            "=QUJ",
            "Q===",
            "QUJDRA==QUJD",
            "QU D",
            "QUJ-",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}

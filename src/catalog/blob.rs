//! Reads the blob that [`super::encode`] writes. Strings are slices of it.

use super::encode::MAGIC;

/// The blob is not one, or is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed catalog is damaged")]
pub struct Damaged;

/// A blob with its sections found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blob {
    string_ends: &'static [u8],
    string_bytes: &'static [u8],
    bodies: &'static [u8],
}

/// Name and place of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) body: &'static [u8],
}

impl Blob {
    /// A blob without sections.
    pub(super) fn empty() -> Self {
        Self {
            string_ends: &[],
            string_bytes: &[],
            bodies: &[],
        }
    }

    /// Finds the sections: services, sorted by prefix, and side files.
    pub(super) fn open(
        bytes: &'static [u8],
    ) -> Result<(Self, Vec<Section>, Vec<Section>), Damaged> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Damaged)?;
        let (counts, rest) = rest.split_at_checked(12).ok_or(Damaged)?;
        let strings = u32_at(counts, 0)?;
        let (services, sides) = (u32_at(counts, 1)?, u32_at(counts, 2)?);
        let ends = strings.checked_mul(4).ok_or(Damaged)?;
        let entries = services.checked_add(sides).and_then(|n| n.checked_mul(12));
        let (string_ends, rest) = rest.split_at_checked(ends).ok_or(Damaged)?;
        let (entries, rest) = rest
            .split_at_checked(entries.ok_or(Damaged)?)
            .ok_or(Damaged)?;
        let length = match strings {
            0 => 0,
            n => u32_at(string_ends, n - 1)?,
        };
        let (string_bytes, bodies) = rest.split_at_checked(length).ok_or(Damaged)?;
        let blob = Self {
            string_ends,
            string_bytes,
            bodies,
        };
        let mut sections = entries
            .chunks_exact(12)
            .map(|entry| blob.section(entry))
            .collect::<Result<Vec<_>, _>>()?;
        let sides = sections.split_off(services);
        Ok((blob, sections, sides))
    }

    fn section(&self, entry: &[u8]) -> Result<Section, Damaged> {
        let (offset, length) = (u32_at(entry, 1)?, u32_at(entry, 2)?);
        let end = offset.checked_add(length).ok_or(Damaged)?;
        Ok(Section {
            name: self.string(u32_at(entry, 0)?)?,
            body: self.bodies.get(offset..end).ok_or(Damaged)?,
        })
    }

    fn string(&self, id: usize) -> Result<&'static str, Damaged> {
        let start = match id {
            0 => 0,
            n => u32_at(self.string_ends, n - 1)?,
        };
        let bytes = self.string_bytes.get(start..u32_at(self.string_ends, id)?);
        std::str::from_utf8(bytes.ok_or(Damaged)?).map_err(|_| Damaged)
    }
}

fn u32_at(bytes: &[u8], index: usize) -> Result<usize, Damaged> {
    let start = index.checked_mul(4).ok_or(Damaged)?;
    let bytes = bytes.get(start..).and_then(|rest| rest.first_chunk::<4>());
    let number = u32::from_le_bytes(*bytes.ok_or(Damaged)?);
    usize::try_from(number).map_err(|_| Damaged)
}

/// Walks through the body of one service.
pub(super) struct Reader {
    blob: Blob,
    rest: &'static [u8],
}

impl Reader {
    pub(super) fn new(blob: Blob, body: &'static [u8]) -> Self {
        Self { blob, rest: body }
    }

    /// The next variable-length number.
    pub(super) fn number(&mut self) -> Result<u32, Damaged> {
        let mut value = 0u32;
        for shift in (0..32).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Damaged)?;
            self.rest = rest;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    /// The next string.
    pub(super) fn word(&mut self) -> Result<&'static str, Damaged> {
        let id = self.number()?;
        self.blob.string(id as usize)
    }

    /// How many items follow; never more than there are bytes left, so that a
    /// damaged count allocates nothing large.
    pub(super) fn count(&mut self) -> Result<usize, Damaged> {
        let count = self.number()? as usize;
        if count > self.rest.len() {
            return Err(Damaged);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_an_error_and_no_panic() {
        let whole = super::super::EMBEDDED;
        assert!(Blob::open(whole).is_ok());
        for length in [0, 7, 8, 12, 19, 20, 1000, 200_000] {
            assert_eq!(
                Blob::open(&whole[..length]).err(),
                Some(Damaged),
                "{length}"
            );
        }
    }
}

//! Strings and numbers of JSON, byte by byte (RFC 8259, sections 6 and 7).

/// How far a number has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Sign,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

/// Within a string.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Text {
    escape: Escape,
    /// The first half of a pair (RFC 8259, section 7).
    high: Option<u32>,
    /// How many bytes of a character are still to come, and what the next may be.
    rest: (u8, u8, u8),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Digits(u8, u32),
}

/// What a byte of a string comes to.
pub(crate) enum Said {
    Nothing,
    Byte(u8),
    Character(char),
    End,
}

impl Text {
    /// Takes a byte of the string; nothing when it cannot be one.
    pub(crate) fn take(&mut self, byte: u8) -> Option<Said> {
        match self.escape {
            Escape::Begun => self.escaped(byte),
            Escape::Digits(count, value) => self.digit(byte, count, value),
            Escape::None if self.high.is_some() && byte != b'\\' => None,
            Escape::None => self.plain(byte),
        }
    }

    fn plain(&mut self, byte: u8) -> Option<Said> {
        let (count, least, most) = self.rest;
        if count > 0 {
            if !(least..=most).contains(&byte) {
                return None;
            }
            self.rest = (count - 1, 0x80, 0xbf);
            return Some(Said::Byte(byte));
        }
        match byte {
            b'"' => return Some(Said::End),
            b'\\' => {
                self.escape = Escape::Begun;
                return Some(Said::Nothing);
            }
            0..=0x1f => return None,
            0x20..=0x7f => {}
            _ => self.rest = continuation(byte)?,
        }
        Some(Said::Byte(byte))
    }

    fn escaped(&mut self, byte: u8) -> Option<Said> {
        if byte == b'u' {
            self.escape = Escape::Digits(0, 0);
            return Some(Said::Nothing);
        }
        if self.high.is_some() {
            return None;
        }
        self.escape = Escape::None;
        Some(Said::Byte(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return None,
        }))
    }

    fn digit(&mut self, byte: u8, count: u8, value: u32) -> Option<Said> {
        let digit = char::from(byte).to_digit(16)?;
        let value = value * 16 + digit;
        if count < 3 {
            self.escape = Escape::Digits(count + 1, value);
            return Some(Said::Nothing);
        }
        self.escape = Escape::None;
        let whole = match (self.high.take(), value) {
            (None, 0xd800..=0xdbff) => {
                self.high = Some(value);
                return Some(Said::Nothing);
            }
            (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (value - 0xdc00),
            (Some(_), _) => return None,
            (None, _) => value,
        };
        char::from_u32(whole).map(Said::Character)
    }
}

/// How many bytes follow the first of a character, and what the next may be (RFC 3629, section 4).
fn continuation(first: u8) -> Option<(u8, u8, u8)> {
    Some(match first {
        0xc2..=0xdf => (1, 0x80, 0xbf),
        0xe0 => (2, 0xa0, 0xbf),
        0xe1..=0xec | 0xee..=0xef => (2, 0x80, 0xbf),
        0xed => (2, 0x80, 0x9f),
        0xf0 => (3, 0x90, 0xbf),
        0xf1..=0xf3 => (3, 0x80, 0xbf),
        0xf4 => (3, 0x80, 0x8f),
        _ => return None,
    })
}

impl Number {
    /// What the number is with one byte more, if that belongs to it (RFC 8259, section 6).
    pub(crate) fn then(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Sign, b'0') => Self::Zero,
            (Self::Sign | Self::Whole, b'0'..=b'9') => Self::Whole,
            (Self::Zero | Self::Whole, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Whole | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::ExponentSign,
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Self::ExponentDigits
            }
            _ => return None,
        })
    }

    /// Whether it is whole.
    pub(crate) fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::ExponentDigits)
    }
}

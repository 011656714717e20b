//! The text of a card that is signed: its canonical form (RFC 8785), without what signs it, and
//! without what says nothing (section 8.4.1).

use serde_json::{Map, Number, Value};

use super::shape::{Field, Kind, Message, Presence};

/// The largest whole number that every reader takes exactly (RFC 7493, section 2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Writes the members of a message that are there. What the protocol does not have is written as it
/// is.
pub(super) fn write(message: &Message, members: &Map<String, Value>, out: &mut String) {
    let kept = members.iter().filter_map(|(name, value)| {
        let field = message.field(name);
        let is_there = field.is_none_or(|field| says_something(field, value));
        is_there.then_some((name, value, field.map(|field| field.kind)))
    });
    write_members(kept.collect(), out);
}

/// Whether a member is told from its absence.
fn says_something(field: &Field, value: &Value) -> bool {
    let is_default = match value {
        Value::Null => return false,
        Value::String(text) => text.is_empty(),
        Value::Bool(set) => !set,
        Value::Array(elements) => elements.is_empty(),
        // A message that is there is there, however little it says.
        Value::Object(members) => matches!(field.kind, Kind::Named(_)) && members.is_empty(),
        Value::Number(_) => false,
    };
    !is_default || field.presence != Presence::Implied
}

fn write_as(kind: Kind, value: &Value, out: &mut String) {
    match (kind, value) {
        (Kind::One(message), Value::Object(members)) => write(message, members, out),
        (Kind::Many(message), Value::Array(elements)) => {
            write_elements(elements, Some(Kind::One(message)), out);
        }
        (Kind::Named(Some(message)), Value::Object(named)) => {
            let of = Some(Kind::One(message));
            write_members(named.iter().map(|(name, value)| (name, value, of)).collect(), out);
        }
        _ => write_value(value, out),
    }
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            write_members(members.iter().map(|(name, value)| (name, value, None)).collect(), out);
        }
        Value::Array(elements) => write_elements(elements, None, out),
        Value::Number(number) => write_number(number, out),
        // A text is written as RFC 8785, section 3.2.2.2 asks; so are the words.
        _ => out.push_str(&value.to_string()),
    }
}

fn write_either(kind: Option<Kind>, value: &Value, out: &mut String) {
    match kind {
        Some(kind) => write_as(kind, value, out),
        None => write_value(value, out),
    }
}

fn write_elements(elements: &[Value], kind: Option<Kind>, out: &mut String) {
    out.push('[');
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write_either(kind, element, out);
    }
    out.push(']');
}

/// Members in the order of their names, as UTF-16 (RFC 8785, section 3.2.3).
fn write_members(mut members: Vec<(&String, &Value, Option<Kind>)>, out: &mut String) {
    members.sort_by(|(one, ..), (other, ..)| one.encode_utf16().cmp(other.encode_utf16()));
    out.push('{');
    for (place, (name, value, kind)) in members.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_either(kind, value, out);
    }
    out.push('}');
}

/// Whether every number of a value is one that a double holds: of others there is no canonical form
/// that tells them apart (RFC 8785, section 3.2.2.3).
pub(super) fn has_form(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().all(has_form),
        Value::Array(elements) => elements.iter().all(has_form),
        Value::Number(number) => {
            let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            whole.is_none_or(|whole| whole <= MAX_INTEGER)
        }
        _ => true,
    }
}

/// A number as ECMAScript writes it (ECMA-262, section 6.1.6.1.20).
fn write_number(number: &Number, out: &mut String) {
    let Some(double) = number.as_f64().filter(|_| number.is_f64()) else {
        return out.push_str(&number.to_string());
    };
    // The shortest digits that read back, as in `-1.25e-7`.
    let text = format!("{double:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) if double != 0.0 => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", mantissa),
    };
    out.push_str(sign);
    out.push_str(&placed(&mantissa.replace('.', ""), exponent));
}

/// Digits with the point behind the first of them moved by the exponent, where that is short.
fn placed(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // Where the point stands, counted from the first digit.
    let point = exponent.saturating_add(1);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let cut = |place: i32| {
        let place = usize::try_from(place).unwrap_or_default();
        digits.split_at_checked(place).unwrap_or((digits, ""))
    };
    match point {
        _ if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, part) = cut(point);
            format!("{whole}.{part}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = cut(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let plus = if exponent > 0 { "+" } else { "" };
            format!("{first}{dot}{rest}e{plus}{exponent}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::CARD;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(value: &Value) -> String {
        let mut out = String::new();
        write_value(value, &mut out);
        out
    }

    fn check(card: &Value, expected: &str) {
        let mut out = String::new();
        write(&CARD, card.as_object().unwrap(), &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn the_example_of_the_specification_is_written_as_it_says() {
        check(
            &json!({"name": "Example Agent", "description": "", "skills": [],
                "capabilities": {"streaming": false, "pushNotifications": false,
                    "extensions": []}}),
            "{\"capabilities\":{\"pushNotifications\":false,\"streaming\":false},\
             \"description\":\"\",\"name\":\"Example Agent\",\"skills\":[]}",
        );
    }

    #[test]
    fn what_says_nothing_is_left_out_and_what_is_not_known_is_kept() {
        check(
            &json!({"provider": {"url": "", "organization": null}, "iconUrl": "",
                "documentationUrl": null, "securitySchemes": {}, "securityRequirements": []}),
            r#"{"iconUrl":"","provider":{"url":""}}"#,
        );
        check(
            &json!({"securitySchemes": {"m": {"mtlsSecurityScheme": {"description": ""}},
                    "o": {"oauth2SecurityScheme": {"flows": {"clientCredentials":
                        {"tokenUrl": "u", "refreshUrl": "", "scopes": {"a": ""}}}}}},
                "securityRequirements": [{"schemes": {"m": {"list": []}}}, {"schemes": {}}]}),
            "{\"securityRequirements\":[{\"schemes\":{\"m\":{}}},{}],\"securitySchemes\":\
             {\"m\":{\"mtlsSecurityScheme\":{}},\"o\":{\"oauth2SecurityScheme\":{\"flows\":\
             {\"clientCredentials\":{\"scopes\":{\"a\":\"\"},\"tokenUrl\":\"u\"}}}}}}",
        );
        check(
            &json!({"own": {"b": "", "a": [], "c": null}, "capabilities": {"extensions": [
                {"uri": "u", "required": false, "params": {"e": [], "n": null}}]}}),
            "{\"capabilities\":{\"extensions\":[{\"params\":{\"e\":[],\"n\":null},\
             \"uri\":\"u\"}]},\"own\":{\"a\":[],\"b\":\"\",\"c\":null}}",
        );
    }

    /// RFC 8785, section 3.2.2, 3.2.3 and appendix B.
    #[test]
    fn values_are_written_as_the_standard_says() {
        let given = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 1e-27, 0.000001, 1e-7],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]}"#;
        let expected = concat!(
            r#"{"literals":[null,true,false],"#,
            r#""numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0.000001,1e-7],"#,
            r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#,
        );
        assert_eq!(written(&serde_json::from_str(given).unwrap()), expected);
        let names = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"ö":7}"#;
        let names = written(&serde_json::from_str(names).unwrap());
        assert_eq!(
            names,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        );
        for (bits, expected) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        ] {
            assert_eq!(written(&json!(f64::from_bits(bits))), expected, "{bits:x}");
        }
    }

    #[test]
    fn numbers_that_no_double_holds_have_no_form() {
        for (value, expected) in [
            (json!([{"a": 9_007_199_254_740_991_u64}]), true),
            (json!([{"a": 9_007_199_254_740_992_u64}]), false),
            (json!(-9_007_199_254_740_992_i64), false),
            (json!(1.5e300), true),
        ] {
            assert_eq!(has_form(&value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_number_reads_back(bits: u64) {
            let double = f64::from_bits(bits);
            prop_assume!(double.is_finite());
            let read: f64 = written(&json!(double)).parse().unwrap();
            prop_assert!(read.total_cmp(&(double + 0.0)).is_eq());
        }
    }
}

//! The functions on values, and arithmetic. Of nothing there is nothing: a missing field makes no error.

use std::borrow::Cow;

use super::Undecided;
use super::tree::{Function, Operator};
use super::value::Value;

const NO_TEXT: Undecided = Undecided::Wrong("a function of texts is used on something else");
const NO_NUMBER: Undecided = Undecided::Wrong("something that is no number is calculated with");
const TOO_LARGE: Undecided = Undecided::Wrong("a number is too large");
const BY_ZERO: Undecided = Undecided::Wrong("a number is divided by zero");
const NO_CONVERSION: Undecided = Undecided::Wrong("something cannot be converted");

pub(super) fn call<'a>(function: Function, arguments: &[Value<'a>]) -> Result<Value<'a>, Undecided> {
    let [of, rest @ ..] = arguments else { return Err(NO_CONVERSION) };
    let is_test = matches!(function, Function::Contains | Function::StartsWith | Function::EndsWith);
    if arguments.iter().any(Value::is_nothing) {
        return Ok(if is_test { Value::Bool(false) } else { Value::Missing });
    }
    match function {
        Function::Size => size(of),
        Function::Contains => test(of, rest, |text, part| text.contains(part)),
        Function::StartsWith => test(of, rest, |text, part| text.starts_with(part)),
        Function::EndsWith => test(of, rest, |text, part| text.ends_with(part)),
        Function::LowerAscii => change(of, str::make_ascii_lowercase),
        Function::UpperAscii => change(of, str::make_ascii_uppercase),
        Function::Int => int(of),
        Function::Double => double(of),
        Function::String => string(of),
    }
}

fn size<'a>(of: &Value<'a>) -> Result<Value<'a>, Undecided> {
    let size = match of {
        Value::Text(text) => text.chars().count(),
        Value::List(list) => list.len(),
        Value::Object(object) => object.len(),
        _ => return Err(Undecided::Wrong("the size of something that has none is asked for")),
    };
    i128::try_from(size).map(Value::Whole).map_err(|_| TOO_LARGE)
}

fn test<'a>(
    of: &Value<'a>,
    rest: &[Value<'a>],
    passes: impl Fn(&str, &str) -> bool,
) -> Result<Value<'a>, Undecided> {
    match (of, rest) {
        (Value::Text(text), [Value::Text(part)]) => Ok(Value::Bool(passes(text, part))),
        _ => Err(NO_TEXT),
    }
}

fn change<'a>(of: &Value<'a>, change: impl Fn(&mut str)) -> Result<Value<'a>, Undecided> {
    let Value::Text(text) = of else { return Err(NO_TEXT) };
    let mut text = text.clone().into_owned();
    change(&mut text);
    Ok(Value::Text(Cow::Owned(text)))
}

fn int<'a>(of: &Value<'a>) -> Result<Value<'a>, Undecided> {
    const LIMIT: f64 = 9.2e18;
    match of {
        Value::Whole(_) => Ok(of.clone()),
        #[expect(clippy::cast_possible_truncation, reason = "it is within the limit, and to be cut off")]
        Value::Fraction(number) if number.abs() < LIMIT => Ok(Value::Whole(number.trunc() as i128)),
        Value::Fraction(_) => Err(TOO_LARGE),
        Value::Text(text) => {
            text.trim().parse::<i64>().map(|n| Value::Whole(n.into())).map_err(|_| NO_CONVERSION)
        }
        _ => Err(NO_CONVERSION),
    }
}

fn double<'a>(of: &Value<'a>) -> Result<Value<'a>, Undecided> {
    match of {
        Value::Whole(number) => Ok(Value::Fraction(rounded(*number))),
        Value::Fraction(_) => Ok(of.clone()),
        Value::Text(text) => text.trim().parse().map(Value::Fraction).map_err(|_| NO_CONVERSION),
        _ => Err(NO_CONVERSION),
    }
}

fn string<'a>(of: &Value<'a>) -> Result<Value<'a>, Undecided> {
    let text = match of {
        Value::Text(_) => return Ok(of.clone()),
        Value::Whole(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
        Value::Bool(is_so) => is_so.to_string(),
        _ => return Err(NO_CONVERSION),
    };
    Ok(Value::Text(Cow::Owned(text)))
}

pub(super) fn negative<'a>(of: &Value<'a>) -> Result<Value<'a>, Undecided> {
    match of {
        Value::Whole(number) => number.checked_neg().map(Value::Whole).ok_or(TOO_LARGE),
        Value::Fraction(number) => Ok(Value::Fraction(-number)),
        nothing if nothing.is_nothing() => Ok(Value::Missing),
        _ => Err(NO_NUMBER),
    }
}

pub(super) fn calculate<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Value<'a>, Undecided> {
    if left.is_nothing() || right.is_nothing() {
        return Ok(Value::Missing);
    }
    match (left, right) {
        (Value::Whole(left), Value::Whole(right)) => whole(operator, *left, *right).map(Value::Whole),
        (Value::Text(left), Value::Text(right)) if operator == Operator::Plus => {
            Ok(Value::Text(Cow::Owned(format!("{left}{right}"))))
        }
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => fraction(operator, left, right).map(Value::Fraction),
            _ => Err(NO_NUMBER),
        },
    }
}

fn whole(operator: Operator, left: i128, right: i128) -> Result<i128, Undecided> {
    if right == 0 && matches!(operator, Operator::Over | Operator::Modulo) {
        return Err(BY_ZERO);
    }
    let result = match operator {
        Operator::Plus => left.checked_add(right),
        Operator::Minus => left.checked_sub(right),
        Operator::Times => left.checked_mul(right),
        Operator::Over => left.checked_div(right),
        Operator::Modulo => left.checked_rem(right),
    };
    result.ok_or(TOO_LARGE)
}

fn fraction(operator: Operator, left: f64, right: f64) -> Result<f64, Undecided> {
    match operator {
        Operator::Plus => Ok(left + right),
        Operator::Minus => Ok(left - right),
        Operator::Times => Ok(left * right),
        Operator::Over if right == 0.0 => Err(BY_ZERO),
        Operator::Over => Ok(left / right),
        Operator::Modulo => Err(Undecided::Wrong("a remainder of fractions is asked for")),
    }
}

fn number(of: &Value<'_>) -> Option<f64> {
    match of {
        Value::Whole(number) => Some(rounded(*number)),
        Value::Fraction(number) => Some(*number),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a fraction is asked for")]
fn rounded(number: i128) -> f64 {
    number as f64
}

//! What an expression has in its hands: the JSON it is told of, borrowed, and what it makes of that.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::{Map, Value as Json};

use super::Undecided;

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// A field that is not there.
    Missing,
    Null,
    Bool(bool),
    Whole(i128),
    Fraction(f64),
    Text(Cow<'a, str>),
    List(List<'a>),
    Object(&'a Map<String, Json>),
}

#[derive(Clone, Debug)]
pub(super) enum List<'a> {
    Json(&'a [Json]),
    Texts(&'a [&'a str]),
    Made(Rc<[Value<'a>]>),
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(list) => list.len(),
            Self::Texts(list) => list.len(),
            Self::Made(list) => list.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(list) => list.get(at).map(Value::of),
            Self::Texts(list) => list.get(at).map(|text| Value::Text(Cow::Borrowed(text))),
            Self::Made(list) => list.get(at).cloned(),
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(is_so) => Self::Bool(*is_so),
            // One that is too large for a fraction is still larger than all others.
            Json::Number(number) => number
                .as_i128()
                .map_or_else(|| Self::Fraction(number.as_str().parse().unwrap_or(f64::NAN)), Self::Whole),
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            Json::Array(list) => Self::List(List::Json(list)),
            Json::Object(object) => Self::Object(object),
        }
    }

    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Not there, or null: what no test is true of.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }

    pub(super) fn truth(&self) -> Result<bool, Undecided> {
        match self {
            Self::Bool(is_so) => Ok(*is_so),
            nothing if nothing.is_nothing() => Ok(false),
            _ => Err(Undecided::Wrong("something that is neither true nor false is taken for it")),
        }
    }

    /// `None` where two numbers have no order.
    pub(super) fn order(&self, other: &Self) -> Result<Option<Ordering>, Undecided> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Ok(Some(one.cmp(other))),
            (Self::Bool(one), Self::Bool(other)) => Ok(Some(one.cmp(other))),
            _ => self.numbers(other),
        }
    }

    fn numbers(&self, other: &Self) -> Result<Option<Ordering>, Undecided> {
        Ok(match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(other)),
            (Self::Fraction(one), Self::Fraction(other)) => one.partial_cmp(other),
            (Self::Whole(one), Self::Fraction(other)) => across(*one, *other),
            (Self::Fraction(one), Self::Whole(other)) => across(*other, *one).map(Ordering::reverse),
            _ => {
                let why = "two values are compared that have no order, as a number and a text";
                return Err(Undecided::Wrong(why));
            }
        })
    }

    /// Whether both are the same. What is not there is the same as nothing, itself included.
    pub(super) fn equals(
        &self,
        other: &Self,
        spend: &mut dyn FnMut(usize) -> Result<(), Undecided>,
    ) -> Result<bool, Undecided> {
        spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::List(one), Self::List(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for at in 0..one.len() {
                    let (Some(one), Some(other)) = (one.get(at), other.get(at)) else { return Ok(false) };
                    if !one.equals(&other, spend)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Self::Object(one), Self::Object(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (key, value) in *one {
                    let Some(same) = other.get(key) else { return Ok(false) };
                    if !Self::of(value).equals(&Value::of(same), spend)? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => self.numbers(other) == Ok(Some(Ordering::Equal)),
        })
    }
}

/// Exactly, however large they are.
fn across(whole: i128, fraction: f64) -> Option<Ordering> {
    const LIMIT: f64 = 1e38;
    if fraction.is_nan() {
        return None;
    }
    if fraction.abs() >= LIMIT {
        return Some(if fraction > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and smaller than the limit")]
    let floor = fraction.floor() as i128;
    let below = fraction.fract() != 0.0;
    Some(whole.cmp(&floor).then(if below { Ordering::Less } else { Ordering::Equal }))
}

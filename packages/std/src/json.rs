//! JSON read in two steps: a document into [`Json`], once for the whole contract, and from there into a type. The
//! fields of an object are put into the order of the type's, and the variants of an enum numbered, by code that all
//! types share, so that the derived code of a type only moves values about. Read straight from the bytes, each type
//! brings a copy of the reader with it: more than a third of the market's Wasm was that.
//!
//! What is accepted is what [`cosmwasm_std::from_json`] accepts, but for structs written as arrays, and fractions.
//! Whether unknown fields are refused depends on the document, not on the type: in messages they are, in what a contract
//! stored they are passed over, as a later version of it may have added them. Serde's `alias`, `flatten` and untagged or
//! internally tagged enums do not work.

use std::{fmt, slice, vec};

use cosmwasm_std::{from_json, StdError, StdErrorKind, StdResult};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, Unexpected, Visitor,
};
use serde::{Deserialize, Serialize, Serializer};

/// A JSON document. The names of an object stay in their order, those that occur twice too: only a type refuses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// An object of a message: names that a type does not know are refused.
    Exact(Vec<(String, Json)>),
    /// A field that an object leaves out. No document is this.
    Absent,
}

/// Reads a type from JSON.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> StdResult<T> {
    parse(bytes)?.read()
}

#[inline(never)]
fn parse(bytes: &[u8]) -> StdResult<Json> {
    from_json(bytes)
}

impl Json {
    /// Reads a message, which may say nothing that its type does not know.
    pub fn read_message<T: DeserializeOwned>(self) -> StdResult<T> {
        self.exact().read()
    }

    fn exact(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(Self::exact).collect()),
            Self::Object(members) => {
                Self::Exact(members.into_iter().map(|(name, value)| (name, value.exact())).collect())
            }
            plain => plain,
        }
    }

    /// Reads a type from the document.
    pub fn read<T: DeserializeOwned>(self) -> StdResult<T> {
        T::deserialize(self).map_err(unreadable)
    }

    #[inline(never)]
    fn text(self) -> Result<String, JsonError> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.instead_of("a string")),
        }
    }

    #[inline(never)]
    fn list(self) -> Result<Elements, JsonError> {
        match self {
            Self::List(items) => Ok(Elements(items.into_iter())),
            other => Err(other.instead_of("a list")),
        }
    }

    /// The values of an object in the order of a type's fields.
    #[inline(never)]
    fn fields(self, names: &'static [&'static str]) -> Result<Fields, JsonError> {
        let (members, exact) = match self {
            Self::Object(members) => (members, false),
            Self::Exact(members) => (members, true),
            other => return Err(other.instead_of("an object")),
        };
        let mut values = Vec::new();
        values.resize(names.len(), Self::Absent);
        for (name, value) in members {
            let Some(at) = names.iter().position(|known| *known == name) else {
                if exact {
                    return Err(JsonError::unknown_field(&name, names));
                }
                continue;
            };
            if values[at] != Self::Absent {
                return Err(JsonError::duplicate_field(names[at]));
            }
            values[at] = value;
        }
        Ok(Fields { names: names.iter(), values: values.into_iter() })
    }

    #[inline(never)]
    fn variant(self, names: &'static [&'static str]) -> Result<Variant, JsonError> {
        let (name, value) = match self {
            Self::Text(name) => (name, None),
            Self::Object(members) | Self::Exact(members) => match <[_; 1]>::try_from(members) {
                Ok([(name, value)]) => (name, Some(value)),
                Err(members) => {
                    let found = members.len();
                    return Err(JsonError::Text(format!(
                        "expected an object of one name, found one of {found}"
                    )));
                }
            },
            other => return Err(other.instead_of("an object of one name, or a string")),
        };
        match (0..).zip(names).find(|(_, known)| **known == name) {
            Some((number, name)) => Ok(Variant { number, name, value }),
            None => Err(JsonError::unknown_variant(&name, names)),
        }
    }

    #[inline(never)]
    fn instead_of(self, expected: &str) -> JsonError {
        let found = match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Unsigned(_) | Self::Signed(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) | Self::Exact(_) => "an object",
            Self::Absent => "nothing",
        };
        JsonError::Text(format!("expected {expected}, found {found}"))
    }
}

#[inline(never)]
fn unreadable(error: JsonError) -> StdError {
    StdError::from(error).with_kind(StdErrorKind::Serialization)
}

/// Why a document does not read as the type that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// With the names of the fields that lead there.
    #[error("{0}")]
    Text(String),
    /// The list, or the fields that were given, end before the one of this number.
    #[error("only {0} elements")]
    Short(usize),
}

impl JsonError {
    #[inline(never)]
    fn of_list(self) -> Self {
        match self {
            Self::Short(found) => Self::Text(format!("the list has only {found} elements")),
            text => text,
        }
    }

    #[inline(never)]
    fn of_fields(self, names: &'static [&'static str]) -> Self {
        match self {
            Self::Short(at) => Self::missing_field(names.get(at).copied().unwrap_or_default()),
            text => text,
        }
    }

    #[inline(never)]
    fn within(self, name: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{name}: {text}")),
            short => short,
        }
    }
}

// The defaults of serde bring the formatting of fractions with them.
impl de::Error for JsonError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Text(message.to_string())
    }

    #[inline(never)]
    fn invalid_type(_: Unexpected, expected: &dyn Expected) -> Self {
        Self::Text(format!("expected {expected}"))
    }

    #[inline(never)]
    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::Text(match found {
            Unexpected::Unsigned(number) => format!("expected {expected}, found {number}"),
            Unexpected::Signed(number) => format!("expected {expected}, found {number}"),
            Unexpected::Str(text) => format!("expected {expected}, found {text:?}"),
            _ => format!("expected {expected}"),
        })
    }

    #[inline(never)]
    fn invalid_length(length: usize, _: &dyn Expected) -> Self {
        Self::Short(length)
    }

    #[inline(never)]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        if expected.is_empty() {
            return Self::Text(format!("unknown field `{field}`, no fields are expected"));
        }
        Self::Text(format!("unknown field `{field}`, expected one of: {}", expected.join(", ")))
    }

    #[inline(never)]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Text(format!("unknown variant `{variant}`, expected one of: {}", expected.join(", ")))
    }

    #[inline(never)]
    fn missing_field(field: &'static str) -> Self {
        Self::Text(format!("missing field `{field}`"))
    }

    #[inline(never)]
    fn duplicate_field(field: &'static str) -> Self {
        Self::Text(format!("duplicate field `{field}`"))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Document)
    }
}

struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON with whole numbers of at most 64 bits")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Signed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = entries.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Absent => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) | Self::Exact(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self {
                Self::Unsigned(value) => visitor.visit_u64(value),
                Self::Signed(value) => visitor.visit_i64(value),
                other => Err(other.instead_of("a number")),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Json {
    type Error = JsonError;

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Unsigned(value) => visitor.visit_u64(value),
            Self::Signed(value) => visitor.visit_i64(value),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(Elements(items.into_iter())),
            Self::Object(members) | Self::Exact(members) => {
                visitor.visit_map(Members { rest: members.into_iter(), value: Self::Null })
            }
            Self::Absent => Err(self.instead_of("a value")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            other => Err(other.instead_of("a boolean")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Unsigned(number) => visitor.visit_u64(number),
            other => Err(other.instead_of("a variant's number")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Null | Self::Absent => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Null => visitor.visit_unit(),
            other => Err(other.instead_of("null")),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_seq(self.list()?).map_err(JsonError::of_list)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        let mut elements = self.list()?;
        let value = visitor.visit_seq(&mut elements).map_err(JsonError::of_list)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Object(members) | Self::Exact(members) => {
                visitor.visit_map(Members { rest: members.into_iter(), value: Self::Null })
            }
            other => Err(other.instead_of("an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_seq(self.fields(names)?).map_err(|error| error.of_fields(names))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_enum(self.variant(names)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { f32 f64 char bytes byte_buf unit_struct tuple_struct }
}

struct Elements(vec::IntoIter<Json>);

impl Elements {
    fn end(&self) -> Result<(), JsonError> {
        match self.0.len() {
            0 => Ok(()),
            more => Err(JsonError::Text(format!("the list has {more} elements too many"))),
        }
    }
}

impl<'de> de::SeqAccess<'de> for Elements {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        match self.0.next() {
            Some(element) => seed.deserialize(element).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of a struct. One that is left out is read as absent, which an option takes for none; any other type
/// fails at it, and the derived code then takes the default or reports how far it came.
struct Fields {
    names: slice::Iter<'static, &'static str>,
    values: vec::IntoIter<Json>,
}

impl Fields {
    #[inline(never)]
    fn next(&mut self) -> Option<(&'static str, bool, Json)> {
        let (name, value) = (self.names.next()?, self.values.next()?);
        Some((name, value == Json::Absent, value))
    }
}

impl<'de> de::SeqAccess<'de> for Fields {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        let Some((name, absent, value)) = self.next() else { return Ok(None) };
        match seed.deserialize(value) {
            Ok(value) => Ok(Some(value)),
            Err(_) if absent => Ok(None),
            Err(error) => Err(error.within(name)),
        }
    }
}

struct Members {
    rest: vec::IntoIter<(String, Json)>,
    /// Of the name that was read last.
    value: Json,
}

impl Members {
    #[inline(never)]
    fn name(&mut self) -> Option<Json> {
        let (name, value) = self.rest.next()?;
        self.value = value;
        Some(Json::Text(name))
    }

    #[inline(never)]
    fn value(&mut self) -> Json {
        std::mem::replace(&mut self.value, Json::Null)
    }
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        match self.name() {
            Some(name) => seed.deserialize(name).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        seed.deserialize(self.value())
    }
}

struct Variant {
    /// Counted as the type lists its variants.
    number: u64,
    name: &'static str,
    /// None for a variant that is written as its name alone.
    value: Option<Json>,
}

impl Variant {
    #[inline(never)]
    fn content(self) -> Result<Json, JsonError> {
        self.value.ok_or_else(|| JsonError::Text(format!("variant `{}` needs a value", self.name)))
    }
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        Ok((seed.deserialize(Json::Unsigned(self.number))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        match self.value {
            None | Some(Json::Null) => Ok(()),
            Some(other) => Err(other.instead_of("null")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        let name = self.name;
        seed.deserialize(self.content()?).map_err(|error| error.within(name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonError> {
        Err(JsonError::custom("variants with several unnamed values are not read"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let name = self.name;
        let read = visitor.visit_seq(self.content()?.fields(names)?);
        read.map_err(|error| error.of_fields(names).within(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_schema::cw_serde;
    use cosmwasm_std::{to_json_vec, Binary, Coin, Empty, HexBinary, Uint128};
    use proptest::prelude::*;

    #[cw_serde]
    struct Row {
        id: u64,
        small: u8,
        below: i32,
        amount: Uint128,
        name: Option<String>,
        #[serde(rename = "r", default)]
        ready: bool,
        coins: Vec<Coin>,
        pair: (u8, String),
        hash: HexBinary,
        bytes: Binary,
        kind: Kind,
    }

    #[cw_serde]
    enum Kind {
        Plain,
        Empty {},
        Named { by: Option<Box<Kind>> },
        Holding(u64),
        Listing(Vec<Kind>),
    }

    fn kind() -> impl Strategy<Value = Kind> {
        let leaf = prop_oneof![
            Just(Kind::Plain),
            Just(Kind::Empty {}),
            Just(Kind::Named { by: None }),
            any::<u64>().prop_map(Kind::Holding),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|kind| Kind::Named { by: Some(Box::new(kind)) }),
                prop::collection::vec(inner, 0..4).prop_map(Kind::Listing),
            ]
        })
    }

    prop_compose! {
        fn row()(
            (id, small, below, amount, ready) in any::<(u64, u8, i32, u128, bool)>(),
            (name, second) in any::<(Option<String>, String)>(),
            coins in prop::collection::vec(("[a-z]{3,8}", any::<u128>()), 0..4),
            bytes in any::<Vec<u8>>(),
            kind in kind(),
        ) -> Row {
            Row {
                id, small, below, ready, name, kind,
                amount: Uint128::new(amount),
                coins: coins.into_iter().map(|(denom, amount)| Coin::new(amount, denom)).collect(),
                pair: (small, second),
                hash: HexBinary::from(bytes.clone()),
                bytes: Binary::from(bytes),
            }
        }
    }

    /// A message.
    #[cw_serde]
    #[serde(deny_unknown_fields)]
    #[schemaifier(mute_warnings)]
    struct Message {
        id: u64,
        name: Option<String>,
        pair: (u8, String),
    }

    /// Both readers agree on a document; what they read.
    fn agreed<T: DeserializeOwned + PartialEq + fmt::Debug>(
        document: &[u8],
        ours: StdResult<T>,
    ) -> Option<T> {
        let theirs = from_json::<T>(document);
        let said =
            || (ours.as_ref().err().map(ToString::to_string), theirs.as_ref().err().map(ToString::to_string));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {}", said(), String::from_utf8_lossy(document));
        let (ours, theirs) = (ours.ok(), theirs.ok());
        assert_eq!(ours, theirs);
        ours
    }

    fn message(document: &[u8]) -> StdResult<Message> {
        from_json::<Json>(document)?.read_message()
    }

    fn spoilt(value: &impl Serialize, at: prop::sample::Index, byte: u8) -> Vec<u8> {
        let mut document = to_json_vec(value).unwrap();
        let at = at.index(document.len());
        document[at] = byte;
        document
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(row in row()) {
            let document = to_json_vec(&row).unwrap();
            prop_assert_eq!(agreed(&document, read::<Row>(&document)), Some(row));
        }

        #[test]
        fn a_spoilt_document_is_read_as_the_direct_reader_reads_it(
            row in row(),
            (at, byte) in (any::<prop::sample::Index>(), prop::sample::select(&b"{}[]\",:0-19naetf x"[..])),
        ) {
            let document = spoilt(&row, at, byte);
            agreed(&document, read::<Row>(&document));
            let document = spoilt(&Message { id: row.id, name: row.name, pair: row.pair }, at, byte);
            agreed(&document, message(&document));
        }

        #[test]
        fn a_document_survives_being_read_and_written(row in row()) {
            let document = to_json_vec(&row).unwrap();
            prop_assert_eq!(to_json_vec(&read::<Json>(&document).unwrap()).unwrap(), document);
        }
    }

    fn refused<T: DeserializeOwned + fmt::Debug>(document: &str, why: &str) {
        let error = read::<T>(document.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_refusal_says_what_was_expected_and_found() {
        refused::<Kind>(r#"{"holding":"1"}"#, "expected a number, found a string");
        refused::<Kind>(r#"{"holding":1.5}"#, "whole numbers of at most 64 bits");
        refused::<Kind>(r#"{"holding":18446744073709551616}"#, "whole numbers of at most 64 bits");
        refused::<Kind>(r#"{"holding":1,"empty":{}}"#, "an object of one name, found one of 2");
        refused::<Kind>(r#""holding""#, "variant `holding` needs a value");
        refused::<Kind>(r#"{"other":{}}"#, "unknown variant `other`, expected one of: plain, empty");
        refused::<Kind>(r#"{"listing":{}}"#, "expected a list, found an object");
        refused::<Coin>(r#"{"denom":"a"}"#, "missing field `amount`");
        refused::<Coin>(r#"{"denom":"a","denom":"b","amount":"1"}"#, "duplicate field `denom`");
        refused::<Coin>(r#"["a","1"]"#, "expected an object, found a list");
        refused::<(u8, u8)>("[1,2,3]", "1 elements too many");
        refused::<u8>("256", "256");
        refused::<Kind>(r#"{"plain":1}"#, "expected null, found a number");
        refused::<Uint128>(r#""a few""#, "a few");
        refused::<Vec<Kind>>(
            r#"[{"named":{"by":{"holding":-1}}}]"#,
            "named: by: holding: expected u64, found -1",
        );
        refused::<(u8, u8)>("[1]", "the list has only 1 elements");
        refused::<Empty>("{", "EOF");
    }

    #[test]
    fn only_a_message_is_refused_for_what_its_type_does_not_know() {
        let document = br#"{"id":1,"name":null,"pair":[2,"x"],"more":1}"#;
        let error = message(document).unwrap_err().to_string();
        assert!(error.contains("unknown field `more`, expected one of: id, name, pair"), "{error}");
        assert_eq!(read::<Message>(document).unwrap(), Message { id: 1, name: None, pair: (2, "x".into()) });
    }

    #[test]
    fn a_message_without_fields_says_so() {
        let error = from_json::<Json>(br#"{"more":1}"#).unwrap().read_message::<Empty>().unwrap_err();
        assert!(error.to_string().contains("unknown field `more`, no fields are expected"), "{error}");
    }

    #[test]
    fn a_document_may_not_nest_without_end() {
        let deep = "[".repeat(100_000);
        assert!(read::<Json>(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_value_that_its_type_refuses_is_told_with_what_was_expected() {
        let told = |found| <JsonError as de::Error>::invalid_value(found, &"a colour").to_string();
        assert!(told(Unexpected::Str("loud")).contains("expected a colour, found \"loud\""));
        assert!(told(Unexpected::Unsigned(7)).contains("expected a colour, found 7"));
        assert!(told(Unexpected::Signed(-7)).contains("expected a colour, found -7"));
        assert!(told(Unexpected::Unit).contains("expected a colour"));
    }
}

//! Which fields a form declares, also where serde cannot say: a flattened form takes every name and drops what it does not
//! know without a word (SEC-14).

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer},
    },
    forward_to_deserialize_any,
};
use std::{collections::BTreeSet, iter};

/// A value no field of a form can be: whoever reads it fails, whoever drops it does not notice.
#[derive(Clone, Copy)]
struct Probe;

impl IntoDeserializer<'_> for Probe {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(iter::empty::<(String, Self)>()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

fn takes<T: DeserializeOwned>(name: Option<&str>) -> bool {
    let fields = name.map(|name| (name.to_owned(), Probe));
    T::deserialize(MapDeserializer::new(fields.into_iter())).is_ok()
}

/// Those of the names which `T` reads nowhere. A form with fields that must be there cannot be asked this way; serde names
/// what it ignores there.
pub(crate) fn undeclared<T: DeserializeOwned>(names: &BTreeSet<String>) -> Vec<String> {
    if !takes::<T>(None) {
        return Vec::new();
    }
    let unknown = |name: &&String| takes::<T>(Some(name));
    names.iter().filter(unknown).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    #[allow(dead_code, reason = "read by serde only")]
    struct Inner {
        name: String,
        phone: Option<String>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "read by serde only")]
    struct Outer {
        #[serde(default)]
        code: String,
        #[serde(default)]
        ids: Vec<String>,
        #[serde(flatten)]
        inner: Inner,
    }

    #[test]
    fn sec_14_a_flattened_form_says_what_it_does_not_declare() {
        let names = ["code", "ids", "name", "phone", "state", "owner_id"];
        let names = names.into_iter().map(str::to_owned).collect();
        assert_eq!(undeclared::<Outer>(&names), ["owner_id", "state"]);
        assert_eq!(
            undeclared::<Inner>(&names),
            ["code", "ids", "owner_id", "state"]
        );
    }
}

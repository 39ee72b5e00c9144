use proc_macro2::TokenStream;
use quote::quote;

use super::canonical::{fnv1a, pair};
use super::{Pattern, Value};

impl Pattern {
    /// The `PatternInfo`.
    pub(crate) fn info(&self, private: &TokenStream) -> TokenStream {
        let keys = self.keys.iter().map(|key| {
            let (name, value) = (&key.name, value(&key.value, private));
            let (name_hash, pair_hash) = (fnv1a(name), fnv1a(&pair(key)));
            quote!(#private::KeyInfo::new(#name, #value, #name_hash, #pair_hash))
        });
        let text = &self.text;
        quote!(#private::PatternInfo::new(&[#(#keys),*], #text))
    }

    /// The keys as JSON without braces: `"cmd":"add","role":"cart"`.
    pub(crate) fn json(&self) -> String {
        let json = super::canonical::json;
        let pair = |key: &crate::attribute::Key| match &key.value {
            Value::Text(text) | Value::Glob(text) => format!("{}:{}", json(&key.name), json(text)),
            Value::Int(n) => format!("{}:{n}", json(&key.name)),
            Value::Bool(b) => format!("{}:{b}", json(&key.name)),
        };
        self.keys.iter().map(pair).collect::<Vec<_>>().join(",")
    }
}

fn value(value: &Value, private: &TokenStream) -> TokenStream {
    match value {
        Value::Text(text) => quote!(#private::ValueRef::Str(#text)),
        Value::Glob(glob) => quote!(#private::ValueRef::Glob(#glob)),
        Value::Int(n) => quote!(#private::ValueRef::Int(#n)),
        Value::Bool(b) => quote!(#private::ValueRef::Bool(#b)),
    }
}

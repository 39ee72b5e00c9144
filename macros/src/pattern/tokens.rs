use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::canonical::{fnv1a, pair};
use super::{Pattern, Value};

impl Pattern {
    /// The `PatternInfo`.
    pub(crate) fn info(&self, private: &TokenStream) -> TokenStream {
        let arguments = self.arguments(private);
        quote!(#private::PatternInfo::new(#arguments))
    }

    /// What a `PatternInfo` is made of.
    pub(crate) fn arguments(&self, private: &TokenStream) -> TokenStream {
        let keys = self.keys.iter().map(|key| {
            let name = &key.name;
            let hash = |text: &str| Literal::u64_unsuffixed(fnv1a(text));
            let (name_hash, pair_hash) = (hash(name), hash(&pair(key)));
            if let Value::Text(text) = &key.value {
                return quote!(#private::KeyInfo::text(#name, #text, #name_hash, #pair_hash));
            }
            let value = value(&key.value, private);
            quote!(#private::KeyInfo::new(#name, #value, #name_hash, #pair_hash))
        });
        let text = &self.text;
        quote!(&[#(#keys),*], #text)
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

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput};

use super::field::Field;
use super::generics::generics;
use super::given::Given;
use super::model::Model;
use crate::attrs::allow_deprecated;
use crate::crate_path::crate_path;

pub(super) fn message(input: &DeriveInput, given: &Given, model: &Model) -> TokenStream {
    let krate = crate_path(given.krate.as_ref());
    let private = quote!(#krate::__private);
    let (name, reply, error) = (&input.ident, reply(given), error(given, &private));
    let generics = generics(&input.generics, given, &model.fields, &private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (info, key) = (info(input, given, model, &private), key(model, &private));
    let (names, allow) = (used_traits(model), allow_deprecated(&attributes(input)));
    quote! {
        #allow
        const _: () = {
            #[allow(unused_imports)]
            use #private::{#names};
            #[automatically_derived]
            impl #impl_generics #private::Message for #name #ty_generics #where_clause {
                type Reply = #reply;
                type Error = #error;
                const INFO: #private::MessageInfo = #info;
                #key
            }
        };
    }
}

/// Those of the type and of its fields.
fn attributes(input: &DeriveInput) -> Vec<Attribute> {
    let fields = match &input.data {
        Data::Struct(data) => data.fields.iter().flat_map(|field| field.attrs.clone()).collect(),
        _ => Vec::new(),
    };
    input.attrs.iter().cloned().chain(fields).collect()
}

/// The traits that answer where a type has no answer of its own; see `matchbus::message::probe`.
fn used_traits(model: &Model) -> TokenStream {
    let mut names = quote!(FallbackSchema as _);
    if !model.fields.is_empty() {
        names.extend(quote!(, FallbackKind as _));
    }
    names
}

fn reply(given: &Given) -> TokenStream {
    given.reply.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream)
}

fn error(given: &Given, private: &TokenStream) -> TokenStream {
    given.error.as_ref().map_or_else(|| quote!(#private::NoError), ToTokens::to_token_stream)
}

fn info(input: &DeriveInput, given: &Given, model: &Model, private: &TokenStream) -> TokenStream {
    let name = input.ident.unraw().to_string();
    let Model { pattern, fields, doc, parameters, .. } = model;
    let (pattern, prefix) = (pattern.info(private), pattern.json());
    let fields = fields.iter().map(|field| {
        let (name, kind) = (&field.name, kind(field, parameters, private));
        quote!(#private::FieldInfo::new(#name, #kind))
    });
    let sketches = [quote!(Self), reply(given), error(given, private)].map(|ty| {
        quote!(#private::TypeSketch::new(::core::any::type_name::<#ty>(), #private::Probe::<#ty>::schema()))
    });
    let mut more = TokenStream::new();
    if model.open {
        more.extend(quote!(.with_open()));
    }
    if given.external {
        more.extend(quote!(.with_external()));
    }
    if !given.context.is_empty() {
        let names = given.context.iter().map(|(name, _)| name);
        more.extend(quote!(.with_context(&[#(#names),*])));
    }
    quote! {
        #private::MessageInfo::new::<Self>(
            #name,
            ::core::module_path!(),
            #private::Place::new(::core::file!(), ::core::line!()),
            #doc,
            #pattern,
            #prefix,
            &[#(#fields),*],
            || [#(#sketches),*],
        )
        #more
    }
}

fn kind(field: &Field, parameters: &[String], private: &TokenStream) -> TokenStream {
    if field.serialize_with.is_some() || field.mentions(parameters) {
        return quote!(#private::FieldKind::Unknown);
    }
    let ty = &field.ty;
    quote!(#private::Probe::<#ty>::KIND)
}

fn key(model: &Model, private: &TokenStream) -> TokenStream {
    let see = Ident::new("see", Span::mixed_site());
    let index = Ident::new("index", Span::mixed_site());
    let arms = model.fields.iter().enumerate().map(|(i, field)| {
        let Field { ident, serialize_with, skip_if, .. } = field;
        let look = if let Some(path) = serialize_with {
            quote!(#private::see_key_with(|to| #path(&self.#ident, to), #see))
        } else {
            quote!(#private::see_key(&self.#ident, #see))
        };
        // What is not written cannot be seen.
        let unless = skip_if.as_ref().map(|skip| quote!(if !#skip(&self.#ident)));
        quote!(#i => #unless { #look })
    });
    let (index, see) = if model.fields.is_empty() {
        (quote!(_), quote!(_))
    } else {
        (index.to_token_stream(), see.to_token_stream())
    };
    let body =
        if model.fields.is_empty() { TokenStream::new() } else { quote!(match #index { #(#arms)* _ => {} }) };
    quote_spanned! {Span::call_site()=>
        fn key(&self, #index: ::core::primitive::usize, #see: &mut dyn ::core::ops::FnMut(#private::Scalar<'_>)) {
            #body
        }
    }
}

//! In: a return type. Out: what has to be measured, [`Returns`], and the type as a `let` can state it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Token, Type, TypeParamBound};

/// What a function gives back.
pub(crate) enum Returns {
    /// A value whose type a `let` can state.
    Value,
    /// `impl Trait`, or a type with it inside.
    Opaque,
    /// `!`.
    Never,
    /// `impl Future`, with its output where it is stated.
    Future(Option<Box<Type>>),
    /// `Pin<Box<dyn Future>>` or `BoxFuture`.
    Boxed,
}

impl Returns {
    pub(crate) fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::Value;
        };
        match peel(ty) {
            Type::Never(_) => Self::Never,
            Type::ImplTrait(opaque) => match future(&opaque.bounds) {
                Some(bound) => Self::Future(output_of(bound).cloned().map(Box::new)),
                None => Self::Opaque,
            },
            ty if is_boxed_future(ty) => Self::Boxed,
            ty => {
                if holds_opaque(ty) {
                    Self::Opaque
                } else {
                    Self::Value
                }
            }
        }
    }
}

/// The type as a `let` or a closure can state it: `_` stands for each `impl Trait`.
pub(crate) fn stated(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote_spanned!(Span::mixed_site()=> ()),
        ReturnType::Type(_, ty) => {
            let mut ty = ty.clone();
            Infer { found: false }.visit_type_mut(&mut ty);
            ty.into_token_stream()
        }
    }
}

/// The type without parentheses and invisible groups.
fn peel(mut ty: &Type) -> &Type {
    loop {
        match ty {
            Type::Paren(inner) => ty = &inner.elem,
            Type::Group(inner) => ty = &inner.elem,
            _ => return ty,
        }
    }
}

fn holds_opaque(ty: &Type) -> bool {
    let mut infer = Infer { found: false };
    infer.visit_type_mut(&mut ty.clone());
    infer.found
}

/// Puts `_` for each `impl Trait`.
struct Infer {
    found: bool,
}

impl VisitMut for Infer {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            self.found = true;
            *ty = Type::Verbatim(quote_spanned!(Span::mixed_site()=> _));
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// The bound that is `Future`.
fn future(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<&PathSegment> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Future"),
        _ => None,
    })
}

/// The `T` of `Future<Output = T>`, if a `let` can state it.
fn output_of(future: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => {
            let ty = &output.ty;
            (!matches!(peel(ty), Type::Never(_)) && !holds_opaque(ty)).then_some(ty)
        }
        _ => None,
    })
}

fn is_boxed_future(ty: &Type) -> bool {
    if last(ty)
        .is_some_and(|segment| segment.ident == "BoxFuture" || segment.ident == "LocalBoxFuture")
    {
        return true;
    }
    let boxed = only_argument(ty, "Pin").and_then(|ty| only_argument(ty, "Box"));
    matches!(boxed, Some(Type::TraitObject(object)) if future(&object.bounds).is_some())
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(ty) => ty.path.segments.last(),
        _ => None,
    }
}

/// The `T` of `Name<T>`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = last(ty).filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(peel(ty)),
        _ => None,
    }
}

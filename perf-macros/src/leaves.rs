//! In: statements. Out: whether the function can return from within them.

use syn::visit_mut::{self, VisitMut};
use syn::{ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Macro, Stmt};

/// What is thought of macros, whose expansion is not seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Macros {
    /// They may return.
    May,
    /// They are taken not to.
    MayNot,
}

/// Whether a `return` or `?` of the function itself stands in the statements.
pub(crate) fn early(statements: &[Stmt], macros: Macros) -> bool {
    let mut search = Search {
        macros,
        found: false,
    };
    for statement in statements {
        search.visit_stmt_mut(&mut statement.clone());
    }
    search.found
}

struct Search {
    macros: Macros,
    found: bool,
}

impl VisitMut for Search {
    fn visit_expr_return_mut(&mut self, _: &mut ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try_mut(&mut self, _: &mut ExprTry) {
        self.found = true;
    }

    fn visit_macro_mut(&mut self, _: &mut Macro) {
        self.found |= self.macros == Macros::May;
    }

    // What returns in these does not return from the function.
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        for input in &mut closure.inputs {
            visit_mut::visit_pat_mut(self, input);
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
